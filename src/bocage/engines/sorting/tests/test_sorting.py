"""Robots never meet, every parcel arrives, and waves keep the order of departures."""

import json
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bocage.engines.sorting import Route, SortingError, Traffic, draw, plan_waves, read_floor, sort
from bocage.engines.sorting.commands import sorting

SMALL = read_floor("I...\n..#.\nI...")


def collisions(before: list[int], after: list[int]) -> list[str]:
    """What no two robots may do, and what no robot can."""
    found = ["two on one cell"] if len(set(after)) != len(after) else []
    moves = set(zip(before, after, strict=True))
    found += ["two changed places" for a, b in moves if a != b and (b, a) in moves]
    return found


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_no_two_robots_meet_and_every_parcel_arrives(data: st.DataObject) -> None:
    floor = draw(data.draw(st.integers(1, 4), "across"), data.draw(st.integers(1, 3), "down"))
    crowd = data.draw(st.integers(1, len(floor.ways) * 2 // 3), "robots")
    parcels = data.draw(st.lists(st.integers(0, len(floor.stands) - 1), max_size=30), "parcels")
    seen: list[list[int]] = []
    found = sort(floor, parcels, crowd, data.draw(st.integers(0, 99), "seed"), lambda cells: seen.append(list(cells)))
    assert len(found.dropped) == len(parcels)
    assert all(0 < step <= found.steps for step in found.dropped)
    for before, after in pairwise(seen):
        assert collisions(before, after) == []
        assert all(b == a or b in floor.beside[a] for a, b in zip(before, after, strict=True))
    assert found.efficiency <= 1


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_everybody_gets_where_they_want_to_on_a_crowded_floor(data: st.DataObject) -> None:
    floor = draw(2, 2)
    ways = list(floor.ways)
    crowd = data.draw(st.integers(1, len(ways) - 2), "robots")
    starts = data.draw(st.permutations(ways), "starts")[:crowd]
    goals = data.draw(st.permutations(ways), "goals")[:crowd]
    traffic = Traffic(floor, starts, seed=1)
    traffic.goals = list(goals)
    missing = {robot for robot in range(crowd) if starts[robot] != goals[robot]}
    for _ in range(2_000):
        if not missing:
            break
        before = list(traffic.at)
        traffic.step()
        assert collisions(before, traffic.at) == []
        missing -= {robot for robot in missing if traffic.at[robot] == goals[robot]}
    assert not missing


def test_one_robot_goes_the_shortest_way() -> None:
    floor = read_floor("I...\n..#.\n....")
    found = sort(floor, [0, 0], robots=1, seed=3)
    assert found.efficiency == 1.0
    # The nearest stand is two steps from the induct; between the two parcels the robot goes back and out again.
    assert found.dropped[1] - found.dropped[0] == 4


def test_a_wave_sorted_in_the_order_of_departures_is_the_least_late() -> None:
    routes = [Route(name, leaves, parcels) for name, leaves, parcels in (("a", 30, 20), ("b", 9, 12), ("c", 25, 3))]
    waves = plan_waves(routes, chutes=1, parcels_a_second=1.0)
    assert [(wave.routes[0].name, wave.starts, wave.ends, wave.late) for wave in waves] == [
        ("b", 0, 12, 3), ("c", 12, 15, 0), ("a", 15, 35, 5),
    ]  # fmt: skip
    worst = []
    for order in permutations(routes):
        clock, late = 0.0, 0.0
        for route in order:
            clock += route.parcels
            late = max(late, clock - route.leaves)
        worst.append(late)
    assert max(wave.late for wave in waves) == min(worst)
    assert len(plan_waves(routes, chutes=2, parcels_a_second=1.0)) == 2
    with pytest.raises(SortingError):
        plan_waves(routes, chutes=0, parcels_a_second=1.0)
    with pytest.raises(SortingError):
        plan_waves([Route("a", float("nan"), 1)], chutes=1, parcels_a_second=1.0)


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        ("", "cells"),
        ("I..\n.#", "line 2"),
        ("I.?\n.#.\n...", "line 1"),
        ("...\n.#.\n...", "induct"),
        ("I..\n...\n...", "chute"),
        ("I...\n.#..\n..x.\n.x#.\n..x.", "two ways"),
        ("I..x...\n.#.....\n...x...", "two ways"),
    ],
)
def test_a_floor_on_which_robots_could_be_stuck_is_refused(drawing: str, said: str) -> None:
    with pytest.raises(SortingError, match=said):
        read_floor(drawing)


def test_what_cannot_be_is_refused() -> None:
    for chutes, robots in (([1], 1), ([0], 0), ([0], 11), ([0] * 100_001, 1)):
        with pytest.raises(SortingError):
            sort(SMALL, chutes, robots)
    for starts in ([0, 0], [6], []):
        with pytest.raises(SortingError):
            Traffic(SMALL, starts)


def test_the_command_sorts_and_refuses(tmp_path: Path) -> None:
    asked = ["run", "--robots", "6", "--parcels", "40", "--vans", "50"]
    ran = CliRunner().invoke(sorting, [*asked, "--json"])
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert sum(wave["parcels"] for wave in document["waves"]) == 40
    assert [wave["vans"] for wave in document["waves"]] == [40, 10]
    (tmp_path / "bad.txt").write_text("I.\n.?")
    ran = CliRunner().invoke(sorting, [*asked, "--floor", str(tmp_path / "bad.txt")])
    assert (ran.exit_code, "line 2" in ran.output) == (2, True)
    ran = CliRunner().invoke(sorting, [*asked, "--floor", str(tmp_path / "none.txt")])
    assert ran.exit_code == 2
