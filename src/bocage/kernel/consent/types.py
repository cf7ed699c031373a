"""What consent shows to everybody else."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """What a subject last said about a purpose, or what time said for them."""

    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Grant:
    """What holds now between a subject and a purpose. `version` is that of the purpose's text they answered to."""

    purpose: str
    service: str
    state: State
    version: int
    granted_at: datetime | None
    changed_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Answered:
    """One line of the history: what a subject answered when, to which words, and who answered for them."""

    purpose: str
    state: State
    version: int
    title: str
    says: str
    actor_id: UUID | None
    at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Choice:
    """A declared purpose as the person's page shows it, with what holds now (`grant` None: never asked).

    `live` is whether it may be used at this instant.
    """

    purpose: str
    service: str
    title: str
    says: str
    reads: tuple[str, ...]
    version: int
    grant: Grant | None
    live: bool


@dataclass(frozen=True)
class Receipt:
    """`reader` read `what` of the subject's, `count` items of it, under `purpose` ("" where it needs none)."""

    id: UUID
    reader: str
    purpose: str
    what: str
    at: datetime
    count: int


@dataclass(frozen=True)
class ReceiptPage:
    """Receipts, newest first; pass `next_before` on for the older ones (None: no older)."""

    receipts: tuple[Receipt, ...]
    next_before: UUID | None


@dataclass(frozen=True)
class PurposeCount:
    """How many subjects are in `state` for `purpose`."""

    purpose: str
    state: State
    subjects: int


@dataclass(frozen=True)
class Erasure:
    """What an erasure did: the parts of the platform that erased, and what each kept and why, in words."""

    person_id: UUID
    erased: tuple[str, ...]
    kept: tuple[str, ...]
    at: datetime
