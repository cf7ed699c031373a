"""A guard that runs the actuated plan beside the real one, and hands a signal back to it where that does better.

Beside each signal runs a shadow: the same arrivals, counted in, discharged by the actuated plan in a model of queues
(vertical queues a lane, saturation flow, the program's ambers). While more stand and come at the signal than the shadow
says there would be, minute after minute, the planner is doing worse than the actuated plan, and the signal is handed
back to that for five minutes; twice as long each time that it happens again, up to half an hour. What really stood
there meanwhile, under the very plan that the shadow runs, says how far the shadow is from the truth at this signal, and
is reckoned with from then on.
"""

import numpy as np

from bocage.engines.signals.actuated import GAP_SECONDS, MAX_GREEN_SECONDS, ActuatedPlan
from bocage.engines.signals.interlock import minimums
from bocage.engines.signals.layout import BEGIN_RATE
from bocage.engines.signals.priority import Preemption
from bocage.engines.signals.rollout import Rollout
from bocage.engines.signals.types import Cabinets, Call, Flags, Floats, Indices, Limits, Network, Observation

# Both are compared over minutes: a sum that forgets half of itself in 200 s.
MEMORY = 0.9965
# The planner may be this much over the shadow, and this many vehicles, before it counts: the model leaves out what
# makes real queues longer (lorries, lanes that block one another, streets that are full beyond).
TOLERANCE = 1.5
TOLERANCE_VEHICLES = 6.0
# It must go on for so long; then the actuated plan has the signal for so long, and twice as long each next time.
PATIENCE_SECONDS = 300
HANDED_SECONDS, HANDED_SECONDS_MAX = 300, 1_800
# Who comes into view needs so long to the stop line where nothing stands.
APPROACH_SECONDS = 14
STARTING_SECONDS = 2
# The shadow is never taken to be further from the truth.
BIAS_MAX = 5.0
# A signal that hears nothing at all for ten minutes is taken to be blind.
SILENT_SECONDS = 600


class Shadow:
    """The actuated plan on queues that are counted, not seen: `stock` vehicles a lane."""

    def __init__(self, network: Network, limits: Limits, plan: ActuatedPlan) -> None:
        self.plan = plan
        numbers: dict[str, int] = {}
        links = [link for one in network.signals for link in one.links]
        self.link_lane: Indices = np.asarray([numbers.setdefault(one.lane, len(numbers)) for one in links], np.int64)
        self.lane_signal: Indices = np.zeros(len(numbers), np.int64)
        self.lane_signal[self.link_lane] = plan.link_signal
        self._begin: Floats = np.zeros(plan.go.shape)
        most, signals = plan.go.shape[0], len(network.signals)
        self._least, self._change = np.full((most, signals), limits.min_green), np.zeros((most, signals), np.int64)
        for number, one in enumerate(network.signals):
            for place, phase in enumerate(one.phases):
                own = slice(plan.first_link[number], plan.first_link[number + 1])
                self._begin[place, own] = [BEGIN_RATE.get(phase.state[link.position], 0.0) for link in one.links]
                self._least[place, number] = minimums(network, limits, number)[place]
                self._change[place, number] = (limits.amber or phase.amber_seconds) + limits.all_red
        self.stock: Floats = np.zeros(len(numbers))
        self._coming: Floats = np.zeros((APPROACH_SECONDS, len(numbers)))
        self._ways: Floats = np.ones(len(links))
        self._phase: Indices = np.zeros(signals, np.int64)
        self._since: Indices = np.zeros(signals, np.int64)
        self._quiet: Indices = np.zeros(signals, np.int64)

    def second(self, there: Floats, before: Floats, passed: Indices, open_: Flags) -> None:
        """One second: as many come as the real count and those passed say; only `open_` links have room beyond."""
        lanes = len(self.stock)
        arrived = there - before + np.bincount(self.link_lane, weights=passed, minlength=lanes)
        self.stock = np.maximum(self.stock + arrived, 0.0)
        self._coming = np.roll(self._coming, 1, axis=0)
        self._coming[0] = arrived
        at_line = np.maximum(self.stock - np.maximum(self._coming.sum(axis=0), 0.0), 0.0)
        self._ways = 0.998 * self._ways + passed
        share = self._ways / np.bincount(self.link_lane, weights=self._ways, minlength=lanes)[self.link_lane]
        signal = self.plan.link_signal
        rate = (
            self._begin[self._phase[signal], np.arange(len(signal))] * (self._since[signal] >= STARTING_SECONDS) * open_
        )
        flow = np.bincount(self.link_lane, weights=rate * share, minlength=lanes)
        self.stock -= np.minimum(at_line, flow)
        wants = np.bincount(self.lane_signal, weights=(at_line >= 0.5) & (flow > 0), minlength=len(self._phase)) > 0
        self._quiet = np.where(wants, 0, self._quiet + 1)
        number = np.arange(len(self._phase))
        over = (self._quiet >= GAP_SECONDS) | (self._since >= MAX_GREEN_SECONDS)
        ends = over & (self._since >= self._least[self._phase, number])
        self._since = np.where(ends, -self._change[self._phase, number], self._since + 1)
        self._phase = np.where(ends, (self._phase + 1) % np.maximum(self.plan.phases, 1), self._phase)


class Guard:
    """The planner, watched. `handed_back_share`: of all seconds of all signals, those under the actuated plan."""

    def __init__(self, network: Network, limits: Limits) -> None:
        self.inner, self.plan = Rollout(network, limits), ActuatedPlan(network, limits)
        self.shadow = Shadow(network, limits, self.plan)
        signals = len(network.signals)
        self.preemption = Preemption(network, limits)
        self._groups = self.inner.layout.junction_of_signal
        self._before: Floats = np.zeros(len(self.shadow.stock))
        self._real, self._modelled = np.zeros(signals), np.zeros(signals)
        self._worse: Indices = np.zeros(signals, np.int64)
        self._handed: Indices = np.zeros(signals, np.int64)
        self._next: Indices = np.full(signals, HANDED_SECONDS, np.int64)
        self._silent: Indices = np.zeros(signals, np.int64)
        self._bias: Floats = np.ones(signals)
        number = {name: place for place, name in enumerate(network.exits)}
        links = [link for one in network.signals for link in one.links]
        self._exit: Indices = np.asarray([number[link.exit_lane] for link in links], np.int64)
        self._seconds = self._back = 0

    @property
    def handed_back_share(self) -> float:
        """Of all signal-seconds so far, the share under the actuated plan because the planner did worse."""
        return self._back / max(self._seconds * len(self._handed), 1)

    def decide(self, seen: Observation, cabinets: Cabinets) -> list[Call]:
        """The planner's calls, but for signals handed back or blind the standing plan's; an emergency comes first."""
        calls = self.inner.decide(seen, cabinets)
        self._watch(seen)
        handed = self._handed > 0
        silent = self._silent >= SILENT_SECONDS
        self._seconds += 1
        self._back += int(handed.sum())
        self._handed = np.maximum(self._handed - 1, 0)
        away = handed | silent
        if away.any():
            kept = [call for call in calls if not away[call.signal]]
            calls = [*kept, *self.plan.calls(seen, cabinets, away, silent)]
        if not seen.requests:
            return calls
        held, urgent = self.preemption.calls(seen, cabinets)
        return [*(call for call in calls if not held[call.signal]), *urgent]

    def _watch(self, seen: Observation) -> None:
        cars, signals = seen.vehicles, len(self._handed)
        open_ = np.ones(len(self._exit), bool) if seen.exit_room is None else seen.exit_room[self._exit] >= 1.0
        # Whoever is held at a line by the queue beyond it stands in that queue: its signal answers for him.
        held = ~open_[cars.link] & (cars.waiting > 0) & (cars.next_link >= 0)
        at = np.where(held, cars.next_link, cars.link)
        on = self.shadow.link_lane[at[cars.link >= 0]]
        there = np.bincount(on, minlength=len(self._before)).astype(np.float64)
        self.shadow.second(there, self._before, seen.passed, open_)
        self._before = there
        lane_signal = self.shadow.lane_signal
        count = np.bincount(lane_signal, weights=there, minlength=signals)
        heard = count + np.bincount(self.plan.link_signal, weights=seen.passed, minlength=signals)
        self._silent = np.where(heard > 0, 0, self._silent + 1)
        model = np.bincount(lane_signal, weights=self.shadow.stock, minlength=signals)
        self._real = self._real * MEMORY + (1.0 - MEMORY) * count
        self._modelled = self._modelled * MEMORY + (1.0 - MEMORY) * model
        ending = self._handed == 1
        self._bias[ending] = np.clip((self._real / np.maximum(self._modelled, 1.0))[ending], 1.0, BIAS_MAX)
        worse = (self._real > TOLERANCE * self._bias * self._modelled + TOLERANCE_VEHICLES) & (self._handed == 0)
        self._worse = np.where(worse, self._worse + 1, 0)
        self._hand_back(self._worse >= PATIENCE_SECONDS, there)

    def _hand_back(self, worse: Flags, there: Floats) -> None:
        if not worse.any():
            return
        # Signals that are planned as one are handed back as one.
        together = np.isin(self._groups, self._groups[worse])
        self._handed[together] = self._next[together]
        self._next[together] = np.minimum(2 * self._next[together], HANDED_SECONDS_MAX)
        self._worse[together] = 0
        self._modelled[together] = self._real[together]
        lanes = together[self.shadow.lane_signal]
        self.shadow.stock[lanes] = there[lanes]
