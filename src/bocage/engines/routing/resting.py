"""Drivers' breaks in routes of those solvers that know none: each is taken where it costs the route least."""

import math
from dataclasses import replace

from bocage.engines.routing.checking import check, drive
from bocage.engines.routing.types import Plan, Problem, Route, Vehicle, Visit


def without_breaks(problem: Problem) -> Problem:
    """The same with as much less working time as breaks take: what a solver plans leaves room for them."""
    return replace(problem, vehicles=tuple(_shorter(one) for one in problem.vehicles))


def _shorter(one: Vehicle) -> Vehicle:
    rests = sum(rest.length for rest in one.breaks)
    late = one.shift_late - rests if math.isfinite(one.shift_late) else one.shift_late
    return replace(one, breaks=(), max_duration=one.max_duration - rests, shift_late=late)


def rested(problem: Problem, plan: Plan) -> Plan:
    """A plan whose routes take each break that falls into them.

    Of the places that break no rule the one that ends the route first is taken; where there is none, the one that
    breaks fewest, which the checker then names.
    """
    return Plan(tuple(_rested(problem, route) for route in plan.routes))


def _rested(problem: Problem, route: Route) -> Route:
    after = 0
    for index, rest in enumerate(problem.vehicles[route.vehicle].breaks):
        if drive(problem, route).ends <= rest.late:
            continue
        tried = [_with(route, index, position) for position in range(after, len(route.visits) + 1)]
        best = min(range(len(tried)), key=lambda place: (_broken(problem, tried[place]), _ends(problem, tried[place])))
        route, after = tried[best], after + best + 1
    return route


def _with(route: Route, index: int, position: int) -> Route:
    visits = (*route.visits[:position], Visit("break", index), *route.visits[position:])
    return replace(route, visits=visits)


def _broken(problem: Problem, route: Route) -> int:
    return sum(one.route is not None for one in check(problem, Plan((route,))).violations)


def _ends(problem: Problem, route: Route) -> float:
    return drive(problem, route).ends
