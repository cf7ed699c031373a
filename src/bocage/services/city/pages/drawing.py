"""The map as an SVG: streets as lines, works and reports as marks of different shapes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bocage.services.city.town_map import TownMap
from bocage.services.city.types import ReportView, WorksView

_NAMED = ("main", "water")
# The height of a name, as a share of the map.
_NAME_SHARE = 0.08


@dataclass(frozen=True)
class Line:
    """A street as an SVG path; `x`, `y` is where its name stands, where `named`."""

    name: str
    kind: str
    path: str
    x: float
    y: float
    named: bool
    chosen: bool


@dataclass(frozen=True)
class Mark:
    """Something at a place."""

    kind: str
    title: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """A map of `width` by `height` metres, y downwards; `west_m` and `north_m` are its north-western corner."""

    width: float
    height: float
    west_m: float
    north_m: float
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]


def drawn(
    sheet: TownMap, works: Iterable[WorksView] = (), reports: Iterable[ReportView] = (), chosen: str = ""
) -> Drawing | None:
    """The map with marks; None for a town without one."""
    if not sheet.streets:
        return None
    north = sheet.south_m + sheet.height_m

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return round(point[0] - sheet.west_m, 1), round(north - point[1], 1)

    lines = []
    for street in sheet.streets:
        points = [at(point) for point in street.points_m]
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        x, y = at(street.label_m)
        on = street.name == chosen
        lines.append(Line(street.name, street.kind, path, x, y, on or street.kind in _NAMED, on))
    marks = []
    for each in works:
        middle = sheet.middle_of(each.street)
        if middle is not None:
            marks.append(Mark("works", each.title, *at(middle)))
    for report in reports:
        if report.x_m is not None and report.y_m is not None:
            marks.append(Mark("report", report.street, *at((report.x_m, report.y_m))))
    # Water lies under the streets, the chosen street over them.
    lines.sort(key=lambda line: (line.kind != "water", line.chosen))
    return Drawing(sheet.width_m, sheet.height_m, sheet.west_m, north, _apart(lines, sheet.height_m), tuple(marks))


def _apart(lines: list[Line], height_m: float) -> tuple[Line, ...]:
    """The lines with no two names on one another: the chosen street's first, then in their order."""
    taken: list[float] = []
    shown = set()
    for line in sorted(lines, key=lambda each: not each.chosen):
        if line.named and all(abs(line.y - y) > height_m * _NAME_SHARE for y in taken):
            taken.append(line.y)
            shown.add(line)
    return tuple(replace(line, named=line in shown) for line in lines)
