"""What the solvers plan, judged by the checker. Needs the extra `parcel`."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bocage.engines.routing import Plan, Problem, Route, RoutingError, Visit, check, drone, read
from bocage.engines.routing.commands import routes
from bocage.engines.routing.metrics import Euclid, Flight
from bocage.engines.routing.tests.test_checking import TWO, line_of
from bocage.engines.routing.tests.test_reading import EVRP, LI_LIM, SOLOMON, VRP, written
from bocage.engines.routing.types import Battery, Break, Convention, Depot, Profile, Station, Stop, Vehicle

pytest.importorskip("pyvrp", reason="needs ./bocage extras add parcel")
pytest.importorskip("vroom", reason="needs ./bocage extras add parcel")

from bocage.engines.routing.solving import one_less, solve


def drawn(stops: int, seed: int, capacity: int = 10) -> Problem:
    """Stops drawn at random around a depot in the middle."""
    random = np.random.default_rng(seed)
    coordinates = np.vstack([[500.0, 500.0], random.integers(0, 1000, (stops, 2))])
    metric = Euclid(coordinates, "nearest")
    return Problem(
        name="drawn",
        convention=Convention("rounded", 1),
        coordinates=coordinates,
        profiles=(Profile("straight", metric, metric),),
        depots=(Depot("0", 0),),
        vehicles=(Vehicle("van", stops, capacity),),
        stops=tuple(Stop(str(i), i, delivery=int(random.integers(1, 4))) for i in range(1, stops + 1)),
    )


@pytest.mark.parametrize("text", [VRP, SOLOMON, LI_LIM, EVRP])
@pytest.mark.parametrize("engine", ["pyvrp", "vroom"])
def test_every_format_is_planned_within_its_rules(tmp_path: Path, text: str, engine: str) -> None:
    problem = read(written(tmp_path, text, "tiny.txt"))
    if engine == "vroom" and problem.stations:
        with pytest.raises(RoutingError, match="batteries"):
            solve(problem, 0.2, engine="vroom")
        return
    assert check(problem, solve(problem, 0.2, engine=engine)).violations == ()  # type: ignore[arg-type]


def test_the_optimum_of_small_problems_is_found() -> None:
    # By hand: one trip of 10 needs room for four; with three there are two, of 4 and 10.
    assert check(line_of(*TWO), solve(line_of(*TWO), 0.2, engine="pyvrp")).cost == 14
    roomy = line_of(*TWO, vehicles=(Vehicle("van", 1, 4),))
    assert check(roomy, solve(roomy, 0.2, engine="pyvrp")).cost == 10


def test_loading_again_breaks_and_stops_left_out() -> None:
    plain = line_of(*TWO)
    again = replace(plain, vehicles=(replace(plain.vehicles[0], count=1, reload_depots=(0,)),))
    assert check(again, solve(again, 0.2)).cost == 14
    rested = line_of(*TWO, vehicles=(Vehicle("van", 2, 3, breaks=(Break(3.0, 6.0, 2.0),)),))
    plan = solve(rested, 0.2)
    assert check(rested, plan).violations == ()
    assert any(visit.kind == "break" for route in plan.routes for visit in route.visits)
    cheap = line_of(TWO[0], replace(TWO[1], skip_cost=3.0))
    assert check(cheap, solve(cheap, 0.2, engine="pyvrp")).skipped == ("b",)


def test_several_depots_and_a_mixed_fleet() -> None:
    van, bike = Vehicle("van", 1, 9, start=0, end=0), Vehicle("bike", 1, 2, start=1, end=1)
    stops = Stop("a", 2, delivery=2), Stop("z", 19, delivery=2)
    problem = line_of(*stops, depots=(Depot("0", 0), Depot("20", 20)), vehicles=(van, bike))
    plan = solve(problem, 0.2, engine="pyvrp")
    assert check(problem, plan).cost == 4 + 2
    assert sorted(route.vehicle for route in plan.routes) == [0, 1]


def test_robots_charge_on_the_way_where_they_must() -> None:
    robots = (Vehicle("robot", 1, 50, battery=Battery(10.0, 1.0)),)
    problem = line_of(Stop("a", 8, delivery=1), vehicles=robots, stations=(Station("s", 6),))
    verdict = check(problem, solve(problem, 0.3))
    assert (verdict.violations, verdict.cost) == ((), 16)
    with pytest.raises(RoutingError, match="batteries"):
        solve(replace(problem, stations=()), 0.2)


def test_a_break_is_taken_on_a_tour_that_loads_again() -> None:
    van = Vehicle("van", 1, 2, reload_depots=(0,), breaks=(Break(3.0, 9.0, 2.0),))
    problem = line_of(*TWO, vehicles=(van,))
    plan = solve(problem, 0.2)
    verdict = check(problem, plan)
    # 14 to drive and 2 to rest; the two loads are one tour.
    assert (verdict.violations, verdict.cost, verdict.routes[0].ends) == ((), 14, 16)
    assert [visit.kind for visit in plan.routes[0].visits].count("break") == 1
    # A shift in which the break has no room: whatever is planned, the checker does not call it kept.
    short = line_of(*TWO, vehicles=(replace(van, max_duration=15.0),))
    assert not check(short, solve(short, 0.2)).valid


def test_the_dearer_vehicle_stays_at_home_whoever_plans() -> None:
    cheap, dear = Vehicle("bike", 2, 2, cost_per_distance=1.0), Vehicle("van", 2, 4, cost_per_distance=3.0)
    problem = line_of(*TWO, vehicles=(dear, cheap))
    near = replace(problem, vehicles=(replace(dear, cost_per_distance=1.0), cheap))
    fixed = replace(problem, vehicles=(replace(dear, cost_per_distance=1.0, fixed_cost=50.0), cheap))
    for engine in ("pyvrp", "vroom"):
        # By bike 4 + 10; by van 10 at three times that; a van costs as much as a bike, or 50 more.
        costs = [check(one, solve(one, 0.2, engine=engine)).cost for one in (problem, near, fixed)]
        assert costs == [14, 10, 14], engine


def test_drones_fly_one_parcel_at_a_time_within_their_reach() -> None:
    plain = line_of()
    flight = Flight(plain.coordinates, base=0, reach=6.0)
    profiles = (*plain.profiles, Profile("air", flight, replace(flight, times=0.5)))
    stops = tuple(Stop(str(place), place, delivery=1) for place in (2, 5, 6, 9))
    van = Vehicle("van", 1, 9, cost_per_distance=5.0)
    problem = replace(plain, profiles=profiles, stops=stops, vehicles=(van, drone(1, 1, reach=6.0)))
    plan = solve(problem, 0.5)
    verdict = check(problem, plan)
    # The van alone is 18 * 5 = 90, whatever else it passes; 4 + 10 + 12 by air are dearer than on its way.
    assert (verdict.violations, verdict.cost) == ((), 90)
    assert [route.vehicle for route in plan.routes] == [0]
    near = replace(problem, stops=stops[:3])
    flown = check(near, solve(near, 0.5))
    assert (flown.violations, flown.cost, flown.routes[0].ends) == ((), 4 + 10 + 12, 13)
    far = Plan((Route(1, (Visit("stop", 3),)), Route(0, tuple(Visit("stop", index) for index in range(3)))))
    assert "battery" in {one.rule for one in check(problem, far).violations}
    both = Plan((Route(1, (Visit("stop", 0), Visit("stop", 1))),))
    assert "capacity" in {one.rule for one in check(problem, both).violations}


@pytest.mark.parametrize("spare", [pytest.param(None, marks=pytest.mark.heavy), 8])
def test_a_city_is_planned_by_clusters_and_no_stop_is_missed(spare: int | None) -> None:
    problem = drawn(1_600, 5, capacity=40)
    least = -(-sum(stop.delivery for stop in problem.stops) // 40)
    if spare is not None:
        problem = replace(problem, vehicles=(replace(problem.vehicles[0], count=least + spare),))
    verdict = check(problem, solve(problem, 1.0, 1, clock="cpu"))
    assert verdict.violations == ()
    assert verdict.vehicles >= least


def test_one_van_less_costs_more_or_cannot_be() -> None:
    problem = line_of(TWO[0], replace(TWO[1], skip_cost=100.0), vehicles=(Vehicle("van", 2, 3),))
    have = check(problem, solve(problem, 0.2, engine="pyvrp"))
    less = check(problem, one_less(problem, 0, 0.2))
    assert (len(have.skipped), len(less.skipped)) == (0, 1)
    with pytest.raises(RoutingError, match="spared"):
        one_less(line_of(*TWO, vehicles=(Vehicle("van", 1, 9),)), 0, 0.2)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 1e9])
def test_a_time_that_makes_no_sense_is_refused(seconds: float) -> None:
    with pytest.raises(RoutingError, match="time"):
        solve(line_of(*TWO), seconds)


def test_the_commands_plan_check_and_refuse(tmp_path: Path) -> None:
    file, out = written(tmp_path, VRP), tmp_path / "plan.json"
    ran = CliRunner().invoke(routes, ["solve", str(file), "--time", "0.2", "--json", "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.output)
    # 1 + 2 + 3 on one side, 3 + 3 on the other; demands of 4, 5 and 6 allow no pair but 4 with 5 or 6.
    assert (document["cost"], document["vehicles"], document["valid"]) == (12, 2, True)
    assert sorted(number for route in document["routes"] for number in route) == [1, 2, 3]
    ran = CliRunner().invoke(routes, ["check", str(file), str(out), "--reasons", "--json"])
    assert ran.exit_code == 0, ran.output
    assert {one["stop"] for one in json.loads(ran.output)["reasons"]} == {"1", "2", "3"}
    spoiled = written(tmp_path, json.dumps({"routes": [[1, 2, 3]]}), "spoiled.json")
    ran = CliRunner().invoke(routes, ["check", str(file), str(spoiled), "--json"])
    assert ran.exit_code == 1
    assert [one["rule"] for one in json.loads(ran.output)["violations"]] == ["capacity"]
    ran = CliRunner().invoke(routes, ["solve", str(written(tmp_path, "x\n", "bad.vrp"))])
    assert ran.exit_code == 2
    assert "bad.vrp, line 1, format" in ran.output
