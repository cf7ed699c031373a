"""The cabinet: turns calls into what the lamps show, second by second, and lets no call break a limit.

Whatever a controller calls, a green lasts its minimum, ends by amber and all-red, and nobody waits at red for ever.
"""

from collections.abc import Iterable

import numpy as np

from bocage.engines.signals.pedestrians import walking_seconds
from bocage.engines.signals.phases import GREEN, amber, clearance
from bocage.engines.signals.types import Cabinets, Call, Flags, Indices, Limits, Network, Phase

SHOWING, ENDING, CLEARING = range(3)


class Interlock:
    """All cabinets of a network. Times are whole seconds; signals, phases and links are the network's numbers."""

    def __init__(self, network: Network, limits: Limits) -> None:
        self.network, self.limits = network, limits
        count = len(network.signals)
        self.phase: Indices = np.zeros(count, np.int64)
        self.since: Indices = np.zeros(count, np.int64)
        self._next: Indices = np.zeros(count, np.int64)
        self._stage: Indices = np.zeros(count, np.int64)
        self._left: Indices = np.zeros(count, np.int64)
        self.first_link: Indices = np.cumsum([0, *(len(one.links) for one in network.signals)])
        self.red: Indices = np.zeros(self.first_link[-1], np.int64)
        self.min_green = [minimums(network, limits, number) for number in range(count)]
        self._several: Flags = np.asarray([len(one.phases) > 1 for one in network.signals], bool)
        self._least: Indices = np.zeros((count, max((len(one) for one in self.min_green), default=1)), np.int64)
        for number, least in enumerate(self.min_green):
            self._least[number, : len(least)] = least
        self.amber = [[limits.amber or one.amber_seconds for one in signal.phases] for signal in network.signals]
        self._go = [_go(network, number) for number in range(count)]
        self.green: Flags = np.concatenate([rows[0] if len(rows) else np.ones(0, bool) for rows in self._go])
        self.forced = 0

    def cabinets(self) -> Cabinets:
        """What every signal shows."""
        return Cabinets(self.phase.copy(), self.since.copy(), self._stage == SHOWING, self._ready())

    def _ready(self) -> Flags:
        least = self._least[np.arange(len(self.phase)), self.phase]
        return np.asarray((self._stage == SHOWING) & (self.since >= least) & self._several)

    def states(self) -> list[str]:
        """The letters every signal shows."""
        return [self._state(number) for number in range(len(self.network.signals))]

    def second(self, calls: Iterable[Call], waiting: Flags) -> list[tuple[int, str]]:
        """One second: takes the calls, gives the signals whose lamps change and what they show.

        `waiting`: for each link, whether somebody stands before it.
        """
        changed = self._advance()
        wanted = {one.signal: one.phase for one in calls}
        self.red = np.where(self.green | ~waiting, 0, self.red + 1)
        for number in self._overdue():
            wanted[number] = self._longest_waiting(number)
            self.forced += 1
        ready = self._ready()
        for number, phase in wanted.items():
            if not 0 <= phase < len(self.network.signals[number].phases):
                raise ValueError(f"signal {number} has no phase {phase}")
            if ready[number] and phase != self.phase[number]:
                self._end(number, phase)
                changed.append(number)
        self.since[self._stage == SHOWING] += 1
        return [(number, self._state(number)) for number in changed]

    def _end(self, number: int, phase: int) -> None:
        self._next[number] = phase
        before, after = self._pair(number)
        ends = "y" in amber(before, after)
        self._stage[number] = ENDING
        self._left[number] = self.amber[number][self.phase[number]] if ends else 0
        self._note_green(number, self._go[number][self.phase[number]] & self._go[number][phase])
        if not ends:
            self._clear(number)

    def _advance(self) -> list[int]:
        changed = []
        busy = np.flatnonzero(self._stage != SHOWING)
        self._left[busy] -= 1
        for number in busy[self._left[busy] <= 0].tolist():
            if self._stage[number] == ENDING and self.limits.all_red:
                self._stage[number], self._left[number] = CLEARING, self.limits.all_red
            else:
                self._show(number)
            changed.append(number)
        return changed

    def _clear(self, number: int) -> None:
        if self.limits.all_red:
            self._stage[number], self._left[number] = CLEARING, self.limits.all_red
        else:
            self._show(number)

    def _show(self, number: int) -> None:
        self.phase[number], self.since[number] = self._next[number], 0
        self._stage[number] = SHOWING
        self._note_green(number, self._go[number][self.phase[number]])

    def _note_green(self, number: int, go: Flags) -> None:
        self.green[self.first_link[number] : self.first_link[number + 1]] = go

    def _pair(self, number: int) -> tuple[str, str]:
        phases: tuple[Phase, ...] = self.network.signals[number].phases
        return phases[self.phase[number]].state, phases[self._next[number]].state

    def _state(self, number: int) -> str:
        if self._stage[number] == SHOWING:
            return self._pair(number)[0]
        before, after = self._pair(number)
        return amber(before, after) if self._stage[number] == ENDING else clearance(before, after)

    def _overdue(self) -> list[int]:
        late = np.flatnonzero(self.red >= self.limits.max_red)
        numbers = np.unique(np.searchsorted(self.first_link, late, side="right") - 1)
        return [number for number in numbers.tolist() if self._longest_waiting(number) != self.phase[number]]

    def _longest_waiting(self, number: int) -> int:
        """The phase that serves the link that has waited longest, and of these the one that serves most others."""
        red = self.red[self.first_link[number] : self.first_link[number + 1]]
        go = self._go[number]
        served = go & (red == np.where(go.any(axis=0), red, -1).max())
        return int(np.argmax(served.any(axis=1) * 1e6 + (go * red).sum(axis=1)))


def minimums(network: Network, limits: Limits, number: int) -> list[int]:
    """The shortest green of each phase of a signal, in seconds."""
    signal = network.signals[number]
    walking = walking_seconds(signal) if limits.pedestrians else [0] * len(signal.phases)
    return [max(limits.min_green, walk) for walk in walking]


def _go(network: Network, number: int) -> Flags:
    """Which links go in which phase: (phases, links)."""
    signal = network.signals[number]
    rows = [[phase.state[link.position] in GREEN for link in signal.links] for phase in signal.phases]
    return np.asarray(rows, dtype=bool).reshape(len(signal.phases), len(signal.links))
