"""Which solver for which problem, and for how long."""

from typing import Literal

from bocage.engines.routing.checking import check
from bocage.engines.routing.clusters import solve_city
from bocage.engines.routing.electric import solve_electric
from bocage.engines.routing.pyvrp_model import Clock, Deadline, Model, search, with_fleet
from bocage.engines.routing.resting import rested, without_breaks
from bocage.engines.routing.types import SECONDS_LIMIT, Plan, Problem, RoutingError
from bocage.engines.routing.vroom_model import quick

Engine = Literal["auto", "pyvrp", "vroom"]

# Up to here one search over all stops is best (at 1,000 splitting costs more than it gives); above, clusters are.
ONE_PIECE_STOPS = 1_500
QUICK_SECONDS = 2.0
# Taking vehicles away ends when this share of the time is gone; the rest makes the routes short.
FLEET_SHARE = 0.6


def solve(
    problem: Problem,
    seconds: float,
    seed: int = 0,
    engine: Engine = "auto",
    clock: Clock = "wall",
    processes: int = 1,
) -> Plan:
    """The best plan found in so many seconds. Ask the checker what it is worth: it may break rules if none was found.

    `auto`: PyVRP; VROOM when the answer is due within two seconds or drivers have breaks; PyVRP with exact charging for
    batteries; clusters of stops above 1,500 of them, in so many `processes`. Breaks together with what VROOM does not
    know (loading again, batteries, goods that come later) are put into the routes afterwards.

    Raises:
        RoutingError: the time or the problem is outside what can be done.
    """
    if not 0 < seconds <= SECONDS_LIMIT:
        raise RoutingError(f"the time must be above 0 and at most {SECONDS_LIMIT:g} s, not {seconds:g}")
    if not problem.stops and not problem.shipments:
        raise RoutingError("there is nothing to bring anywhere")
    electric = any(vehicle.battery for vehicle in problem.vehicles)
    breaks = any(vehicle.breaks for vehicle in problem.vehicles)
    loads_again = any(vehicle.reload_depots for vehicle in problem.vehicles)
    released = any(stop.release for stop in problem.stops)
    if breaks and engine != "vroom" and (electric or loads_again or released):
        return rested(problem, solve(without_breaks(problem), seconds, seed, engine, clock, processes))
    if engine == "vroom" or breaks:
        return quick(problem, seconds)
    deadline = Deadline(seconds, clock)
    if electric:
        return solve_electric(problem, deadline, seed)
    large = len(problem.stops) > ONE_PIECE_STOPS and not problem.shipments
    if engine == "auto" and seconds <= QUICK_SECONDS and not large:
        plan = _swift(problem, seconds)
        if plan is not None:
            return plan
    if large:
        return solve_city(problem, deadline, seed, processes)
    if problem.convention.vehicles_first:
        return _fewest_vehicles(problem, deadline, seed)
    model = Model(problem)
    return model.plan(search(model, deadline, seed))


def one_less(problem: Problem, kind: int, seconds: float, seed: int = 0) -> Plan:
    """What would be planned with one vehicle of that kind less.

    Raises:
        RoutingError: there is no such vehicle to take away.
    """
    counts = [vehicle.count for vehicle in problem.vehicles]
    if not 0 <= kind < len(counts) or counts[kind] < 2:
        raise RoutingError(f"no vehicle of kind {kind} can be spared")
    counts[kind] -= 1
    return solve(with_fleet(problem, counts), seconds, seed)


def _swift(problem: Problem, seconds: float) -> Plan | None:
    """VROOM's plan where it knows all that is asked for and keeps every rule."""
    if any(vehicle.reload_depots or vehicle.battery for vehicle in problem.vehicles):
        return None
    if any(stop.release for stop in problem.stops):
        return None
    plan = quick(problem, seconds)
    return plan if check(problem, plan).valid else None


def _fewest_vehicles(problem: Problem, deadline: Deadline, seed: int) -> Plan:
    """Take vehicles away for as long as a plan is found without them, then make that plan short."""
    taking = deadline.part(FLEET_SHARE)
    best = _swift(problem, min(QUICK_SECONDS, taking.left()))
    if best is None:
        model = Model(problem)
        found = search(model, _first_feasible(taking), seed)
        best = model.plan(found)
        if not found.is_feasible():
            return best
    while len(best.routes) > 1 and taking.left() > 0:
        smaller = _without_one(problem, best, taking, seed)
        if smaller is None:
            break
        best = smaller
    model = Model(with_fleet(problem, [len(best.routes)]))
    return model.plan(search(model, deadline, seed, begin=best))


def _without_one(problem: Problem, plan: Plan, taking: Deadline, seed: int) -> Plan | None:
    """A plan with one vehicle less: VROOM's if it finds one, else PyVRP's, begun without the smallest route."""
    fewer = with_fleet(problem, [len(plan.routes) - 1])
    swift = _swift(fewer, min(QUICK_SECONDS, taking.left()))
    if swift is not None:
        return swift
    smallest = min(plan.routes, key=lambda route: len(route.visits))
    begin = Plan(tuple(route for route in plan.routes if route is not smallest))
    model = Model(fewer)
    found = search(model, _first_feasible(taking), seed, begin)
    return model.plan(found) if found.is_feasible() else None


class _first_feasible:  # noqa: N801 - used like a function
    """Ends a search at its first plan that keeps every rule, or at the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline

    def __call__(self, best_cost: float) -> bool:
        return best_cost < 2**62 or self.deadline(best_cost)
