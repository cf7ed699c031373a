"""What City shows: frozen, free of Django."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Taken:
    """What became of a batch: `taken` records are new, `known` were sent before."""

    taken: int
    known: int


@dataclass(frozen=True)
class SenderView:
    """Who may send. `heard_at`: when it last did."""

    organisation_id: UUID
    name: str
    added_at: datetime
    heard_at: datetime | None


@dataclass(frozen=True)
class Intake:
    """How the stream stands: records of today (UTC) and in all, how far they are judged, and what was left out why."""

    today: int
    days: tuple[date, ...]
    latest_at: datetime | None
    judged_at: datetime | None
    waiting: int
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Step:
    """One thing that happened to an alert; `by` is "" for the rules themselves."""

    at: datetime
    what: str
    title: str
    by: str
    to: str
    note: str


@dataclass(frozen=True)
class AlertView:
    """An alert as an operator reads it, in one language. `holder` is who has taken it over, "" for nobody."""

    id: str
    kind: str
    family: str
    title: str
    says: str
    action: str
    reason: str
    severity: str
    desk: str
    source: str
    on: str
    x_m: float | None
    y_m: float | None
    raised_at: datetime
    changed_at: datetime
    cleared_at: datetime | None
    agreeing: int
    repeats: int
    suppressed_by: str
    silent: bool
    rule_number: int
    state: str
    holder_id: UUID | None
    holder: str
    verdict: str
    closed_at: datetime | None
    revision: int
    evidence: Sequence[Mapping[str, Any]] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Counted:
    """What waits in the inbox."""

    new: int
    taken: int
    mine: int
    critical: int
    hidden: int


@dataclass(frozen=True)
class Precision:
    """Of the alerts of a kind that operators closed as true or false: how many were true, and the share's 95% interval.

    `low` and `high` are Wilson's bounds for the share, 0 to 1.
    """

    kind: str
    title: str
    true: int
    closed: int
    low: float
    high: float
    duplicates: int
    planned: int

    @property
    def share(self) -> float:
        """The share that was true."""
        return self.true / self.closed if self.closed else 0.0


@dataclass(frozen=True)
class ReportStepView:
    """What happened to a report, as its citizen reads it."""

    at: datetime
    state: str
    answer: str


@dataclass(frozen=True)
class ReportView:
    """A report; `words` and `has_photo` are left out where it is shown to others."""

    id: UUID
    kind: str
    street: str
    x_m: float | None
    y_m: float | None
    state: str
    at: datetime
    words: str = ""
    has_photo: bool = False
    revision: int = 0
    steps: tuple[ReportStepView, ...] = ()


@dataclass(frozen=True)
class WorksView:
    """Works that are planned or under way; `now` while they are."""

    id: UUID
    title: str
    street: str
    closes: str
    words: str
    from_at: datetime
    until_at: datetime
    cancelled: bool
    now: bool


@dataclass(frozen=True)
class ReportNumbers:
    """Reports of the last 90 days: how many, how many answered and ended, and half of the first answers' hours."""

    made: int
    answered: int
    ended: int
    median_hours: float | None
    by_kind: tuple[tuple[str, int, int], ...]
