"""Parcels carried from inducts to chutes by robots, step by step."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bocage.engines.sorting.floor import Floor
from bocage.engines.sorting.traffic import Traffic
from bocage.engines.sorting.types import PARCELS_LIMIT, STEPS_LIMIT, SortingError

EMPTY = -1


@dataclass(frozen=True, slots=True)
class Sorted:
    """`dropped`: the step at which each parcel fell into its chute. `alone`: the shortest ways of
    all errands that were ended.

    `efficiency`: `alone` shared among the robots, as a part of the steps that were taken: 1 would be no robot ever
    waiting for another, nor at the end for the last one.
    """

    steps: int
    robots: int
    dropped: tuple[int, ...]
    alone: int

    @property
    def efficiency(self) -> float:
        """What the robots' company leaves of their speed."""
        return self.alone / (self.robots * self.steps) if self.steps else 1.0

    @property
    def parcels_a_second(self) -> float:
        """One step is one second."""
        return len(self.dropped) / self.steps if self.steps else 0.0


def sort(
    floor: Floor,
    chutes: Sequence[int],
    robots: int,
    seed: int = 0,
    watch: Callable[[list[int]], None] | None = None,
) -> Sorted:
    """Bring parcels to their chutes (by index of the floor's), put on in this order. `watch` sees each step's cells.

    Raises:
        SortingError: too many parcels or robots, a chute that is not there, or more steps than can be.
    """
    if len(chutes) > PARCELS_LIMIT:
        raise SortingError(f"at most {PARCELS_LIMIT:,} parcels at a time")
    if any(not 0 <= chute < len(floor.stands) for chute in chutes):
        raise SortingError(f"a parcel is for one of {len(floor.stands)} chutes")
    ways = floor.ways
    if not 1 <= robots < len(ways):
        raise SortingError(f"1 to {len(ways) - 1} robots fit onto this floor")
    dice = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    traffic = Traffic(floor, dice.sample(ways, robots), seed)
    carried, dropped, put_on, alone = [EMPTY] * robots, [EMPTY] * len(chutes), 0, 0
    shortest = [_head_for(traffic, robot, floor.inducts, 2) for robot in range(robots)]
    steps = 0
    while EMPTY in dropped:
        if steps == STEPS_LIMIT:
            raise SortingError(f"after {STEPS_LIMIT:,} steps parcels are still under way")
        traffic.step()
        steps += 1
        if watch:
            watch(traffic.at)
        for robot in range(robots):
            if traffic.at[robot] != traffic.goals[robot]:
                continue
            alone, shortest[robot] = alone + shortest[robot], 0
            if carried[robot] != EMPTY:
                dropped[carried[robot]], carried[robot] = steps, EMPTY
                shortest[robot] = _head_for(traffic, robot, floor.inducts, 2)
            elif put_on < len(chutes):
                carried[robot], put_on = put_on, put_on + 1
                shortest[robot] = _head_for(traffic, robot, floor.stands[chutes[carried[robot]]], 1)
    return Sorted(steps, robots, tuple(dropped), alone)


def _head_for(traffic: Traffic, robot: int, cells: Sequence[int], detour: int) -> int:
    """Sends a robot to the nearest cell, each robot on its way there already a detour of so many steps."""
    at, heading = traffic.at[robot], traffic.goals
    goal = min(cells, key=lambda cell: (traffic.steps(at, cell) + detour * heading.count(cell), cell))
    traffic.goals[robot] = goal
    return traffic.steps(at, goal)
