"""Numbers of postal items by UPU standard S10: two letters of service, eight digits, a check digit, the country."""

import re

from .types import NumberError

SERIAL_LIMIT = 100_000_000
WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)

_WRITTEN = re.compile(r"([A-Z]{2})(\d{8})(\d)([A-Z]{2})", re.ASCII)


def check_digit(digits: str) -> int:
    """The check digit of the eight digits of a serial number (S10, section 6.2)."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def write_s10(service: str, serial: int, country: str) -> str:
    """The 13 characters of an item; raises `NumberError`. `country` is ISO 3166-1 alpha-2."""
    if not 0 <= serial < SERIAL_LIMIT:
        raise NumberError("s10-serial", f"A serial number has eight digits; {serial} does not fit.")
    digits = f"{serial:08}"
    return read_s10(f"{service}{digits}{check_digit(digits)}{country}")


def read_s10(text: str) -> str:
    """The number without spaces, in capitals; raises `NumberError` when its form or check digit is wrong."""
    number = "".join(text[:40].split()).upper()
    parts = _WRITTEN.fullmatch(number)
    if parts is None:
        raise NumberError(
            "s10-form", f"{text[:40]!r} is not written like RR473124829DE: 2 letters, 9 digits, 2 letters."
        )
    _service, digits, check, _country = parts.groups()
    if check_digit(digits) != int(check):
        raise NumberError("s10-check-digit", f"The check digit of {number} does not fit: a digit is wrong.")
    return number
