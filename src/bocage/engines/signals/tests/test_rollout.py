"""The plan against every sequence tried out, and what the controller calls and says."""

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from bocage.engines.signals import Call, Interlock, Limits, Network
from bocage.engines.signals.tests.town import NET, seen, town

pytest.importorskip("numba")

from bocage.engines.signals.layout import lay_out
from bocage.engines.signals.planning import SECONDS_A_PLACE, plan
from bocage.engines.signals.rollout import Rollout

# Compiled once a run, by one worker.
pytestmark = pytest.mark.xdist_group("signals")

BOUNDS = np.asarray([0.0, 5.0, 10.0, 15.0, 20.0])


DRAIN = 0.125


def played(lanes: list[list[tuple[float, int]]], rate: np.ndarray, sequence: tuple[int, ...], room: float) -> float:
    """The cost of one sequence of phases from phase 0, second by quarter of a second: red costs, green serves, and
    the road beyond, one for all, takes in `room` vehicles and as many as it lets out.
    """
    step, cost, sent = 0.25, 0.0, 0
    change, starting, least = 3.0, 1.0, 5.0
    phase, begun, green_from = 0, -10.0, -10.0
    queues = [list(lane) for lane in lanes]
    free = [0.0] * len(lanes)
    for place, choice in enumerate(sequence):
        if choice != phase:
            if BOUNDS[place] - begun < least:
                return math.inf
            phase, begun = choice, BOUNDS[place] + change
            green_from, cost = begun + starting, cost + 2.0
        now = BOUNDS[place]
        while now < BOUNDS[place + 1] - 1e-9:
            for lane, queue in enumerate(queues):
                if (
                    queue
                    and queue[0][0] <= now
                    and free[lane] <= now
                    and green_from <= now
                    and rate[phase, queue[0][1]]
                    and sent + 1 <= room + DRAIN * now
                ):
                    sent += 1
                    free[lane] = now + 1.0 / rate[phase, queue[0][1]]
                    queue.pop(0)
                cost += step * sum(due <= now for due, _ in queue)
            now += step
    for queue in queues:
        for behind, (due, way) in enumerate(queue):
            if due < BOUNDS[-1]:
                cost += SECONDS_A_PLACE * behind + (10.0 if not rate[phase, way] else 0.0)
    return cost


@pytest.mark.parametrize("room", [math.inf, 3.0])
@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_the_best_of_all_sequences(seed: int, room: float) -> None:
    dice = np.random.default_rng(seed)
    lanes = [
        sorted((float(dice.integers(0, 60)) / 4, int(lane)) for _ in range(dice.integers(0, 7))) for lane in range(3)
    ]
    rate = np.asarray([[0.5, 0.5, 0.0], [0.0, 0.0, 0.5]])
    costs = {sequence: played(lanes, rate, sequence, room) for sequence in product((0, 1), repeat=4)}
    expected = [min(cost for sequence, cost in costs.items() if sequence[0] == first) for first in (0, 1)]
    found = plan(
        np.cumsum([0, *map(len, lanes)]),
        np.asarray([due for lane in lanes for due, _ in lane]),
        np.asarray([way for lane in lanes for _, way in lane], dtype=np.int64),
        np.ones(sum(map(len, lanes))),
        rate,
        (np.zeros(3, np.int64), np.asarray([room]), np.asarray([DRAIN])),
        0,
        10.0,
        BOUNDS,
        np.asarray([3.0, 3.0]),
        np.asarray([5.0, 5.0]),
        1.0,
        10.0,
        2.0,
        64,
    )
    # But for the quarter seconds of the plain simulation, and that within a step room goes to one lane after the other.
    assert found.tolist() == pytest.approx(expected, abs=1.5 if math.isinf(room) else 5.0)


def calls_after(network: Network, cars: list[tuple[int, float, float, float]], seconds: int) -> list[Call]:
    cabinets, controller = Interlock(network, Limits()), Rollout(network, Limits())
    calls: list[Call] = []
    for _ in range(seconds):
        calls = controller.decide(seen(network, *cars), cabinets.cabinets())
        if calls:
            return calls
        cabinets.second(calls, np.zeros(5, bool))
    return calls


def test_those_who_wait_at_red_get_green_and_are_named(tmp_path: Path) -> None:
    calls = calls_after(town(tmp_path), [(3, 2.0, 0.0, 38.0), (3, 9.5, 0.0, 31.0)], 8)
    assert [(call.signal, call.phase) for call in calls] == [(0, 1)]
    assert calls[0].reason.startswith("2 waiting from the west up to 38 s")


def test_nothing_changes_where_nobody_comes_or_all_have_green(tmp_path: Path) -> None:
    assert calls_after(town(tmp_path), [], 30) == []
    assert calls_after(town(tmp_path), [(0, 60.0, 12.0, 0.0), (2, 30.0, 12.0, 0.0)], 12) == []


def test_signals_twenty_metres_apart_are_planned_as_one(tmp_path: Path) -> None:
    network = town(tmp_path)
    layout = lay_out(network)
    assert layout.members == ((0, 1),)
    assert len(layout.joint[0]) == 4
    through = layout.pair_movement[4, 1]
    rates = layout.rate.reshape(4, -1)[:, through]
    assert rates.tolist() == [0.0, 0.0, 0.5, 0.0], "only with both lines open"
    assert lay_out(network, close_metres=10.0).members == ((0,), (1,))


def test_nobody_is_let_go_into_a_street_that_is_full(tmp_path: Path) -> None:
    network = town(tmp_path)
    cars = [(3, 2.0, 0.0, 38.0), (3, 9.5, 0.0, 31.0)]
    full = replace(seen(network, *cars), exit_room=np.asarray([9.0, 9.0, 9.0, 0.0, 9.0]))
    cabinets, controller = Interlock(network, Limits()), Rollout(network, Limits())
    for _ in range(20):
        assert controller.decide(full, cabinets.cabinets()) == []
        cabinets.second([], np.zeros(5, bool))
    assert controller.decide(seen(network, *cars), cabinets.cabinets()) != []


def test_who_is_held_by_the_next_queue_counts_there(tmp_path: Path) -> None:
    """The street between is full: who stands at the first line is served at the second, whatever lies between."""
    network = town(tmp_path, NET.replace('length="20" shape="20,0', 'length="90" shape="90,0'))
    controller = Rollout(network, Limits())
    assert len(controller.layout.members) == 2
    one = seen(network, (4, 1.0, 0.0, 20.0))
    cars = replace(one.vehicles, next_link=np.asarray([1], np.int64), next_metres=np.asarray([95.0]))
    for room, expected in ((0.0, [4, 1]), (5.0, [4])):
        queue = controller._queue(replace(one, vehicles=cars, exit_room=np.full(5, room)))
        links = [controller.layout.movement_links[way][0] for way in queue.movement.tolist()]
        assert sorted(links, reverse=True) == expected
