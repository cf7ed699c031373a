"""Emergency vehicles get their way, one signal after the other, and give it back; trams weigh as many cars."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bocage.engines.signals import Call, Interlock, Limits, Network, Observation, Request, Sensors
from bocage.engines.signals.priority import LONGEST_SECONDS, Preemption
from bocage.engines.signals.tests.town import seen, town

pytest.importorskip("numba")

from bocage.engines.signals.guard import Guard

# Compiled once a run, by one worker.
pytestmark = pytest.mark.xdist_group("signals")

NOBODY = np.zeros(5, bool)
METRES_PER_SECOND = 13.89


def asking(network: Network, *requests: Request, cars: tuple[tuple[int, float, float, float], ...] = ()) -> Observation:
    return replace(seen(network, *cars), requests=requests)


def test_an_ambulance_gets_a_green_wave_and_releases_it(tmp_path: Path) -> None:
    """From the east over the crossing for people (link 4), then the crossing of streets (link 1)."""
    network = town(tmp_path)
    guard, cabinets = Guard(network, Limits()), Interlock(network, Limits())
    cabinets.phase[1] = 1  # People are crossing.
    north = tuple((0, 2.0 + 7.5 * place, 0.0, 5.0) for place in range(6))
    arrived: dict[int, str] = {}
    said: list[tuple[int, Call]] = []
    for second in range(60):
        metres = 300.0 - METRES_PER_SECOND * second
        ways = [(4, metres), (1, metres + 40.0)]
        requests = [Request("A1", "emergency", link, far, METRES_PER_SECOND) for link, far in ways if far >= 0.0]
        street, crossing = cabinets.states()
        arrived.update({link: (crossing[0] if link == 4 else street[1]) for link, far in ways if 0 <= far < 13.89})
        cars = north if second > 15 else ()  # They come too late for the green that the ambulance has.
        calls = guard.decide(asking(network, *requests, cars=cars), cabinets.cabinets())
        said += [(second, call) for call in calls]
        cabinets.second(calls, NOBODY)
    assert arrived == {4: "G", 1: "G"}
    urgent = [(second, call) for second, call in said if "emergency vehicle from the east" in call.reason]
    assert {call.signal for _, call in urgent} == {0, 1}
    assert min(second for second, _ in urgent) > 5, "not before it has to be"
    after = [call for second, call in said if second > 24 and call.signal == 0]
    assert after, "those from the north have their green again"
    assert after[0].phase == 0
    assert "emergency" not in after[0].reason


def test_a_request_that_never_ends_is_no_longer_believed(tmp_path: Path) -> None:
    network = town(tmp_path)
    preemption, cabinets = Preemption(network, Limits()), Interlock(network, Limits())
    stuck = asking(network, Request("A1", "emergency", 1, 3.0, 0.0))
    held = [bool(preemption.calls(stuck, cabinets.cabinets())[0][0]) for _ in range(LONGEST_SECONDS + 5)]
    assert held == [True] * LONGEST_SECONDS + [False] * 5


@pytest.mark.parametrize("kind", ["tram", None])
def test_a_tram_goes_before_more_cars_and_the_reason_names_it(tmp_path: Path, kind: str | None) -> None:
    """One comes from the west at red and three from the north at green. Is it a car, it waits for them."""
    network = town(tmp_path)
    guard, cabinets = Guard(network, Limits()), Interlock(network, Limits())
    cars = ((3, 60.0, 12.0, 0.0), (0, 40.0, 12.0, 0.0), (0, 48.0, 12.0, 0.0), (0, 56.0, 12.0, 0.0))
    requests = [Request("T2", "tram", 3, 60.0, 12.0)] if kind else []
    calls: list[Call] = []
    for _ in range(12):
        calls = guard.decide(asking(network, *requests, cars=cars), cabinets.cabinets())
        if calls:
            break
        cabinets.second(calls, NOBODY)
    if kind is None:
        assert calls == []
    else:
        assert [(call.signal, call.phase) for call in calls] == [(0, 1)]
        assert calls[0].reason.startswith("tram in 4 s, ")


@pytest.mark.parametrize("at_stop", [False, True])
def test_a_bus_asks_once_its_doors_are_closed(tmp_path: Path, at_stop: bool) -> None:
    """In SUMO: it stands 60 m before the line, in a queue or at its stop."""
    vehicle = SimpleNamespace(
        getIDList=lambda: ("B1",),
        getLaneID=lambda _name: "w_0",
        getLanePosition=lambda _name: 140.0,
        getSpeed=lambda _name: 0.0,
        getNextTLS=lambda _name: (("cross", 3, 60.0, "r"),),
        getVehicleClass=lambda _name: "bus",
        isStopped=lambda _name: at_stop,
    )
    observation = Sensors(SimpleNamespace(vehicle=vehicle), town(tmp_path), 1, 0.0, 200.0).observe()
    assert observation.requests == (() if at_stop else (Request("B1", "bus", 3, 60.0, 0.0),))
    assert observation.vehicles.link.tolist() == [3], "it is in the street all the same"
