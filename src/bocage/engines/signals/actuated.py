"""The plan that stands by: gap-based greens in the program's order, as most towns run today, then the fixed plan.

It is what a junction is handed back to when the planner does worse there, or when its sensors say nothing any more.
"""

import numpy as np

from bocage.engines.signals.phases import GREEN
from bocage.engines.signals.types import Cabinets, Call, Flags, Indices, Limits, Network, Observation

# FHWA Signal Timing Manual, chapter 5: a passage time of 3 s, a longest green of 50 s.
GAP_SECONDS = 3.0
MAX_GREEN_SECONDS = 50


class ActuatedPlan:
    """One for all signals; keeps nothing but what was counted a moment ago."""

    def __init__(self, network: Network, limits: Limits) -> None:
        self.phases: Indices = np.asarray([len(one.phases) for one in network.signals], np.int64)
        links = [len(one.links) for one in network.signals]
        self.link_signal: Indices = np.repeat(np.arange(len(links)), links)
        self.first_link: Indices = np.cumsum([0, *links])
        self._speed = np.asarray([max(link.speed_limit, 5.0) for one in network.signals for link in one.links])
        most = max(int(self.phases.max(initial=0)), 1)
        self.go: Flags = np.zeros((most, int(self.first_link[-1])), bool)
        self._fixed: Indices = np.full((most, len(links)), MAX_GREEN_SECONDS, np.int64)
        for number, one in enumerate(network.signals):
            seconds = dict(one.program)
            for place, phase in enumerate(one.phases):
                own = slice(self.first_link[number], self.first_link[number + 1])
                self.go[place, own] = [phase.state[link.position] in GREEN for link in one.links]
                self._fixed[place, number] = max(round(seconds.get(phase.state, 0)), limits.min_green)

    def calls(self, seen: Observation, cabinets: Cabinets, handed: Flags, silent: Flags) -> list[Call]:
        """Calls for the signals `handed` to it; those that are `silent` go by the program's own seconds."""
        cars = seen.vehicles
        near = np.flatnonzero((cars.link >= 0) & (cars.metres <= GAP_SECONDS * self._speed[cars.link]))
        link = cars.link[near]
        signal = self.link_signal[link]
        going = self.go[cabinets.phase[signal], link]
        extends = np.bincount(signal[going], minlength=len(self.phases)) > 0
        fixed = self._fixed[cabinets.phase, np.arange(len(self.phases))]
        full = cabinets.since >= np.where(silent, fixed, MAX_GREEN_SECONDS)
        ends = handed & cabinets.ready & (full | (~silent & ~extends))
        answer = []
        for number in np.flatnonzero(ends).tolist():
            if silent[number]:
                why = "fixed plan, no sensor says anything here"
            elif full[number]:
                why = f"actuated plan, the longest green of {MAX_GREEN_SECONDS} s is over"
            else:
                why = f"actuated plan, nobody is within {GAP_SECONDS:.0f} s of this green"
            answer.append(Call(number, int((cabinets.phase[number] + 1) % self.phases[number]), why))
        return answer
