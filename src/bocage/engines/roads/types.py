"""A road network that can be driven: junctions, ways between them, and what each kind of traveller may do there."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Mode = Literal["van", "bike", "robot", "foot"]
MODES: tuple[Mode, ...] = get_args(Mode)
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

EDGES_LIMIT = 20_000_000
POINTS_LIMIT = 5_000


class RoadsError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


@dataclass(frozen=True)
class Graph:
    """Edges from `tail` to `head` (junctions by index), each as long as its shape.

    `longitude`, `latitude`: degrees (WGS 84), one a junction. `metres`: one an edge. `seconds`: (modes, edges),
    infinite where that mode may not go. `shape_start`: (edges + 1), into `shape`, (points, 2) of longitude and
    latitude. `banned`: (turns, 2), pairs of edges that may not follow one another, where turns are restricted.
    """

    longitude: Floats
    latitude: Floats
    tail: Indices
    head: Indices
    metres: Floats
    seconds: Floats
    shape_start: Indices
    shape: Floats
    banned: Indices

    @property
    def junctions(self) -> int:
        """How many junctions there are."""
        return len(self.longitude)
