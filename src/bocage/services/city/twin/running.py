"""The twin at work: a second of the streets in each second of the clock."""

import importlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bocage.engines.signals import Cabinets, Call, Network, Observation, Sensors, read_network
from bocage.services.city.twin.eyes import Loops, Waits, write_loops
from bocage.services.city.twin.lights import LIMITS, Lights, plan_of, walkable
from bocage.services.city.twin.roads import DrawnStreet, Roads, TwinError, build
from bocage.services.city.twin.traffic import Traffic, write_types

log = logging.getLogger(__name__)

# Further behind the clock than this, the lost seconds are left out: lights live now.
BEHIND_SECONDS = 5.0
# Without the town's answer for so long nobody could ask why: the lights go by their fixed plan until it is back.
LOG_SILENT_SECONDS = 60.0
# What cameras at stop lines see; each of them sees everybody.
SENSOR_METRES, UNSEEN_SHARE = 200.0, 0.0
SIGNALS_EVERY_SECONDS = 30
BUSES_EVERY_SECONDS = 10
FIXED_SECONDS = 900
NO_PLAN = "no plan has come from the planner for 10 s"
NO_LOG = "the town's log has taken nothing for 60 s"
STARTED = "the cabinets have just started"


@dataclass
class Town:
    """What the twin stands on: the drawn roads, their lights, SUMO under way."""

    libsumo: Any
    roads: Roads
    network: Network
    detectors: Mapping[str, str]
    loops: dict[str, list[str]]


def open_town(
    folder: Path,
    streets: Sequence[DrawnStreet],
    detectors: Mapping[str, str],
    seed: int,
    *,
    closed: Collection[str] = (),
    bus_lanes: Collection[str] = (),
    options: Sequence[str] = (),
) -> Town:
    """Draw the roads, changed where asked, and start SUMO on them. Raises `TwinError`."""
    folder.mkdir(parents=True, exist_ok=True)
    roads = build(folder, streets, closed, bus_lanes)
    network = read_network(roads.net)
    libsumo = _libsumo()
    file = folder / "loops.add.xml"
    loops = write_loops(roads, detectors, file)
    started = ["-n", str(roads.net), "-a", f"{write_types(folder)},{file}", "-e", str(10**9)]
    started += ["--seed", str(seed), "--no-step-log", "--no-warnings", "--xml-validation", "never"]
    libsumo.start(["sumo", *started, *options])
    return Town(libsumo, roads, network, detectors, loops)


def described(town: Town) -> list[dict[str, Any]]:
    """Every light in the API's words: where it is, what each of its phases lets go, and its fixed plan."""
    fixed = _waits_of_fixed_plan(town.network)
    return [_described(town, number, fixed) for number in range(len(town.network.signals))]


def _described(town: Town, number: int, fixed: Waits) -> dict[str, Any]:
    one, junction = town.network.signals[number], town.roads.junctions[town.network.signals[number].id]
    wait = fixed.walk_seconds(number)
    phases = []
    for green, walk in zip(one.phases, walkable(one), strict=True):
        going = [link for link in one.links if green.state[link.position] in "Gg"]
        ways = sorted({(link.comes_from.removeprefix("the "), link.turn.lower()) for link in going})
        phases.append({"ways": [list(way) for way in ways], "walk": any(walk.values())})
    return {
        "id": one.id,
        "on": junction.name[:80],
        "x_m": junction.point_m[0],
        "y_m": junction.point_m[1],
        "phases": phases,
        "plan": [list(each) for each in plan_of(one)],
        "fixed_walk_seconds": None if wait is None else round(wait, 1),
        "max_red_seconds": LIMITS.max_red,
    }


def _waits_of_fixed_plan(network: Network) -> Waits:
    """The fixed plan played for a while without anybody: what it costs people on foot follows from its lamps alone."""
    lights, waits = Lights(network, {}), Waits(network)
    for second in range(FIXED_SECONDS):
        lights.second(None, second * 1000, "")
        waits.second(None, lights.cabinets.cabinets())
    return waits


class Says(Protocol):
    """What the twin writes to: a journal, or nothing."""

    numbers: dict[str, int]

    @property
    def silent_seconds(self) -> float: ...
    def append(self, rows: Iterable[dict[str, Any]]) -> None: ...


class Plans(Protocol):
    """Who plans: a process of its own, or nobody."""

    def ask(self, seen: Observation, shown: Cabinets) -> None: ...
    def calls(self) -> list[Call] | None: ...


class Twin:
    """Plays the town second by second into a journal."""

    def __init__(self, town: Town, journal: Says, planner: Plans, seed: int) -> None:
        self.town, self.journal, self.planner = town, journal, planner
        self.lights = Lights(town.network, journal.numbers)
        self.eyes = Sensors(town.libsumo, town.network, seed, UNSEEN_SHARE, SENSOR_METRES)
        self.waits = Waits(town.network)
        self.loops = Loops(town.libsumo, town.loops)
        self.traffic = Traffic(town.libsumo, town.roads, seed)
        self._seconds = 0
        self._minute = 0

    def begin(self, at_ms: int) -> None:
        """Say what every light shows first."""
        self.journal.append({"kind": "change", **each.as_json()} for each in self.lights.first(at_ms, STARTED))
        self._show()

    def second(self, at_ms: int, hour: float) -> None:
        """One second: who comes, what is seen, what the lights do about it and why; on disk before it is shown."""
        self._seconds += 1
        self.traffic.second(hour)
        self.town.libsumo.simulationStep()
        seen, shown = self.eyes.observe(), self.lights.cabinets.cabinets()
        self.planner.ask(seen, shown)
        calls, why = self.planner.calls(), NO_PLAN
        if self.journal.silent_seconds > LOG_SILENT_SECONDS:
            calls, why = None, NO_LOG
        changes = self.lights.second(calls, at_ms, why)
        self.waits.second(seen, shown)
        self.loops.second()
        rows = [{"kind": "change", **each.as_json()} for each in changes]
        self.journal.append([*rows, *({"kind": "record", **each} for each in self._records(at_ms))])
        self._show()

    def _show(self) -> None:
        show = self.town.libsumo.trafficlight.setRedYellowGreenState
        for signal, state in zip(self.town.network.signals, self.lights.cabinets.states(), strict=True):
            show(signal.id, state)

    def _records(self, at_ms: int) -> Iterator[dict[str, Any]]:
        at = at_ms / 1000
        minute = at_ms // 60_000
        if self._minute and minute != self._minute:
            for name, said in self.loops.minute():
                yield {
                    "at": minute * 60 - 60,
                    "stream": "detector",
                    "id": name,
                    "on": self.town.detectors[name],
                    **said,
                }
        self._minute = minute
        if self._seconds % SIGNALS_EVERY_SECONDS == 0:
            yield from self._of_signals(at)
        if self._seconds % BUSES_EVERY_SECONDS == 0:
            for bus in self.traffic.buses():
                where = {"x_m": round(bus.x_m, 1), "y_m": round(bus.y_m, 1)}
                late = {"late_seconds": round(max(bus.late_seconds, -3600))}
                yield {"at": at, "stream": "bus", "id": bus.id, "on": bus.line, **where, **late}

    def _of_signals(self, at: float) -> Iterator[dict[str, Any]]:
        for number, one in enumerate(self.town.network.signals):
            junction = self.town.roads.junctions[one.id]
            said: dict[str, Any] = {"lamps": "working", "phase": str(int(self.lights.cabinets.phase[number]) + 1)}
            walk, drive = self.waits.walk_seconds(number), self.waits.drive_seconds(number)
            if walk is not None:
                said["walk_wait_seconds"] = round(walk, 1)
            if drive is not None:
                said["drive_wait_seconds"] = round(drive, 1)
            said["crossed_veh_h"] = round(self.waits.crossed_h(number))
            where = {"x_m": junction.point_m[0], "y_m": junction.point_m[1]}
            yield {"at": at, "stream": "signal", "id": one.id, "on": junction.name[:80], **where, **said}


def live(twin: Twin, stop: threading.Event, hour: Callable[[float], float]) -> None:
    """A second of the town in each second of the clock, until `stop` is set."""
    twin.begin(round(time.time() * 1000))
    due = time.time() + 1
    while not stop.wait(max(0.0, due - time.time())):
        twin.second(round(due * 1000), hour(due))
        due += 1
        if abs(time.time() - due) > BEHIND_SECONDS:
            # Behind, or the clock was put back: waiting for it to come round again would freeze the lights.
            log.warning("twin: %.0f s behind the clock; going on from now", time.time() - due)
            due = time.time() + 1


def hour_in(zone: Any) -> Callable[[float], float]:
    """The hour of the day there, with its fraction, at an instant."""

    def hour(at: float) -> float:
        local = datetime.fromtimestamp(at, zone)
        return local.hour + local.minute / 60 + local.second / 3600

    return hour


def _libsumo() -> Any:
    try:
        # It prints a warning where pyarrow is there as well.
        with redirect_stdout(sys.stderr):
            return importlib.import_module("libsumo")
    except ImportError:
        raise TwinError("The twin of the town's streets needs SUMO: ./bocage extras add city") from None
