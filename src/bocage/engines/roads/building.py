"""An OpenStreetMap extract made into a graph: junctions where ways meet, everything between them one edge's shape."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium

from bocage.engines.roads.travel import speeds
from bocage.engines.roads.types import EDGES_LIMIT, MODES, Floats, Graph, Mode, RoadsError

EARTH_METRES = 6_371_008.8
FILE_LIMIT_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Way:
    """A way of the extract: its nodes with their places, and the speeds along and against it."""

    number: int
    nodes: list[int]
    points: list[tuple[float, float]]
    along: dict[Mode, float]
    against: dict[Mode, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A turn restriction: from a way over a node to a way, forbidden (`no_...`) or the only one (`only_...`)."""

    from_way: int
    via: int
    to_way: int
    only: bool


def build(path: Path) -> Graph:
    """The graph of an extract (`.osm`, `.osm.gz`, `.osm.pbf`).

    Raises:
        RoadsError: the file is absent, too large, no OpenStreetMap data, or without a way to drive.
    """
    try:
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise RoadsError(f"{path.name}: larger than {FILE_LIMIT_BYTES:,} bytes; cut out your town first")
        ways, rules = _read(path)
    except OSError as error:
        raise RoadsError(f"{path.name}: {error.strerror or 'it cannot be read'}") from None
    except (RuntimeError, ValueError) as error:
        raise RoadsError(f"{path.name}: no OpenStreetMap data ({str(error)[:120]})") from None
    if not ways:
        raise RoadsError(f"{path.name}: there is no way in it that anybody may use")
    return _graph(ways, rules)


def _read(path: Path) -> tuple[list[Way], list[Rule]]:
    ways: list[Way] = []
    rules: list[Rule] = []
    total = 0
    found = (
        osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway", "restriction"))
    )
    for one in found:
        if one.is_way() and "highway" in one.tags:
            along, against = speeds(dict(one.tags))
            placed = [node for node in one.nodes if node.location.valid()]
            if (along or against) and len(placed) > 1:
                points = [(node.lon, node.lat) for node in placed]
                ways.append(Way(one.id, [node.ref for node in placed], points, along, against))
                total += len(placed)
                if total > EDGES_LIMIT:
                    raise RoadsError(f"{path.name}: more than {EDGES_LIMIT:,} points of ways; cut out your town first")
        elif one.is_relation() and (rule := _rule(one)):
            rules.append(rule)
    return ways, rules


def _rule(relation: "osmium.osm.Relation") -> Rule | None:
    """A restriction with one way before, one node between, one way after, for everybody who drives."""
    kind = relation.tags.get("restriction", "")
    if not kind.startswith(("no_", "only_")) or relation.tags.get("type") != "restriction":
        return None
    members = {(member.role, member.type): member.ref for member in relation.members}
    if len(relation.members) != 3 or {*members} != {("from", "w"), ("via", "n"), ("to", "w")}:
        return None
    return Rule(members["from", "w"], members["via", "n"], members["to", "w"], kind.startswith("only_"))


def _graph(ways: list[Way], rules: list[Rule]) -> Graph:
    uses = Counter(node for way in ways for node in way.nodes)
    for way in ways:
        uses.update((way.nodes[0], way.nodes[-1]))
    index: dict[int, int] = {}
    places: list[tuple[float, float]] = []
    tails, heads, metres, seconds, shapes, of_way = [], [], [], [], [], []
    for way in ways:
        cuts = [position for position, node in enumerate(way.nodes) if uses[node] > 1]
        for begin, end in pairwise(cuts):
            for position in (begin, end):
                if way.nodes[position] not in index:
                    index[way.nodes[position]] = len(places)
                    places.append(way.points[position])
            shape = way.points[begin : end + 1]
            length = _length(np.asarray(shape))
            a, b = index[way.nodes[begin]], index[way.nodes[end]]
            for tail, head, allowed, line in ((a, b, way.along, shape), (b, a, way.against, shape[::-1])):
                if allowed:
                    tails.append(tail)
                    heads.append(head)
                    metres.append(length)
                    seconds.append([3.6 * length / allowed[mode] if mode in allowed else np.inf for mode in MODES])
                    shapes.append(line)
                    of_way.append(way.number)
    coordinates = np.asarray(places, dtype=np.float64)
    return Graph(
        longitude=coordinates[:, 0],
        latitude=coordinates[:, 1],
        tail=np.asarray(tails, dtype=np.int64),
        head=np.asarray(heads, dtype=np.int64),
        metres=np.asarray(metres),
        seconds=np.asarray(seconds).T.copy(),
        shape_start=np.cumsum([0, *map(len, shapes)], dtype=np.int64),
        shape=np.asarray([point for line in shapes for point in line], dtype=np.float64),
        banned=_banned(rules, index, tails, heads, of_way),
    )


def _length(shape: Floats) -> float:
    """Metres along a line of longitudes and latitudes, by great circles (haversine)."""
    longitude, latitude = np.radians(shape[:, 0]), np.radians(shape[:, 1])
    half = np.sin(np.diff(latitude) / 2) ** 2
    half += np.cos(latitude[:-1]) * np.cos(latitude[1:]) * np.sin(np.diff(longitude) / 2) ** 2
    return float((2 * EARTH_METRES * np.arcsin(np.sqrt(half))).sum())


def _banned(
    rules: Iterable[Rule], index: dict[int, int], tails: list[int], heads: list[int], of_way: list[int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Pairs of edges by their numbers. An `only_` rule bans every other turn but back where it came from."""
    into: dict[tuple[int, int], list[int]] = defaultdict(list)
    out: dict[int, list[int]] = defaultdict(list)
    for edge, (tail, head) in enumerate(zip(tails, heads, strict=True)):
        into[of_way[edge], head].append(edge)
        out[tail].append(edge)
    pairs: set[tuple[int, int]] = set()
    for rule in rules:
        via = index.get(rule.via)
        if via is None:
            continue
        meant = [edge for edge in out[via] if of_way[edge] == rule.to_way]
        for edge in into[rule.from_way, via] if meant else ():
            # Turning back is no part of the rule, unless the way back is the very way it forbids (no_u_turn).
            back = [other for other in out[via] if heads[other] == tails[edge] and of_way[other] == rule.from_way]
            bad = [other for other in out[via] if other not in meant + back] if rule.only else meant
            pairs |= {(edge, other) for other in bad}
    return np.asarray(sorted(pairs), dtype=np.int64).reshape(-1, 2)
