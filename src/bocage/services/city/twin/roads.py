"""A road network of the town's own map, drawn by netconvert: every name and bend of it is the map's.

Streets and main streets carry traffic; lights stand where three or more ways meet and one of them is a main street.
"""

import importlib
import math
import subprocess
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol
from xml.sax.saxutils import quoteattr

type Point = tuple[float, float]

CROSSING_M = 15.0
ARMS_OF_A_LIGHT = 3
# People live and work along a piece of street of this length.
HOME_M = 150.0
# Of a street's kind: lanes each way, and the speed in m/s (50 and 30 km/h).
LANES = {"main": 2, "street": 1}
SPEEDS = {"main": 13.89, "street": 8.33}
FIRST_LIGHT = 20
NETCONVERT_SECONDS = 60


class TwinError(Exception):
    """The twin cannot run; the message says why in one sentence."""


class DrawnStreet(Protocol):
    """A street of the town's map."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def points_m(self) -> Sequence[Point]: ...


@dataclass(frozen=True)
class Junction:
    """Where a piece of street begins or ends. `name`: the streets that meet there."""

    id: str
    point_m: Point
    name: str
    lit: bool


@dataclass(frozen=True)
class Piece:
    """A street between two junctions, one way."""

    id: str
    street: str
    kind: str
    start: str
    end: str
    shape: tuple[Point, ...]

    @property
    def length_m(self) -> float:
        """Along the shape."""
        return sum(math.dist(a, b) for a, b in pairwise(self.shape))


@dataclass(frozen=True)
class Roads:
    """The drawn network. `fringe_in`, `fringe_out`: pieces by which traffic comes into town and leaves it;
    `homes`: those of the town's streets on which it begins and ends as well."""

    net: Path
    junctions: Mapping[str, Junction]
    pieces: Mapping[str, Piece]
    fringe_in: tuple[str, ...]
    fringe_out: tuple[str, ...]
    homes: tuple[str, ...]

    def longest_of(self, street: str) -> Piece | None:
        """The longest piece of a street, in the direction that the map draws it."""
        own = [each for each in self.pieces.values() if each.street == street and not each.id.startswith("-")]
        return max(own, key=lambda each: each.length_m, default=None)


def build(
    folder: Path, streets: Iterable[DrawnStreet], closed: Collection[str] = (), bus_lanes: Collection[str] = ()
) -> Roads:
    """Draw the network into `folder`; `closed` streets are for people on foot, those with `bus_lanes` have the right
    lane for buses alone. Raises `TwinError` where the map has no crossing with a light.
    """
    lines = {each.name: (each.kind, list(each.points_m)) for each in streets if each.kind in LANES}
    _join(lines)
    met: dict[Point, set[str]] = defaultdict(set)
    arms: dict[Point, int] = defaultdict(int)
    for name, (_kind, points) in lines.items():
        for place, point in enumerate(points):
            met[point].add(name)
            arms[point] += 1 if place in (0, len(points) - 1) else 2
    ends = {points[place] for _kind, points in lines.values() for place in (0, -1)}
    knots = sorted(point for point, names in met.items() if len(names) > 1 or point in ends)
    junctions = _named(knots, met, arms, lines)
    if not any(each.lit for each in junctions.values()):
        raise TwinError("the town's map has no crossing of a main street, so that there is no light to run")
    pieces = {piece.id: piece for piece in _pieces(lines, junctions)}
    fringe = {junctions[point].id for point in knots if arms[point] == 1}
    net = folder / "town.net.xml"
    _convert(folder, net, junctions.values(), [(each, _lanes(each, closed, bus_lanes)) for each in pieces.values()])
    return Roads(
        net,
        {each.id: each for each in junctions.values()},
        pieces,
        tuple(sorted(each.id for each in pieces.values() if each.start in fringe)),
        tuple(sorted(each.id for each in pieces.values() if each.end in fringe)),
        tuple(sorted(each.id for each in pieces.values() if {each.start, each.end}.isdisjoint(fringe) and _home(each))),
    )


def _home(piece: Piece) -> bool:
    return piece.length_m >= HOME_M


def _join(lines: dict[str, tuple[str, list[Point]]]) -> None:
    """Where a street's point lies on another street, that one gets the point as well: they meet there."""
    for name, (_kind, points) in lines.items():
        for point in points:
            for other, (_of, line) in lines.items():
                if other == name or any(math.dist(point, each) < CROSSING_M for each in line):
                    continue
                place = next((n for n, (a, b) in enumerate(pairwise(line), 1) if _off(point, a, b) < CROSSING_M), None)
                if place is not None:
                    line.insert(place, point)


def _off(point: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    share = min(1.0, max(0.0, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / max(dx * dx + dy * dy, 1e-9)))
    return math.dist(point, (a[0] + share * dx, a[1] + share * dy))


def _named(
    knots: Sequence[Point],
    met: Mapping[Point, set[str]],
    arms: Mapping[Point, int],
    lines: Mapping[str, tuple[str, list[Point]]],
) -> dict[Point, Junction]:
    found, lights = {}, FIRST_LIGHT
    for number, point in enumerate(knots):
        lit = arms[point] >= ARMS_OF_A_LIGHT and any(lines[name][0] == "main" for name in met[point])
        name = " × ".join(sorted(met[point], key=lambda each: (lines[each][0] != "main", each)))
        found[point] = Junction(f"F{lights}" if lit else f"N{number}", point, name, lit)
        lights += lit
    return found


def _pieces(lines: Mapping[str, tuple[str, list[Point]]], junctions: Mapping[Point, Junction]) -> Iterator[Piece]:
    for number, (name, (kind, points)) in enumerate(lines.items()):
        cuts = [place for place, point in enumerate(points) if point in junctions]
        for part, (first, last) in enumerate(pairwise(cuts)):
            shape = tuple(points[first : last + 1])
            a, b = junctions[shape[0]].id, junctions[shape[-1]].id
            yield Piece(f"{number}.{part}", name, kind, a, b, shape)
            yield Piece(f"-{number}.{part}", name, kind, b, a, shape[::-1])


def _lanes(piece: Piece, closed: Collection[str], bus_lanes: Collection[str]) -> str:
    """Who may use a piece's lanes, as netconvert reads it."""
    if piece.street in closed:
        return "".join(f'<lane index="{lane}" allow="pedestrian"/>' for lane in range(LANES[piece.kind]))
    return '<lane index="0" allow="bus"/>' if piece.street in bus_lanes else ""


def _convert(folder: Path, net: Path, junctions: Iterable[Junction], pieces: Iterable[tuple[Piece, str]]) -> None:
    nodes, edges = folder / "town.nod.xml", folder / "town.edg.xml"
    rows = [
        f'<node id={quoteattr(each.id)} x="{each.point_m[0]:g}" y="{each.point_m[1]:g}"'
        f' type="{"traffic_light" if each.lit else "priority"}"/>'
        for each in junctions
    ]
    nodes.write_text("\n".join(["<nodes>", *rows, "</nodes>"]), encoding="utf-8")
    rows = [
        f'<edge id="{each.id}" from="{each.start}" to="{each.end}" name={quoteattr(each.street)}'
        f' numLanes="{LANES[each.kind]}" speed="{SPEEDS[each.kind]}" priority="{LANES[each.kind]}"'
        f' shape="{" ".join(f"{x:g},{y:g}" for x, y in each.shape)}">{lanes}</edge>'
        for each, lanes in pieces
    ]
    edges.write_text("\n".join(["<edges>", *rows, "</edges>"]), encoding="utf-8")
    command = [binary("netconvert"), "-n", nodes, "-e", edges, "-o", net, "--no-turnarounds", "true"]
    command += ["--offset.disable-normalization", "true", "--no-warnings", "--tls.yellow.time", "3"]
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=NETCONVERT_SECONDS)
    if done.returncode != 0 or not net.exists():
        raise TwinError(f"netconvert refused the town's streets: {done.stderr.strip()[-300:]}")


def binary(name: str) -> Path:
    """A program of SUMO. Raises `TwinError` where the extra is not installed."""
    try:
        return Path(importlib.import_module("sumo").SUMO_HOME) / "bin" / name
    except ImportError:
        raise TwinError("The twin of the town's streets needs SUMO: ./bocage extras add city") from None
