"""The engine: records in, changes of alerts out. A stream gives the same changes however it is cut in batches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bocage.engines.alerts.desk import Desk
from bocage.engines.alerts.intake import Intake
from bocage.engines.alerts.judging import Judge
from bocage.engines.alerts.operators import Context
from bocage.engines.alerts.places import Places
from bocage.engines.alerts.profiles import Profile
from bocage.engines.alerts.rows import Columns, Names, Rows, Whereabouts, concatenated, pack
from bocage.engines.alerts.streams import streams
from bocage.engines.alerts.types import Alert, Change, Quiet, Record, Rule, Transition

LATENESS_SECONDS = 30.0
# A passing source that has been silent this much longer than its stream allows is forgotten.
PASSING_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Counts:
    """What the engine has judged, what it left out and why, and the kinds that it could not judge and why."""

    records: int
    left_out: Mapping[str, int]
    not_judged: Mapping[str, str]


class Engine:
    """Every rule over every stream. State is bounded: sources, words, waiting records and open alerts have limits.

    `zone` is the town's time zone; `places` and `profile` are what rules of geometry and of the usual are judged with:
    without them those kinds raise nothing, and `counts()` names them.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        places: Places | None = None,
        profile: Profile | None = None,
        zone: str = "UTC",
        lateness_seconds: float = LATENESS_SECONDS,
        quiet: Iterable[Quiet] = (),
    ) -> None:
        self.rules = tuple(rules)
        self._places, self._profile, self._zone = places or Places(), profile, zone
        self._intake = Intake(round(lateness_seconds * 1000))
        self._desk = Desk(self.rules, quiet)
        self._judges: dict[str, list[Judge]] = {}
        for kind, rule in enumerate(self.rules):
            self._judges.setdefault(rule.stream, []).append(Judge(kind, rule, streams()[rule.stream]))
        self._history: dict[str, Rows] = {}
        self._last = {name: Whereabouts() for name in self._judges}
        self._judged = 0

    def feed(self, records: Iterable[Record]) -> list[Change]:
        """Take records in the order of their arrival; what changed up to the clock less the lateness allowed."""
        return self.feed_columns(pack(records))

    def feed_columns(self, parts: Mapping[str, Columns]) -> list[Change]:
        """The same for records that are columns already."""
        self._intake.take({name: columns for name, columns in parts.items() if len(columns.at_ms)})
        if self._intake.clock_ms is None:
            return []
        return self._advance(self._intake.clock_ms - self._intake.lateness_ms)

    def finish(self, at_ms: int | None = None) -> list[Change]:
        """Judge what still waits, up to the clock, or up to `at_ms` where that is later (nothing more was said)."""
        if self._intake.clock_ms is None:
            return []
        self._intake.clock_ms = max(self._intake.clock_ms, at_ms or 0)
        return self._advance(self._intake.clock_ms + 1)

    def open_alerts(self) -> list[Alert]:
        """The alerts that have not ended, oldest first; those not shown among them."""
        return self._desk.open_alerts()

    def counts(self) -> Counts:
        """What was judged, left out, and not judged at all."""
        left_out = {reason: count for reason, count in self._intake.left_out.items() if count}
        if self._desk.overflowed:
            left_out["too many open conditions"] = self._desk.overflowed
        return Counts(self._judged, left_out, self._not_judged())

    def _not_judged(self) -> dict[str, str]:
        found = {}
        for rule in self.rules:
            if rule.operator == "zscore" and self._profile is None:
                found[rule.name] = "no profile of what is usual"
            kind = rule.text("zone") or rule.text("line")
            if rule.operator == "geometry" and not (self._places.zones_of(kind) or self._places.lines_of(kind)):
                found[rule.name] = f"no place of the kind {kind}"
        return found

    def _advance(self, before_ms: int) -> list[Change]:
        released = self._intake.release(before_ms)
        transitions: list[Transition] = []
        for name, judges in self._judges.items():
            fresh = released.get(name)
            names = self._intake.sources.get(name)
            if names is None:
                continue
            rows = self._with_history(name, fresh)
            context = Context(
                streams()[name], self._places, self._profile, self._zone, names.names, self._intake.words.numbers,
                self._last[name],
            )  # fmt: skip
            for judge in judges:
                transitions += judge.judge(rows, before_ms, context, names, self._intake.words)
            self._remember(name, rows, before_ms, judges, names)
        self._judged += sum(len(rows) for rows in released.values())
        return self._desk.take(transitions, before_ms)

    def _with_history(self, name: str, fresh: Rows | None) -> Rows:
        past = self._history.get(name)
        if fresh is None:
            return past if past is not None else self._intake.nothing(name)
        return fresh if past is None or not len(past) else concatenated([past, fresh]).sorted()

    def _remember(self, name: str, rows: Rows, before_ms: int, judges: list[Judge], names: Names) -> None:
        """Keep as much of the past as the rules look at, and forget the passing sources that have gone."""
        self._last[name].update(rows, len(names.names))
        window_ms = max(judge.window_ms for judge in judges)
        past = rows.take(np.flatnonzero(rows.at_ms >= before_ms - window_ms), fresh=False)
        self._history[name] = past
        if streams()[name].passing and len(names.names) > PASSING_MAX:
            self._forget(name, past, before_ms, judges, names)

    def _forget(self, name: str, past: Rows, before_ms: int, judges: list[Judge], names: Names) -> None:
        stay = np.zeros(len(names.names), np.bool_)
        stay[past.code] = True
        for waiting in self._intake.waiting(name):
            stay[waiting.code] = True
        for judge in judges:
            rule = judge.rule
            keep_ms = round(1000 * (streams()[name].silent_seconds + rule.for_seconds + rule.clear_seconds))
            stay |= judge.carry.state | (judge.carry.last_ms >= before_ms - keep_ms)
        codes = np.flatnonzero(stay)
        renumbered = np.full(len(stay), -1, np.int64)
        renumbered[codes] = np.arange(len(codes))
        for judge in judges:
            judge.keep(codes)
        self._last[name].keep(codes)
        self._history[name] = past.renumbered(renumbered)
        self._intake.renumber(name, renumbered)
        names.keep(codes)
