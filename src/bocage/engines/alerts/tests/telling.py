"""Streams told by hand: who says what from when until when. Nothing here looks at a rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bocage.engines.alerts import Change, Engine, Places, Profile, Record, What, shipped

# A Tuesday.
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULES = {rule.name: rule for rule in shipped()}

type Said = dict[str, float | str]


@dataclass
class Tale:
    """Records told one after another; `now` moves on, in seconds since the tale's start."""

    stream: str
    every: float
    start: datetime = NOON
    now: float = 0.0
    records: list[Record] = field(default_factory=list)

    def say(
        self, values: Said, seconds: float, *, sources: int = 1, on: str = "A", apart_m: float = 5.0, at: float = 0.0
    ) -> "Tale":
        """Each source says `values` every `every` seconds from now on, for `seconds`, at least once."""
        for step in range(max(1, round(seconds / self.every))):
            for source in range(sources):
                self.one(values, after=step * self.every, source=source, on=on, x_m=at + source * apart_m)
        self.now += max(1, round(seconds / self.every)) * self.every
        return self

    def one(
        self, values: Said, *, after: float = 0.0, source: int = 0, on: str = "A", x_m: float = 0.0, y_m: float = 0.0
    ) -> None:
        """One record, `after` seconds from now."""
        at_ms = round((self.start.timestamp() + self.now + after) * 1000)
        self.records.append(Record(at_ms, self.stream, f"{self.stream}-{source}", values, on, x_m, y_m))

    def wait(self, seconds: float) -> "Tale":
        """Nobody says anything for a while."""
        self.now += seconds
        return self


def told(
    kind: str | Sequence[str],
    tale: Tale | Iterable[Record],
    places: Places | None = None,
    profile: Profile | None = None,
) -> list[Change]:
    """What the kinds make of a tale that has ended."""
    kinds = [kind] if isinstance(kind, str) else kind
    engine = Engine([RULES[name] for name in kinds], places=places, profile=profile)
    records = tale.records if isinstance(tale, Tale) else list(tale)
    end_ms = round((tale.start.timestamp() + tale.now) * 1000) if isinstance(tale, Tale) else None
    return [*engine.feed(records), *engine.finish(end_ms)]


def raised(changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.what is What.RAISED]


def cleared(changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.what is What.CLEARED]


def seconds_in(tale: Tale, change: Change) -> float:
    """When a change happened, in seconds since the tale's start."""
    return change.at_ms / 1000 - tale.start.timestamp()
