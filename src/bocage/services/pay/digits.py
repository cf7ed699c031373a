"""The numbers of Pay's codes: tokens for posters and orders, digits for a code that a person shows."""

import secrets
from hashlib import sha256

# Crockford's base 32: no letter that is taken for a figure.
TOKEN_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # noqa: S105
TOKEN_CHARACTERS = 16

# As at tills elsewhere, a number that begins so is a wallet's; the rest is chance and a check digit.
PRESENTED_PREFIX = "27"
PRESENTED_DIGITS = 18
_RANDOM_DIGITS = PRESENTED_DIGITS - len(PRESENTED_PREFIX) - 1


def new_token() -> str:
    """80 random bits for a poster or an order."""
    return "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_CHARACTERS))


def is_token(text: str) -> bool:
    """Whether `text` has the form of a token."""
    return len(text) == TOKEN_CHARACTERS and all(each in TOKEN_ALPHABET for each in text)


def new_presented() -> str:
    """18 digits to show at a till: 50 random bits that live for a minute, with Luhn's check digit."""
    body = PRESENTED_PREFIX + "".join(secrets.choice("0123456789") for _ in range(_RANDOM_DIGITS))
    return body + luhn(body)


def is_presented(digits: str) -> bool:
    """Whether `digits` has the form of a presented code, check digit included: a slip of the finger has not."""
    return (
        len(digits) == PRESENTED_DIGITS
        and digits.isascii()
        and digits.isdigit()
        and digits.startswith(PRESENTED_PREFIX)
        and luhn(digits[:-1]) == digits[-1]
    )


def luhn(body: str) -> str:
    """The check digit of `body` (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def digest_of(digits: str) -> bytes:
    """What is stored of a presented code."""
    return sha256(b"presented code\0" + digits.encode()).digest()


def grouped(digits: str, size: int = 4) -> str:
    """Digits in groups, for reading out."""
    return " ".join(digits[start : start + size] for start in range(0, len(digits), size))
