"""The town's streets, drawn by ourselves: where a report is, what is near it, which works concern whom.

A file of TOML (`settings.CITY_STREETS`): `[[street]]` with `name`, `points_m` (metres east and north of the south-west
corner) and `kind` (street, main, path, water); `origin`, where it is there, is the latitude and longitude of that
corner. Outside production the invented streets of Vallon stand in.
"""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings

from bocage.services.city import limits

DEMO = Path(__file__).parent / "demo_streets.toml"
KINDS = ("street", "main", "path", "water")
STREETS_MAX = 2_000
POINTS_MAX = 500
REACH_M = 1e6
LATITUDE_MAX, LONGITUDE_MAX = 85.0, 180.0
NEAR_M = 250.0
_MARGIN_M = 40.0


class BadMap(Exception):
    """The file of streets will not do; the message names the file, the street and what is wrong."""


@dataclass(frozen=True)
class Street:
    """A street as a line. `label_m` is its middle, where its name may stand."""

    name: str
    kind: str
    points_m: tuple[tuple[float, float], ...]

    @property
    def label_m(self) -> tuple[float, float]:
        """The middle of the line."""
        lengths = [math.dist(a, b) for a, b in pairwise(self.points_m)]
        left = sum(lengths) / 2
        for (a, b), length in zip(pairwise(self.points_m), lengths, strict=True):
            if left <= length and length > 0:
                share = left / length
                return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
            left -= length
        return self.points_m[0]


@dataclass(frozen=True)
class TownMap:
    """All streets, and the frame they lie in: metres, the zero in the south-west, which is at `origin` (degrees)."""

    streets: tuple[Street, ...]
    west_m: float
    south_m: float
    width_m: float
    height_m: float
    origin: tuple[float, float] | None = None

    def names(self) -> list[str]:
        """What can be chosen, in the order of the alphabet."""
        return sorted({street.name for street in self.streets if street.kind != "water"})

    def has(self, name: str) -> bool:
        """Whether a street of this name can be chosen."""
        return any(street.name == name and street.kind != "water" for street in self.streets)

    def middle_of(self, name: str) -> tuple[float, float] | None:
        """The middle of a street, None for one that is not there."""
        return next((street.label_m for street in self.streets if street.name == name), None)

    def nearest(self, x_m: float, y_m: float) -> str:
        """The street that a point is nearest to; "" on an empty map."""
        near = [
            (_distance_m(street.points_m, x_m, y_m), street.name) for street in self.streets if street.kind != "water"
        ]
        return min(near)[1] if near else ""

    def near(self, name: str, reach_m: float = NEAR_M) -> list[str]:
        """The street and those that come within reach of it."""
        mine = [street for street in self.streets if street.name == name]
        found = {
            other.name
            for street in mine
            for other in self.streets
            if other.kind != "water"
            and any(_distance_m(street.points_m, *point) <= reach_m / 2 for point in other.points_m)
        }
        return sorted(found | {street.name for street in mine})

    def contains(self, x_m: float, y_m: float) -> bool:
        """Whether a point lies on the sheet."""
        return 0 <= x_m - self.west_m <= self.width_m and 0 <= y_m - self.south_m <= self.height_m


def town_map() -> TownMap:
    """The map of this town; an empty one in production without a file."""
    path = settings.CITY_STREETS or ("" if settings.MODE == "production" else str(DEMO))
    return _read(path) if path else TownMap((), 0.0, 0.0, 1.0, 1.0)


@cache
def _read(path: str) -> TownMap:
    try:
        said = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadMap(f"{path}: {error}") from None
    rows = said.get("street", [])
    if not isinstance(rows, list) or not 1 <= len(rows) <= STREETS_MAX:
        raise BadMap(f"{path}: must have 1 to {STREETS_MAX} tables [[street]]")
    streets = tuple(_street(path, number, row) for number, row in enumerate(rows, 1))
    points = [point for street in streets for point in street.points_m]
    west, south = min(x for x, _y in points) - _MARGIN_M, min(y for _x, y in points) - _MARGIN_M
    return TownMap(
        streets,
        west,
        south,
        max(x for x, _y in points) + _MARGIN_M - west,
        max(y for _x, y in points) + _MARGIN_M - south,
        _origin(path, said.get("origin")),
    )


def _origin(path: str, said: Any) -> tuple[float, float] | None:
    if said is None:
        return None
    if not _is_point(said) or abs(said[0]) >= LATITUDE_MAX or abs(said[1]) > LONGITUDE_MAX:
        raise BadMap(f"{path}: origin: must be a latitude and a longitude in degrees")
    return float(said[0]), float(said[1])


def _street(path: str, number: int, row: Any) -> Street:
    def wrong(what: str) -> BadMap:
        return BadMap(f"{path}: street {number}: {what}")

    if not isinstance(row, dict):
        raise wrong("must be a table")
    name, kind, points = row.get("name"), row.get("kind", "street"), row.get("points_m")
    if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name) <= limits.STREET_CHARACTERS_MAX:
        raise wrong(f"name: must have 1 to {limits.STREET_CHARACTERS_MAX} characters")
    if kind not in KINDS:
        raise wrong(f"kind: {kind!r:.40} is none of {', '.join(KINDS)}")
    if not isinstance(points, list) or not 2 <= len(points) <= POINTS_MAX or not all(map(_is_point, points)):
        raise wrong(f"points_m: must be 2 to {POINTS_MAX} pairs of metres")
    return Street(name, kind, tuple((float(x), float(y)) for x, y in points))


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(each, int | float) and not isinstance(each, bool) and abs(each) <= REACH_M for each in point)
    )


def _distance_m(line: Sequence[tuple[float, float]], x_m: float, y_m: float) -> float:
    """Metres from a point to the nearest place of a line."""
    best = math.inf
    for (ax, ay), (bx, by) in pairwise(line):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        share = 0.0 if length == 0 else min(1.0, max(0.0, ((x_m - ax) * dx + (y_m - ay) * dy) / length))
        best = min(best, math.hypot(x_m - ax - share * dx, y_m - ay - share * dy))
    return best
