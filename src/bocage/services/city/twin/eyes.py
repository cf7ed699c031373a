"""What the twin's detectors count for the town's stream: waits at lights, and minutes of loops in the street."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bocage.engines.signals import Cabinets, Network, Observation
from bocage.services.city.twin.lights import walkable
from bocage.services.city.twin.roads import LANES, Roads

HALTING_METRES_PER_SECOND = 0.1
# The stream's figures of waits forget half of themselves in five minutes.
MEMORY = 0.5 ** (1 / 300)
# Before so much was seen, a mean would say how the twin began.
WARM_SECONDS = 600


class Waits:
    """How long people wait at each light, in vehicles by what stands, on foot by the lamps: a mean of the last minutes,
    or with `memory` 1 of all seconds alike.

    A vehicle's wait: vehicle-seconds that stood, over vehicles that crossed the line. On foot: of somebody who comes at
    any instant to any crossing, until it may be crossed.
    """

    def __init__(self, network: Network, memory: float = MEMORY) -> None:
        self._memory = memory
        self._walk = [walkable(one) for one in network.signals]
        self._signal_of = np.concatenate([np.full(len(one.links), n) for n, one in enumerate(network.signals)])
        count = len(network.signals)
        self._seconds = 0
        self._stood, self._crossed = np.zeros(count), np.zeros(count)
        self._waited, self._came = np.zeros(count), np.zeros(count)
        self._red: list[dict[str, int]] = [dict.fromkeys(rows[0], 0) if rows else {} for rows in self._walk]

    def second(self, seen: Observation | None, shown: Cabinets) -> None:
        """Count one second."""
        count = len(self._walk)
        self._seconds += 1
        for sums in (self._stood, self._crossed, self._waited, self._came):
            sums *= self._memory
        if seen is not None:
            stands = seen.vehicles.speed < HALTING_METRES_PER_SECOND
            self._stood += np.bincount(self._signal_of[seen.vehicles.link[stands]], minlength=count)
            self._crossed += np.bincount(self._signal_of, weights=seen.passed, minlength=count)
        for number in range(count):
            self._on_foot(number, int(shown.phase[number]), bool(shown.showing[number]))

    def drive_seconds(self, number: int) -> float | None:
        """Mean wait of a vehicle at a light; None where next to none came, and in the first ten minutes."""
        crossed = self._crossed[number]
        return float(self._stood[number] / crossed) if self._seconds >= WARM_SECONDS and crossed >= 1 else None

    def crossed_h(self, number: int) -> float:
        """Vehicles an hour over its lines."""
        return float(self._crossed[number] * (1 - MEMORY) * 3600)

    def walk_seconds(self, number: int) -> float | None:
        """Mean wait on foot; None where there is no crossing, and in the first ten minutes."""
        if self._seconds < WARM_SECONDS:
            return None
        open_gaps = self._red[number].values()
        waited = self._waited[number] + sum(gap * gap / 2 for gap in open_gaps)
        came = self._came[number] + sum(open_gaps)
        return float(waited / came) if came >= 1 else None

    def _on_foot(self, number: int, phase: int, showing: bool) -> None:
        free = self._walk[number][phase] if showing and self._walk[number] else {}
        for arm, gap in self._red[number].items():
            if free.get(arm, False):
                self._waited[number] += gap * gap / 2
                self._came[number] += gap + 1
                self._red[number][arm] = 0
            else:
                self._red[number][arm] = gap + 1


class Loops:
    """Induction loops in the middle of a street, both ways, read by the minute."""

    def __init__(self, libsumo: Any, at: Mapping[str, list[str]]) -> None:
        self._of, self._at = libsumo, at
        self._seconds = 0
        self._count: dict[str, int] = defaultdict(int)
        self._speeds: dict[str, float] = defaultdict(float)
        self._taken: dict[str, float] = defaultdict(float)

    def second(self) -> None:
        """Count who left each loop, how fast, and how long it was taken."""
        self._seconds += 1
        loop = self._of.inductionloop
        for name, loops in self._at.items():
            for each in loops:
                gone = sum(1 for row in loop.getVehicleData(each) if row[3] >= 0)
                if gone:
                    self._count[name] += gone
                    self._speeds[name] += gone * max(loop.getLastStepMeanSpeed(each), 0.0)
                self._taken[name] += loop.getLastStepOccupancy(each) / len(loops)

    def minute(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Each detector's minute, and begin the next."""
        for name in self._at:
            count, seconds = self._count[name], max(self._seconds, 1)
            said = {
                "flow_veh_h": round(count * 3600 / seconds),
                "occupancy_pct": round(min(self._taken[name] / seconds, 100.0), 1),
            }
            if count:
                said["speed_kmh"] = round(3.6 * self._speeds[name] / count, 1)
            yield name, said
        self._seconds = 0
        for sums in (self._count, self._speeds, self._taken):
            sums.clear()


def write_loops(roads: Roads, detectors: Mapping[str, str], file: Path) -> dict[str, list[str]]:
    """The loops of each detector (`detectors`: its name -> its street) as SUMO reads them; their names a detector."""
    rows = ["<additional>"]
    found: dict[str, list[str]] = {}
    for name, street in detectors.items():
        piece = roads.longest_of(street)
        if piece is None:
            continue
        found[name] = []
        for edge in (piece.id, f"-{piece.id}"):
            for lane in range(LANES[piece.kind]):
                loop = f"{name}/{edge}/{lane}"
                where = f'lane="{edge}_{lane}" pos="{piece.length_m / 2:.1f}" friendlyPos="true"'
                rows.append(f'<inductionLoop id="{loop}" {where} period="3600" file="/dev/null"/>')
                found[name].append(loop)
    file.write_text("\n".join([*rows, "</additional>"]), encoding="utf-8")
    return found
