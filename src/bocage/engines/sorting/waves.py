"""Waves: which routes' parcels are sorted when, so that each van finds its own at its chute before it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

from bocage.engines.sorting.types import SortingError


@dataclass(frozen=True, slots=True)
class Route:
    """A van's route: when it leaves (seconds), and how many parcels it takes."""

    name: str
    leaves: float
    parcels: int


@dataclass(frozen=True, slots=True)
class Wave:
    """Routes sorted together, each at a chute of its own. `late`: how long after its vans' leaving it would end."""

    routes: tuple[Route, ...]
    starts: float
    ends: float
    late: float


def plan_waves(routes: Sequence[Route], chutes: int, parcels_a_second: float, opens: float = 0.0) -> list[Wave]:
    """Waves one after the other in the order in which vans leave, as many routes each as there are chutes.

    Earliest due date first: no other order has a smaller greatest lateness (J. R. Jackson 1955).

    Raises:
        SortingError: no chute, no speed, or a route that makes no sense.
    """
    if chutes < 1 or not parcels_a_second > 0:
        raise SortingError("a chute and a speed above 0 are needed")
    if any(route.parcels < 0 or not route.leaves >= 0 for route in routes):
        raise SortingError("a route leaves at 0 or later with 0 parcels or more")
    ordered = sorted(routes, key=lambda route: (route.leaves, route.name))
    found, clock = [], opens
    for begin in range(0, len(ordered), chutes):
        members = tuple(ordered[begin : begin + chutes])
        ends = clock + sum(route.parcels for route in members) / parcels_a_second
        found.append(Wave(members, clock, ends, max(0.0, ends - members[0].leaves)))
        clock = ends
    return found
