"""Same-day dispatch on a line, where everything can be said by hand. Needs the extra `parcel`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bocage.engines.routing import Problem, RoutingError, check, drive
from bocage.engines.routing.commands import routes
from bocage.engines.routing.tests.test_checking import line_of, route
from bocage.engines.routing.tests.test_reading import written
from bocage.engines.routing.types import Depot, Plan, Stop, Vehicle

pytest.importorskip("pyvrp", reason="needs ./bocage extras add parcel")

from bocage.engines.routing.days import compare, interval
from bocage.engines.routing.dispatch import Foresight, Order, Policy, greedy, lazy, run_day
from bocage.engines.routing.solving import solve

WAVES = (0.0, 10.0, 20.0)


def town(*stops: Stop) -> Problem:
    return line_of(*stops, depots=(Depot("0", 0, 0.0, 100.0),), vehicles=(Vehicle("van", 99, 9),))


def order(placed: float, place: int, late: float = 90.0, early: float = 0.0) -> Order:
    return Order(placed, Stop(f"{placed:g}@{place}", place, early=early, late=late, delivery=1))


def test_goods_that_are_not_there_yet_are_waited_for() -> None:
    late_goods = Stop("a", 2, delivery=1, release=7.0)
    problem = line_of(late_goods, Stop("b", 3, delivery=1))
    assert [timed.begin for timed in drive(problem, route("0", "1")).timeline] == [9.0, 10.0]
    assert [timed.begin for timed in drive(problem, route("1")).timeline] == [3.0]
    reloading = replace(problem, vehicles=(Vehicle("van", 1, 9, reload_depots=(0,)),))
    again = drive(reloading, route("1", "depot 0", "0"))
    assert [timed.begin for timed in again.timeline] == [3.0, 7.0, 9.0]
    hurried = replace(problem, stops=(replace(late_goods, late=8.0), problem.stops[1]))
    assert {one.rule for one in check(hurried, Plan((route("0"), route("1")))).violations} == {"window"}
    assert check(problem, solve(problem, 0.2)).valid


def test_an_order_waits_for_a_neighbour_that_earlier_days_promise() -> None:
    today = [order(0.0, 9), order(10.0, 9)]
    assert run_day(town(), today, WAVES, greedy).verdict.cost == 2 * 18
    foresight = Foresight(past=[today], scenarios=2, iterations=20)
    day = run_day(town(), today, WAVES, foresight)
    assert (day.verdict.cost, [(van.leaves, sorted(van.orders)) for van in day.sent]) == (18, [(10.0, [0, 1])])
    # Where nobody ever orders later, nothing is gained by waiting, but what is known goes out together.
    alone = Foresight(past=[today[:1]], scenarios=2, iterations=20)
    assert run_day(town(), today[:1], WAVES, alone).sent[0].leaves == 0.0


def test_what_would_be_late_goes_out_whatever_may_still_come() -> None:
    urgent = [order(0.0, 9, late=12.0), order(10.0, 9)]
    for policy in (lazy, Foresight(past=[urgent], scenarios=2, iterations=20)):
        day = run_day(town(), urgent, WAVES, policy)
        assert day.verdict.valid
        assert day.sent[0].leaves == 0.0
        assert day.sent[0].orders == (0,)


def test_what_no_van_can_bring_in_time_is_never_promised() -> None:
    day = run_day(town(), [order(0.0, 9, late=8.0), order(25.0, 1), order(0.0, 2)], WAVES, greedy)
    assert day.refused == (0, 1)
    assert day.verdict.valid


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(WAVES), st.integers(1, 20), st.integers(0, 60), st.integers(1, 30)), max_size=9),
    st.sampled_from(["greedy", "lazy", "foresight"]),
)
def test_every_promise_is_kept_on_any_day(drawn: list[tuple[float, int, int, int]], name: str) -> None:
    day = [order(placed, place, late=early + width, early=early) for placed, place, early, width in drawn]
    policies: dict[str, Policy] = {
        "greedy": greedy, "lazy": lazy, "foresight": Foresight([day[::2]], scenarios=2, iterations=5),
    }  # fmt: skip
    found = run_day(town(), day, WAVES, policies[name], iterations=20)
    assert found.verdict.violations == ()
    sent = [index for van in found.sent for index in van.orders]
    assert sorted([*sent, *found.refused]) == list(range(len(day)))
    assert all(van.leaves >= day[index].placed for van in found.sent for index in van.orders)


@pytest.mark.parametrize("waves", [(), (1.0, 1.0), tuple(float(n) for n in range(300))])
def test_waves_that_make_no_sense_are_refused(waves: tuple[float, ...]) -> None:
    with pytest.raises(RoutingError, match="waves"):
        run_day(town(), [], waves, greedy)


def test_the_interval_is_students() -> None:
    # By hand: mean 2, deviation 1, t of 2 degrees 4.303.
    mean, low, high = interval([1.0, 2.0, 3.0])
    assert (mean, round(low, 3), round(high, 3)) == (2.0, -0.484, 4.484)


def test_the_command_plays_days_and_refuses_what_has_no_windows(tmp_path: Path) -> None:
    rows = [f"{n} {10 * (n % 4)} {7 * n} 2 {20 * n} {20 * n + 160} 1" for n in range(1, 9)]
    head = "tiny\n\nVEHICLE\nNUMBER CAPACITY\n 9 20\n\nCUSTOMER\nCUST XCOORD. YCOORD. DEMAND READY DUE SERVICE\n\n"
    file = written(tmp_path, head + "\n".join(["0 0 0 0 0 400 0", *rows]) + "\n", "tiny.txt")
    asked = ["dispatch", str(file), "--days", "1", "--waves", "2", "--orders", "2", "--seed", "3"]
    ran = CliRunner().invoke(routes, [*asked, "--json"])
    assert ran.exit_code == 0, ran.output
    (day,) = json.loads(ran.output)["days"]
    assert day["promises_kept"]
    assert sum(len(tour["orders"]) for tour in day["tours"]) == day["orders"]
    assert all(one["begins"] >= tour["leaves"] >= one["placed"] for tour in day["tours"] for one in tour["orders"])
    with pytest.raises(RoutingError, match="windows"):
        compare(line_of(Stop("a", 1)), 1)
    with pytest.raises(RoutingError, match="seed"):
        compare(town(Stop("a", 1, early=2.0)), 2_000_000)
