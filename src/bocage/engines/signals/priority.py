"""Priority on request: people in buses and trams count as they are many, and nothing stops for long who saves lives.

Requests are as in NTCIP 1211 (signal control and prioritization): a vehicle, its class, and for a stop line on its way
how far it is. Buses and trams are *given priority*: in the plan each weighs as many cars as carry its people. For an
emergency vehicle signals are *pre-empted*: every signal along its way is called to its green early enough for those
before it to leave, one signal after the other (a green wave), and is released the second its request ends.
"""

import numpy as np

from bocage.engines.signals.layout import SLOWEST_METRES_PER_SECOND
from bocage.engines.signals.phases import GREEN
from bocage.engines.signals.types import Cabinets, Call, Flags, Limits, Network, Observation, PriorityKind, Request

# A car carries 1.3 people (Eurostat's passenger mobility surveys: 1.2 to 1.7), a bus 20 and a tram 50 in the day.
CARS_WORTH: dict[PriorityKind, float] = {"bus": 15.0, "tram": 38.0, "emergency": 38.0}
NAMES: dict[PriorityKind, str] = {"bus": "bus", "tram": "tram", "emergency": "emergency vehicle"}
# Those before it leave one each 2 s, after 2 s to start; it should see green 5 s before it has to brake.
HEADWAY_SECONDS, STARTING_SECONDS, SIGHT_SECONDS = 2.0, 2.0, 5.0
# A request that lasts is no longer believed: it has stopped there, or its radio has failed.
LONGEST_SECONDS = 180
REQUESTS_LIMIT = 1_000


def seconds_to_line(request: Request, speed_limit: float) -> float:
    """When it would be at the line if nothing held it."""
    return request.metres / max(request.speed, speed_limit, SLOWEST_METRES_PER_SECOND)


class Preemption:
    """Signals along the ways of emergency vehicles."""

    def __init__(self, network: Network, limits: Limits) -> None:
        self.network = network
        self._links = [(number, link) for number, one in enumerate(network.signals) for link in one.links]
        self._change = [
            max((limits.amber or phase.amber_seconds for phase in one.phases), default=0) + limits.all_red
            for one in network.signals
        ]
        self._asked: dict[tuple[str, int], int] = {}

    def calls(self, seen: Observation, cabinets: Cabinets) -> tuple[Flags, list[Call]]:
        """Which signals are held for somebody this second, and the calls that change them."""
        held, first = np.zeros(len(self.network.signals), bool), self._first(seen)
        calls = []
        for signal, (seconds, request) in first.items():
            held[signal] = True
            current = int(cabinets.phase[signal])
            phase = self._phase(signal, request.link, current)
            if cabinets.ready[signal] and phase != current:
                side = self._links[request.link][1].comes_from
                why = f"{NAMES[request.kind]} from {side} in {seconds:.0f} s, the way is cleared for it"
                calls.append(Call(signal, phase, why))
        return held, calls

    def _first(self, seen: Observation) -> dict[int, tuple[float, Request]]:
        """Of each signal that has to act now, who will be there first and when."""
        asked = {(one.vehicle, one.link): one for one in seen.requests[:REQUESTS_LIMIT] if one.kind == "emergency"}
        self._asked = {key: self._asked.get(key, 0) for key in asked}
        first: dict[int, tuple[float, Request]] = {}
        for key, request in asked.items():
            signal, link = self._links[request.link]
            seconds = seconds_to_line(request, link.speed_limit)
            cars = seen.vehicles
            before = int(((cars.link == request.link) & (cars.metres < request.metres) & (cars.waiting > 0)).sum())
            lead = self._change[signal] + STARTING_SECONDS + HEADWAY_SECONDS * before + SIGHT_SECONDS
            if seconds > lead or self._asked[key] >= LONGEST_SECONDS:
                continue
            self._asked[key] += 1
            if signal not in first or seconds < first[signal][0]:
                first[signal] = (seconds, request)
        return first

    def _phase(self, signal: int, link: int, current: int) -> int:
        """The present phase where it serves the link without giving way, else the one that serves it best."""
        position = self._links[link][1].position
        letters = [phase.state[position] for phase in self.network.signals[signal].phases]
        best = "G" if "G" in letters else "g" if "g" in letters else None
        if best is None or letters[current] == best:
            return current
        greens = [sum(letter in GREEN for letter in phase.state) for phase in self.network.signals[signal].phases]
        return max((n for n, letter in enumerate(letters) if letter == best), key=lambda n: greens[n])
