"""The controller on a real cabinet's detectors: counts of loops in, an `Observation` out. No SUMO.

Each lane has a loop well before the stop line and one on it, the detectors of NTCIP 1202 (its volume counts a second).
Between the two a vehicle is taken to drive at the speed limit until it reaches the tail of those who stand, first come
first served. The calls that come back are phase calls of the same standard; `Interlock` says what the lamps show.
"""

from collections import deque
from collections.abc import Mapping
from math import inf

import numpy as np

from bocage.engines.signals.layout import SLOWEST_METRES_PER_SECOND
from bocage.engines.signals.priority import CARS_WORTH
from bocage.engines.signals.types import Network, Observation, Request, SignalsError, Vehicles

CAR_METRES = 7.5
LANE_LIMIT = 200
# Who is still there after so long was counted in and never out: loops miss one in some hundreds.
LOST_SECONDS = 600


class Loops:
    """All lanes that have loops. `advance_metres`: of each, how far the first one lies before the stop line."""

    def __init__(self, network: Network, advance_metres: Mapping[str, float]) -> None:
        links = [link for one in network.signals for link in one.links]
        self._link: dict[str, int] = {}
        for number, link in enumerate(links):
            self._link.setdefault(link.lane, number)
        self._speed = {link.lane: max(link.speed_limit, SLOWEST_METRES_PER_SECOND) for link in links}
        self._links, self._exits = len(links), len(network.exits)
        for lane, metres in advance_metres.items():
            if lane not in self._link or not 0 < metres < 10_000:
                raise SignalsError(f"loop of lane {lane!r} at {metres} m: no such lane before a signal, or no distance")
        self._advance = dict(advance_metres)
        # Of each vehicle between the loops: seconds since the first, and seconds it has stood.
        self._between: dict[str, deque[list[int]]] = {lane: deque(maxlen=LANE_LIMIT) for lane in advance_metres}

    def second(
        self, entered: Mapping[str, int], left: Mapping[str, int], requests: tuple[Request, ...] = ()
    ) -> Observation:
        """What is known after a second in which so many passed the first loop of each lane, and the one on the line.

        Raises:
            SignalsError: names the lane that has no loops, or whose count is none, or whose request cannot be.
        """
        for one in requests:
            if one.kind not in CARS_WORTH or not 0 <= one.link < self._links or not 0 <= one.metres < inf:
                raise SignalsError(f"request of {one.vehicle!r}: no {one.kind} {one.metres} m before a link {one.link}")
            if not 0 <= one.speed < inf:
                raise SignalsError(f"request of {one.vehicle!r}: {one.speed} is no speed in m/s")
        for counts in (entered, left):
            for lane, count in counts.items():
                if lane not in self._between or not 0 <= count <= LANE_LIMIT:
                    raise SignalsError(f"loop of lane {lane!r}: {count} is no count of a loop that was named")
        passed, rows = np.zeros(self._links, np.int64), []
        for lane, cars in self._between.items():
            passed[self._link[lane]] = left.get(lane, 0)
            for _ in range(min(left.get(lane, 0), len(cars))):
                cars.popleft()
            cars.extend([0, 0] for _ in range(entered.get(lane, 0)))
            while cars and cars[0][0] >= LOST_SECONDS:
                cars.popleft()
            for rank, car in enumerate(cars):
                unhindered = self._advance[lane] - self._speed[lane] * car[0]
                stands = unhindered <= CAR_METRES * rank
                car[0], car[1] = car[0] + 1, car[1] + 1 if stands else 0
                metres = max(CAR_METRES * rank, unhindered, 1.0)
                rows.append((self._link[lane], metres, 0.0 if stands else self._speed[lane], float(car[1])))
        table = np.asarray(rows, dtype=np.float64).reshape(len(rows), 4)
        unknown = np.full(len(rows), -1, np.int64)
        vehicles = Vehicles(
            table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3], unknown, unknown.astype(np.float64)
        )
        empty = np.zeros(self._exits, np.int64)
        return Observation(vehicles, passed, empty, empty.copy(), None, requests)
