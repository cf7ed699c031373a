"""Reads a SUMO network: signals, their links, which of these cross, and the greens of the net's own program."""

import gzip
import math
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from bocage.engines.signals.phases import greens
from bocage.engines.signals.types import (
    LINKS_LIMIT,
    SIGNALS_LIMIT,
    STATE_LINKS_LIMIT,
    Link,
    Network,
    Signal,
    SignalsError,
    Stretch,
)

FILE_LIMIT_BYTES = 1_000_000_000
# Queues are looked for so far beyond a junction; short pieces of street make the way there no longer than this.
BEYOND_METRES, STRETCHES_LIMIT = 200.0, 16
SIDES = tuple(
    f"the {side}" for side in ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
)


@dataclass
class _Found:
    """What the file says, before it is put together."""

    lanes: dict[str, tuple[float, float, str]] = field(default_factory=dict)
    links: dict[str, list[tuple[int, dict[str, str], int]]] = field(default_factory=lambda: defaultdict(list))
    ahead: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lined: set[str] = field(default_factory=set)
    programs: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    foes: dict[str, list[str]] = field(default_factory=dict)


def read_network(path: Path) -> Network:
    """The signals of a `.net.xml` or `.net.xml.gz`.

    Raises:
        SignalsError: names file, line and field.
    """
    found = _Found()
    try:
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise SignalsError(f"{path.name}: larger than {FILE_LIMIT_BYTES:,} bytes")
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for element in _elements(file):
                _take(path, element, found)
    except OSError as error:
        raise SignalsError(f"{path.name}: {error.strerror or 'it cannot be read'}") from None
    except (etree.XMLSyntaxError, EOFError, zlib.error) as error:
        raise SignalsError(f"{path.name}: it is no XML: {error}") from None
    return _assemble(path, found)


def _elements(file: Any) -> Iterator[Any]:
    """Each edge, junction, signal and connection, forgotten once it has been read."""
    kinds = ("edge", "junction", "tlLogic", "connection")
    for _, element in etree.iterparse(file, tag=kinds, resolve_entities=False, no_network=True):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _take(path: Path, element: Any, found: _Found) -> None:
    if element.tag == "edge":
        for lane in element.iterfind("lane"):
            metres, speed = _number(path, lane, "length"), _number(path, lane, "speed")
            found.lanes[_text(path, lane, "id")] = (metres, speed, lane.get("shape", ""))
    elif element.tag == "junction":
        found.foes[_text(path, element, "id")] = [one.get("foes", "") for one in element.iterfind("request")]
    elif element.tag == "tlLogic":
        phases = [(_text(path, one, "state"), _number(path, one, "duration")) for one in element.iterfind("phase")]
        if not phases or len({len(state) for state, _ in phases}) != 1:
            raise SignalsError(f"{path.name}, line {element.sourceline}, phase: states of one length are needed")
        if len(phases[0][0]) > STATE_LINKS_LIMIT:
            raise SignalsError(f"{path.name}, line {element.sourceline}, state: over {STATE_LINKS_LIMIT} links")
        found.programs.setdefault(_text(path, element, "id"), phases)
    else:
        lane = f"{element.get('from')}_{element.get('fromLane')}"
        found.ahead[lane].append(f"{element.get('to')}_{element.get('toLane')}")
        if element.get("tl") is not None:
            index = int(_number(path, element, "linkIndex"))
            found.lined.add(lane)
            found.links[element.get("tl")].append((index, dict(element.attrib), element.sourceline))


def _assemble(path: Path, found: _Found) -> Network:
    if not found.programs:
        raise SignalsError(f"{path.name}, tlLogic: there is no signal in this network")
    if len(found.programs) > SIGNALS_LIMIT or sum(map(len, found.links.values())) > LINKS_LIMIT:
        raise SignalsError(f"{path.name}: over {SIGNALS_LIMIT:,} signals or {LINKS_LIMIT:,} links")
    signals: list[Signal] = []
    exits: dict[str, None] = {}
    for id, program in found.programs.items():
        raw, phases = sorted(found.links.get(id, []), key=lambda one: one[0]), greens(program)
        if not raw or not phases:
            continue  # It rules no way, or is switched off: nothing can be called there.
        links = []
        for index, attributes, line in raw:
            if index >= len(program[0][0]):
                raise SignalsError(f"{path.name}, line {line}, linkIndex: {index} is beyond the state of {id}")
            links.append(_link(path, index, attributes, line, found))
            exits.setdefault(links[-1].exit_lane, None)
        signals.append(Signal(id, tuple(links), phases, tuple(program), _foes(raw, found)))
    if not signals:
        raise SignalsError(f"{path.name}, tlLogic: no signal of this network has a green over one of its ways")
    beyond = tuple(tuple(_beyond(lane, found)) for lane in exits)
    held = tuple(any(lane in found.lined for lane in stretches[-1].lanes) for stretches in beyond)
    return Network(tuple(signals), tuple(exits), beyond, held, _feeders(signals, found))


def _feeders(signals: list[Signal], found: _Found) -> dict[str, tuple[str, ...]]:
    """Of each lane before a stop line, those before it that no stop line ends."""
    wanted = {link.lane for one in signals for link in one.links}
    feeders: dict[str, dict[str, None]] = {}
    for lane, after in found.ahead.items():
        for to in after:
            if to in wanted and not lane.startswith(":"):
                feeders.setdefault(to, {})[lane] = None
    return {to: tuple(lanes) for to, lanes in feeders.items() if not any(lane in found.lined for lane in lanes)}


def _beyond(exit_lane: str, found: _Found) -> Iterator[Stretch]:
    """The road from an exit on: street after street for as long as there is one way only, to a stop line at most."""
    lanes, metres = {exit_lane: None}, 0.0
    for _ in range(STRETCHES_LIMIT):
        length = min(found.lanes[lane][0] for lane in lanes)
        yield Stretch(tuple(lanes), length)
        metres += length
        after = {to: None for lane in lanes for to in found.ahead[lane] if to in found.lanes}
        streets = {to.rsplit("_", 1)[0] for to in after}
        if metres >= BEYOND_METRES or len(streets) != 1 or any(lane in found.lined for lane in lanes):
            return
        lanes = after


def _link(path: Path, index: int, attributes: dict[str, str], line: int, found: _Found) -> Link:
    lane = f"{attributes.get('from')}_{attributes.get('fromLane')}"
    leaves = f"{attributes.get('to')}_{attributes.get('toLane')}"
    for name, where in (("from", lane), ("to", leaves)):
        if where not in found.lanes:
            raise SignalsError(f"{path.name}, line {line}, {name}: lane {where!r} is not in the network")
    metres, speed, shape = found.lanes[lane]
    crossing = lane.startswith(":") and "_w" in lane
    return Link(
        index,
        lane,
        leaves,
        attributes.get("dir", "s"),
        metres,
        found.lanes[leaves][0],
        speed,
        _side(path, line, shape),
        crossing,
    )


def _foes(raw: list[tuple[int, dict[str, str], int]], found: _Found) -> frozenset[tuple[int, int]]:
    """Pairs of positions that cross, from the junctions' own tables (`request`, foes as bits from the right)."""
    place: dict[tuple[str, int], int] = {}
    for position, attributes, _ in raw:
        via = attributes.get("via", "")
        if via.startswith(":") and via.count("_") >= 2:
            junction, number, lane = via[1:].rsplit("_", 2)
            if number.isdigit() and lane.isdigit():
                place[junction, int(number) + int(lane)] = position
    pairs = set()
    for (where, request), index in place.items():
        bits = found.foes.get(where, [])
        if request >= len(bits):
            continue
        for other, bit in enumerate(reversed(bits[request])):
            if bit == "1" and place.get((where, other), index) != index:
                pairs.add((index, place[where, other]))
    return frozenset(pairs)


def _side(path: Path, line: int, shape: str) -> str:
    """The side that traffic of a lane comes from, by the last piece of its shape; `line` is the connection's."""
    try:
        points = [tuple(map(float, pair.split(",")[:2])) for pair in shape.split()[-2:] if "," in pair]
    except ValueError:
        points = [(math.nan, math.nan)]
    if not all(math.isfinite(each) for point in points for each in point):
        raise SignalsError(f"{path.name}, line {line}, shape of its lane: {shape[-40:]!r} is no line of points")
    if len(points) < 2:
        return "one side"
    degrees = math.degrees(math.atan2(points[0][0] - points[1][0], points[0][1] - points[1][1]))
    return SIDES[round(degrees / 45) % 8]


def _text(path: Path, element: Any, name: str) -> str:
    value = element.get(name)
    if not value:
        raise SignalsError(f"{path.name}, line {element.sourceline}, {name}: it is missing")
    return str(value)


def _number(path: Path, element: Any, name: str) -> float:
    text = _text(path, element, name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e9:
        raise SignalsError(f"{path.name}, line {element.sourceline}, {name}: {text[:40]!r} is no number from 0 on")
    return value
