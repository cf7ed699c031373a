"""Routes for robots: PyVRP finds orders of stops, the exact charging program says what each really costs.

PyVRP knows no charging, so its shortest plan need not be the best with it. Every route that its search passes by near
the best is charged exactly and kept, and the cheapest set of kept routes that serves each stop once is taken at the
end (set partitioning, by HiGHS): recombination that no single search has seen.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyvrp
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_matrix

from bocage.engines.routing.charging import Charger
from bocage.engines.routing.checking import drive
from bocage.engines.routing.pyvrp_model import Deadline, Model, search
from bocage.engines.routing.types import Plan, Problem, Route, RoutingError, Visit

POOL_LIMIT_ROUTES = 60_000
JOINED_LIMIT_ROUTES = 12_000
# Plans this much longer, before charging, than the best one so far are not worth charging.
NEAR = 1.04
ROUNDS = 4
JOIN_SHARE = 0.3


class Pool(pyvrp.IteratedLocalSearchCallbacks):  # type: ignore[misc]
    """Charged routes by what they serve, and the best plan among those that the search passed by."""

    def __init__(self, problem: Problem, model: Model) -> None:
        self.problem, self.model = problem, model
        self.chargers = [Charger(problem, vehicle) if vehicle.battery else None for vehicle in problem.vehicles]
        self.routes: dict[tuple[int, frozenset[Visit]], tuple[float, Route]] = {}
        self.seen: dict[tuple[int, tuple[Visit, ...]], float] = {}
        self.best: Plan | None = None
        self.best_cost = np.inf

    def on_iteration(
        self,
        current: pyvrp.Solution,
        candidate: pyvrp.Solution,
        best: pyvrp.Solution,
        cost_evaluator: pyvrp.CostEvaluator,
    ) -> None:
        """PyVRP's call after each step."""
        if candidate.is_feasible() and candidate.distance() <= best.distance() * NEAR:
            self.take(candidate)

    def take(self, solution: pyvrp.Solution) -> None:
        """Charge the routes of a solution, and keep it if it is the best so far."""
        total, full = 0.0, len(self.seen) >= POOL_LIMIT_ROUTES
        plan = []
        for route in solution.routes():
            key = route.vehicle_type(), self.model.visits(route)
            if key not in self.seen:
                if full:
                    return
                self.seen[key] = self._charge(*key)
            total += self.seen[key]
            plan.append(key)
        if total < self.best_cost and solution.is_complete():
            chosen = [self.routes[kind, frozenset(visits)][1] for kind, visits in plan]
            self.best, self.best_cost = Plan(tuple(chosen)), total

    def _charge(self, kind: int, visits: tuple[Visit, ...]) -> float:
        charger = self.chargers[kind]
        route = charger.best(kind, visits) if charger else Route(kind, visits)
        cost = drive(self.problem, route).cost if route else np.inf
        serves = frozenset(visits)
        if route is not None and cost < self.routes.get((kind, serves), (np.inf, None))[0]:
            self.routes[kind, serves] = cost, route
        return cost

    def join(self, seconds: float) -> None:
        """The cheapest set of kept routes that serves each stop once."""
        if not self.routes or seconds <= 0:
            return
        kept = sorted(self.routes.items(), key=lambda item: item[1][0] / max(len(item[0][1]), 1))[:JOINED_LIMIT_ROUTES]
        if self.best:
            have = {key for key, _ in kept}
            mine = [(one.vehicle, frozenset(v for v in one.visits if v.kind != "station")) for one in self.best.routes]
            kept += [(key, self.routes[key]) for key in mine if key not in have]
        chosen = _partition(self.problem, kept, seconds)
        cost = sum(drive(self.problem, route).cost for route in chosen)
        if chosen and cost < self.best_cost - 1e-9:
            self.best, self.best_cost = Plan(tuple(chosen)), cost


def solve_electric(problem: Problem, deadline: Deadline, seed: int) -> Plan:
    """The best plan found whose routes all arrive with energy left.

    Raises:
        RoutingError: no plan was found that the batteries allow.
    """
    model = Model(_wide(problem))
    pool = Pool(problem, model)
    begin: Plan | None = None
    for number in range(ROUNDS):
        part = deadline.part((1 - JOIN_SHARE) / (ROUNDS - number))
        pool.take(search(model, part, seed + number, begin, pool))
        pool.join(deadline.part(JOIN_SHARE / (ROUNDS - number)).left())
        begin = pool.best
    if pool.best is None:
        raise RoutingError("no plan was found that the batteries allow; try more time, or more stations")
    return pool.best


def _wide(problem: Problem) -> Problem:
    """For PyVRP: clocks without charging are as they are; there is nothing else to change but the stations."""
    return replace(problem, stations=())


def _partition(
    problem: Problem, kept: list[tuple[tuple[int, frozenset[Visit]], tuple[float, Route]]], seconds: float
) -> list[Route]:
    """Set partitioning: each stop in exactly one route, no more vehicles of a kind than there are."""
    served = [Visit("stop", index) for index in range(len(problem.stops))]
    served += [Visit("pickup", index) for index in range(len(problem.shipments))]
    row = {visit: index for index, visit in enumerate(served)}
    rows, columns = _entries(kept, row)
    cover = csc_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(served), len(kept)))
    kinds = np.asarray([key[0] for key, _ in kept])
    fleet = csc_matrix(np.asarray([kinds == kind for kind in range(len(problem.vehicles))], dtype=float))
    found = milp(
        np.asarray([cost for _, (cost, _) in kept]),
        constraints=[
            LinearConstraint(cover, 1, 1),
            LinearConstraint(fleet, 0, [vehicle.count for vehicle in problem.vehicles]),
        ],
        integrality=np.ones(len(kept)),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds},
    )
    if found.x is None:
        return []
    return [kept[index][1][1] for index in np.flatnonzero(found.x > 0.5)]


def _entries(
    kept: list[tuple[tuple[int, frozenset[Visit]], tuple[float, Route]]], row: dict[Visit, int]
) -> tuple[list[int], list[int]]:
    pairs = list(_pairs(kept, row))
    return [one for one, _ in pairs], [two for _, two in pairs]


def _pairs(
    kept: list[tuple[tuple[int, frozenset[Visit]], tuple[float, Route]]], row: dict[Visit, int]
) -> Iterator[tuple[int, int]]:
    for column, ((_, serves), _) in enumerate(kept):
        for visit in serves:
            if visit in row:
                yield row[visit], column
