"""Creditor references of ISO 11649: "RF", two check digits, and what we chose; a slip in typing shows."""

import secrets
from uuid import UUID, uuid5

from bocage.services.pay.digits import TOKEN_ALPHABET

RANDOM_CHARACTERS = 10
MOVES = UUID("c9d3c1a4-64a7-5d0f-9a55-0d1d9b1f6b52")
_MODULUS = 97


def new_reference() -> str:
    """A reference of 14 characters, 50 of its bits random."""
    body = "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return f"RF{98 - _remainder(body + 'RF00'):02d}{body}"


def find_reference(text: str) -> str | None:
    """The first of our references in a bank's free text, spaces within it allowed; None when there is none."""
    squeezed = "".join(text.upper().split())
    start = squeezed.find("RF")
    while start != -1:
        candidate = squeezed[start : start + 4 + RANDOM_CHARACTERS]
        if is_reference(candidate):
            return candidate
        start = squeezed.find("RF", start + 1)
    return None


def is_reference(text: str) -> bool:
    """Whether `text` is a reference of ours, check digits included."""
    return (
        len(text) == 4 + RANDOM_CHARACTERS
        and text.startswith("RF")
        and text[2:4].isdigit()
        and text.isascii()
        and text.isalnum()
        and text == text.upper()
        and _remainder(text[4:] + text[:4]) == 1
    )


def pay_out_transfer_id(pay_out_id: UUID) -> UUID:
    """The ledger transfer that takes a pay-out's money once the bank has paid it."""
    return uuid5(MOVES, f"out {pay_out_id}")


def grouped(reference: str) -> str:
    """The reference in fours, as paper shows it."""
    return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def _remainder(text: str) -> int:
    """ISO 7064 mod 97-10: letters count from ten on."""
    return int("".join(str(int(each, 36)) for each in text)) % _MODULUS
