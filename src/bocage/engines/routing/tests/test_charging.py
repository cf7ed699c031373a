"""The charging program against trying every way of putting stations into a route."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.routing import Plan, Problem, Route, Visit, check, drive
from bocage.engines.routing.charging import Charger
from bocage.engines.routing.metrics import Euclid
from bocage.engines.routing.types import Battery, Convention, Depot, Profile, Station, Stop, Vehicle

STOPS, STATIONS = 2, 3
place = st.tuples(st.integers(0, 30), st.integers(0, 30))


def problem_of(points: list[tuple[int, int]], capacity: float, rate: float, late: float) -> Problem:
    coordinates = np.asarray(points, dtype=float)
    metric = Euclid(coordinates)
    return Problem(
        name="drawn",
        convention=Convention("exact", 1000),
        coordinates=coordinates,
        profiles=(Profile("straight", metric, metric),),
        depots=(Depot("0", 0),),
        vehicles=(Vehicle("robot", 1, 99, battery=Battery(capacity, 1.0, rate)),),
        stops=tuple(Stop(str(i), 1 + i, late=late if i == STOPS - 1 else np.inf) for i in range(STOPS)),
        stations=tuple(Station(str(9 + i), 1 + STOPS + i) for i in range(STATIONS)),
    )


def by_trying(problem: Problem) -> float | None:
    """The shortest charged route among all with at most two different stations in each gap."""
    hops = [(), *((s,) for s in range(STATIONS)), *itertools.permutations(range(STATIONS), 2)]
    best = None
    for chosen in itertools.product(hops, repeat=STOPS + 1):
        visits: list[Visit] = []
        for gap, hop in enumerate(chosen):
            visits += [Visit("station", s) for s in hop]
            if gap < STOPS:
                visits.append(Visit("stop", gap))
        route = Route(0, tuple(visits))
        facts = drive(problem, route)
        if (best is None or facts.distance < best) and check(problem, Plan((route,))).valid:
            best = facts.distance
    return best


@settings(max_examples=8, deadline=None)
@given(
    st.lists(place, min_size=1 + STOPS + STATIONS, max_size=1 + STOPS + STATIONS),
    st.sampled_from([25.0, 40.0, 60.0]),
    st.sampled_from([0.5, np.inf]),
    st.sampled_from([90.0, 10_000.0]),
)
def test_no_other_way_of_charging_is_shorter(
    points: list[tuple[int, int]], capacity: float, rate: float, late: float
) -> None:
    problem = problem_of(points, capacity, rate, late)
    visits = tuple(Visit("stop", index) for index in range(STOPS))
    found = Charger(problem, problem.vehicles[0]).best(0, visits)
    tried = by_trying(problem)
    if found is None:
        assert tried is None
        return
    assert check(problem, Plan((found,))).valid
    assert tuple(visit for visit in found.visits if visit.kind == "stop") == visits
    if tried is not None:
        assert drive(problem, found).distance <= tried + 1e-6


def test_stations_in_a_row_bridge_what_one_charge_cannot() -> None:
    points = [(0, 0), (30, 0), (30, 1), (9, 0), (18, 0), (25, 0)]
    problem = problem_of(points, 15.0, np.inf, np.inf)
    found = Charger(problem, problem.vehicles[0]).best(0, tuple(Visit("stop", index) for index in range(STOPS)))
    assert found is not None
    assert check(problem, Plan((found,))).valid
    assert [visit.index for visit in found.visits if visit.kind == "station"] == [0, 1, 2, 2, 1, 0]


def test_a_place_out_of_reach_has_no_route() -> None:
    points = [(0, 0), (30, 0), (30, 1), (2, 0), (3, 0), (4, 0)]
    problem = problem_of(points, 15.0, np.inf, np.inf)
    assert Charger(problem, problem.vehicles[0]).best(0, (Visit("stop", 0),)) is None


def test_nothing_is_charged_without_need() -> None:
    problem = problem_of([(0, 0), (9, 0), (9, 1), (1, 2), (2, 2), (3, 2)], 200.0, np.inf, np.inf)
    found = Charger(problem, problem.vehicles[0]).best(0, (Visit("stop", 0), Visit("stop", 1)))
    assert found == Route(0, (Visit("stop", 0), Visit("stop", 1)))
