"""The cabinets of the twin's lights: they obey calls within their limits, and have a plan of their own without any.

Every change that they show has its number, without a gap a light, who wanted it, and why.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from bocage.engines.signals import Call, Interlock, Limits, Network, Signal

GREEN = "Gg"
# A town's: a second of all red, greens as long as people on foot need, and nobody waits for two minutes.
LIMITS = Limits(min_green=6, all_red=1, max_red=100, pedestrians=True)
REASON_CHARACTERS_MAX = 300
PLANNED, FALLBACK, LIMIT = "planned", "fallback", "limit"


@dataclass(frozen=True)
class Change:
    """A green that a light begins to show, `lasted_seconds` after the one before it began."""

    signal: str
    at_ms: int
    number: int
    phase: int
    by: str
    reason: str
    lasted_seconds: int

    def as_json(self) -> dict[str, Any]:
        """As the journal and the API write it."""
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat()
        return {"at": at, **{name: value for name, value in asdict(self).items() if name != "at_ms"}}


class FixedPlan:
    """The net's own program, green after green: what a cabinet does when it hears no plan."""

    def __init__(self, network: Network) -> None:
        self.greens = [plan_of(signal) for signal in network.signals]

    def calls(self, phases: Iterable[int], since: Iterable[int], ready: Iterable[bool], why: str) -> list[Call]:
        """Calls for those lights whose green has lasted as long as the program says."""
        found = []
        for number, (phase, age, free) in enumerate(zip(phases, since, ready, strict=True)):
            plan = self.greens[number]
            place = next((n for n, (each, _seconds) in enumerate(plan) if each == phase), -1)
            lasts = plan[place][1] if place >= 0 else 0
            if free and len(plan) > 1 and age >= lasts:
                told = f"fixed plan, {lasts} s of green are over"
                found.append(Call(number, plan[(place + 1) % len(plan)][0], f"{told}; {why}" if why else told))
        return found


def plan_of(signal: Signal) -> list[tuple[int, int]]:
    """The greens of a light's own program in their order: (phase, seconds)."""
    place = {phase.state: number for number, phase in enumerate(signal.phases)}
    return [(place[state], round(seconds)) for state, seconds in signal.program if state in place]


class Lights:
    """All lights of the twin. `numbers`: the last number that each light's log has."""

    def __init__(self, network: Network, numbers: Mapping[str, int], limits: Limits = LIMITS) -> None:
        self.network, self.limits = network, limits
        self.cabinets = Interlock(network, limits)
        self.plan = FixedPlan(network)
        self._numbers = {one.id: numbers.get(one.id, 0) for one in network.signals}
        self._wanted: dict[int, tuple[int, str, str]] = {}
        self._shown = self.cabinets.cabinets().phase
        self._began = [0] * len(network.signals)
        # Somebody on foot may stand at any arm, and no detector sees her.
        self._waiting = np.ones(int(self.cabinets.first_link[-1]), dtype=bool)

    def second(self, calls: Iterable[Call] | None, at_ms: int, why_fixed: str) -> list[Change]:
        """One second under the planner's calls, or (None) under the fixed plan, because `why_fixed`."""
        now = self.cabinets.cabinets()
        by = PLANNED
        if calls is None:
            calls, by = self.plan.calls(now.phase, now.since, now.ready, why_fixed), FALLBACK
        calls = [call for call in calls if now.ready[call.signal] and call.phase != now.phase[call.signal]]
        for call in calls:
            self._wanted[call.signal] = (call.phase, by, call.reason)
        self.cabinets.second(calls, self._waiting)
        shown = self.cabinets.cabinets().phase
        changes = [
            self._change(number, int(shown[number]), at_ms) for number in np.flatnonzero(shown != self._shown).tolist()
        ]
        self._shown = shown
        return changes

    def first(self, at_ms: int, why: str) -> list[Change]:
        """What every light shows at the start."""
        for number, phase in enumerate(self._shown.tolist()):
            self._wanted[number] = (phase, FALLBACK, why)
        return [self._change(number, int(phase), at_ms) for number, phase in enumerate(self._shown.tolist())]

    def _change(self, number: int, phase: int, at_ms: int) -> Change:
        wanted = self._wanted.pop(number, None)
        if wanted is not None and wanted[0] == phase:
            _phase, by, reason = wanted
        else:
            by, reason = LIMIT, f"somebody may have waited {self.limits.max_red} s: nobody waits longer"
        signal = self.network.signals[number].id
        self._numbers[signal] += 1
        lasted = (at_ms - self._began[number]) // 1000 if self._began[number] else 0
        self._began[number] = at_ms
        return Change(signal, at_ms, self._numbers[signal], phase, by, reason[:REASON_CHARACTERS_MAX], lasted)


def walkable(signal: Signal) -> list[dict[str, bool]]:
    """For each phase and each arm that has a crossing: whether people on foot may cross it.

    They do while nothing leaves the arm and traffic beside them goes straight on, as the greens' lengths reckon with.
    An arm that no phase lets them cross has no crossing.
    """
    arms = sorted({_arm(link.lane) for link in signal.links})
    rows = []
    for phase in signal.phases:
        going = [link for link in signal.links if phase.state[link.position] in GREEN]
        moving = {_arm(link.lane) for link in going}
        beside = any(link.turn == "s" for link in going)
        rows.append({arm: beside and arm not in moving for arm in arms})
    crossed = [arm for arm in arms if any(row[arm] for row in rows)]
    return [{arm: row[arm] for arm in crossed} for row in rows]


def _arm(lane: str) -> str:
    return lane.rsplit("_", 1)[0]
