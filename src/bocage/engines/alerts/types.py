"""The nouns of the engine: records in, rules, alerts out. Times are UTC, `_ms` is milliseconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LANGUAGES = ("en", "fr")


class AlertsError(ValueError):
    """Input that is refused: `where` is its file and line, `field` the field at fault, `what` what is wrong with it."""

    def __init__(self, where: str, field: str, what: str) -> None:
        super().__init__(": ".join(part for part in (where, field, what) if part))
        self.where, self.field, self.what = where, field, what


class Severity(StrEnum):
    """How soon somebody must look: at their ease, within the shift, within minutes, now."""

    INFO = "info"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Record:
    """One thing said by one source: a detector's minute, a vehicle's position, a device's state, a citizen's report.

    `id` is who says it; `on` the road, line or area it belongs to, "" when none; `x_m`, `y_m` its place in metres on
    the town's grid, NaN when unknown; `values` the stream's own fields: numbers in the unit the field's name ends
    with, or one of its words.
    """

    at_ms: int
    stream: str
    id: str
    values: Mapping[str, float | str]
    on: str = ""
    x_m: float = float("nan")
    y_m: float = float("nan")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field` against a number, another field, or one of some words: `speed_kmh < 20`, `lamp == dark|flashing`."""

    field: str
    operator: str
    limit: float | None = None
    other: str | None = None
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        right = self.other or "|".join(self.words) or f"{self.limit:g}"
        return f"{self.field} {self.operator} {right}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of alert: everything that decides when it is raised, who owns it and what is kept of it.

    `says` defines it in plain words, by language. `where` chooses the records judged; `when` (all must hold) raises
    after `for_seconds`; `clear` (any suffices; absent: `when` no longer holds) ends it after `clear_seconds`.
    `settings` are its operator's. `dedup` is "entity", "on", "kind" or "near" (within `near_m`): a second cause under
    the same key, or within `dedup_seconds` of the end, is the same alert. `agree_min` sources must agree. While an
    alert of a kind in `suppressed_by` is open on the same source, the same `on`, or within `suppress_m`, this one is
    kept and not shown.
    """

    name: str
    family: str
    title: Mapping[str, str]
    says: Mapping[str, str]
    operator: str
    stream: str
    where: tuple[Comparison, ...]
    when: tuple[Comparison, ...]
    clear: tuple[Comparison, ...]
    settings: Mapping[str, float | str | bool | tuple[Comparison, ...]]
    for_seconds: float
    clear_seconds: float
    dedup: str
    dedup_seconds: float
    near_m: float
    agree_min: int
    suppressed_by: tuple[str, ...]
    suppress_m: float
    severity: Severity
    owner: str
    action: Mapping[str, str]
    evidence: tuple[str, ...]
    evidence_seconds: float
    evidence_days: int
    file: str

    def number(self, setting: str, default: float = 0.0) -> float:
        """A setting of the operator that is a number."""
        value = self.settings.get(setting, default)
        return float(value) if isinstance(value, int | float) else default

    def text(self, setting: str) -> str:
        """A setting of the operator that is a word, "" when it is absent."""
        return str(self.settings.get(setting, ""))

    def comparisons(self, setting: str) -> tuple[Comparison, ...]:
        """A setting of the operator that is a list of comparisons."""
        value = self.settings.get(setting, ())
        return value if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One comparison as it stood when the alert was raised. `value` is None for what was not there (an absence)."""

    field: str
    value: float | str | None
    operator: str
    limit: float | str


@dataclass(frozen=True, slots=True)
class Transition:
    """A condition of one source began (`rising`) or ended; `silent` when it ended because nothing more was heard."""

    at_ms: int
    kind: int
    id: str
    on: str
    x_m: float
    y_m: float
    rising: bool
    silent: bool = False
    facts: tuple[Fact, ...] = ()
    evidence: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """What an operator sees. `agreeing` counts the sources whose condition held when it was raised or joined since.

    `suppressed_by` is the id of the alert that explains this one, or "planned"; "" for one that is shown.
    """

    id: str
    kind: str
    severity: Severity
    source: str
    on: str
    x_m: float
    y_m: float
    raised_ms: int
    cleared_ms: int | None
    facts: tuple[Fact, ...]
    agreeing: int
    repeats: int
    suppressed_by: str
    silent: bool
    evidence: tuple[Record, ...] = field(repr=False, default=())


class What(StrEnum):
    """What became of an alert."""

    RAISED = "raised"
    SUPPRESSED = "suppressed"
    REOPENED = "reopened"
    RELEASED = "released"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Change:
    """An alert at the moment it changed."""

    at_ms: int
    what: What
    alert: Alert


@dataclass(frozen=True, slots=True)
class Quiet:
    """Planned: no alert of `kinds` (all when empty) on `on` is shown from `from_ms` until `until_ms`."""

    on: str
    from_ms: int
    until_ms: int
    kinds: tuple[str, ...] = ()


def instant(ms: int) -> str:
    """ISO 8601 in UTC, to the second, or the millisecond where there is one."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")
