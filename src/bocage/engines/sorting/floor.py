"""The floor: cells on which robots drive, places where parcels are put on them, chutes into which they drop them."""

from collections import deque
from dataclasses import dataclass
from functools import cached_property

from bocage.engines.sorting.types import CELLS_LIMIT, SortingError

WAY, CHUTE, WALL, INDUCT = ".", "#", "x", "I"


@dataclass(frozen=True)
class Floor:
    """Rows of one character a cell: `.` way, `I` way where a parcel is put on, `#` chute, `x` wall.

    Chutes count by row. Cells are numbered row by row. Robots drive to the four sides, never onto chutes or walls.
    """

    rows: tuple[str, ...]

    @property
    def width(self) -> int:
        """Cells a row."""
        return len(self.rows[0])

    @cached_property
    def beside(self) -> tuple[tuple[int, ...], ...]:
        """The cells that can be driven to from each cell; none from chutes and walls."""
        found = []
        for cell, kind in enumerate("".join(self.rows)):
            around = self._around(cell) if kind in (WAY, INDUCT) else []
            found.append(tuple(one for one in around if self.kind(one) in (WAY, INDUCT)))
        return tuple(found)

    @cached_property
    def inducts(self) -> tuple[int, ...]:
        """Where parcels are put on robots."""
        return tuple(cell for cell, kind in enumerate("".join(self.rows)) if kind == INDUCT)

    @cached_property
    def stands(self) -> tuple[tuple[int, ...], ...]:
        """For each chute the cells beside it, from any of which a robot drops its parcel."""
        chutes = [cell for cell, kind in enumerate("".join(self.rows)) if kind == CHUTE]
        return tuple(tuple(one for one in self._around(cell) if self.kind(one) in (WAY, INDUCT)) for cell in chutes)

    @property
    def ways(self) -> tuple[int, ...]:
        """The cells that robots may be on."""
        return tuple(cell for cell, kind in enumerate("".join(self.rows)) if kind in (WAY, INDUCT))

    def kind(self, cell: int) -> str:
        """The character of a cell."""
        return self.rows[cell // self.width][cell % self.width]

    def steps_to(self, goal: int) -> list[int]:
        """From each cell the fewest steps to a goal; as many as there are cells where there is no way."""
        steps = [len(self.beside)] * len(self.beside)
        steps[goal] = 0
        queue = deque([goal])
        while queue:
            cell = queue.popleft()
            for one in self.beside[cell]:
                if steps[one] > steps[cell] + 1:
                    steps[one] = steps[cell] + 1
                    queue.append(one)
        return steps

    def _around(self, cell: int) -> list[int]:
        row, column = divmod(cell, self.width)
        sides = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
        return [r * self.width + c for r, c in sides if 0 <= r < len(self.rows) and 0 <= c < self.width]


def read_floor(text: str) -> Floor:
    """A floor from its drawing.

    Raises:
        SortingError: names the line; or no induct or chute, a chute out of reach, or a cell on no circle (robots could
            then wait for one another for ever).
    """
    rows = tuple(text.split())
    if not rows or len(rows) * len(rows[0]) > CELLS_LIMIT:
        raise SortingError(f"a floor has 1 to {CELLS_LIMIT:,} cells")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]) or set(row) - {WAY, CHUTE, WALL, INDUCT}:
            raise SortingError(f"line {number}: {len(rows[0])} of the characters . # x I are due")
    floor = Floor(rows)
    if not floor.inducts or not floor.stands or not all(floor.stands):
        raise SortingError("a floor has an induct and a chute at least, and a way beside each chute")
    if not _all_on_circles(floor):
        raise SortingError("each two ways must be joined by two ways apart, so that robots can make room")
    return floor


def draw(across: int, down: int) -> Floor:
    """A floor of `across` by `down` chutes with two lanes between, and an induct at every other cell on the left.

    Raises:
        SortingError: the floor would be too large.
    """
    if not (across >= 1 and down >= 1 and (3 * across + 3) * (3 * down + 2) <= CELLS_LIMIT):
        raise SortingError(f"one chute each way at least, and {CELLS_LIMIT:,} cells at most")
    width, rows = 3 * across + 3, []
    for row in range(3 * down + 2):
        cells = [
            CHUTE if row % 3 == 2 and row < 3 * down and column % 3 == 0 and 3 <= column <= 3 * across else WAY
            for column in range(width)
        ]
        cells[0] = INDUCT if row % 2 else WAY
        rows.append("".join(cells))
    return read_floor("\n".join(rows))


def _all_on_circles(floor: Floor) -> bool:
    """Whether the ways are biconnected: in one piece, and still so without any single cell."""
    return (
        len(floor.ways) >= 4
        and max(floor.steps_to(floor.ways[0])[way] for way in floor.ways) < len(floor.beside)
        and _no_cut(floor)
    )


def _no_cut(floor: Floor) -> bool:
    """No articulation point, by depth-first search (Hopcroft and Tarjan 1973), without recursion."""
    root = floor.ways[0]
    depth, low = {root: 0}, {root: 0}
    stack: list[tuple[int, int, list[int]]] = [(root, -1, list(floor.beside[root]))]
    children_of_root = 0
    while stack:
        cell, parent, left = stack[-1]
        if left:
            one = left.pop()
            if one == parent:
                continue
            if one in depth:
                low[cell] = min(low[cell], depth[one])
            else:
                depth[one] = low[one] = depth[cell] + 1
                stack.append((one, cell, list(floor.beside[one])))
            continue
        stack.pop()
        if parent == root:
            children_of_root += 1
        elif parent >= 0 and low[cell] >= depth[parent]:
            return False
        if parent >= 0:
            low[parent] = min(low[parent], low[cell])
    return children_of_root <= 1
