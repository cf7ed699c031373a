"""A city's stops, planned piece by piece: clusters of stops, then clusters of routes by their barycentre, over again.

Splitting costs where a border cuts a good route. So the second and later rounds group whole routes that lie near one
another, each time along other borders, and go on from the routes as they are. See A. Santini, M. Schneider, T. Vidal,
D. Vigo, "Decomposition strategies for vehicle routing heuristics", INFORMS Journal on Computing 35 (2023), who find
clustering by the barycentres of routes best.
"""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
from scipy.cluster.vq import kmeans2

from bocage.engines.routing.metrics import Excerpt
from bocage.engines.routing.pyvrp_model import Clock, Deadline, Model, search
from bocage.engines.routing.types import Floats, Indices, Plan, Problem, Route, RoutingError, Visit

CLUSTER_STOPS = 750
CLUSTER_LIMIT_STOPS = 1_500
FIRST_SHARE = 0.2
ROUNDS = 10

Piece = tuple[Problem, Indices, Plan | None, float, int, Clock]
EachOf = Callable[[Callable[[Piece], Plan], list[Piece]], Iterable[Plan]]


def solve_city(problem: Problem, deadline: Deadline, seed: int, processes: int = 1, rounds: int = ROUNDS) -> Plan:
    """Plan stops by the thousand. Memory grows with the cluster, not with the square of the city.

    `processes` clusters are planned at a time; the deadline counts this process's clock, so with a clock of processor
    time each cluster gets its share of it wherever it runs.

    Raises:
        RoutingError: the problem has shipments, breaks or fewer vehicles than its clusters need.
    """
    if problem.shipments:
        raise RoutingError("shipments between stops are not planned by clusters")
    if processes == 1:
        return _in_rounds(problem, deadline, seed, rounds, 1, map)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return _in_rounds(problem, deadline, seed, rounds, processes, pool.map)


def _in_rounds(problem: Problem, deadline: Deadline, seed: int, rounds: int, processes: int, each_of: EachOf) -> Plan:
    random = np.random.default_rng(seed)
    stops = problem.coordinates[[stop.place for stop in problem.stops]]
    total, first = deadline.left(), FIRST_SHARE if rounds else 1.0
    groups = _grouped(stops, np.ones(len(stops)), random)
    pieces = _parts(problem, groups)
    at_once = 1 if deadline.clock == "cpu" else processes
    plan = _solve_all(pieces, total * first * at_once, seed, deadline.clock, each_of)
    each = (1 - first) / max(rounds, 1)
    for number in range(1, rounds + 1):
        if deadline.clock == "wall" and deadline.left() <= 0:
            break
        seconds = min(total * each, deadline.left()) if deadline.clock == "wall" else total * each
        pieces = [_routes_part(problem, plan, chosen) for chosen in _near_routes(problem, plan, random)]
        plan = _solve_all(pieces, seconds * at_once, seed + number, deadline.clock, each_of)
    return plan


def _solve_all(
    pieces: list[tuple[Problem, Indices, Plan | None]], seconds: float, seed: int, clock: Clock, each_of: EachOf
) -> Plan:
    """Each piece for its share of the seconds, by how many stops it has."""
    sizes = np.asarray([len(members) for _, members, _ in pieces], dtype=float)
    shares = seconds * sizes / sizes.sum()
    work = [
        (_excerpt(part), members, begin, float(share), seed, clock)
        for (part, members, begin), share in zip(pieces, shares, strict=True)
    ]
    found = each_of(_solve_piece, work)
    return Plan(tuple(route for plan in found for route in plan.routes))


def _excerpt(problem: Problem) -> Problem:
    """The same with tables of its own places alone: another process need not be sent a whole city's."""
    used = {one.place for one in problem.depots} | {stop.place for stop in problem.stops}
    places = np.asarray(sorted(used), dtype=np.int64)
    profiles = tuple(
        replace(one, distances=Excerpt.of(one.distances, places), durations=Excerpt.of(one.durations, places))
        for one in problem.profiles
    )
    return replace(problem, profiles=profiles)


def _solve_piece(piece: Piece) -> Plan:
    """One cluster, answered in the numbers of the whole problem."""
    problem, members, begin, seconds, seed, clock = piece
    model = Model(problem)
    plan = model.plan(search(model, Deadline(seconds, clock), seed, begin))
    return Plan(tuple(Route(route.vehicle, _renumbered(route.visits, members)) for route in plan.routes))


def _renumbered(visits: tuple[Visit, ...], numbers: Indices) -> tuple[Visit, ...]:
    return tuple(Visit(one.kind, int(numbers[one.index])) if one.kind == "stop" else one for one in visits)


def _parts(problem: Problem, groups: list[Indices]) -> list[tuple[Problem, Indices, Plan | None]]:
    """A problem a group. A limited kind of vehicle is dealt out by what is to be carried, all of it and no more."""
    carried = [sum(max(problem.stops[index].delivery, problem.stops[index].pickup, 1) for index in g) for g in groups]
    shares = np.asarray(carried) / sum(carried)
    fleets = []
    for one, limited in zip(problem.vehicles, _limited(problem), strict=True):
        exact = shares * one.count
        dealt = np.floor(exact).astype(int)
        dealt[np.argsort(dealt - exact, kind="stable")[: one.count - int(dealt.sum())]] += 1
        fleets.append(dealt if limited else np.asarray([len(members) for members in groups]))
    return [(_part(problem, g, [int(fleet[i]) for fleet in fleets]), g, None) for i, g in enumerate(groups)]


def _part(problem: Problem, members: Indices, counts: list[int]) -> Problem:
    """The problem with those stops alone and so many vehicles of each kind (PyVRP wants one of each at least)."""
    vehicles = tuple(replace(one, count=max(1, n)) for one, n in zip(problem.vehicles, counts, strict=True))
    return replace(problem, stops=tuple(problem.stops[index] for index in members), vehicles=vehicles)


def _routes_part(problem: Problem, plan: Plan, chosen: Indices) -> tuple[Problem, Indices, Plan]:
    """The problem of some routes' stops, with the vehicles that these routes use, and the routes to begin from."""
    routes = [plan.routes[index] for index in chosen]
    members = np.asarray([one.index for route in routes for one in route.visits if one.kind == "stop"], dtype=np.int64)
    back = np.full(len(problem.stops), -1)
    back[members] = np.arange(len(members))
    used = np.bincount([route.vehicle for route in routes], minlength=len(problem.vehicles))
    counts = [int(n) if limited else len(members) for n, limited in zip(used, _limited(problem), strict=True)]
    begin = Plan(tuple(Route(route.vehicle, _renumbered(route.visits, back)) for route in routes))
    return _part(problem, members, counts), members, begin


def _limited(problem: Problem) -> list[bool]:
    """Kinds of which there are fewer than stops: their number is a rule, which parts together must keep."""
    return [one.count < len(problem.stops) for one in problem.vehicles]


def _near_routes(problem: Problem, plan: Plan, random: np.random.Generator) -> list[Indices]:
    """Routes in groups by their barycentres."""
    centres, sizes = [], []
    for route in plan.routes:
        places = [problem.stops[one.index].place for one in route.visits if one.kind == "stop"]
        centres.append(problem.coordinates[places].mean(axis=0))
        sizes.append(len(places))
    return _grouped(np.asarray(centres), np.asarray(sizes, dtype=float), random)


def _grouped(points: Floats, sizes: Floats, random: np.random.Generator) -> list[Indices]:
    """Groups of points near one another, of about 750 stops each and never more than twice that."""
    count = max(1, round(sizes.sum() / CLUSTER_STOPS))
    if count == 1 or len(points) <= count:
        return [np.arange(len(points))]
    _, labels = kmeans2(points, count, minit="++", seed=random)
    groups = []
    for label in range(count):
        members = np.flatnonzero(labels == label)
        if members.size:
            groups += _halved(points, sizes, members)
    return groups


def _halved(points: Floats, sizes: Floats, members: Indices) -> list[Indices]:
    """A group that is too large, cut across its longer side until it is not."""
    if sizes[members].sum() <= CLUSTER_LIMIT_STOPS or members.size < 2:
        return [members]
    spread = np.ptp(points[members], axis=0)
    order = members[np.argsort(points[members, int(np.argmax(spread))], kind="stable")]
    middle = order.size // 2
    return [*_halved(points, sizes, order[:middle]), *_halved(points, sizes, order[middle:])]
