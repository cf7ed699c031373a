"""VROOM: an answer in a second or two, and the one that knows drivers' breaks.

VROOM (Vehicle Routing Open-source Optimization Machine, J. Coupey, J.-M. Nicod, C. Varnier), through pyvroom.
"""

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import vroom

from bocage.engines.routing.types import Plan, Problem, Route, RoutingError, Stop, Vehicle, Visit

if TYPE_CHECKING:
    from vroom.solution.solution import Solution

EXPLORATION = 5
# VROOM's clocks are 32 bits wide.
LONGEST = 2**31 - 1
PRIORITY_MOST = 100
STOPS_LIMIT = 5_000


def quick(problem: Problem, seconds: float, threads: int = 1) -> Plan:
    """A plan by VROOM. What it could not place is missing from the plan, and the checker says so.

    Raises:
        RoutingError: the problem asks for what VROOM does not know (loading again on the way), or is too large.
    """
    if any(vehicle.reload_depots or vehicle.battery for vehicle in problem.vehicles):
        raise RoutingError("VROOM knows neither loading again on the way nor batteries")
    if any(stop.release for stop in problem.stops):
        raise RoutingError("VROOM knows no goods that come to the depot later")
    if len(problem.stops) + 2 * len(problem.shipments) > STOPS_LIMIT:
        raise RoutingError(f"VROOM is asked for {STOPS_LIMIT:,} stops at most")
    given = vroom.Input()
    scale = problem.convention.scale
    everywhere = np.arange(len(problem.coordinates))
    for kind, vehicle in enumerate(problem.vehicles):
        profile = problem.profiles[vehicle.profile]
        durations = np.ceil(profile.durations.block(everywhere, everywhere) * scale - 1e-6)
        distances = np.rint(profile.distances.block(everywhere, everywhere) * scale)
        costs = np.rint(vehicle.cost_per_distance * distances + vehicle.cost_per_duration * durations)
        if max(durations.max(), distances.max(), costs.max(), vehicle.fixed_cost * scale) > LONGEST:
            raise RoutingError("distances or costs are too large for VROOM's 32 bits")
        given.set_durations_matrix(str(kind), durations.astype(np.uint32))
        given.set_distances_matrix(str(kind), distances.astype(np.uint32))
        given.set_costs_matrix(str(kind), costs.astype(np.uint32))
    kinds = [kind for kind, vehicle in enumerate(problem.vehicles) for _ in range(min(vehicle.count, STOPS_LIMIT))]
    given.add_vehicle([_vehicle(problem, number, kind) for number, kind in enumerate(kinds)])
    ranks = _priorities(problem)
    given.add_job([_job(problem, index, stop, ranks) for index, stop in enumerate(problem.stops)])
    for index in range(len(problem.shipments)):
        given.add_shipment(*_shipment(problem, index))
    answer = given.solve(EXPLORATION, threads, timeout=timedelta(seconds=max(seconds, 0.1)))
    return _plan(problem, kinds, answer)


def _job(problem: Problem, index: int, stop: Stop, ranks: dict[str, int]) -> vroom.Job:
    return vroom.Job(
        index,
        location=stop.place,
        default_service=math.ceil(stop.service * problem.convention.scale),
        delivery=vroom.Amount([stop.delivery]),
        pickup=vroom.Amount([stop.pickup]),
        priority=ranks[stop.name],
        time_windows=_windows(problem, stop.early, stop.late),
    )


def _shipment(problem: Problem, index: int) -> tuple[vroom.ShipmentStep, vroom.ShipmentStep, vroom.Amount]:
    one, base = problem.shipments[index], len(problem.stops)
    steps = []
    for stop in (one.pickup, one.delivery):
        steps.append(
            vroom.ShipmentStep(
                base + index,
                stop.place,
                default_service=math.ceil(stop.service * problem.convention.scale),
                time_windows=_windows(problem, stop.early, stop.late),
            )
        )
    return steps[0], steps[1], vroom.Amount([one.amount])


def _vehicle(problem: Problem, number: int, kind: int) -> vroom.Vehicle:
    one, scale = problem.vehicles[kind], problem.convention.scale
    start, end = problem.depots[one.start], problem.depots[one.end]
    late = min(one.shift_late, end.late)
    window = _windows(problem, max(one.shift_early, start.early), late)
    return vroom.Vehicle(
        number,
        start=start.place,
        end=end.place,
        profile=str(kind),
        costs=vroom.VehicleCosts(fixed=round(one.fixed_cost * scale)),
        capacity=[one.capacity],
        time_window=window[0] if window else None,
        breaks=_breaks(problem, one),
        max_travel_time=_most(one.max_duration, scale),
        max_distance=_most(one.max_distance, scale),
    )


def _breaks(problem: Problem, vehicle: Vehicle) -> list[vroom.Break]:
    scale = problem.convention.scale
    return [
        vroom.Break(index, _windows(problem, rest.early, rest.late), math.ceil(rest.length * scale))
        for index, rest in enumerate(vehicle.breaks)
    ]


def _windows(problem: Problem, early: float, late: float) -> list[vroom.TimeWindow]:
    scale = problem.convention.scale
    if early <= 0 and not math.isfinite(late):
        return []
    return [vroom.TimeWindow(math.ceil(early * scale), _most(late, scale) or LONGEST)]


def _most(value: float, scale: int) -> int | None:
    return math.floor(value * scale) if math.isfinite(value) else None


def _priorities(problem: Problem) -> dict[str, int]:
    """100 for what must be served; below that, by what leaving it out costs."""
    prices = sorted({stop.skip_cost for stop in problem.stops if stop.skip_cost is not None})
    ranks = {price: int(PRIORITY_MOST * (place + 1) / (len(prices) + 1)) for place, price in enumerate(prices)}
    return {stop.name: PRIORITY_MOST if stop.skip_cost is None else ranks[stop.skip_cost] for stop in problem.stops}


def _plan(problem: Problem, kinds: list[int], answer: "Solution") -> Plan:
    base, routes = len(problem.stops), []
    for vehicle, steps in answer.routes.groupby("vehicle_id", sort=True):
        visits = []
        for kind, index in zip(steps["type"], steps["id"], strict=True):
            if kind == "job":
                visits.append(Visit("stop", int(index)))
            elif kind in ("pickup", "delivery"):
                visits.append(Visit(kind, int(index) - base))
            elif kind == "break":
                visits.append(Visit("break", int(index)))
        if any(visit.kind != "break" for visit in visits):
            routes.append(Route(kinds[int(vehicle)], tuple(visits)))
    return Plan(tuple(routes))
