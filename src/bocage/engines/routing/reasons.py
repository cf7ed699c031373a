"""Why each stop stands where it stands, found by trying what would happen otherwise."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bocage.engines.routing.checking import check, drive, places_of
from bocage.engines.routing.types import Plan, Problem, Route, Visit

Code = Literal["waits", "closes", "after_pickup", "on_the_way", "next_door", "full", "shortest", "search"]

# A detour of less than this share of the direct way is "on the way".
ON_THE_WAY = 0.1


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: which visit of which route, why, how much of it (in the problem's units), and in words."""

    route: int
    visit: Visit
    code: Code
    amount: float
    text: str


def explain(problem: Problem, plan: Plan) -> list[Reason]:
    """At least one reason for each stop, in the order of the plan."""
    found: list[Reason] = []
    for number, route in enumerate(plan.routes):
        facts = drive(problem, route)
        for position, visit in enumerate(route.visits):
            if visit.kind in ("stop", "pickup", "delivery"):
                reasons = [
                    *_by_clock(problem, route, facts.timeline[position].arrive, number, position),
                    *_by_load(problem, route, number, position),
                    *_by_way(problem, route, number, position),
                ]
                found += reasons or [_by_length(problem, route, number, position)]
    return found


def _by_clock(problem: Problem, route: Route, arrive: float, number: int, position: int) -> list[Reason]:
    visit = route.visits[position]
    stop = problem.of(visit)
    reasons = []
    if arrive < stop.early:
        wait = stop.early - arrive
        reasons.append(Reason(number, visit, "waits", wait, f"its window opens at {stop.early:g}, {wait:g} later"))
    if np.isfinite(stop.late) and position + 1 < len(route.visits):
        later = _moved(route, position, position + 1)
        begin = drive(problem, later).timeline[position + 1].begin
        if begin > stop.late:
            late = begin - stop.late
            text = f"late window: one place later it would begin {late:g} after it closes"
            reasons.append(Reason(number, visit, "closes", late, text))
    return reasons


def _by_load(problem: Problem, route: Route, number: int, position: int) -> list[Reason]:
    visit = route.visits[position]
    if visit.kind == "delivery":
        before = route.visits.index(Visit("pickup", visit.index))
        if before == position - 1:
            return [Reason(number, visit, "after_pickup", 0.0, "it follows its own pick-up")]
    if visit.kind == "stop" and position + 1 == len(route.visits):
        load = sum(problem.stops[one.index].delivery for one in route.visits if one.kind == "stop")
        room = problem.vehicles[route.vehicle].capacity - load
        if 0 <= room < min(stop.delivery for stop in problem.stops):
            return [Reason(number, visit, "full", float(room), f"the vehicle is full after it: {room} would still fit")]
    return []


def _by_way(problem: Problem, route: Route, number: int, position: int) -> list[Reason]:
    visit = route.visits[position]
    places = places_of(problem, route)[position : position + 3]
    metric = problem.profiles[problem.vehicles[route.vehicle].profile].distances
    legs = metric.along(places)
    direct = float(metric.along(places[[0, 2]])[0])
    detour = float(legs.sum()) - direct
    reasons = []
    if direct > 0 and detour <= ON_THE_WAY * direct:
        text = f"on the way: {detour:g} more than driving past"
        reasons.append(Reason(number, visit, "on_the_way", detour, text))
    others = np.asarray([problem.of(one).place for one in route.visits if one.kind in ("stop", "pickup", "delivery")])
    others = others[(others != places[1]) & (others != places[0])]
    if others.size and float(legs[0]) <= float(metric.block(places[:1], others).min()):
        text = f"next door: nothing else on this route is nearer to the stop before ({float(legs[0]):g})"
        reasons.append(Reason(number, visit, "next_door", float(legs[0]), text))
    return reasons


def _by_length(problem: Problem, route: Route, number: int, position: int) -> Reason:
    """How much longer the route is with this stop at the best other place that breaks no rule."""
    visit = route.visits[position]
    have = drive(problem, route).distance
    best = np.inf
    for other in range(len(route.visits)):
        moved = _moved(route, position, other)
        if other == position:
            continue
        length = drive(problem, moved).distance
        if length < best and not _broken(problem, moved):
            best = length
    if np.isfinite(best) and best >= have:
        more = best - have
        return Reason(
            number, visit, "shortest", more, f"anywhere else on this route it is {more:g} longer or against a rule"
        )
    if not np.isfinite(best):
        return Reason(number, visit, "shortest", 0.0, "anywhere else on this route breaks a rule")
    return Reason(number, visit, "search", have - best, "the search placed it here; another place would be shorter")


def _broken(problem: Problem, route: Route) -> bool:
    return any(one.route is not None for one in check(problem, Plan((route,))).violations)


def _moved(route: Route, position: int, other: int) -> Route:
    visits = list(route.visits)
    visits.insert(other, visits.pop(position))
    return Route(route.vehicle, tuple(visits))
