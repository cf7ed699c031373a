"""How fast each movement really goes, learnt from those counted over the stop lines, and which lanes are stuck."""

import numpy as np
from numba import njit

from bocage.engines.signals.types import Floats, Indices

# A queue's head stands within 12 m of the line (a lorry's length before it at most).
HEAD_METRES = 12.0
# The first guess counts as much as so many seconds of watching; half of what was seen is forgotten in 350 s of green.
PRIOR_SECONDS = 30.0
MEMORY = 0.998
SLOWEST_RATE, FASTEST_RATE = 0.04, 0.6
# Nobody goes at green for so long: something holds the lane; for so long: nobody will go in this green.
SLOW_SECONDS, STUCK_SECONDS = 5, 10
CAR_METRES = 7.5
# A short exit is full when half of it stands; a longer one when nine tenths are taken and it crawls.
SHORT_EXIT_METRES = 40.0


@njit(cache=True)
def learn(
    lane_start: Indices,
    movement_start: Indices,
    rate_start: Indices,
    begin: Floats,
    gone: Floats,
    watched: Floats,
    stuck: Indices,
    head: Indices,
    passed: Indices,
    phase: Indices,
    settled: Indices,
) -> None:
    """One second of watching: `gone` and `watched` (counts, seconds) a phase and movement, `stuck` seconds a lane.

    `head`: the movement of who stood first in each lane a second ago, -1 for nobody; `passed`: counted out of each
    lane since; `settled`: whether each junction's green has run long enough to be judged.
    """
    for junction in range(len(lane_start) - 1):
        movements = movement_start[junction + 1] - movement_start[junction]
        row = rate_start[junction] + phase[junction] * movements
        for lane in range(lane_start[junction], lane_start[junction + 1]):
            if head[lane] < 0 or not settled[junction]:
                stuck[lane] = 0
                continue
            place = row + head[lane] - movement_start[junction]
            if begin[place] <= 0.0:
                stuck[lane] = 0
                continue
            moved = 1.0 if passed[lane] > 0 else 0.0
            if stuck[lane] <= STUCK_SECONDS:
                gone[place] = gone[place] * MEMORY + moved
                watched[place] = watched[place] * MEMORY + 1.0
            stuck[lane] = 0 if moved > 0.0 else stuck[lane] + 1


@njit(cache=True)
def rates_now(
    junction: int,
    lane_start: Indices,
    movement_start: Indices,
    rate_start: Indices,
    begin: Floats,
    gone: Floats,
    watched: Floats,
    stuck: Indices,
    head: Indices,
    phase: int,
    phases: int,
    full: Indices,
    short_full: Indices,
    wanted: Indices,
) -> Floats:
    """(phases, movements) of a junction in vehicles/s: as learnt, less where the exit or the lane is blocked.

    `full`, `short_full`: whether the exit of each movement is; `wanted`: whether one of the first in line takes it.
    """
    start = movement_start[junction]
    movements = movement_start[junction + 1] - start
    table = np.zeros((phases, movements))
    for one in range(phases):
        for way in range(movements):
            place = rate_start[junction] + one * movements + way
            if begin[place] > 0.0:
                table[one, way] = min(max(gone[place] / max(watched[place], 1e-9), SLOWEST_RATE), FASTEST_RATE)
    for way in range(movements):
        if full[start + way]:
            table[:, way] *= 0.1
    for way in range(movements):
        if short_full[start + way] and wanted[start + way]:
            for one in range(phases):
                if begin[rate_start[junction] + one * movements + way] > 0.0:
                    table[one, :] *= 0.3
            table[:, way] = 0.0
    for lane in range(lane_start[junction], lane_start[junction + 1]):
        if head[lane] >= 0 and stuck[lane] > SLOW_SECONDS:
            table[phase, head[lane] - start] *= 0.0 if stuck[lane] > STUCK_SECONDS else 0.2
    return table
