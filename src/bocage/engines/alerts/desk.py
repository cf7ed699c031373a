"""From conditions to alerts: which belong together, which another explains, which are shown, when each ends.

Conditions arrive in the order of their instants. Those under one dedup key are one alert; it is raised when
`agree_min` sources agree and cleared when fewer do. An alert that another explains is kept, not shown; when the other
has ended and this one still holds `RELEASE_MS` later, it is shown.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from bocage.engines.alerts.types import Alert, Change, Quiet, Rule, Transition, What

RELEASE_MS = 600_000
OPEN_MAX = 20_000
PLANNED = "planned"


@dataclass
class Case:
    """The state of one dedup key."""

    key: tuple[int, str]
    members: dict[str, Transition] = field(default_factory=dict)
    alert: Alert | None = None
    ended_ms: int | None = None


class Desk:
    """Open conditions and alerts. `overflowed` counts the conditions refused because too many were open."""

    def __init__(self, rules: Sequence[Rule], quiet: Iterable[Quiet] = ()) -> None:
        self.rules = rules
        self.quiet = tuple(quiet)
        self.overflowed = 0
        self._cases: dict[tuple[int, str], Case] = {}
        self._near: dict[int, dict[tuple[int, str], Case]] = {}
        self._where: dict[tuple[int, str], Case] = {}
        self._number = {rule.name: number for number, rule in enumerate(rules)}
        self._children: dict[str, set[tuple[int, str]]] = {}
        self._open: dict[int, dict[tuple[int, str], Case]] = {}
        self._timers: list[tuple[int, int, str]] = []
        self._fading: list[tuple[int, int, str]] = []

    def take(self, transitions: Iterable[Transition], before_ms: int) -> list[Change]:
        """Follow conditions through time, up to the instant `before_ms`, excluded."""
        changes: list[Change] = []
        for each in sorted(transitions, key=lambda t: (t.at_ms, t.kind, t.id, t.rising)):
            changes += self._released(each.at_ms)
            changes += self._began(each) if each.rising else self._ended(each)
        changes += self._released(before_ms)
        self._forget(before_ms)
        return changes

    def open_alerts(self) -> list[Alert]:
        """The alerts that have not ended, those not shown among them, oldest first."""
        alerts = [case.alert for cases in self._open.values() for case in cases.values() if case.alert is not None]
        return sorted(alerts, key=lambda alert: (alert.raised_ms, alert.kind, alert.source))

    def _began(self, new: Transition) -> list[Change]:
        if len(self._where) >= OPEN_MAX:
            self.overflowed += 1
            return []
        rule = self.rules[new.kind]
        case = self._case(rule, new)
        case.members[new.id] = new
        self._where[(new.kind, new.id)] = case
        if case.ended_ms is not None and new.at_ms - case.ended_ms > rule.dedup_seconds * 1000:
            case.alert, case.ended_ms = None, None
        if len(case.members) < rule.agree_min:
            return []
        if case.alert is not None and case.ended_ms is None:
            case.alert = replace(
                case.alert, agreeing=max(case.alert.agreeing, len(case.members)), repeats=case.alert.repeats + 1
            )
            return []
        if case.alert is not None:
            case.ended_ms = None
            self._opened(case)
            case.alert = replace(case.alert, cleared_ms=None, repeats=case.alert.repeats + 1, silent=False)
            return [Change(new.at_ms, What.REOPENED, case.alert)]
        return [self._raised(rule, case, new)]

    def _raised(self, rule: Rule, case: Case, new: Transition) -> Change:
        by = self._explained_by(rule, new)
        alert = Alert(
            id=sha256(f"{rule.name}\n{case.key[1]}\n{new.at_ms}".encode()).hexdigest()[:20],
            kind=rule.name,
            severity=rule.severity,
            source=new.id,
            on=new.on,
            x_m=new.x_m,
            y_m=new.y_m,
            raised_ms=new.at_ms,
            cleared_ms=None,
            facts=new.facts,
            agreeing=len(case.members),
            repeats=0,
            suppressed_by=by,
            silent=False,
            evidence=new.evidence,
        )
        case.alert = alert
        self._opened(case)
        if by and by != PLANNED:
            self._children.setdefault(by, set()).add(case.key)
        elif by == PLANNED:
            heapq.heappush(self._timers, (self._planned_until(rule, new), *case.key))
        return Change(new.at_ms, What.SUPPRESSED if by else What.RAISED, alert)

    def _ended(self, over: Transition) -> list[Change]:
        case = self._where.pop((over.kind, over.id), None)
        if case is None:
            return []
        case.members.pop(over.id, None)
        alert = case.alert
        if alert is None or case.ended_ms is not None or len(case.members) >= self.rules[over.kind].agree_min:
            if not case.members and alert is None:
                self._drop(case)
            return []
        case.alert = replace(alert, cleared_ms=over.at_ms, silent=over.silent)
        case.ended_ms = over.at_ms
        self._open[over.kind].pop(case.key, None)
        heapq.heappush(self._fading, (over.at_ms + round(self.rules[over.kind].dedup_seconds * 1000), *case.key))
        for child in sorted(self._children.pop(alert.id, ())):
            heapq.heappush(self._timers, (over.at_ms + RELEASE_MS, *child))
        return [Change(over.at_ms, What.CLEARED, case.alert)]

    def _released(self, before_ms: int) -> list[Change]:
        """Show what held on after its explanation had ended."""
        changes = []
        while self._timers and self._timers[0][0] < before_ms:
            at_ms, kind, key = heapq.heappop(self._timers)
            case = self._cases.get((kind, key))
            if case is None or case.alert is None or case.ended_ms is not None or not case.alert.suppressed_by:
                continue
            member = next(iter(case.members.values()))
            by = self._explained_by(self.rules[kind], replace(member, at_ms=at_ms))
            case.alert = replace(case.alert, suppressed_by=by)
            if not by:
                changes.append(Change(at_ms, What.RELEASED, case.alert))
            elif by == PLANNED:
                heapq.heappush(
                    self._timers, (self._planned_until(self.rules[kind], replace(member, at_ms=at_ms)), kind, key)
                )
            else:
                self._children.setdefault(by, set()).add(case.key)
        return changes

    def _case(self, rule: Rule, new: Transition) -> Case:
        key = {"entity": new.id, "on": new.on or new.id, "kind": ""}.get(rule.dedup)
        if key is None:
            for case in self._near.get(new.kind, {}).values():
                # What ended too long ago is forgotten in its own time; until then it must not draw anything in.
                if case.ended_ms is not None and new.at_ms - case.ended_ms > rule.dedup_seconds * 1000:
                    continue
                if _distance_m(case.alert or next(iter(case.members.values()), None), new) <= rule.near_m:
                    return case
            key = f"{new.id}@{new.at_ms}"
        case = self._cases.setdefault((new.kind, key), Case((new.kind, key)))
        if rule.dedup == "near":
            self._near.setdefault(new.kind, {})[case.key] = case
        return case

    def _opened(self, case: Case) -> None:
        self._open.setdefault(case.key[0], {})[case.key] = case

    def _drop(self, case: Case) -> None:
        self._cases.pop(case.key, None)
        self._near.get(case.key[0], {}).pop(case.key, None)

    def _forget(self, before_ms: int) -> None:
        """Forget what ended so long ago that nothing can join it."""
        while self._fading and self._fading[0][0] < before_ms:
            until_ms, kind, key = heapq.heappop(self._fading)
            case = self._cases.get((kind, key))
            if case is None or case.members or case.ended_ms is None:
                continue
            if case.ended_ms + round(self.rules[kind].dedup_seconds * 1000) <= until_ms:
                self._drop(case)

    def _explained_by(self, rule: Rule, new: Transition) -> str:
        if any(_covers(quiet, rule, new) for quiet in self.quiet):
            return PLANNED
        for parent in rule.suppressed_by:
            for case in self._open.get(self._number.get(parent, -1), {}).values():
                known = case.alert
                if known is None or known.suppressed_by == PLANNED:
                    continue
                same = known.source == new.id or (new.on != "" and known.on == new.on)
                if same or _distance_m(known, new) <= rule.suppress_m:
                    return known.suppressed_by or known.id
        return ""

    def _planned_until(self, rule: Rule, new: Transition) -> int:
        return max(quiet.until_ms for quiet in self.quiet if _covers(quiet, rule, new))


def _covers(quiet: Quiet, rule: Rule, new: Transition) -> bool:
    on_it = quiet.on in (new.on, new.id)
    return on_it and quiet.from_ms <= new.at_ms < quiet.until_ms and (not quiet.kinds or rule.name in quiet.kinds)


def _distance_m(known: Alert | Transition | None, new: Transition) -> float:
    """Metres between the two, infinite when either place is unknown."""
    if known is None:
        return math.inf
    distance = math.hypot(known.x_m - new.x_m, known.y_m - new.y_m)
    return math.inf if math.isnan(distance) else distance
