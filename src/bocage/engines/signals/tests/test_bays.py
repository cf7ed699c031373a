"""A queue that overflows its short lane holds up the street behind it, and counts with those whom it holds up."""

from pathlib import Path

import numpy as np
import pytest

from bocage.engines.signals import Interlock, Limits, Link, Network, Phase, Signal
from bocage.engines.signals.tests.town import NET, seen, town
from bocage.engines.signals.types import Stretch

pytest.importorskip("numba")

from bocage.engines.signals.rollout import Rollout

# Compiled once a run, by one worker.
pytestmark = pytest.mark.xdist_group("signals")

NORTH, STRAIGHT, LEFT = range(3)
BAY_METRES = 40.0


def crossing(shared: bool) -> Network:
    """From the north straight on; from the west straight on or left, on a lane of 40 m each, which one street feeds."""
    links = (
        Link(0, "n_0", "so_0", "s", 300.0, 200.0, 13.9, "the north"),
        Link(1, "w_0", "eo_0", "s", BAY_METRES, 200.0, 13.9, "the west"),
        Link(2, "w_1", "no_0", "l", BAY_METRES, 200.0, 13.9, "the west"),
    )
    greens = ("Grr", "rGr", "rrG")
    program = tuple((state, seconds) for green in greens for state, seconds in ((green, 30.0), (amber(green), 3.0)))
    foes = frozenset({(0, 1), (1, 0), (0, 2), (2, 0)})
    signal = Signal("cross", links, tuple(Phase(green, 3) for green in greens), program, foes)
    exits = tuple(link.exit_lane for link in links)
    feeders = {"w_0": ("w0_0",), "w_1": ("w0_0",) if shared else ("w0_1",)}
    return Network((signal,), exits, tuple((Stretch((each,), 200.0),) for each in exits), (False,) * 3, feeders)


def amber(green: str) -> str:
    return green.replace("G", "y")


@pytest.mark.parametrize(("shared", "phase"), [(True, LEFT), (False, STRAIGHT)])
def test_those_who_block_the_street_are_served_before_those_they_block(shared: bool, phase: int) -> None:
    """Seven wait to turn left, one more than their lane holds; behind him twelve want straight on."""
    network = crossing(shared)
    left = tuple((LEFT, 1.0 + 7.5 * place, 0.0, 20.0) for place in range(7))
    straight = tuple((STRAIGHT, 55.0 + 7.5 * place, 0.0, 20.0) for place in range(12))
    rollout, cabinets = Rollout(network, Limits()), Interlock(network, Limits())
    for _ in range(8):
        calls = rollout.decide(seen(network, *left, *straight), cabinets.cabinets())
        if calls:
            break
        cabinets.second(calls, np.zeros(3, bool))
    assert [call.phase for call in calls] == [phase]


def test_lanes_that_lead_to_a_line_are_read_unless_they_end_at_one_themselves(tmp_path: Path) -> None:
    """East of the crossing a street comes from another signal, whose own queue it is."""
    assert town(tmp_path).feeders == {}
    lane = '<lane id="far_0" index="0" speed="13.89" length="90" shape="0,290 0,200"/>'
    far = f'<edge id="far" from="F" to="N">{lane}</edge>'
    joined = '<connection from="far" to="n" fromLane="0" toLane="0" dir="s" state="M"/></net>'
    text = NET.replace('<edge id="n"', f'{far}<edge id="n"').replace("</net>", joined)
    assert town(tmp_path, text).feeders == {"n_0": ("far_0",)}
