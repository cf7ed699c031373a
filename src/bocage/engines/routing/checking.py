"""Whether a plan keeps every rule, worked out by the clock and the scales alone: no solver is asked.

The checker believes nothing that a plan says about itself. It drives each route from its visits and adds up.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from bocage.engines.routing.types import (
    Indices,
    Plan,
    Problem,
    Route,
    RouteFacts,
    RoutingError,
    Rule,
    Timed,
    Vehicle,
    Verdict,
    Violation,
    Visit,
)

# Sums of exact distances in another order differ in the last bits.
TOLERANCE = 1e-6


def check(problem: Problem, plan: Plan) -> Verdict:
    """Drive every route of a plan and name each rule that it breaks.

    Raises:
        RoutingError: the plan names a vehicle or a visit that the problem does not have.
    """
    violations: list[Violation] = []
    facts = []
    for number, route in enumerate(plan.routes):
        _refuse_unknown(problem, route)
        one = drive(problem, route)
        facts.append(one)
        violations += _of_route(problem, route, one, number)
    skipped = _served_once(problem, plan, violations)
    used = Counter(route.vehicle for route in plan.routes)
    for kind, count in used.items():
        if count > problem.vehicles[kind].count:
            have = problem.vehicles[kind].count
            violations.append(Violation("fleet", None, f"{count} of {problem.vehicles[kind].name!r}, there are {have}"))
    left_out = sum(cost for _, cost in skipped)
    return Verdict(
        cost=round(sum(one.cost for one in facts) + left_out, 6),
        distance=sum(one.distance for one in facts),
        vehicles=len(plan.routes),
        skipped=tuple(name for name, _ in skipped),
        violations=tuple(violations),
        routes=tuple(facts),
    )


def places_of(problem: Problem, route: Route) -> Indices:
    """The places a route passes, both depots included. A break is where the vehicle then is."""
    vehicle = problem.vehicles[route.vehicle]
    places = [problem.depots[vehicle.start].place]
    for visit in route.visits:
        if visit.kind == "break":
            places.append(places[-1])
        elif visit.kind == "depot":
            places.append(problem.depots[visit.index].place)
        elif visit.kind == "station":
            places.append(problem.stations[visit.index].place)
        else:
            places.append(problem.of(visit).place)
    return np.asarray([*places, problem.depots[vehicle.end].place], dtype=np.int64)


def drive(problem: Problem, route: Route) -> RouteFacts:
    """A route by the clock: each visit as early as it can be, and the shortest time from leaving to coming back."""
    vehicle = problem.vehicles[route.vehicle]
    places = places_of(problem, route)
    profile = problem.profiles[vehicle.profile]
    legs, times = profile.distances.along(places), profile.durations.along(places)
    begun = clock = max(vehicle.shift_early, problem.depots[vehicle.start].early, released(problem, route.visits, 0))
    waited, free_delay = 0.0, _latest_leave(problem, vehicle) - begun
    load, energy, distance = _loaded(problem, route.visits, 0), _full(vehicle), 0.0
    carried, timeline = 0, []
    for position, visit in enumerate(route.visits):
        arrive = clock + float(times[position])
        distance += float(legs[position])
        energy -= _use(vehicle) * float(legs[position])
        early, late, service = _window(problem, vehicle, visit, energy)
        if visit.kind == "depot":
            early = max(early, released(problem, route.visits, position + 1))
        begin = max(arrive, early)
        waited += begin - arrive
        free_delay = min(free_delay, late - begin + waited)
        clock = begin + service
        timeline.append(Timed(visit, arrive, begin, clock, load, energy, distance))
        if visit.kind in ("station", "depot"):
            energy = _full(vehicle)
        carried += _carried(problem, visit)
        load = carried + _loaded(problem, route.visits, position + 1) if visit.kind == "depot" else load
        load += _change(problem, visit)
        timeline[-1] = Timed(visit, arrive, begin, clock, load, timeline[-1].energy, distance)
    ends = clock + float(times[-1])
    distance += float(legs[-1])
    free_delay = min(free_delay, _latest_end(problem, vehicle) - ends + waited)
    duration = ends - begun - min(waited, max(free_delay, 0.0))
    cost = vehicle.fixed_cost + vehicle.cost_per_distance * distance + vehicle.cost_per_duration * duration
    return RouteFacts(route.vehicle, distance, duration, cost, tuple(timeline), ends)


def released(problem: Problem, visits: tuple[Visit, ...], begin: int) -> float:
    """When all that is loaded at a depot is there: the latest release of the stops until the next depot."""
    latest = 0.0
    for visit in visits[begin:]:
        if visit.kind == "depot":
            break
        if visit.kind == "stop":
            latest = max(latest, problem.stops[visit.index].release)
    return latest


def _refuse_unknown(problem: Problem, route: Route) -> None:
    if not 0 <= route.vehicle < len(problem.vehicles):
        raise RoutingError(f"the plan names vehicle kind {route.vehicle}; there are {len(problem.vehicles)}")
    sizes = {
        "stop": len(problem.stops),
        "pickup": len(problem.shipments),
        "delivery": len(problem.shipments),
        "depot": len(problem.depots),
        "station": len(problem.stations),
        "break": len(problem.vehicles[route.vehicle].breaks),
    }
    for visit in route.visits:
        if not 0 <= visit.index < sizes[visit.kind]:
            raise RoutingError(f"the plan names {visit.kind} {visit.index}; there are {sizes[visit.kind]}")


def _of_route(problem: Problem, route: Route, facts: RouteFacts, number: int) -> Iterator[Violation]:
    vehicle = problem.vehicles[route.vehicle]
    loads = [_loaded(problem, route.visits, 0), *(timed.load for timed in facts.timeline)]
    if max(loads) > vehicle.capacity:
        yield Violation("capacity", number, f"{max(loads)} aboard, {vehicle.capacity} fit")
    for timed in facts.timeline:
        _, late, _ = _window(problem, vehicle, timed.visit, timed.energy)
        if timed.begin > late + TOLERANCE:
            rule: Rule = "break" if timed.visit.kind == "break" else "window"
            yield Violation(
                rule, number, f"{_name(problem, timed.visit)} begins at {timed.begin:g}, {late:g} is latest"
            )
        if timed.visit.kind == "depot" and timed.visit.index not in vehicle.reload_depots:
            yield Violation("fleet", number, f"{vehicle.name!r} may not load again at {_name(problem, timed.visit)}")
    yield from _energy(problem, route, facts, number)
    latest = _latest_end(problem, vehicle)
    if facts.ends > latest + TOLERANCE:
        yield Violation("shift", number, f"back at {facts.ends:g}, {latest:g} is latest")
    if facts.duration > vehicle.max_duration + TOLERANCE:
        yield Violation("shift", number, f"takes {facts.duration:g}, {vehicle.max_duration:g} is allowed")
    if facts.distance > vehicle.max_distance + TOLERANCE:
        yield Violation("distance", number, f"{facts.distance:g} long, {vehicle.max_distance:g} is allowed")
    yield from _order(problem, route, facts, number)


def _energy(problem: Problem, route: Route, facts: RouteFacts, number: int) -> Iterator[Violation]:
    vehicle = problem.vehicles[route.vehicle]
    if vehicle.battery is None:
        return
    for timed in facts.timeline:
        if timed.energy < -TOLERANCE:
            yield Violation("battery", number, f"{_name(problem, timed.visit)} is reached with {timed.energy:.3f}")
    last = facts.timeline[-1] if facts.timeline else None
    driven = facts.distance - (last.distance if last else 0.0)
    charged = last is None or last.visit.kind in ("station", "depot")
    left = (vehicle.battery.capacity if charged or last is None else last.energy) - driven * _use(vehicle)
    if left < -TOLERANCE:
        yield Violation("battery", number, f"the end depot is reached with {left:.3f}")


def _order(problem: Problem, route: Route, facts: RouteFacts, number: int) -> Iterator[Violation]:
    """Picked up before delivered, by the same vehicle; each break that falls into the route taken once."""
    vehicle, aboard = problem.vehicles[route.vehicle], set[int]()
    for visit in route.visits:
        if visit.kind == "pickup":
            aboard.add(visit.index)
        elif visit.kind == "delivery":
            if visit.index not in aboard:
                yield Violation("precedence", number, f"{_name(problem, visit)} comes before its pick-up")
            aboard.discard(visit.index)
    for left in sorted(aboard):
        name = problem.shipments[left].delivery.name
        yield Violation("precedence", number, f"what is picked up for {name} is not delivered by the same vehicle")
    taken = Counter(visit.index for visit in route.visits if visit.kind == "break")
    for index, rest in enumerate(vehicle.breaks):
        due = facts.ends > rest.late
        if taken[index] > 1 or (due and not taken[index]):
            yield Violation("break", number, f"break {index} is taken {taken[index]} times")


def _served_once(problem: Problem, plan: Plan, violations: list[Violation]) -> list[tuple[str, float]]:
    """Adds what is missing or served twice to `violations`; returns what was left out by right, with its cost."""
    counts = Counter((visit.kind, visit.index) for route in plan.routes for visit in route.visits)
    skipped = []
    wanted = [("stop", index, stop) for index, stop in enumerate(problem.stops)]
    wanted += [("pickup", index, one.pickup) for index, one in enumerate(problem.shipments)]
    wanted += [("delivery", index, one.delivery) for index, one in enumerate(problem.shipments)]
    for kind, index, stop in wanted:
        count = counts[kind, index]  # type: ignore[index]
        if count > 1:
            violations.append(Violation("twice", None, f"{stop.name} is served {count} times"))
        elif count == 0 and stop.skip_cost is None:
            violations.append(Violation("missing", None, f"{stop.name} is not served"))
        elif count == 0 and stop.skip_cost is not None:
            skipped.append((stop.name, stop.skip_cost))
    return skipped


def _window(problem: Problem, vehicle: Vehicle, visit: Visit, energy: float) -> tuple[float, float, float]:
    """Earliest and latest begin, and how long it takes, of a visit reached with that much energy."""
    if visit.kind == "break":
        rest = vehicle.breaks[visit.index]
        return rest.early, rest.late, rest.length
    if visit.kind in ("station", "depot"):
        depot = problem.depots[visit.index] if visit.kind == "depot" else None
        charging = (_full(vehicle) - energy) / vehicle.battery.charge_per_duration if vehicle.battery else 0.0
        return (depot.early, depot.late, charging) if depot else (0.0, np.inf, charging)
    stop = problem.of(visit)
    return stop.early, stop.late, stop.service


def _full(vehicle: Vehicle) -> float:
    return vehicle.battery.capacity if vehicle.battery else 0.0


def _use(vehicle: Vehicle) -> float:
    return vehicle.battery.use_per_distance if vehicle.battery else 0.0


def _loaded(problem: Problem, visits: tuple[Visit, ...], begin: int) -> int:
    """What is put aboard at a depot: all that is delivered to stops until the next one."""
    load = 0
    for visit in visits[begin:]:
        if visit.kind == "depot":
            break
        if visit.kind == "stop":
            load += problem.stops[visit.index].delivery
    return load


def _change(problem: Problem, visit: Visit) -> int:
    """How a visit changes the load. What stops give back is emptied at the next depot."""
    if visit.kind == "stop":
        stop = problem.stops[visit.index]
        return stop.pickup - stop.delivery
    return _carried(problem, visit)


def _carried(problem: Problem, visit: Visit) -> int:
    """How a visit changes what of shipments is aboard, which depots leave alone."""
    if visit.kind in ("pickup", "delivery"):
        amount = problem.shipments[visit.index].amount
        return amount if visit.kind == "pickup" else -amount
    return 0


def _latest_leave(problem: Problem, vehicle: Vehicle) -> float:
    return min(vehicle.shift_late, problem.depots[vehicle.start].late)


def _latest_end(problem: Problem, vehicle: Vehicle) -> float:
    return min(vehicle.shift_late, problem.depots[vehicle.end].late)


def _name(problem: Problem, visit: Visit) -> str:
    if visit.kind == "depot":
        return f"depot {problem.depots[visit.index].name}"
    if visit.kind == "station":
        return f"station {problem.stations[visit.index].name}"
    return f"break {visit.index}" if visit.kind == "break" else f"{visit.kind} {problem.of(visit).name}"
