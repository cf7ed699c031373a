"""What sensors would see in a running SUMO: the one place where the simulation becomes an `Observation`."""

import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bocage.engines.signals.beyond import Beyond
from bocage.engines.signals.types import Network, Observation, PriorityKind, Request, Vehicles

HALTING_METRES_PER_SECOND = 0.1
SHARES = 10_000
# SUMO's classes of vehicles that may ask for green, and how far they are heard.
KINDS: dict[str, PriorityKind] = {"emergency": "emergency", "bus": "bus", "tram": "tram"}
RADIO_METRES = 800.0


@dataclass(slots=True)
class _Followed:
    """A vehicle as it was last seen. `line`, `asks`: where stop lines are on the scale of its lane, in metres.

    `link`, `next_link`: the next two stop lines, -1 for none, `gap` metres apart. `exit`: number of the exit that its
    lane is, -1 for none. `road`: the lane beyond an exit that it is on, or within a junction enters next (`entering`).
    """

    lane: str
    seen: bool
    kind: PriorityKind | None
    link: int = -1
    line: float = float("inf")
    next_link: int = -1
    gap: float = 0.0
    waiting: int = 0
    exit: int = -1
    road: int = -1
    entering: str = ""
    asks: list[tuple[int, float]] = field(default_factory=list)


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
        self._leads_to = [link.exit_lane for one in network.signals for link in one.links]
        self._exit = {name: number for number, name in enumerate(network.exits)}
        self._beyond = Beyond(network)
        self._known: dict[str, _Followed] = {}

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
            if one is None or one.lane != lane or one.line < position:
                one = self._locate(name, lane, position, one, passed)
            known[name] = one
            # A bus asks when its doors are closed: at its stop, green would be kept for nobody.
            if one.kind is not None and not (speed < HALTING_METRES_PER_SECOND and vehicle.isStopped(name)):
                for link, line in one.asks:
                    if 0.0 <= line - position <= RADIO_METRES:
                        requests.append(Request(name, one.kind, link, line - position, speed))
            if not one.seen:
                continue
            one.waiting = one.waiting + 1 if speed < HALTING_METRES_PER_SECOND else 0
            there[one.exit] += 1
            halted[one.exit] += one.waiting > 0
            if one.road >= 0:
                roads.append((one.road, 0.0 if one.entering else position, speed))
            metres = one.line - position
            if one.link >= 0 and metres <= self._range:
                second = metres + one.gap
                further = one.next_link if second <= self._range else -1
                rows.append((one.link, metres, speed, one.waiting, further, second))
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

    def _locate(self, name: str, lane: str, position: float, before: _Followed | None, passed: Any) -> _Followed:
        """Where it is now that it is new, has changed lane or is over a line, counted in `passed`."""
        if before is None:
            seen = zlib.crc32(f"{self._seed}/{name}".encode()) % SHARES >= self._unseen * SHARES
            one = _Followed(lane, seen, KINDS.get(self._of.vehicle.getVehicleClass(name)))
        else:
            one = _Followed(lane, before.seen, before.kind, waiting=before.waiting)
        inside = lane.startswith(":")
        # Over the line: it left the lane that its link begins on for another street.
        over = (
            before is not None
            and before.link >= 0
            and before.lane == self._lane[before.link]
            and _edge(lane) != _edge(before.lane)
        )
        if over and before is not None and one.seen:
            passed[before.link] += 1
        if inside and before is not None:
            one.entering = self._leads_to[before.link] if over else before.entering
        one.exit = self._exit.get(lane, -1)
        one.road = self._beyond.number.get(one.entering or lane, -1)
        if inside and over and before is not None:
            # What is ahead of it is known; the scale begins at the line that it has just left.
            if before.next_link >= 0:
                one.link, one.line = before.next_link, before.gap
            one.asks = [(link, line - before.line) for link, line in before.asks if line > before.line]
            return one
        ahead = self._of.vehicle.getNextTLS(name)
        if ahead:
            one.link, one.line = self._link(ahead[0], lane), ahead[0][2] + position
            if len(ahead) > 1:
                one.next_link, one.gap = self._link(ahead[1], lane), ahead[1][2] - ahead[0][2]
        if one.kind is not None:
            asks = [(self._link(each, lane), each[2] + position) for each in ahead]
            one.asks = [each for each in asks if each[0] >= 0][: None if one.kind == "emergency" else 1]
        return one

    def _link(self, ahead: Any, lane: str) -> int:
        """The link that SUMO names by signal and position; of several, that of the lane the vehicle is on."""
        ways = self._place.get((ahead[0], ahead[1]))
        return -1 if ways is None else ways.get(lane, next(iter(ways.values())))


def _edge(lane: str) -> str:
    return lane.rsplit("_", 1)[0]
