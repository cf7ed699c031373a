"""A made-up town as OpenStreetMap XML, for demo and tests: a ring, one-ways, a park's paths, turn restrictions.

It is nowhere: drawn by a seed, off the coast of nobody (latitude and longitude near 0), and says so in its header.
"""

import math
import random
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

STEP_DEGREES = 0.0012
JITTER_DEGREES = 0.0002
GENERATOR = "Bocage: a made-up town, not a real place"


def draw(size: int = 12, seed: int = 1) -> str:
    """The XML of a town of `size` by `size` crossings (3 to 200), always the same for the same seed."""
    if not 3 <= size <= 200:
        raise ValueError("a town has 3 to 200 crossings a side")
    rows = [f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator={quoteattr(GENERATOR)}>']
    rows += _nodes(size, random.Random(seed))  # noqa: S311 - a town, not a secret
    ways = list(_ways(size, random.Random(seed + 1)))  # noqa: S311
    for number, (nodes, tags) in enumerate(ways, start=1):
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        rows.append(f'<way id="{number}" version="1">{refs}{_tags(tags)}</way>')
    rows += _restrictions(size, ways, random.Random(seed + 2))  # noqa: S311
    return "\n".join([*rows, "</osm>\n"])


def _node(size: int, row: int, column: int) -> int:
    return 1 + row * size + column


def _nodes(size: int, dice: random.Random) -> Iterator[str]:
    for row in range(size):
        for column in range(size):
            # Streets bend a little, more so outside: towns are no chessboards.
            bend = 0.0004 * math.sin(row / 3) * math.cos(column / 4)
            latitude = row * STEP_DEGREES + bend + dice.uniform(-1, 1) * JITTER_DEGREES
            longitude = column * STEP_DEGREES - bend + dice.uniform(-1, 1) * JITTER_DEGREES
            yield f'<node id="{_node(size, row, column)}" version="1" lat="{latitude:.7f}" lon="{longitude:.7f}"/>'


def _ways(size: int, dice: random.Random) -> Iterator[tuple[list[int], dict[str, str]]]:
    """Block by block, so that a restriction can name the way before and after a crossing."""
    for line in range(size):
        for block in range(size - 1):
            for across in (True, False):
                ends = [(line, block), (line, block + 1)] if across else [(block, line), (block + 1, line)]
                nodes = [_node(size, *end) for end in ends]
                yield nodes, _street(size, line, dice)
    for row in range(1, size - 1, 3):  # a park: paths across the blocks, on which nobody drives
        column = dice.randrange(size - 1)
        yield [_node(size, row, column), _node(size, row + 1, column + 1)], {"highway": "path"}


def _street(size: int, line: int, dice: random.Random) -> dict[str, str]:
    if line in (0, size - 1):
        return {"highway": "secondary", "maxspeed": "70", "name": "Ring"}
    if line == size // 2:
        return {"highway": "tertiary", "maxspeed": "50", "name": "Main street"}
    tags = {"highway": "residential", "maxspeed": "30"}
    if line % 3 == 1:
        tags["oneway"] = "yes" if line % 2 else "-1"
        tags["oneway:bicycle"] = "no"
    if dice.random() < 0.04:
        tags = {"highway": "footway", "name": "Passage"}
    return tags


def _restrictions(size: int, ways: list[tuple[list[int], dict[str, str]]], dice: random.Random) -> Iterator[str]:
    by_end: dict[int, list[int]] = {}
    for number, (nodes, tags) in enumerate(ways, start=1):
        if tags["highway"] not in ("footway", "path"):
            for node in (nodes[0], nodes[-1]):
                by_end.setdefault(node, []).append(number)
    for number in range(size):
        node = _node(size, dice.randrange(1, size - 1), dice.randrange(1, size - 1))
        here = by_end.get(node, [])
        if len(here) < 3:
            continue
        before, after = dice.sample(here, 2)
        kind = "only_straight_on" if number % 3 == 0 else "no_left_turn"
        members = f'<member type="way" ref="{before}" role="from"/><member type="node" ref="{node}" role="via"/>'
        members += f'<member type="way" ref="{after}" role="to"/>'
        said = _tags({"type": "restriction", "restriction": kind})
        yield f'<relation id="{number + 1}" version="1">{members}{said}</relation>'


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
