"""CVRPLIB's format (`.vrp`), with time windows and matrices, and that of the WCCI 2020 competition (`.evrp`)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bocage.engines.routing.metrics import Euclid, Table
from bocage.engines.routing.reading.lines import Line
from bocage.engines.routing.reading.solomon import DIMACS
from bocage.engines.routing.types import (
    PLACES_LIMIT,
    Battery,
    Convention,
    Depot,
    Floats,
    Metric,
    Problem,
    Profile,
    Station,
    Stop,
    Vehicle,
)

ROUNDED = Convention("CVRPLIB: distance, each leg rounded to a whole number (TSPLIB's EUC_2D)", 1)
AS_GIVEN = Convention("CVRPLIB: the file's own matrix", 1)
EXACT = Convention("WCCI 2020: exact distance, detours to stations included", 1000, decimals=6)
MATRIX_LIMIT_PLACES = 3_000
MATRIX_FORMATS = ("FULL_MATRIX", "LOWER_ROW", "LOWER_DIAG_ROW", "UPPER_ROW", "UPPER_DIAG_ROW")


@dataclass(frozen=True, slots=True)
class Parts:
    """The file taken apart: what stands after each colon, and the lines of each section."""

    head: dict[str, Line]
    sections: dict[str, list[Line]]
    last: Line

    def whole(self, key: str, low: int = 1, high: int = 10**9) -> int:
        """A whole number of the head, which must be there."""
        if key not in self.head:
            self.last.fail(key, "it is missing")
        return self.head[key].whole(0, key, low, high)

    def real(self, key: str, low: float = 0.0) -> float:
        """A number of the head, which must be there."""
        if key not in self.head:
            self.last.fail(key, "it is missing")
        return self.head[key].real(0, key, low)

    def text(self, key: str) -> str:
        """A word of the head, or nothing."""
        return " ".join(self.head[key].words).strip('"') if key in self.head else ""


def read_vrplib(lines: list[Line], name: str) -> Problem:
    """A problem of capacity, of time windows, or of batteries.

    Raises:
        ReadError: names file, line and field.
    """
    parts = _take_apart(lines)
    size = parts.whole("DIMENSION", 2, PLACES_LIMIT)
    electric = "ENERGY_CAPACITY" in parts.head
    stations = parts.whole("STATIONS", 0, PLACES_LIMIT - size) if electric and "STATIONS" in parts.head else 0
    metric, coordinates, convention = _metric(parts, size, stations, electric)
    depot = _depot(parts, size)
    capacity = parts.whole("CAPACITY")
    stops = _stops(parts, size, depot, capacity, shift=0 if electric else 1)
    windows = _windows(parts, size)
    # The competition's VEHICLES is the fewest that suffice, not a limit.
    fleet = parts.whole("VEHICLES", 1, PLACES_LIMIT) if "VEHICLES" in parts.head and not electric else len(stops)
    battery = _battery(parts) if electric else None
    longest = parts.real("DISTANCE") if "DISTANCE" in parts.head else np.inf
    open_early, open_late = windows.get(depot, (0.0, np.inf))
    return Problem(
        name=name,
        convention=convention,
        coordinates=coordinates,
        profiles=(Profile("straight", metric, metric),),
        depots=(Depot(str(depot + 1 if electric else depot), depot, open_early, open_late),),
        vehicles=(Vehicle("vehicle", fleet, capacity, max_duration=longest, battery=battery),),
        stops=tuple(stops),
        stations=tuple(Station(str(place + 1), place) for place in range(size, size + stations)),
    )


def _take_apart(lines: list[Line]) -> Parts:
    head: dict[str, Line] = {}
    sections: dict[str, list[Line]] = {}
    current: list[Line] | None = None
    for line in lines:
        first = line.words[0].rstrip(":").upper()
        if first == "EOF":
            break
        if first.endswith("_SECTION"):
            if first in sections:
                line.fail(first, "this section comes twice")
            current = sections.setdefault(first, [])
        elif line.words[0][0].isalpha():
            words = line.words[2:] if len(line.words) > 1 and line.words[1] == ":" else line.words[1:]
            head[first] = Line(line.file, line.number, words)
        elif current is None:
            line.fail("section", "numbers stand before any section")
        else:
            current.append(line)
    return Parts(head, sections, lines[-1])


def _metric(parts: Parts, size: int, stations: int, electric: bool) -> tuple[Metric, Floats, Convention]:
    kind = parts.text("EDGE_WEIGHT_TYPE") or (parts.text("EDGE_WEIGHT_FORMAT") if electric else "")
    coordinates = np.zeros((size + stations, 2))
    if kind == "EUC_2D" or "NODE_COORD_SECTION" in parts.sections:
        for place, line in _numbered(parts, "NODE_COORD_SECTION", size + stations):
            coordinates[place] = line.real(1, "x"), line.real(2, "y")
    if kind == "EXPLICIT":
        return Table(_matrix(parts, size)), coordinates, AS_GIVEN
    if kind != "EUC_2D":
        where = parts.head.get("EDGE_WEIGHT_TYPE", parts.last)
        where.fail("EDGE_WEIGHT_TYPE", f"{kind[:40] or 'nothing'} is not read, only EUC_2D and EXPLICIT")
    if electric:
        return Euclid(coordinates), coordinates, EXACT
    if "TIME_WINDOW_SECTION" in parts.sections:
        return Euclid(coordinates, "tenth"), coordinates, DIMACS
    return Euclid(coordinates, "nearest"), coordinates, ROUNDED


def _matrix(parts: Parts, size: int) -> Floats:
    """A matrix given in full, or one half of one that is symmetric."""
    form = parts.text("EDGE_WEIGHT_FORMAT") or "FULL_MATRIX"
    if form not in MATRIX_FORMATS:
        parts.head["EDGE_WEIGHT_FORMAT"].fail("EDGE_WEIGHT_FORMAT", f"{form[:40]} is not one of {MATRIX_FORMATS}")
    if size > MATRIX_LIMIT_PLACES:
        parts.head["DIMENSION"].fail("DIMENSION", f"a matrix of more than {MATRIX_LIMIT_PLACES:,} places is not read")
    rows = parts.sections.get("EDGE_WEIGHT_SECTION")
    if not rows:
        parts.last.fail("EDGE_WEIGHT_SECTION", "it is missing")
    if form == "FULL_MATRIX":
        row, column = np.divmod(np.arange(size * size), size)
    else:
        offset = 0 if "DIAG" in form else 1
        row, column = np.tril_indices(size, -offset) if "LOWER" in form else np.triu_indices(size, offset)
    values = np.fromiter(_numbers(rows), np.float64)
    if values.size != row.size:
        rows[-1].fail("EDGE_WEIGHT_SECTION", f"{values.size:,} numbers where {row.size:,} are due")
    matrix = np.zeros((size, size))
    matrix[row, column] = values
    return matrix if form == "FULL_MATRIX" else np.maximum(matrix, matrix.T)


def _numbers(rows: list[Line]) -> Iterator[float]:
    for line in rows:
        for index in range(len(line.words)):
            yield line.real(index, "EDGE_WEIGHT_SECTION", 0)


def _numbered(parts: Parts, section: str, size: int) -> Iterator[tuple[int, Line]]:
    """Each line of a section under the place that it starts with, counted from 0; every place once."""
    seen = np.zeros(size, dtype=bool)
    for line in parts.sections.get(section, []):
        place = line.whole(0, section, 1, size) - 1
        if seen[place]:
            line.fail(section, f"{place + 1} comes twice")
        seen[place] = True
        yield place, line
    if not seen.all():
        parts.last.fail(section, f"{int(np.argmin(seen)) + 1} is missing")


def _depot(parts: Parts, size: int) -> int:
    lines = [line for line in parts.sections.get("DEPOT_SECTION", []) if line.words[0] != "-1"]
    if len(lines) != 1 or len([word for word in lines[0].words if word != "-1"]) != 1:
        (lines[-1] if lines else parts.last).fail("DEPOT_SECTION", "exactly one depot is read")
    return lines[0].whole(0, "DEPOT_SECTION", 1, size) - 1


def _windows(parts: Parts, size: int) -> dict[int, tuple[float, float]]:
    windows = {}
    if "TIME_WINDOW_SECTION" in parts.sections:
        for place, line in _numbered(parts, "TIME_WINDOW_SECTION", size):
            early, late = line.real(1, "early", 0), line.real(2, "late", 0)
            if late < early:
                line.fail("late", f"{late:g} is before the beginning {early:g}")
            windows[place] = early, late
    return windows


def _stops(parts: Parts, size: int, depot: int, capacity: int, shift: int) -> list[Stop]:
    windows = _windows(parts, size)
    services = dict.fromkeys(range(size), parts.real("SERVICE_TIME") if "SERVICE_TIME" in parts.head else 0.0)
    if "SERVICE_TIME_SECTION" in parts.sections:
        services.update((p, line.real(1, "service", 0)) for p, line in _numbered(parts, "SERVICE_TIME_SECTION", size))
    stops = {}
    for place, line in _numbered(parts, "DEMAND_SECTION", size):
        demand = line.whole(1, "demand")
        if demand > capacity:
            line.fail("demand", f"{demand} is more than a vehicle carries ({capacity})")
        if place != depot:
            early, late = windows.get(place, (0.0, np.inf))
            stops[place] = Stop(str(place + 1 - shift), place, early, late, services[place], demand)
    return [stops[place] for place in sorted(stops)]


def _battery(parts: Parts) -> Battery:
    capacity, use = parts.real("ENERGY_CAPACITY"), parts.real("ENERGY_CONSUMPTION")
    if capacity == 0:
        parts.head["ENERGY_CAPACITY"].fail("ENERGY_CAPACITY", "a battery of nothing")
    return Battery(capacity, use)
