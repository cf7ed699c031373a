"""The guard hands back what the planner does worse, and blind signals go on by their fixed plan."""

from pathlib import Path

import numpy as np
import pytest

from bocage.engines.signals import Cabinets, Call, Interlock, Limits, Observation
from bocage.engines.signals.actuated import ActuatedPlan
from bocage.engines.signals.tests.town import seen, town

pytest.importorskip("numba")

from bocage.engines.signals.guard import SILENT_SECONDS, Guard

pytestmark = pytest.mark.heavy


class Stubborn:
    """Keeps one green for ever, whoever waits."""

    def decide(self, seen: Observation, cabinets: Cabinets) -> list[Call]:
        return []


def test_a_planner_that_lets_a_street_wait_is_relieved(tmp_path: Path) -> None:
    network = town(tmp_path)
    guard, cabinets = Guard(network, Limits(max_red=600)), Interlock(network, Limits(max_red=600))
    guard.inner.decide = Stubborn().decide  # type: ignore[method-assign]
    queue, served = 0, 0
    for second in range(1500):
        if second % 10 == 0:
            queue += 1  # One comes from the west each ten seconds.
        green = cabinets.phase[0] == 1 and cabinets.since[0] >= 2 and second % 2 == 0
        passed = {3: 1} if green and queue else {}
        queue -= len(passed)
        served += len(passed)
        cars = [(3, 2.0 + 7.5 * place, 0.0, 20.0) for place in range(min(queue, 26))]
        calls = guard.decide(seen(network, *cars, passed=passed), cabinets.cabinets())
        cabinets.second(calls, np.zeros(5, bool))
    assert served > 50
    assert 0.05 < guard.handed_back_share < 1.0


def test_a_planner_that_does_well_keeps_its_signals(tmp_path: Path) -> None:
    network = town(tmp_path)
    guard, cabinets = Guard(network, Limits()), Interlock(network, Limits())
    for second in range(900):
        cars = [(3, 60.0, 12.0, 0.0)] if second % 20 < 5 else []
        passed = {3: 1} if second % 20 == 5 else {}
        cabinets.second(guard.decide(seen(network, *cars, passed=passed), cabinets.cabinets()), np.zeros(5, bool))
    assert guard.handed_back_share == 0.0


def test_a_blind_signal_goes_by_its_program(tmp_path: Path) -> None:
    network = town(tmp_path)
    guard, cabinets = Guard(network, Limits()), Interlock(network, Limits())
    changes, reasons = [], set()
    for second in range(SILENT_SECONDS + 200):
        calls = guard.decide(seen(network), cabinets.cabinets())
        changes += [second for call in calls if call.signal == 0]
        reasons |= {call.reason for call in calls}
        cabinets.second(calls, np.zeros(5, bool))
    assert min(changes) >= SILENT_SECONDS - 1
    assert len(changes) >= 5, "greens of 30 s"
    assert reasons == {"fixed plan, no sensor says anything here"}
    assert guard.handed_back_share == 0.0


def test_the_actuated_plan_extends_a_green_while_somebody_comes(tmp_path: Path) -> None:
    network = town(tmp_path)
    plan, cabinets = ActuatedPlan(network, Limits()), Interlock(network, Limits())
    every, none = np.ones(2, bool), np.zeros(2, bool)
    ended: list[int] = []
    for second in range(60):
        calls = plan.calls(seen(network, (0, 20.0, 12.0, 0.0)), cabinets.cabinets(), every, none)
        ended += [second for call in calls if call.signal == 0]
        cabinets.second(calls, np.zeros(5, bool))
    assert ended[0] == 50, "the longest green"
