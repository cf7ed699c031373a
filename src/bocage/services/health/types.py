"""What Health shows to its pages and programs: frozen dataclasses, never rows."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True)
class Scheme:
    """The scheme in force. `budget_days`: the days a person that it may cost."""

    id: UUID
    title: str
    legal_basis: str
    rules: str
    budget_days: Decimal
    demo: bool
    starts_at: datetime
    sunset_at: datetime


@dataclass(frozen=True)
class DayRule:
    """What a budget made of a day: from which percentage yellow began, for how many there was room, days spent."""

    day: date
    yellow_percent: float
    places: int
    people: int
    spent_days: float


@dataclass(frozen=True)
class RegisterEntry:
    """A line of the public register, without any person."""

    kind: str
    title: str
    words: str
    at: datetime


@dataclass(frozen=True)
class Venue:
    """A place with a poster; `url` is what its code says."""

    id: UUID
    organisation_id: UUID
    name: str
    kind: str
    kind_title: str
    token: str
    url: str
    open: bool


@dataclass(frozen=True)
class Visit:
    """A check-in as its person sees it."""

    id: UUID
    venue: str
    kind: str
    kind_title: str
    icon: str
    arrived_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Symptoms:
    """A self-report, in words."""

    id: UUID
    said: tuple[str, ...]
    since: date
    at: datetime


@dataclass(frozen=True)
class Result:
    """A laboratory's result."""

    id: UUID
    kind_title: str
    outcome: str
    outcome_title: str
    laboratory: str
    taken_at: datetime
    corrected: bool
    certifiable: bool


@dataclass(frozen=True)
class Reason:
    """One line of why: in words, without a name; `share_percent` of the risk where it moved it."""

    icon: str
    title: str
    note: str
    share_percent: int | None


@dataclass(frozen=True)
class Colour:
    """A colour as its holder sees it. `record` is the signed document, as text for keeping and checking."""

    decision_id: UUID
    colour: str
    shape: str
    word: str
    says: str
    reasons: tuple[Reason, ...]
    changes: tuple[str, ...]
    decided_at: datetime
    valid_until: datetime
    rules: str
    threshold: str
    appealable: bool


@dataclass(frozen=True)
class Appeal:
    """An appeal as its person sees it."""

    id: UUID
    state: str
    title: str
    note: str
    at: datetime
    suspends_at: datetime


@dataclass(frozen=True)
class Case:
    """An appeal as the official sees it: the record and the person's words, and no name."""

    id: UUID
    number: str
    colour: Colour
    words: str
    at: datetime
    suspended: bool
    suspends_at: datetime
    state: str


@dataclass(frozen=True)
class Source:
    """A source of data and what the person answered about it."""

    purpose: str
    title: str
    says: str
    icon: str
    live: bool
    asked: bool


@dataclass(frozen=True)
class Holder:
    """Who a certificate is of: the name and date of birth on an identity card."""

    given: str
    family: str
    born: date

    @property
    def name(self) -> str:
        """Both parts, as they are spoken."""
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class Housemate:
    """Somebody whom a person named as living with her, or who named her; it counts where both are true."""

    id: UUID
    name: str
    handle: str
    named: bool
    names_her: bool


@dataclass(frozen=True)
class Issued:
    """A result as certificates for the world outside. `eu` is the text of a code, `card` those of one or more codes."""

    holder: Holder
    laboratory: str
    kind: str
    outcome: str
    taken_at: datetime
    eu: str
    card: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """A certificate in the pass: what kind, whose word, until when."""

    id: UUID
    title: str
    note: str
    issuer: str
    until: date | None
