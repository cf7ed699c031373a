"""The controller on counts of loops alone, as in a cabinet on the street: no simulator, no vehicle's position."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bocage.engines.signals import Call, Interlock, Limits, Loops, Request, SignalsError
from bocage.engines.signals.loops import LOST_SECONDS
from bocage.engines.signals.tests.town import town

pytest.importorskip("numba")

from bocage.engines.signals.guard import Guard

# Compiled once a run, by one worker.
pytestmark = pytest.mark.xdist_group("signals")

LANES = ("n_0", "e_0", "s_0", "w_0")
SECONDS = 400
# Many come from the south for a while, then from the west; few from elsewhere.
DICE = np.random.default_rng(11).random((SECONDS, 4))
SHARE = np.where(np.arange(SECONDS)[:, None] < 200, [0.02, 0.02, 0.25, 0.05], [0.02, 0.02, 0.05, 0.25])


def waited(folder: Path, fixed: bool) -> tuple[float, int]:
    """Seconds waited a vehicle and how many got through: each drives 10 s to the line, one leaves each 2 s of green."""
    network = town(folder)
    loops, cabinets = Loops(network, dict.fromkeys(LANES, 140.0)), Interlock(network, Limits())
    guard = Guard(network, Limits())
    queue: list[list[int]] = [[], [], [], []]
    waits: list[int] = []
    for second in range(SECONDS):
        entered = {lane: 1 for place, lane in enumerate(LANES) if DICE[second, place] < SHARE[second, place]}
        for lane in entered:
            queue[LANES.index(lane)].append(second + 10)
        left = {}
        for place, lane in enumerate(LANES):
            green = cabinets.states()[0][place] == "G" and cabinets.since[0] >= 2 and second % 2 == 0
            if green and queue[place] and queue[place][0] <= second:
                waits.append(second - queue[place].pop(0))
                left[lane] = 1
        seen = loops.second(entered, left)
        by_clock = [Call(0, second // 30 % 2, "by the clock")]
        calls = by_clock if fixed else guard.decide(seen, cabinets.cabinets())
        cabinets.second(calls, np.zeros(5, bool))
    return float(np.mean(waits)), len(waits)


def test_counts_alone_beat_the_clock(tmp_path: Path) -> None:
    by_clock, by_counts = waited(tmp_path, True), waited(tmp_path, False)
    assert by_counts[0] < 0.6 * by_clock[0], (by_counts, by_clock)
    assert by_counts[1] >= by_clock[1] > 100


def test_where_vehicles_are_taken_to_be(tmp_path: Path) -> None:
    network = town(tmp_path)
    loops = Loops(network, {"w_0": 100.0})
    loops.second({"w_0": 1}, {})
    loops.second({"w_0": 1}, {})
    one = loops.second({}, {}).vehicles
    assert one.link.tolist() == [3, 3]
    assert one.metres.tolist() == pytest.approx([100 - 2 * 13.89, 100 - 13.89])
    for _ in range(10):
        one = loops.second({}, {}).vehicles
    assert one.metres.tolist() == [1.0, 7.5]
    assert one.speed.tolist() == [0.0, 0.0]
    seen = loops.second({}, {"w_0": 1})
    assert (seen.passed[3], len(seen.vehicles.link)) == (1, 1)
    for _ in range(LOST_SECONDS):
        seen = loops.second({}, {})
    assert len(seen.vehicles.link) == 0, "counted in, never out"
    assert loops.second({}, {"w_0": 2}).passed[3] == 2, "counted out, never in"


def test_loops_that_are_not_there_are_refused(tmp_path: Path) -> None:
    network = town(tmp_path)
    with pytest.raises(SignalsError, match="'nowhere'"):
        Loops(network, {"nowhere": 50.0})
    with pytest.raises(SignalsError, match="'w_0' at -5"):
        Loops(network, {"w_0": -5.0})
    loops = Loops(network, {"w_0": 50.0})
    with pytest.raises(SignalsError, match="'e_0'"):
        loops.second({"e_0": 1}, {})
    with pytest.raises(SignalsError, match="-1 is no count"):
        loops.second({"w_0": -1}, {})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"link": -1}, "'A1'.* link -1"),
        ({"link": 5}, "link 5"),
        ({"metres": float("nan")}, "nan m"),
        ({"metres": -1.0}, "-1.0 m"),
        ({"speed": float("inf")}, "inf is no speed"),
        ({"kind": "limousine"}, "no limousine"),
    ],
)
def test_a_request_that_cannot_be_is_refused(changed: dict[str, Any], says: str, tmp_path: Path) -> None:
    loops = Loops(town(tmp_path), {"w_0": 50.0})
    asked = replace(Request("A1", "emergency", 3, 40.0, 12.0), **changed)
    with pytest.raises(SignalsError, match=says):
        loops.second({}, {}, (asked,))
