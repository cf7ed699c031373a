"""What sensors would see in a running SUMO: the one place where the simulation becomes an `Observation`."""

import zlib
from typing import Any

import numpy as np

from bocage.engines.signals.beyond import Beyond
from bocage.engines.signals.types import Network, Observation, PriorityKind, Request, Vehicles

HALTING_METRES_PER_SECOND = 0.1
SHARES = 10_000
# SUMO's classes of vehicles that may ask for green, and how far they are heard.
KINDS: dict[str, PriorityKind] = {"emergency": "emergency", "bus": "bus", "tram": "tram"}
RADIO_METRES = 800.0


class Sensors:
    """Follows each vehicle; `unseen_share` of them are seen by nobody, and none beyond `range_metres`."""

    def __init__(self, libsumo: Any, network: Network, seed: int, unseen_share: float, range_metres: float) -> None:
        self._of = libsumo
        self._seed, self._unseen, self._range = seed, unseen_share, range_metres
        self._place: dict[tuple[str, int], dict[str, int]] = {}
        self._links = 0
        for one in network.signals:
            for link in one.links:
                self._place.setdefault((one.id, link.position), {})[link.lane] = self._links
                self._links += 1
        self._lane = [link.lane for one in network.signals for link in one.links]
        self._exit = {name: number for number, name in enumerate(network.exits)}
        self._beyond = Beyond(network)
        self._leads_to = [link.exit_lane for one in network.signals for link in one.links]
        self._known: dict[str, list[Any]] = {}

    def observe(self) -> Observation:
        """This second's observation."""
        vehicle, known = self._of.vehicle, {}
        lane_of, position_of, speed_of = vehicle.getLaneID, vehicle.getLanePosition, vehicle.getSpeed
        passed = np.zeros(self._links, np.int64)
        rows, roads, requests = [], [], []
        exits = len(self._exit)
        there, halted = np.zeros(exits + 1, np.int64), np.zeros(exits + 1, np.int64)
        for name in vehicle.getIDList():
            one = self._known.get(name)
            lane, position, speed = lane_of(name), position_of(name), speed_of(name)
            if one is None or one[0] != lane or one[2] - position < 0:
                one = self._locate(name, lane, position, one, passed)
            known[name] = one
            for link, line in one[11]:
                if 0.0 <= line - position <= RADIO_METRES:
                    requests.append(Request(name, one[12], link, line - position, speed))
            if not one[6]:
                continue
            one[5] = one[5] + 1 if speed < HALTING_METRES_PER_SECOND else 0
            there[one[7]] += 1
            halted[one[7]] += one[5] > 0
            if one[8] >= 0:
                roads.append((one[8], position if one[9] else 0.0, speed))
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
        return Observation(cars, passed, there[:-1], halted[:-1], self._beyond.room(roads), tuple(requests))

    def _locate(self, name: str, lane: str, position: float, before: list[Any] | None, passed: Any) -> list[Any]:
        """[lane, link, where its stop line is on this lane's scale, next link, way on to it, waiting, seen, exit, road
        lane that it is on or enters next, whether it is on it, the lane it entered over the last line, its requests as
        (link, line), its kind].
        """
        ahead = self._of.vehicle.getNextTLS(name)
        link = further = -1
        line, gap = float("inf"), 0.0
        if ahead:
            link, line = self._link(ahead[0], lane), ahead[0][2] + position
            if len(ahead) > 1:
                further, gap = self._link(ahead[1], lane), ahead[1][2] - ahead[0][2]
        seen = before[6] if before else zlib.crc32(f"{self._seed}/{name}".encode()) % SHARES >= self._unseen * SHARES
        enters = before[10] if before else ""
        # Over the line: it left the lane that its link begins on for another street.
        if (
            before
            and before[1] >= 0
            and seen
            and before[0] == self._lane[before[1]]
            and _edge(lane) != _edge(before[0])
        ):
            passed[before[1]] += 1
            enters = self._leads_to[before[1]]
        on = not lane.startswith(":")
        road = self._beyond.number.get(lane if on else enters, -1)
        waited = before[5] if before else 0
        kind = before[12] if before else KINDS.get(self._of.vehicle.getVehicleClass(name))
        asks = [] if kind is None else [(self._link(one, lane), one[2] + position) for one in ahead]
        asks = [one for one in asks if one[0] >= 0][: None if kind == "emergency" else 1]
        return [lane, link, line, further, gap, waited, seen, self._exit.get(lane, -1), road, on, enters, asks, kind]

    def _link(self, ahead: Any, lane: str) -> int:
        """The link that SUMO names by signal and position; of several, that of the lane the vehicle is on."""
        ways = self._place.get((ahead[0], ahead[1]))
        return -1 if ways is None else ways.get(lane, next(iter(ways.values())))


def _edge(lane: str) -> str:
    return lane.rsplit("_", 1)[0]
