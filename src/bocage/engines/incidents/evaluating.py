"""Every detector on the laboratory's motorway, over several seeds and demands, beside the published ones."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from bocage.engines.incidents.laboratory import motorway
from bocage.engines.incidents.laboratory.playing import Run, play
from bocage.engines.incidents.loops import California, Detector, LaneDetector, StandardNormalDeviate
from bocage.engines.incidents.measuring import Score, Tally
from bocage.engines.incidents.tracks import Road, TrackDetector
from bocage.engines.incidents.types import LOOP_SECONDS, Alarm, Floats

STATIONS = np.asarray(motorway.STATION_METRES, dtype=np.float64)
VIEW_BEHIND_METRES, VIEW_AHEAD_METRES = 2_500.0, 200.0
LOOP_DETECTORS: dict[str, Callable[[Floats], Detector]] = {
    "california 7": lambda metres: California(metres, waves=False),
    "california 8": lambda metres: California(metres, waves=True),
    "standard normal deviate": StandardNormalDeviate,
    "bocage": LaneDetector,
}


def runs(folder: Path, seeds: range) -> Iterable[Run]:
    """Each demand with each seed; what was played before is taken from `folder`."""
    for seed in seeds:
        for level in motorway.DEMAND:
            yield play(folder, level, seed)


def evaluate(
    played: Iterable[Run], detectors: dict[str, Callable[[Floats], Detector]] = LOOP_DETECTORS
) -> dict[str, Score]:
    """Scores by `loops: NAME`, by `loops: bocage, DEMAND`, `tracks` and `tracks, DEMAND`."""
    tallies: dict[str, Tally] = {}

    def tally(name: str, **reach: float) -> Tally:
        return tallies.setdefault(name, Tally(**reach))  # type: ignore[arg-type]

    seconds = (motorway.SECONDS - motorway.WARM_SECONDS) * len(STATIONS)
    reach = {"behind_metres": VIEW_BEHIND_METRES, "ahead_metres": VIEW_AHEAD_METRES}
    for run in played:
        for name, detector in detectors.items():
            alarms = by_loops(run, detector(STATIONS))
            tally(f"loops: {name}").add(run.incidents, alarms, seconds)
            if name == "bocage":
                tally(f"loops: {name}, {run.level}").add(run.incidents, alarms, seconds)
        found = [alarm for alarm in by_tracks(run) if alarm.kind != "queue_tail"]
        tally("tracks", **reach).add(run.incidents, found, seconds)
        tally(f"tracks, {run.level}", **reach).add(run.incidents, found, seconds)
    return {name: each.score() for name, each in sorted(tallies.items())}


def by_loops(run: Run, detector: Detector) -> list[Alarm]:
    """What a loop detector says of a run; a half minute is known when it ends."""
    found = []
    for step, loops in enumerate(run.loops, start=1):
        found += detector.step(motorway.WARM_SECONDS + step * LOOP_SECONDS, loops)
    return found


def by_tracks(run: Run) -> list[Alarm]:
    """What the tracks' detector says of a run."""
    ramp = (-1, float(motorway.RAMP_METRES), float(motorway.RAMP_METRES + motorway.MERGING_METRES))
    detector = TrackDetector(Road(motorway.LENGTH_METRES, motorway.LANES, merges=(ramp,)))
    return [alarm for tracks in run.tracks for alarm in detector.step(tracks)]
