"""What sensors would see in a running SUMO: the one place where the simulation becomes an `Observation`."""

import zlib
from typing import Any

import numpy as np

from bocage.engines.signals.types import Network, Observation, Vehicles

HALTING_METRES_PER_SECOND = 0.1
SHARES = 10_000


class Sensors:
    """Follows each vehicle; `unseen_share` of them are seen by nobody, and none beyond `range_metres`."""

    def __init__(self, libsumo: Any, network: Network, seed: int, unseen_share: float, range_metres: float) -> None:
        self._of = libsumo
        self._seed, self._unseen, self._range = seed, unseen_share, range_metres
        first, self._place = 0, {}
        for one in network.signals:
            self._place.update({(one.id, link.position): first + n for n, link in enumerate(one.links)})
            first += len(one.links)
        self._links = first
        self._lane = [link.lane for one in network.signals for link in one.links]
        self._exit = {name: number for number, name in enumerate(network.exits)}
        self._known: dict[str, list[Any]] = {}

    def observe(self) -> Observation:
        """This second's observation."""
        vehicle, known = self._of.vehicle, {}
        lane_of, position_of, speed_of = vehicle.getLaneID, vehicle.getLanePosition, vehicle.getSpeed
        passed = np.zeros(self._links, np.int64)
        rows = []
        exits = len(self._exit)
        there, halted = np.zeros(exits + 1, np.int64), np.zeros(exits + 1, np.int64)
        for name in vehicle.getIDList():
            one = self._known.get(name)
            lane, position, speed = lane_of(name), position_of(name), speed_of(name)
            if one is None or one[0] != lane or one[2] - position < 0:
                one = self._locate(name, lane, position, one, passed)
            known[name] = one
            if not one[6]:
                continue
            one[5] = one[5] + 1 if speed < HALTING_METRES_PER_SECOND else 0
            there[one[7]] += 1
            halted[one[7]] += one[5] > 0
            metres = one[2] - position
            if one[1] >= 0 and metres <= self._range:
                second = metres + one[4]
                rows.append((one[1], metres, speed, one[5], one[3] if second <= self._range else -1, second))
        self._known = known
        table = np.asarray(rows, dtype=np.float64).reshape(len(rows), 6)
        cars = Vehicles(
            table[:, 0].astype(np.int64),
            table[:, 1],
            table[:, 2],
            table[:, 3],
            table[:, 4].astype(np.int64),
            table[:, 5],
        )
        return Observation(cars, passed, there[:-1], halted[:-1])

    def _locate(self, name: str, lane: str, position: float, before: list[Any] | None, passed: Any) -> list[Any]:
        """[lane, link, where its stop line is on this lane's scale, next link, way on to it, waiting, seen, exit]."""
        ahead = self._of.vehicle.getNextTLS(name)
        link = further = -1
        line, gap = float("inf"), 0.0
        if ahead:
            link, line = self._place.get((ahead[0][0], ahead[0][1]), -1), ahead[0][2] + position
            if len(ahead) > 1:
                further, gap = self._place.get((ahead[1][0], ahead[1][1]), -1), ahead[1][2] - ahead[0][2]
        seen = before[6] if before else zlib.crc32(f"{self._seed}/{name}".encode()) % SHARES >= self._unseen * SHARES
        # Over the line: it left the lane that its link begins on for another street.
        if (
            before
            and before[1] >= 0
            and seen
            and before[0] == self._lane[before[1]]
            and _edge(lane) != _edge(before[0])
        ):
            passed[before[1]] += 1
        return [lane, link, line, further, gap, before[5] if before else 0, seen, self._exit.get(lane, -1)]


def _edge(lane: str) -> str:
    return lane.rsplit("_", 1)[0]
