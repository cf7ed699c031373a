"""Play the motorway in SUMO with incidents whose time and place are drawn by lot, and keep what sensors would say.

Run as a module, one process a run: `python -m bocage.engines.incidents.laboratory.playing FOLDER LEVEL SEED`.
"""

import importlib
import importlib.util
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bocage.engines.incidents.laboratory import motorway
from bocage.engines.incidents.laboratory.motorway import LANES, SECONDS, WARM_SECONDS, Level
from bocage.engines.incidents.types import Floats, IncidentsError, Loops, Tracks

IncidentKind = Literal["breakdown", "crash", "debris"]
# Of a kept run: what it holds, and of which motorway. One of another number is not read.
FORMAT = 1
KINDS: tuple[IncidentKind, ...] = ("breakdown", "breakdown", "crash", "debris")
FIRST_SECONDS, LAST_SECONDS = 1_000, 1_300
SHORTEST_SECONDS, LONGEST_SECONDS = 600, 900
RUN_SECONDS_LIMIT = 1_800
# A radar or camera on a mast: how far off its positions and speeds are, and how often a track misses a second.
METRES_OFF, SPEED_OFF, MISSED = 0.5, 0.3, 0.03


@dataclass(frozen=True)
class Incident:
    """What happened: `kind` breakdown (one lane), crash (two lanes) or debris (something lies there)."""

    kind: IncidentKind
    metres: float
    lane: int
    began_seconds: float
    ended_seconds: float


@dataclass(frozen=True)
class Run:
    """One run: its incidents, loops by half minutes from `WARM_SECONDS` on, tracks by seconds."""

    level: Level
    seed: int
    incidents: tuple[Incident, ...]
    loops: tuple[Loops, ...]
    tracks: tuple[Tracks, ...]


def play(folder: Path, level: Level, seed: int) -> Run:
    """The run of `level` and `seed`, from `folder` where it was played before.

    Raises:
        IncidentsError: SUMO is not installed, or it failed.
    """
    if importlib.util.find_spec("libsumo") is None:
        raise IncidentsError("the motorway needs SUMO: ./bocage extras add city")
    kept = folder / f"{level}-{seed}.npz"
    if not kept.exists():
        command = [sys.executable, "-m", __name__, str(folder), level, str(seed)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS_LIMIT, check=False)
        except subprocess.TimeoutExpired:
            raise IncidentsError(f"SUMO took more than {RUN_SECONDS_LIMIT} s on {level}, seed {seed}") from None
        if done.returncode:
            raise IncidentsError(f"SUMO failed on {level}, seed {seed}: {done.stderr.strip()[-300:]}")
    return _load(kept, level, seed)


def _record(folder: Path, level: Level, seed: int) -> None:
    sumo: Any = importlib.import_module("libsumo")
    netconvert = Path(importlib.import_module("sumo").SUMO_HOME) / "bin" / "netconvert"
    work = folder / f"{level}-{seed}"
    work.mkdir(parents=True, exist_ok=True)
    files = motorway.write(work, level, netconvert)
    options = [
        "-n",
        files.network,
        "-r",
        files.routes,
        "-a",
        files.loops,
        "--seed",
        seed,
        "--no-step-log",
        "--no-warnings",
    ]
    options += ["--time-to-teleport", "-1", "--collision.action", "none", "--step-length", "1"]
    sumo.start(["sumo", *(str(option) for option in options)])
    # Of another stream than SUMO's own.
    dice = np.random.default_rng([seed, len(level)])
    story = _Story(sumo, dice)
    rows: list[Floats] = []
    numbers: dict[str, int] = {}
    begins = dict(motorway.EDGES)
    for second in range(SECONDS):
        story.tell(second)
        sumo.simulationStep()
        for vehicle in sumo.simulation.getDepartedIDList():
            sumo.vehicle.subscribe(vehicle, (0x50, 0x52, 0x56, 0x40))  # road, lane index, position, speed
        if second >= WARM_SECONDS:
            rows.append(_seen(sumo.vehicle.getAllSubscriptionResults(), second, begins, numbers))
    sumo.close()
    np.savez_compressed(
        folder / f"{level}-{seed}.partial.npz",
        format=np.array(FORMAT),
        rows=np.concatenate(rows),
        loops=_read_loops(files.loops_found),
        incidents=np.array(json.dumps([asdict(each) for each in story.incidents])),
    )
    (folder / f"{level}-{seed}.partial.npz").replace(folder / f"{level}-{seed}.npz")
    shutil.rmtree(work)


class _Story:
    """One incident a run, its kind in turn; `incidents` tells what truly came about."""

    def __init__(self, sumo: Any, dice: np.random.Generator) -> None:
        self._sumo, self._dice = sumo, dice
        self.incidents: list[Incident] = []
        self._kind = KINDS[int(dice.integers(len(KINDS)))]
        self._begins = int(dice.integers(FIRST_SECONDS, LAST_SECONDS))
        self._lasts = int(dice.integers(SHORTEST_SECONDS, LONGEST_SECONDS))
        self._metres = float(dice.uniform(1_500, 7_200))
        self._lane = int(dice.integers(0, LANES))
        self._held: list[str] = []
        self._ends: int | None = None

    def tell(self, second: int) -> None:
        """What happens at this second."""
        if second >= self._begins and self._ends is None:
            self._begin(second)
        elif self._ends is not None and second >= self._ends and self._held:
            for vehicle in self._held:
                if self._kind == "debris":
                    self._sumo.vehicle.unsubscribe(vehicle)
                    self._sumo.vehicle.remove(vehicle)
                else:
                    self._sumo.vehicle.setSpeed(vehicle, -1)
                    self._sumo.vehicle.setLaneChangeMode(vehicle, 1621)
            self._held = []

    def _begin(self, second: int) -> None:
        if self._kind == "debris":
            self._drop(second)
            return
        lanes = [self._lane] if self._kind == "breakdown" else [self._lane, (self._lane + 1) % LANES]
        if self._kind == "crash" and max(lanes) - min(lanes) > 1:
            lanes = [1, 2]
        edge, position, shift = motorway.place_of(self._metres)
        chosen = []
        for lane in lanes:
            there = self._sumo.lane.getLastStepVehicleIDs(f"{edge}_{lane + shift}")
            near = [(abs(self._sumo.vehicle.getLanePosition(each) - position), each) for each in there]
            if not near or min(near)[0] > 150:
                return  # Nobody is near: the next second is tried.
            chosen.append(min(near)[1])
        for vehicle in chosen:
            self._sumo.vehicle.setLaneChangeMode(vehicle, 0)
            self._sumo.vehicle.setSpeed(vehicle, 0)
        metres = self._metres - position + self._sumo.vehicle.getLanePosition(chosen[0])
        self._happened(second, metres, lanes[0], chosen)

    def _drop(self, second: int) -> None:
        name = "debris"
        if name not in self._held:
            edge, position, shift = motorway.place_of(self._metres)
            self._held = [name]
            lane, at = str(self._lane + shift), str(round(position, 1))
            self._sumo.vehicle.add(name, f"from {edge}", "debris", departLane=lane, departPos=at, departSpeed="0")
        elif name in self._sumo.vehicle.getIDList():
            self._sumo.vehicle.setLaneChangeMode(name, 0)
            self._sumo.vehicle.setSpeed(name, 0)
            self._happened(second, self._metres, self._lane, [name])

    def _happened(self, second: int, metres: float, lane: int, held: list[str]) -> None:
        self._held, self._ends = held, second + self._lasts
        self.incidents.append(Incident(self._kind, metres, lane, float(second), float(self._ends)))


def _seen(found: Any, second: int, begins: dict[str, int], numbers: dict[str, int]) -> Floats:
    """(vehicles, 5): second, vehicle, metres, lane of the road (-1 is the merging lane), speed."""
    rows = []
    for vehicle, facts in found.items():
        edge = facts[0x50].removeprefix(":").split("_")[0]
        begin = begins.get(facts[0x50], {"b": motorway.RAMP_METRES, "c": begins["last"]}.get(edge))
        if begin is None or facts[0x50].startswith("ramp"):
            continue
        lane = facts[0x52] - (1 if facts[0x50] == "merging" else 0)
        rows.append((second, numbers.setdefault(vehicle, len(numbers)), begin + facts[0x56], lane, facts[0x40]))
    return np.array(rows, dtype=np.float32).reshape(-1, 5)


def _read_loops(path: Path) -> Floats:
    """(half minutes, 3, stations, lanes): volume, occupancy, speed, from `WARM_SECONDS` on."""
    steps = SECONDS // 30
    found = np.full((steps, 3, len(motorway.STATION_METRES), LANES), np.nan, dtype=np.float32)
    for _event, interval in ElementTree.iterparse(path):  # noqa: S314 (written by our own SUMO a moment ago)
        if interval.tag != "interval":
            continue
        station, lane = (int(part) for part in interval.attrib["id"].split(" "))
        step, speed = int(float(interval.attrib["begin"])) // 30, float(interval.attrib["speed"])
        volume, occupancy = float(interval.attrib["nVehContrib"]), float(interval.attrib["occupancy"]) / 100
        if step < steps:
            found[step, :, station, lane] = volume, occupancy, np.nan if speed < 0 else speed
    return found[WARM_SECONDS // 30 :]


def _load(path: Path, level: Level, seed: int) -> Run:
    try:
        file = np.load(path, allow_pickle=False)
    except (OSError, ValueError, zipfile.BadZipFile):
        raise IncidentsError(f"{path.name}: it is no kept run; delete it, and it is played again") from None
    with file:
        kept = int(file["format"]) if "format" in file else 0
        if kept != FORMAT:
            raise IncidentsError(
                f"{path.name}: a run kept in format {kept}, where {FORMAT} is read; delete it, and it is played again"
            )
        rows, loops, incidents = file["rows"], file["loops"], json.loads(str(file["incidents"]))
    dice = np.random.default_rng([seed, 77])
    rows = rows[dice.random(len(rows)) >= MISSED]
    metres = rows[:, 2] + dice.normal(0, METRES_OFF, len(rows))
    speed = rows[:, 4] + dice.normal(0, SPEED_OFF, len(rows))
    cuts = np.searchsorted(rows[:, 0], np.arange(WARM_SECONDS, SECONDS + 1))
    tracks = tuple(
        Tracks(float(second), rows[a:b, 1].astype(np.int64), metres[a:b], rows[a:b, 3].astype(np.int64), speed[a:b])
        for second, a, b in zip(range(WARM_SECONDS, SECONDS), cuts[:-1], cuts[1:], strict=True)
    )
    return Run(
        level, seed, tuple(Incident(**each) for each in incidents), tuple(Loops(*each) for each in loops), tracks
    )


if __name__ == "__main__":
    _record(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))  # type: ignore[arg-type]
