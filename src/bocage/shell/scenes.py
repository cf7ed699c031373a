"""Where the trees of a scene stand: decided by their order alone, so that a forest keeps its shape as it grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s

from bocage.shell.types import Tree, TreeKind

WIDTH = 360
HEIGHT = 168
MAX_TREES = 28
_MARGIN = 18
_BACK_Y = 98.0
_FRONT_Y = 142.0
_SEEDLING_BELOW = 0.12
KINDS: tuple[TreeKind, ...] = ("oak", "pine", "poplar", "birch", "apple")


@dataclass(frozen=True)
class PlacedTree:
    """A tree with its foot at (x, y) of a 360 by 168 scene; `scale` and `opacity` fall off with distance."""

    shape: str
    x: float
    y: float
    scale: float
    opacity: float


def grove(count: int, growth_of_last: float = 1.0) -> list[Tree]:
    """`count` trees of mixed kinds, the last one still growing (`growth_of_last`, 0 to 1)."""
    trees = [Tree(kind=KINDS[_noise("kind", place) % len(KINDS)]) for place in range(count)]
    if trees:
        trees[-1] = Tree(kind=trees[-1].kind, growth=growth_of_last)
    return trees


def place(trees: Sequence[Tree]) -> list[PlacedTree]:
    """Stand at most 28 trees (the newest) on the hills, far ones first so that near ones cover them."""
    first = max(0, len(trees) - MAX_TREES)
    placed = [_stand(tree, first + offset) for offset, tree in enumerate(trees[first:])]
    return sorted(placed, key=lambda tree: tree.y)


def _stand(tree: Tree, place_index: int) -> PlacedTree:
    # The golden ratio spreads any number of trees evenly, whatever the number turns out to be.
    across = (0.37 + place_index * 0.61803398875) % 1.0
    depth = _noise("depth", place_index) % 1000 / 999
    growth = min(1.0, max(0.0, tree.growth))
    size = 1.0 if growth < _SEEDLING_BELOW else 0.45 + 0.55 * growth
    return PlacedTree(
        shape="seedling" if growth < _SEEDLING_BELOW else tree.kind,
        x=round(_MARGIN + across * (WIDTH - 2 * _MARGIN), 1),
        y=round(_BACK_Y + depth * (_FRONT_Y - _BACK_Y), 1),
        scale=round((0.5 + depth * 0.8) * size, 2),
        opacity=round(0.5 + depth * 0.5, 2),
    )


def _noise(salt: str, place_index: int) -> int:
    return int.from_bytes(blake2s(f"{salt}:{place_index}".encode(), digest_size=4).digest())
