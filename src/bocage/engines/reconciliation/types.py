"""What is compared and what comes of it: plain frozen dataclasses."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of an account, as one side has it. `amount_minor` is signed, + for money in.

    `references` are whatever may name it: the end-to-end id, the bank's reference, a creditor reference (ISO 11649).
    """

    id: UUID
    references: tuple[str, ...]
    amount_minor: int
    currency: str
    on: date


class Finding(StrEnum):
    """What became of a booked movement. The first two are matches, the rest is for a person to look at.

    `DUPLICATE`: it names a movement that another booked one has matched. `DIFFERS`: it names one of another amount.
    `AMBIGUOUS`: several would do, or another booked movement would do as well. `UNMATCHED`: nothing is like it.
    """

    REFERENCE = "reference"
    AMOUNT_AND_DAY = "amount_and_day"
    DUPLICATE = "duplicate"
    DIFFERS = "differs"
    AMBIGUOUS = "ambiguous"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding, and the expected movements that it speaks of: the one matched, or at most ten that would do."""

    finding: Finding
    expected: tuple[UUID, ...]
