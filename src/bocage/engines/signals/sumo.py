"""Runs a scenario in SUMO (the extra `city`), one a process: libsumo keeps one simulation and can take it down."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from lxml import etree

from bocage.engines.signals.controllers import make_controller
from bocage.engines.signals.interlock import Interlock
from bocage.engines.signals.network import read_network
from bocage.engines.signals.programs import write_programs
from bocage.engines.signals.scores import Scores, score
from bocage.engines.signals.sensors import KINDS, Sensors
from bocage.engines.signals.types import Call, ControllerName, Indices, Limits, Network, SignalsError

STEPS_LIMIT = 7 * 86_400
BLIND_METRES = 1e9


@dataclass(frozen=True, slots=True)
class Scenario:
    """A network, who drives (`routes`), and from which second to which."""

    net: Path
    routes: tuple[Path, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Setting:
    """How it is run. `unseen_share`: of vehicles, seen by no sensor; `sensor_range`: metres before a stop line."""

    controller: ControllerName
    seed: int
    limits: Limits = field(default_factory=Limits)
    unseen_share: float = 0.0
    sensor_range: float = BLIND_METRES
    demand_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `controller_ms`: processor milliseconds of sensing and deciding, a simulated second."""

    scores: Scores
    controller_ms: float
    sensing_ms: float
    handed_back_share: float
    switches: int
    forced: int
    vehicles_mean: float
    wall_seconds: float


def read_scenario(path: Path, begin: int | None = None, end: int | None = None) -> Scenario:
    """A `.sumocfg`, or a `.net.xml` with its routes beside it under the same name.

    Raises:
        SignalsError: names the file and what is wrong.
    """
    if path.name.endswith((".net.xml", ".net.xml.gz")):
        stem = path.name.split(".net.xml")[0]
        found = [path.with_name(stem + ending) for ending in (".rou.xml", ".rou.xml.gz", ".trips.xml")]
        routes = tuple(one for one in found if one.exists())[:1]
        if not routes:
            raise SignalsError(f"{path.name}: there is no {stem}.rou.xml beside it")
        return _checked(Scenario(path, routes, begin or 0, 3600 if end is None else end))
    try:
        root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    except OSError:
        raise SignalsError(f"{path.name}: it cannot be read") from None
    except etree.XMLSyntaxError as error:
        raise SignalsError(f"{path.name}: it is no XML: {error}") from None
    values = {one.tag: one.get("value", "") for one in root.iter("net-file", "route-files", "begin", "end")}
    for name in ("net-file", "route-files"):
        if not values.get(name):
            raise SignalsError(f"{path.name}, {name}: it is missing")
    routes = tuple(path.parent / name.strip() for name in values["route-files"].split(","))
    try:
        first, last = int(float(values.get("begin", "0"))), int(float(values.get("end", "3600")))
    except (ValueError, OverflowError):
        raise SignalsError(f"{path.name}, begin, end: seconds are needed") from None
    scenario = Scenario(
        path.parent / values["net-file"], routes, first if begin is None else begin, last if end is None else end
    )
    return _checked(scenario)


def _checked(scenario: Scenario) -> Scenario:
    for file in (scenario.net, *scenario.routes):
        if not file.is_file():
            raise SignalsError(f"{file.name}: there is no such file")
    if not 0 <= scenario.begin < scenario.end <= scenario.begin + STEPS_LIMIT:
        raise SignalsError(f"from second {scenario.begin} to {scenario.end}: not within a week and forwards")
    return scenario


def simulate(
    scenario: Scenario, setting: Setting, told: Callable[[int, str, str, Call], None] | None = None
) -> Outcome:
    """Run it to the end. `told` hears each change: second, signal, the new green's letters, and the call.

    Raises:
        SignalsError: SUMO is not there or refuses the scenario.
    """
    try:
        # It prints a warning where pyarrow is there as well, and our output is for programs.
        with redirect_stdout(sys.stderr):
            import libsumo
    except ImportError:
        raise SignalsError("running a network needs SUMO: ./bocage extras add city") from None
    network = read_network(scenario.net)
    begun = time.monotonic()
    with TemporaryDirectory() as folder:
        trips = Path(folder) / "trips.xml"
        try:
            libsumo.start(["sumo", *_options(scenario, setting, network, Path(folder), trips)])
            try:
                run = _drive(libsumo, network, scenario, setting, told)
                of = libsumo.vehicletype
                classes = {name: of.getVehicleClass(name) for name in of.getIDList()}
            finally:
                libsumo.close()
        except libsumo.TraCIException as error:
            raise SignalsError(f"SUMO stopped: {error}") from None
        asking = {name: kind for name, kind in classes.items() if kind in KINDS}
        return Outcome(score(trips, asking), *run, time.monotonic() - begun)


def _options(scenario: Scenario, setting: Setting, network: Network, folder: Path, trips: Path) -> Iterator[str]:
    yield from ("-n", str(scenario.net), "-r", ",".join(map(str, scenario.routes)))
    yield from ("-b", str(scenario.begin), "-e", str(scenario.end), "--seed", str(setting.seed))
    yield from ("--time-to-teleport", "-1", "--scale", str(setting.demand_scale))
    yield from ("--tripinfo-output", str(trips), "--tripinfo-output.write-unfinished")
    yield from ("--tripinfo-output.write-undeparted", "--no-step-log", "--no-warnings", "--xml-validation", "never")
    if setting.controller in ("fixed", "actuated"):
        file = folder / "programs.add.xml"
        write_programs(network, setting.limits, setting.controller == "actuated", file)
        yield from ("-a", str(file))


def _drive(
    libsumo: Any,
    network: Network,
    scenario: Scenario,
    setting: Setting,
    told: Callable[[int, str, str, Call], None] | None,
) -> tuple[float, float, float, int, int, float]:
    controller = make_controller(setting.controller, network, setting.limits)
    cabinets = Interlock(network, setting.limits)
    sensors = Sensors(libsumo, network, setting.seed, setting.unseen_share, setting.sensor_range)
    links = int(cabinets.first_link[-1])
    spent = sensed = 0.0
    switches, vehicles, seconds = 0, 0, scenario.end - scenario.begin
    show = libsumo.trafficlight.setRedYellowGreenState
    if controller is not None:
        for signal, state in zip(network.signals, cabinets.states(), strict=True):
            show(signal.id, state)
    for second in range(scenario.begin, scenario.end):
        if controller is not None:
            start = time.thread_time()
            seen = sensors.observe()
            looked = time.thread_time()
            calls = controller.decide(seen, cabinets.cabinets())
            changes = cabinets.second(calls, standing(seen.vehicles.link, seen.vehicles.waiting > 0, links))
            if second > scenario.begin:  # The first second compiles.
                spent += time.thread_time() - start
                sensed += looked - start
            for number, state in changes:
                show(network.signals[number].id, state)
            switches += len(calls)
            for call in calls if told else ():
                one = network.signals[call.signal]
                told(second, one.id, one.phases[call.phase].state, call)  # type: ignore[misc]
        libsumo.simulationStep()
        vehicles += libsumo.vehicle.getIDCount()
    each = 1000.0 / max(seconds - 1, 1)
    back = getattr(controller, "handed_back_share", 0.0)
    return spent * each, sensed * each, back, switches, cabinets.forced, vehicles / seconds


def standing(link: Indices, stands: Any, links: int) -> Any:
    """Whether somebody stands before each link."""
    return np.bincount(link[stands], minlength=links) > 0
