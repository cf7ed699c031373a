"""The checker against what can be said by hand, and against plans that were spoiled on purpose."""

from dataclasses import replace
from itertools import pairwise
from typing import Any, cast, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.engines.routing import Plan, Problem, Route, RoutingError, Visit, check, drive, explain, robot
from bocage.engines.routing.metrics import Euclid
from bocage.engines.routing.types import (
    Battery,
    Break,
    Convention,
    Depot,
    Kind,
    Profile,
    Shipment,
    Station,
    Stop,
    Vehicle,
)


def line_of(*stops: Stop, **changes: Any) -> Problem:
    """Places 0 to 20 on a line, one apart; the depot at 0; a leg takes as long as it is."""
    coordinates = np.column_stack([np.arange(21.0), np.zeros(21)])
    metric = Euclid(coordinates)
    problem = Problem(
        name="line",
        convention=Convention("exact", 1000),
        coordinates=coordinates,
        profiles=(Profile("straight", metric, metric),),
        depots=(Depot("0", 0),),
        vehicles=(Vehicle("van", 2, 3),),
        stops=stops,
    )
    return replace(problem, **changes)


def route(*names: str, vehicle: int = 0) -> Route:
    """`"3"` is stop 3, `"depot 0"` a depot, and so on."""
    visits = []
    for name in names:
        kind, _, index = name.rpartition(" ")
        assert (kind or "stop") in get_args(Kind)
        visits.append(Visit(cast(Kind, kind or "stop"), int(index)))
    return Route(vehicle, tuple(visits))


def rules(problem: Problem, *routes: Route) -> set[str]:
    return {one.rule for one in check(problem, Plan(routes)).violations}


TWO = (Stop("a", 2, delivery=2), Stop("b", 5, delivery=2))


def test_each_rule_is_seen_when_it_is_broken() -> None:
    plain = line_of(*TWO)
    assert rules(plain, route("0"), route("1")) == set()
    assert rules(plain, route("0", "1")) == {"capacity"}
    assert rules(plain, route("0")) == {"missing"}
    assert rules(plain, route("0"), route("1"), route("0")) == {"twice", "fleet"}
    late = line_of(TWO[0], replace(TWO[1], late=4.0))
    assert rules(late, route("0"), route("1")) == {"window"}
    van = plain.vehicles[0]
    short = replace(plain, vehicles=(replace(van, max_distance=9.0),))
    assert rules(short, route("0"), route("1")) == {"distance"}
    tired = replace(plain, vehicles=(replace(van, max_duration=9.0),))
    assert rules(tired, route("0"), route("1")) == {"shift"}
    closed = replace(plain, depots=(Depot("0", 0, late=9.0),))
    assert rules(closed, route("0"), route("1")) == {"shift"}


def test_loading_again_makes_room_where_it_is_allowed() -> None:
    plain = line_of(*TWO)
    again = replace(plain, vehicles=(replace(plain.vehicles[0], reload_depots=(0,)),))
    assert rules(again, route("0", "depot 0", "1")) == set()
    assert rules(plain, route("0", "depot 0", "1")) == {"fleet"}


def test_pick_ups_come_back_and_fill_the_van() -> None:
    problem = line_of(Stop("a", 2, delivery=2, pickup=3), Stop("b", 5, delivery=1))
    assert rules(problem, route("0", "1")) == {"capacity"}
    assert rules(problem, route("1", "0")) == set()


def test_a_shipment_is_picked_up_first_and_by_the_same_vehicle() -> None:
    problem = line_of(shipments=(Shipment(Stop("p", 1), Stop("d", 3), 2),))
    assert rules(problem, route("pickup 0", "delivery 0")) == set()
    assert rules(problem, route("delivery 0", "pickup 0")) == {"precedence"}
    assert rules(problem, route("pickup 0"), route("delivery 0")) == {"precedence"}


def test_the_shortest_duration_leaves_as_late_as_the_windows_allow() -> None:
    problem = line_of(Stop("a", 2, early=50.0, late=60.0, service=1.0), Stop("b", 4, early=0.0, late=58.0))
    facts = drive(problem, route("0", "1"))
    # Leave at 48, arrive at 50, serve until 51, b at 53, home at 57.
    assert (facts.ends, facts.duration) == (57.0, 9.0)


def test_breaks_are_taken_in_their_time() -> None:
    van = Vehicle("van", 1, 9, breaks=(Break(3.0, 6.0, 2.0),))
    problem = line_of(*TWO, vehicles=(van,))
    assert rules(problem, route("0", "break 0", "1")) == set()
    assert drive(problem, route("0", "break 0", "1")).ends == 13.0
    assert rules(problem, route("0", "1")) == {"break"}
    assert rules(problem, route("0", "1", "break 0")) == set()
    assert rules(
        replace(problem, vehicles=(replace(van, breaks=(Break(3.0, 4.0, 2.0),)),)), route("0", "1", "break 0")
    ) == {"break"}


def test_a_battery_is_counted_down_and_charged_by_the_clock() -> None:
    van = Vehicle("robot", 1, 9, battery=Battery(10.0, 1.0, 0.5))
    problem = line_of(Stop("a", 8), vehicles=(van,), stations=(Station("s", 6),))
    assert rules(problem, route("0")) == {"battery"}
    charged = route("0", "station 0")
    assert rules(problem, charged) == set()
    # 8 out, 2 back to the station with nothing left, 20 to fill ten, 6 home.
    assert drive(problem, charged).ends == 8 + 2 + 20 + 6


def test_a_robot_carries_fifty_parcels_and_drives_a_hundred_kilometres() -> None:
    kind = robot(count=10)
    assert kind.battery is not None
    assert (kind.capacity, kind.battery.capacity / kind.battery.use_per_distance) == (50, 100_000.0)


def test_what_may_be_left_out_costs_what_it_says() -> None:
    problem = line_of(TWO[0], replace(TWO[1], skip_cost=7.5))
    found = check(problem, Plan((route("0"),)))
    assert (found.valid, found.cost, found.skipped) == (True, 4 + 7.5, ("b",))


def test_a_plan_that_names_what_is_not_there_is_refused() -> None:
    for bad in (route("9"), route("station 0"), route("0", vehicle=4), route("-1")):
        with pytest.raises(RoutingError):
            check(line_of(*TWO), Plan((bad,)))


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=2), st.integers(1, 6))
def test_each_stop_once_whatever_is_done_to_a_plan(order: list[int], doubled: list[int], cut: int) -> None:
    problem = line_of(
        *(Stop(str(index), index + 1, delivery=1) for index in range(6)), vehicles=(Vehicle("van", 9, 99),)
    )
    kept = order[:cut]
    verdict = check(problem, Plan((route(*map(str, kept)), route(*map(str, doubled)))))
    counts = [(kept + doubled).count(index) for index in range(6)]
    assert sum(one.rule == "missing" for one in verdict.violations) == counts.count(0)
    assert sum(one.rule == "twice" for one in verdict.violations) == sum(count > 1 for count in counts)
    ways = [[0, *[index + 1 for index in one], 0] for one in (kept, doubled)]
    assert verdict.distance == sum(abs(a - b) for way in ways for a, b in pairwise(way))


def test_reasons_name_what_would_happen_otherwise() -> None:
    problem = line_of(
        Stop("urgent", 6, late=6.0), Stop("near", 7), Stop("noon", 4, early=30.0, late=40.0), Stop("way", 2)
    )
    plan = Plan((route("0", "1", "2", "3"),))
    found = {(problem.of(one.visit).name, one.code) for one in explain(problem, plan)}
    assert ("urgent", "closes") in found
    assert ("noon", "waits") in found
    assert ("near", "next_door") in found
    assert ("way", "on_the_way") in found
    assert {name for name, _ in found} == {"urgent", "near", "noon", "way"}
