"""Robots on a floor, none ever in another's way: Priority Inheritance with Backtracking (PIBT).

K. Okumura, M. Machida, X. Défago, Y. Tamura, "Priority inheritance with backtracking for iterative multi-agent path
finding", Artificial Intelligence 310 (2022). Each step the robot that has been under way longest decides first, and
whom it pushes decides next, with its priority; who cannot make room makes the other think again. On a floor whose
cells all lie on circles every robot gets where it wants to in the end.
"""

import random
from collections.abc import Sequence

from bocage.engines.sorting.floor import Floor
from bocage.engines.sorting.types import ROBOTS_LIMIT, SortingError

NOBODY = -1


class Traffic:
    """`at`: the cell of each robot. `goals`: where each wants to be."""

    def __init__(self, floor: Floor, starts: Sequence[int], seed: int = 0) -> None:
        """Robots at their first cells, wanting to stay there.

        Raises:
            SortingError: too many robots, two on one cell, or one where none can be.
        """
        if not 1 <= len(starts) <= ROBOTS_LIMIT or len(starts) >= len(floor.ways):
            raise SortingError(f"1 to {ROBOTS_LIMIT} robots, and fewer than there are cells to be on")
        if len(set(starts)) != len(starts) or not set(starts) <= set(floor.ways):
            raise SortingError("each robot needs a cell of its own to be on")
        self.floor = floor
        self.at, self.goals = list(starts), list(starts)
        self._waited = [0] * len(starts)
        self._steps: dict[int, list[int]] = {}
        self._random = random.Random(seed)  # noqa: S311 - a simulation, not a secret
        self._occupant = [NOBODY] * len(floor.beside)
        for robot, cell in enumerate(self.at):
            self._occupant[cell] = robot
        self._next: list[int] = []
        self._claimed: list[int] = []

    def steps(self, cell: int, goal: int) -> int:
        """The fewest steps from a cell to a goal."""
        if goal not in self._steps:
            self._steps[goal] = self.floor.steps_to(goal)
        return self._steps[goal][cell]

    def step(self) -> None:
        """Everybody moves by one cell, or stays."""
        count = len(self.at)
        self._next = [NOBODY] * count
        self._claimed = [NOBODY] * len(self.floor.beside)
        for robot in sorted(range(count), key=lambda one: (-self._waited[one], one)):
            if self._next[robot] == NOBODY:
                self._decide(robot, NOBODY)
        for cell in self.at:
            self._occupant[cell] = NOBODY
        self.at = self._next
        for robot, cell in enumerate(self.at):
            self._occupant[cell] = robot
            self._waited[robot] = 0 if cell == self.goals[robot] else self._waited[robot] + 1

    def _decide(self, robot: int, pusher: int) -> bool:
        """Claims a cell for a robot that makes room for `pusher`; whether it did make room."""
        here = self.at[robot]
        for cell in self._liked(robot, here):
            if self._claimed[cell] != NOBODY or (pusher != NOBODY and cell == self.at[pusher]):
                continue
            self._claimed[cell], self._next[robot] = robot, cell
            other = self._occupant[cell]
            if other in (NOBODY, robot) or self._next[other] != NOBODY or self._decide(other, robot):
                return True
        self._claimed[here], self._next[robot] = robot, here
        return False

    def _liked(self, robot: int, here: int) -> list[int]:
        """Where a robot may go, the best first: nearer to its goal, then free cells, then by lot."""
        steps = self._steps.get(self.goals[robot])
        if steps is None:
            steps = self._steps[self.goals[robot]] = self.floor.steps_to(self.goals[robot])
        lot, occupant = self._random.random, self._occupant
        ranked = [(steps[cell], occupant[cell] != NOBODY, lot(), cell) for cell in self.floor.beside[here]]
        ranked.append((steps[here], False, lot(), here))
        ranked.sort()
        return [one[3] for one in ranked]
