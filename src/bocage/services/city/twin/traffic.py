"""Who drives in the twin: made up, drawn anew at each start, more by day than by night. Nobody's real way is in it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bocage.services.city.twin.roads import Roads

# Vehicles an hour that come into town, for each hour of the town's day: invented, with the two peaks of any town.
VEHICLES_H = (
    120, 80, 60, 60, 110, 320, 760, 1250, 1300, 950, 850, 900,
    1000, 950, 900, 1050, 1300, 1450, 1250, 850, 600, 420, 300, 200,
)  # fmt: skip
MAIN_WEIGHT, STREET_WEIGHT, HOME_WEIGHT = 3.0, 1.0, 0.25
LORRY_SHARE = 0.05
BUS_EVERY_SECONDS = 420
BUS_FROM_HOUR, BUS_TO_HOUR = 5, 24
BUS_STANDS_SECONDS = 18
# What a bus's timetable reckons with, stops included.
BUS_METRES_PER_SECOND = 4.2
TYPES = """<additional>
  <vType id="car" vClass="passenger" speedDev="0.08" emissionClass="HBEFA4/PC_petrol_Euro-6d"/>
  <vType id="lorry" vClass="truck" emissionClass="HBEFA4/RT_le7.5t_Euro-VI_A-C"/>
  <vType id="bus" vClass="bus" emissionClass="HBEFA4/UBus_Std_gt15-18t_Euro-VI_A-C"/>
</additional>
"""


@dataclass(frozen=True)
class Bus:
    """Where a bus is. `late_seconds`: behind its timetable."""

    id: str
    line: str
    x_m: float
    y_m: float
    late_seconds: float


class Traffic:
    """Lets vehicles begin, second by second; `seed` tells the same story, whatever is closed. `no_way`: how many found
    none.
    """

    def __init__(self, libsumo: Any, roads: Roads, seed: int) -> None:
        self._of, self._chance = libsumo, random.Random(seed)  # noqa: S311 - traffic, not a secret
        self._count = self.no_way = 0
        self._weights: list[float] = []
        self._routes: list[str] = []
        for start in (*roads.fringe_in, *roads.homes):
            for end in (*roads.fringe_out, *roads.homes):
                if start.removeprefix("-") == end.removeprefix("-"):
                    continue
                edges = _way(libsumo, start, end, "car")
                name = f"{start}>{end}" if edges else ""
                if edges:
                    libsumo.route.add(name, edges)
                self._routes.append(name)
                self._weights.append(_weight(roads, start) * _weight(roads, end))
        self._lines = _lines(libsumo, roads)
        self._next_bus, self._bus_count = dict.fromkeys(self._lines, 0), dict.fromkeys(self._lines, 0)
        self._begun: dict[str, float] = {}

    def second(self, hour: float) -> None:
        """Let those begin who come in this second; `hour`: of the town's day, 0 to 24."""
        for _one in range(_poisson(self._chance, vehicles_h(hour) / 3600)):
            self._count += 1
            kind = "lorry" if self._chance.random() < LORRY_SHARE else "car"
            (route,) = self._chance.choices(self._routes, self._weights)
            if not route:
                self.no_way += 1
                continue
            self._of.vehicle.add(f"v{self._count}", route, kind, departLane="best", departSpeed="max")
        if BUS_FROM_HOUR <= hour < BUS_TO_HOUR:
            self._buses()

    def buses(self) -> list[Bus]:
        """Every bus on its way."""
        vehicle, now = self._of.vehicle, self._of.simulation.getTime()
        found = []
        for name in vehicle.getIDList():
            if not name.startswith("Bus "):
                continue
            begun = self._begun.setdefault(name, now)
            x_m, y_m = vehicle.getPosition(name)
            late = now - begun - max(vehicle.getDistance(name), 0.0) / BUS_METRES_PER_SECOND
            found.append(Bus(name, name.split("-")[0], x_m, y_m, late))
        self._begun = {each.id: self._begun[each.id] for each in found}
        return found

    def _buses(self) -> None:
        for line, stops in self._lines.items():
            self._next_bus[line] -= 1
            if self._next_bus[line] > 0:
                continue
            self._next_bus[line] = BUS_EVERY_SECONDS
            # A line's own numbers come again after half a day, when no bus of that number is still on its way.
            self._bus_count[line] += 1
            name = f"{line}-{self._bus_count[line] % 100:02d}"
            self._of.vehicle.add(name, line, "bus", departLane="best", departSpeed="max")
            for edge, metres in stops:
                self._of.vehicle.setStop(name, edge, metres, 0, BUS_STANDS_SECONDS)


def vehicles_h(hour: float) -> float:
    """Vehicles an hour at a time of day, between the hours in a straight line."""
    before = int(hour) % 24
    share = hour - int(hour)
    return VEHICLES_H[before] * (1 - share) + VEHICLES_H[(before + 1) % 24] * share


def write_types(folder: Path) -> Path:
    """The kinds of vehicles as SUMO reads them."""
    path = folder / "types.add.xml"
    path.write_text(TYPES, encoding="utf-8")
    return path


def _lines(libsumo: Any, roads: Roads) -> dict[str, list[tuple[str, float]]]:
    """Bus lines between the ends of main streets, both ways, with a stop on every second piece of street."""
    mains = [each for each in roads.fringe_in if roads.pieces[each].kind == "main"]
    ends = [each for each in roads.fringe_out if roads.pieces[each].kind == "main"]
    found: dict[str, list[tuple[str, float]]] = {}
    for start in mains:
        for end in ends:
            edges = _way(libsumo, start, end, "bus")
            if start.removeprefix("-") == end.removeprefix("-") or not edges:
                continue
            line = f"Bus {len(found) + 1}"
            libsumo.route.add(line, edges)
            found[line] = [
                (edge, libsumo.lane.getLength(f"{edge}_0") / 2)
                for edge in edges[1:-1:2]
                if libsumo.lane.getLength(f"{edge}_0") > 60
            ]
    return found


def _way(libsumo: Any, start: str, end: str, kind: str) -> Sequence[str]:
    """The quickest way; none where either end may not be driven on."""
    lane = libsumo.lane
    for edge in (start, end):
        numbers = range(libsumo.edge.getLaneNumber(edge))
        allowed = [lane.getAllowed(f"{edge}_{number}") for number in numbers]
        vehicle = {"car": "passenger"}.get(kind, kind)
        if not any(not classes or vehicle in classes for classes in allowed):
            return ()
    found: Sequence[str] = libsumo.simulation.findRoute(start, end, kind).edges
    return found


def _weight(roads: Roads, piece: str) -> float:
    if piece in roads.homes:
        return HOME_WEIGHT
    return MAIN_WEIGHT if roads.pieces[piece].kind == "main" else STREET_WEIGHT


def _poisson(chance: random.Random, mean: float) -> int:
    """Draws of exponential gaps within one unit of time."""
    count, at = 0, chance.expovariate(mean) if mean > 0 else 2.0
    while at < 1.0:
        count += 1
        at += chance.expovariate(mean)
    return count
