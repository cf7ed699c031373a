"""Where each tree and animal of the drawn forest stands: the same tree always at the same place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Season = Literal["spring", "summer", "autumn", "winter"]
Stage = Literal["seed", "sprout", "sapling", "tree"]

WIDTH = 400
NEAR_Y, FAR_Y = 322, 214
NEAR_SCALE, FAR_SCALE = 0.98, 0.36
TREES_DRAWN_MAX = 60
_POND = (222, 246, 340, 292)
_GOLDEN = 0.618_033_988_75
# The first trees stand in front, in the open; those that follow fill the slope behind them.
_FIRST = ((200, 316), (108, 304), (296, 306), (52, 290), (346, 288), (158, 284), (250, 282))
_STAGE_FROM = ((1.0, "tree"), (0.45, "tree"), (0.18, "sapling"), (0.03, "sprout"), (0.0, "seed"))
_YOUNGEST_TREE_SCALE = 0.55
_SEASONS: tuple[Season, ...] = ("winter", "spring", "summer", "autumn")
# Animals that challenges bring, and where each lives in the drawing (x, y, mirrored).
_HOMES = {
    "hedgehog": (74, 330, 1),
    "fox": (322, 326, -1),
    "robin": (228, 330, 1),
    "deer": (238, 300, -1),
    "owl": (104, 330, 1),
    "hare": (140, 334, -1),
    "butterfly": (172, 300, 1),
    "squirrel": (362, 318, -1),
}


ANIMALS = frozenset(_HOMES)


@dataclass(frozen=True)
class Standing:
    """A tree to draw: `species` and `growth` from 0 to 1, and the name a pointer finds."""

    species: str
    growth: float
    title: str = ""


@dataclass(frozen=True)
class Placed:
    """A drawing, its place, and its size; `delay` tells its swaying apart from its neighbours'."""

    drawing: str
    species: str
    x: int
    y: int
    scale: float
    flip: int
    delay: int
    title: str = ""

    @property
    def width(self) -> float:
        """The horizontal scale, negative where the drawing is mirrored."""
        return round(self.scale * self.flip, 3)


@dataclass(frozen=True)
class Drawing:
    """What `forest/art/landscape.html` draws; `waits` is the empty spot of a forest without a tree."""

    season: Season
    standing: list[Placed]
    waits: bool


def season_of(day: date) -> Season:
    """The season of the north that a day falls in, by whole months as meteorologists count."""
    return _SEASONS[day.month % 12 // 3]


def place(trees: Sequence[Standing], animals: Sequence[str] = ()) -> list[Placed]:
    """Trees and animals from the furthest to the nearest, so that whoever stands in front is drawn last."""
    placed = [_placed(index, tree) for index, tree in enumerate(trees[-TREES_DRAWN_MAX:])]
    return sorted([*placed, *_place_animals(animals)], key=lambda each: each.y)


def _place_animals(names: Sequence[str]) -> list[Placed]:
    homes = [(name, _HOMES[name]) for name in dict.fromkeys(names) if name in _HOMES]
    return [Placed(name, name, x, y, _depth(y), flip, 0) for name, (x, y, flip) in homes]


def _placed(index: int, tree: Standing) -> Placed:
    x, y = _spot(index)
    stage: Stage = next(stage for least, stage in _STAGE_FROM if tree.growth >= least)  # type: ignore[misc]
    grown = 1.0 if stage != "tree" else _YOUNGEST_TREE_SCALE + (1 - _YOUNGEST_TREE_SCALE) * tree.growth
    varied = 0.92 + (index * 37 % 17) / 100
    drawing = tree.species if stage == "tree" else stage
    scale = round(_depth(y) * grown * varied, 3)
    return Placed(drawing, tree.species, x, y, scale, -1 if index % 3 == 1 else 1, index % 7, tree.title)


def _spot(index: int) -> tuple[int, int]:
    if index < len(_FIRST):
        return _FIRST[index]
    step = index - len(_FIRST)
    across = (step * _GOLDEN + 0.37) % 1
    behind = ((step * 0.754_877_666 + 0.21) % 1) ** 1.15
    x, y = round(18 + across * (WIDTH - 36)), round(NEAR_Y - 34 - behind * (NEAR_Y - 34 - FAR_Y))
    in_water = _POND[0] < x < _POND[2] and _POND[1] < y < _POND[3]
    return x, _POND[1] if in_water else y


def _depth(y: int) -> float:
    return FAR_SCALE + (NEAR_SCALE - FAR_SCALE) * (y - FAR_Y) / (NEAR_Y - FAR_Y)
