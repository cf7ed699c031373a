"""The town's map under a courier's place: degrees to metres of the sheet, and the street that is nearest."""

import math
from dataclasses import dataclass
from itertools import pairwise

from bocage.kernel.ports import DrawnStreet, StreetSheet, TownStreets, port

# Metres a degree of latitude, of a sphere of the earth's mean radius (6,371,008.8 m, IUGG).
METRES_A_DEGREE = 111_195.08


@dataclass(frozen=True)
class Line:
    """A street as an SVG path."""

    kind: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """The map, y downwards, in metres: the courier's place `x`, `y`, the middle of the receiver's street
    (`door_x`, `door_y`) where the map knows it, and `near`, the street that the courier is nearest to.
    """

    width: float
    height: float
    lines: tuple[Line, ...]
    x: float
    y: float
    near: str
    door_x: float | None
    door_y: float | None


def drawn(latitude: float, longitude: float, street: str) -> Drawing | None:
    """The map with a place, and with the street in which `street` (with a number) lies; None off the map."""
    sheet = port(TownStreets, needed_by="parcel").sheet()
    at = to_metres(sheet, latitude, longitude)
    if at is None or not (0 <= at[0] - sheet.west_m <= sheet.width_m and 0 <= at[1] - sheet.south_m <= sheet.height_m):
        return None
    north = sheet.south_m + sheet.height_m

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return round(point[0] - sheet.west_m, 1), round(north - point[1], 1)

    # Water lies under the streets.
    ordered = sorted(sheet.streets, key=lambda each: each.kind != "water")
    lines = [Line(each.kind, "M" + "L".join(f"{x:g} {y:g}" for x, y in map(place, each.points_m))) for each in ordered]
    door = next((place(middle(each)) for each in ordered if _is_in(street, each)), (None, None))
    return Drawing(sheet.width_m, sheet.height_m, tuple(lines), *place(at), _nearest(ordered, at), *door)


def to_metres(sheet: StreetSheet, latitude: float, longitude: float) -> tuple[float, float] | None:
    """Metres east and north on the sheet of a place on earth near it; None where nobody said where the sheet lies."""
    if sheet.origin is None:
        return None
    south, west = sheet.origin
    return (longitude - west) * METRES_A_DEGREE * math.cos(math.radians(south)), (latitude - south) * METRES_A_DEGREE


def to_degrees(sheet: StreetSheet, x_m: float, y_m: float) -> tuple[float, float] | None:
    """Latitude and longitude of a point of the sheet."""
    if sheet.origin is None:
        return None
    south, west = sheet.origin
    return south + y_m / METRES_A_DEGREE, west + x_m / METRES_A_DEGREE / math.cos(math.radians(south))


def middle(street: DrawnStreet) -> tuple[float, float]:
    """The point half of the way along a street."""
    left = sum(math.dist(a, b) for a, b in pairwise(street.points_m)) / 2
    for a, b in pairwise(street.points_m):
        length = math.dist(a, b)
        if 0 < left <= length:
            return a[0] + left / length * (b[0] - a[0]), a[1] + left / length * (b[1] - a[1])
        left -= length
    return street.points_m[0]


def _is_in(address: str, street: DrawnStreet) -> bool:
    return street.kind != "water" and address.casefold().strip(" 0123456789,").endswith(street.name.casefold())


def _nearest(streets: list[DrawnStreet], at: tuple[float, float]) -> str:
    far = [(_distance(each, at), each.name) for each in streets if each.kind != "water"]
    return min(far)[1] if far else ""


def _distance(street: DrawnStreet, at: tuple[float, float]) -> float:
    best = math.inf
    for (ax, ay), (bx, by) in pairwise(street.points_m):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        share = 0.0 if length == 0 else min(1.0, max(0.0, ((at[0] - ax) * dx + (at[1] - ay) * dy) / length))
        best = min(best, math.hypot(at[0] - ax - share * dx, at[1] - ay - share * dy))
    return best
