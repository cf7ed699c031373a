"""A problem in PyVRP's words and back. PyVRP counts in whole numbers: lengths are rounded, times are rounded up.

N. A. Wouda, L. Lan, W. Kool, "PyVRP: a high-performance VRP solver package", INFORMS Journal on Computing 36 (2024).
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyvrp

from bocage.engines.routing.types import Floats, Indices, Plan, Problem, Route, RoutingError, Stop, Vehicle, Visit

FOREVER = int(np.iinfo(np.int64).max)
# Costs that are no whole numbers (a price a kilometre) are counted in thousandths.
FINE_COST = 1000
ROUNDING_TOLERANCE = 1e-6

Clock = Literal["wall", "cpu"]


@dataclass
class Deadline:
    """Ends a search after so many seconds of wall clock, or of this process's processor time."""

    seconds: float
    clock: Clock = "wall"

    def __post_init__(self) -> None:
        self._begun = self._now()

    def _now(self) -> float:
        return time.process_time() if self.clock == "cpu" else time.monotonic()

    def left(self) -> float:
        """Seconds until the end, never less than nothing."""
        return max(0.0, self.seconds - (self._now() - self._begun))

    def part(self, share: float) -> "Deadline":
        """A deadline for a share of what is left."""
        return Deadline(self.left() * share, self.clock)

    def __call__(self, best_cost: float) -> bool:
        return self.left() <= 0


class Model:
    """PyVRP's data for a problem, and the way there and back for plans."""

    def __init__(self, problem: Problem) -> None:
        if any(vehicle.breaks for vehicle in problem.vehicles):
            raise RoutingError("PyVRP plans no breaks; VROOM does")
        self.problem = problem
        self.scale = problem.convention.scale
        prices = [price for one in problem.vehicles for price in (one.cost_per_distance, one.cost_per_duration)]
        self.price_scale = 1 if all(float(price).is_integer() for price in prices) else FINE_COST
        self._places = self._used_places()
        self._at = {int(place): index for index, place in enumerate(self._places)}
        self.data = pyvrp.ProblemData(
            locations=[pyvrp.Location(*map(float, problem.coordinates[place])) for place in self._places],
            clients=[self._client(stop) for stop in problem.stops],
            depots=[pyvrp.Depot(self._at[one.place], **self._window(one.early, one.late)) for one in problem.depots],
            vehicle_types=[self._vehicle(vehicle) for vehicle in problem.vehicles],
            distance_matrices=[self._matrix(one.distances.block, np.rint) for one in problem.profiles],
            duration_matrices=[self._matrix(one.durations.block, self._up) for one in problem.profiles],
            shipments=[self._shipment(index) for index in range(len(problem.shipments))],
        )

    def plan(self, solution: pyvrp.Solution) -> Plan:
        """What PyVRP found, in our words."""
        return Plan(tuple(Route(route.vehicle_type(), self.visits(route)) for route in solution.routes()))

    def visits(self, route: pyvrp.Route) -> tuple[Visit, ...]:
        """What a route does between its two depots."""
        made = []
        for activity in list(route)[1:-1]:
            if activity.is_depot():
                made.append(Visit("depot", activity.idx))
            elif activity.is_client():
                made.append(Visit("stop", activity.idx))
            else:
                made.append(Visit("pickup" if activity.is_pickup() else "delivery", activity.idx))
        return tuple(made)

    def solution(self, plan: Plan) -> pyvrp.Solution:
        """A plan to begin from. Stations are left out: PyVRP knows none."""
        kinds = {
            "stop": pyvrp.ActivityType.CLIENT,
            "depot": pyvrp.ActivityType.DEPOT,
            "pickup": pyvrp.ActivityType.PICKUP,
            "delivery": pyvrp.ActivityType.DELIVERY,
        }
        routes = []
        for route in plan.routes:
            visits = [pyvrp.Activity(kinds[one.kind], one.index) for one in route.visits if one.kind != "station"]
            routes.append(pyvrp.Route(self.data, visits, route.vehicle))
        return pyvrp.Solution(self.data, routes)

    def _used_places(self) -> Indices:
        problem = self.problem
        stops = [*problem.stops]
        for shipment in problem.shipments:
            stops += [shipment.pickup, shipment.delivery]
        used = {one.place for one in problem.depots} | {stop.place for stop in stops}
        return np.asarray(sorted(used), dtype=np.int64)

    def _matrix(
        self, block: Callable[[Indices, Indices], Floats], rounding: Callable[[Floats], Floats]
    ) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        return rounding(block(self._places, self._places) * self.scale).astype(np.int64)

    def _up(self, values: Floats) -> Floats:
        return np.ceil(values - ROUNDING_TOLERANCE)

    def _window(self, early: float, late: float) -> dict[str, int]:
        return {"tw_early": math.ceil(early * self.scale - ROUNDING_TOLERANCE), "tw_late": self._most(late)}

    def _most(self, value: float) -> int:
        return math.floor(value * self.scale + ROUNDING_TOLERANCE) if math.isfinite(value) else FOREVER

    def _time(self, value: float) -> int:
        return math.ceil(value * self.scale - ROUNDING_TOLERANCE)

    def _money(self, value: float) -> int:
        return round(value * self.scale * self.price_scale)

    def _client(self, stop: Stop) -> pyvrp.Client:
        return pyvrp.Client(
            location=self._at[stop.place],
            delivery=[stop.delivery],
            pickup=[stop.pickup],
            service_duration=self._time(stop.service),
            prize=self._money(stop.skip_cost or 0.0),
            required=stop.skip_cost is None,
            release_time=self._time(stop.release),
            **self._window(stop.early, stop.late),
        )

    def _shipment(self, index: int) -> pyvrp.Shipment:
        one = self.problem.shipments[index]
        required = one.pickup.skip_cost is None and one.delivery.skip_cost is None
        return pyvrp.Shipment(
            self._at[one.pickup.place],
            self._at[one.delivery.place],
            **{f"pickup_{key}": value for key, value in self._window(one.pickup.early, one.pickup.late).items()},
            **{f"delivery_{key}": value for key, value in self._window(one.delivery.early, one.delivery.late).items()},
            pickup_service_duration=self._time(one.pickup.service),
            delivery_service_duration=self._time(one.delivery.service),
            amount=[one.amount],
            prize=self._money((one.pickup.skip_cost or 0.0) + (one.delivery.skip_cost or 0.0)),
            required=required,
        )

    def _vehicle(self, one: Vehicle) -> pyvrp.VehicleType:
        return pyvrp.VehicleType(
            num_available=one.count,
            capacity=[one.capacity],
            start_depot=one.start,
            end_depot=one.end,
            fixed_cost=self._money(one.fixed_cost),
            shift_duration=self._most(one.max_duration),
            max_distance=self._most(one.max_distance),
            unit_distance_cost=round(one.cost_per_distance * self.price_scale),
            unit_duration_cost=round(one.cost_per_duration * self.price_scale),
            profile=one.profile,
            reload_depots=list(one.reload_depots),
            **self._window(one.shift_early, one.shift_late),
        )


def search(
    model: Model,
    stop: Callable[[float], bool],
    seed: int,
    begin: Plan | None = None,
    watch: pyvrp.IteratedLocalSearchCallbacks | None = None,
) -> pyvrp.Solution:
    """PyVRP's best solution when `stop` says so; it may break rules when none was found that keeps them."""
    params = pyvrp.SolveParams(ils=pyvrp.IteratedLocalSearchParams(callbacks=watch)) if watch else pyvrp.SolveParams()
    initial = model.solution(begin) if begin else None
    found = pyvrp.solve(model.data, stop, seed, collect_stats=False, params=params, initial_solution=initial)
    return found.best


def with_fleet(problem: Problem, counts: Sequence[int]) -> Problem:
    """The same problem with so many vehicles of each kind."""
    vehicles = tuple(replace(one, count=count) for one, count in zip(problem.vehicles, counts, strict=True))
    return replace(problem, vehicles=vehicles)
