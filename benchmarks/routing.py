"""Our routes beside OR-Tools and VROOM, in one run, on instances that you have, each plan judged by our checker.

    .venv/bin/python benchmarks/routing.py --seconds 20 CVRP/*.vrp Solomon/*.txt LiLim/*.txt WCCI/*.evrp

`--seconds` are of processor, for ours and OR-Tools (one thread each; extra `peers`); VROOM ends by itself. The gap is
to the cost in the `.sol` beside the instance, or its OPTIMAL_VALUE; where there is neither, only the costs are shown.
"""

import argparse
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bocage.engines.routing import Plan, Problem, Route, RoutingError, Visit, check, read
from bocage.engines.routing.solving import solve

BIG = 2**40


def main() -> None:
    """Print a line an instance and solver, then the mean gap of each solver."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instances", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", nargs="+", choices=["bocage", "ortools", "vroom"], default=["bocage", "ortools", "vroom"]
    )
    chosen = parser.parse_args()
    solvers: dict[str, Callable[[Problem], Plan]] = {
        "bocage": lambda problem: solve(problem, chosen.seconds, chosen.seed, "pyvrp", "cpu"),
        "ortools": lambda problem: by_ortools(problem, chosen.seconds),
        "vroom": lambda problem: solve(problem, chosen.seconds, engine="vroom"),
    }
    gaps: dict[str, list[float]] = {name: [] for name in chosen.only}
    print(f"{'instance':<18}{'solver':<9}{'cost':>12}{'vehicles':>9}{'gap %':>8}{'cpu s':>8}{'wall s':>8}{'load':>6}")
    for path in chosen.instances:
        problem, best = read(path), best_known(path)
        for name in chosen.only:
            wall, cpu = time.monotonic(), time.process_time()
            try:
                verdict = check(problem, solvers[name](problem))
            except RoutingError as error:
                print(f"{problem.name:<18}{name:<9}  {error}", flush=True)
                continue
            spent = f"{time.process_time() - cpu:>8.1f}{time.monotonic() - wall:>8.1f}{os.getloadavg()[0]:>6.1f}"
            gap = 100 * (verdict.cost / best - 1) if best and verdict.valid else None
            if gap is not None:
                gaps[name].append(gap)
            kept = "kept" if verdict.valid else f"{len(verdict.violations)} broken: {verdict.violations[0].rule}"
            shown = "" if gap is None else f"{gap:.2f}"
            print(
                f"{problem.name:<18}{name:<9}{verdict.cost:>12,.2f}{verdict.vehicles:>9}{shown:>8}{spent}  {kept}",
                flush=True,
            )
    for name, found in gaps.items():
        if found:
            print(f"mean gap of {name}: {np.mean(found):.2f} % over {len(found)} valid plans with a known cost")


def best_known(path: Path) -> float | None:
    """The cost that stands in the solution beside an instance, or in the instance itself."""
    beside = path.with_suffix(".sol")
    source, pattern = (beside, r"^Cost:?\s+([\d.]+)") if beside.exists() else (path, r"^OPTIMAL_VALUE:?\s+([\d.]+)")
    found = re.search(pattern, source.read_text(), re.MULTILINE | re.IGNORECASE)
    return float(found[1]) if found else None


def by_ortools(problem: Problem, seconds: float) -> Plan:
    """OR-Tools' routing library: guided local search from its cheapest insertion, so many seconds of processor."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    if problem.stations:
        raise RoutingError("batteries are not modelled for OR-Tools here")
    scale, vehicle, depot = problem.convention.scale, problem.vehicles[0], problem.depots[0]
    visits = [Visit("stop", index) for index in range(len(problem.stops))]
    for index in range(len(problem.shipments)):
        visits += [Visit("pickup", index), Visit("delivery", index)]
    stops = [problem.of(visit) for visit in visits]
    places = np.asarray([depot.place, *(stop.place for stop in stops)])
    legs = np.rint(problem.profiles[0].distances.block(places, places) * scale).astype(int).tolist()
    times = np.ceil(problem.profiles[0].durations.block(places, places) * scale - 1e-6).astype(int)
    service = [0, *(int(np.ceil(stop.service * scale)) for stop in stops)]
    loads = [0, *(load_of(problem, visit) for visit in visits)]
    count = min(vehicle.count, len(stops))
    manager = pywrapcp.RoutingIndexManager(len(places), count, 0)
    model = pywrapcp.RoutingModel(manager)
    node = manager.IndexToNode
    # Matrices and vectors, not callbacks: a call into Python for each leg would slow it down.
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(legs))
    load = model.RegisterUnaryTransitVector(loads)
    model.AddDimension(load, 0, vehicle.capacity, True, "load")
    if problem.convention.vehicles_first:
        model.SetFixedCostOfAllVehicles(max(map(max, legs)) * len(places))
    if problem.shipments or any(np.isfinite(stop.late) for stop in stops):
        travel = model.RegisterTransitMatrix((times + np.asarray(service)[:, None]).tolist())
        model.AddDimension(travel, BIG, BIG, False, "time")
        clock = model.GetDimensionOrDie("time")
        for number, stop in enumerate(stops, start=1):
            clock.CumulVar(manager.NodeToIndex(number)).SetRange(
                int(stop.early * scale), int(min(stop.late * scale, BIG))
            )
        for number in range(count):
            clock.CumulVar(model.End(number)).SetRange(0, int(min(depot.late * scale, BIG)))
        pair(model, manager, clock, visits)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromSeconds(int(seconds * 20) + 1)
    ends = time.process_time() + seconds
    model.AddSearchMonitor(model.solver().CustomLimit(lambda: time.process_time() > ends))
    answer = model.SolveWithParameters(parameters)
    if answer is None:
        raise RoutingError("OR-Tools found no plan")
    routes = []
    for number in range(count):
        at, chosen = answer.Value(model.NextVar(model.Start(number))), []
        while not model.IsEnd(at):
            chosen.append(visits[node(at) - 1])
            at = answer.Value(model.NextVar(at))
        if chosen:
            routes.append(Route(0, tuple(chosen)))
    return Plan(tuple(routes))


def pair(model: object, manager: object, clock: object, visits: list[Visit]) -> None:
    """Pick-up before delivery, by the same vehicle."""
    for number, visit in enumerate(visits, start=1):
        if visit.kind == "pickup":
            first, second = manager.NodeToIndex(number), manager.NodeToIndex(number + 1)  # type: ignore[attr-defined]
            model.AddPickupAndDelivery(first, second)  # type: ignore[attr-defined]
            solver = model.solver()  # type: ignore[attr-defined]
            solver.Add(model.VehicleVar(first) == model.VehicleVar(second))  # type: ignore[attr-defined]
            solver.Add(clock.CumulVar(first) <= clock.CumulVar(second))  # type: ignore[attr-defined]


def load_of(problem: Problem, visit: Visit) -> int:
    """What a visit adds to the load (deliveries of the depot's goods are counted as if collected)."""
    if visit.kind == "stop":
        return problem.stops[visit.index].delivery
    amount = problem.shipments[visit.index].amount
    return amount if visit.kind == "pickup" else -amount


if __name__ == "__main__":
    main()
