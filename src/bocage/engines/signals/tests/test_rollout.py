"""The plan against every sequence tried out, and what the controller calls and says."""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from bocage.engines.signals import Call, Interlock, Limits, Network
from bocage.engines.signals.tests.town import seen, town

pytest.importorskip("numba")

from bocage.engines.signals.layout import lay_out
from bocage.engines.signals.planning import SECONDS_A_PLACE, plan
from bocage.engines.signals.rollout import Rollout

BOUNDS = np.asarray([0.0, 5.0, 10.0, 15.0, 20.0])


def played(lanes: list[list[tuple[float, int]]], rate: np.ndarray, sequence: tuple[int, ...]) -> float:
    """The cost of one sequence of phases from phase 0, second by quarter of a second: red costs, green serves."""
    step, cost = 0.25, 0.0
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
                ):
                    free[lane] = now + 1.0 / rate[phase, queue[0][1]]
                    queue.pop(0)
                cost += step * sum(due <= now for due, _ in queue)
            now += step
    for queue in queues:
        for behind, (due, way) in enumerate(queue):
            if due < BOUNDS[-1]:
                cost += SECONDS_A_PLACE * behind + (10.0 if not rate[phase, way] else 0.0)
    return cost


@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_the_best_of_all_sequences(seed: int) -> None:
    dice = np.random.default_rng(seed)
    lanes = [
        sorted((float(dice.integers(0, 60)) / 4, int(lane)) for _ in range(dice.integers(0, 7))) for lane in range(3)
    ]
    rate = np.asarray([[0.5, 0.5, 0.0], [0.0, 0.0, 0.5]])
    costs = {sequence: played(lanes, rate, sequence) for sequence in product((0, 1), repeat=4)}
    expected = [min(cost for sequence, cost in costs.items() if sequence[0] == first) for first in (0, 1)]
    found = plan(
        np.cumsum([0, *map(len, lanes)]),
        np.asarray([due for lane in lanes for due, _ in lane]),
        np.asarray([way for lane in lanes for _, way in lane], dtype=np.int64),
        np.ones(sum(map(len, lanes))),
        rate,
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
    assert found.tolist() == pytest.approx(expected, abs=1.5), "but for the quarter seconds of the plain simulation"


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
