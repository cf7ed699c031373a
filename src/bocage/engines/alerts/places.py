"""Zones and lines of the town, in metres on its grid, and the tests of geometry on many points at once."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bocage.engines.alerts.types import AlertsError, Flags, Floats

POINTS_MAX = 1_000
PLACES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Zone:
    """An area of a kind ("bus_lane", "service_area"); `heading_deg` is the way traffic goes in it, from north."""

    name: str
    kind: str
    points_m: tuple[tuple[float, float], ...]
    heading_deg: float = float("nan")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a kind ("stop_line", "cordon") between two points."""

    name: str
    kind: str
    from_m: tuple[float, float]
    to_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Places:
    """What geometry rules are judged against."""

    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()

    def zones_of(self, kind: str) -> list[Zone]:
        """The zones of a kind."""
        return [zone for zone in self.zones if zone.kind == kind]

    def lines_of(self, kind: str) -> list[Line]:
        """The lines of a kind."""
        return [line for line in self.lines if line.kind == kind]


def zone_of(zones: Sequence[Zone], x_m: Floats, y_m: Floats) -> Floats:
    """For each point the index of the first zone that contains it, -1 for none, NaN where the point is unknown."""
    found = np.full(len(x_m), -1.0)
    for number in reversed(range(len(zones))):
        found[inside(zones[number], x_m, y_m)] = number
    return np.where(np.isnan(x_m) | np.isnan(y_m), np.nan, found)


def inside(zone: Zone, x_m: Floats, y_m: Floats) -> Flags:
    """Even-odd rule: whether a ray from each point crosses the outline an odd number of times."""
    odd = np.zeros(len(x_m), np.bool_)
    points = zone.points_m
    for (x0, y0), (x1, y1) in zip(points, (*points[1:], points[0]), strict=True):
        if y0 != y1:
            odd ^= ((y0 > y_m) != (y1 > y_m)) & (x_m < (x1 - x0) * (y_m - y0) / (y1 - y0) + x0)
    return odd


def crosses(line: Line, x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> Flags:
    """Whether each step from (x0, y0) to (x1, y1) crosses the line; a step that ends on it has crossed it."""
    (ax, ay), (bx, by) = line.from_m, line.to_m
    before = (bx - ax) * (y0 - ay) - (by - ay) * (x0 - ax)
    after = (bx - ax) * (y1 - ay) - (by - ay) * (x1 - ax)
    left = (x1 - x0) * (ay - y0) - (y1 - y0) * (ax - x0)
    right = (x1 - x0) * (by - y0) - (y1 - y0) * (bx - x0)
    result: Flags = (before != 0) & (before * after <= 0) & (left * right <= 0)
    return result


# -- From a file ------------------------------------------------------------------------------------------------------


def read_places(path: Path) -> Places:
    """`[[zone]]` and `[[line]]` tables of a TOML file: name, kind, points_m, heading_deg. Raises AlertsError."""
    try:
        said = tomllib.loads(path.read_text())
    except OSError as error:
        raise AlertsError(str(path), "", error.strerror or "cannot be read") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AlertsError(str(path), "", f"is not TOML: {error}") from None
    tables = {name: said.pop(name, []) for name in ("zone", "line")}
    if said or not all(isinstance(each, list) and len(each) <= PLACES_MAX for each in tables.values()):
        raise AlertsError(str(path), "", f"must be [[zone]] and [[line]] tables, at most {PLACES_MAX:,} of each")
    zones, lines = [], []
    for number, zone in enumerate(tables["zone"]):
        points, where = _points(zone, 3, POINTS_MAX, path, f"zone[{number}]"), f"zone[{number}]"
        heading = zone.get("heading_deg", math.nan)
        if isinstance(heading, bool) or not isinstance(heading, int | float) or heading < 0 or heading > 360:
            raise AlertsError(str(path), f"{where}.heading_deg", f"{heading!r:.40} is not between 0 and 360")
        zones.append(Zone(_name(zone, "name", path, where), _name(zone, "kind", path, where), points, float(heading)))
    for number, line in enumerate(tables["line"]):
        points, where = _points(line, 2, 2, path, f"line[{number}]"), f"line[{number}]"
        lines.append(Line(_name(line, "name", path, where), _name(line, "kind", path, where), points[0], points[1]))
    return Places(tuple(zones), tuple(lines))


def _name(said: Mapping[str, Any], key: str, path: Path, where: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 80 or not value.isprintable():
        raise AlertsError(str(path), f"{where}.{key}", "must be a name of 1 to 80 characters")
    return value


def _points(said: Any, least: int, most: int, path: Path, where: str) -> tuple[tuple[float, float], ...]:
    points = said.get("points_m") if isinstance(said, dict) else None
    if not isinstance(points, list) or not least <= len(points) <= most:
        raise AlertsError(str(path), f"{where}.points_m", f"must be {least} to {most} points [x, y] in metres")
    for point in points:
        if not isinstance(point, list) or len(point) != 2 or not all(_is_place(each) for each in point):
            raise AlertsError(str(path), f"{where}.points_m", f"{point!r:.60} is no point [x, y] in metres")
    return tuple((float(x), float(y)) for x, y in points)


def _is_place(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e7
