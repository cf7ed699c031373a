"""The compiled part: what is learnt of discharge, and the plan of each junction, a beam search over its phases.

Lanes are first-in-first-out queues (as in Surtrac, Xie et al. 2012): vehicle i of a lane reaches the stop line at
`due` unless those before it are in its way, and goes when its movement is served, one each 1/rate seconds. The cost is
the waiting of all, each second weighted; what still stands at the end of the plan counts as if it waited on.

It is one file because numba's cache knows of changes in the file of the function called, and of no other.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from bocage.engines.signals.types import Floats, Indices

# Headway of a queue at saturation: 1,800 vehicles/h.
SECONDS_A_PLACE = 2.0
# Half of what was seen of a discharge is forgotten in 350 s of green.
MEMORY = 0.998
SLOWEST_RATE, FASTEST_RATE = 0.04, 0.6
# Nobody goes at green for so long: something holds the lane; for so long: nobody will go in this green.
SLOW_SECONDS, STUCK_SECONDS = 5, 10
STARTING_SECONDS = 1.0
LEFT_OVER_SECONDS = 10.0
SWITCHING_SECONDS = 2.0
BEAM = 16


class Shape(NamedTuple):
    """A layout's arrays (`layout.Layout`); `change`, `least`: seconds after and of each junction's phases, flat."""

    lane_start: Indices
    movement_start: Indices
    phase_start: Indices
    rate_start: Indices
    begin: Floats
    change: Floats
    least: Floats


class Learnt(NamedTuple):
    """`gone`, `watched`: counts and seconds, flat as rates are. `stuck`: seconds a lane; `head`: movement or -1."""

    gone: Floats
    watched: Floats
    stuck: Indices
    head: Indices


class Line(NamedTuple):
    """Who comes: lane l has `start[l]` to `start[l + 1]` of `due` (seconds from now), `movement` and `weight`."""

    start: Indices
    due: Floats
    movement: Indices
    weight: Floats


class Blocked(NamedTuple):
    """Of each movement: is its exit full, is its short exit full, does one of the first in line want it (0, 1)."""

    full: Indices
    short: Indices
    wanted: Indices


@njit(cache=True)
def _serve(
    at: int,
    ends: int,
    free: float,
    cars: tuple[Floats, Indices, Floats],
    now: Floats,
    before: Floats,
    times: tuple[float, float, float],
    left_over: float,
) -> tuple[int, float, float, float]:
    """One lane through one step: who is first in line then, when the next may go, the cost, and what still stands.

    `cars`: due, movement, weight. `now`, `before`: rates of each movement in this phase and the one before it.
    `times`: when the step opens and closes, and when those who had red before can go.
    """
    due, movement, weight = cars
    opens, closes, ready = times
    paid, still, place = 0.0, 0.0, 0.0
    while at < ends and due[at] < closes:
        serving = now[movement[at]]
        if serving <= 0.0:
            break
        goes = max(due[at], free, opens)
        if goes < ready and before[movement[at]] <= 0.0:
            goes = ready
        if goes >= closes:
            break
        paid += (goes - max(due[at], opens)) * weight[at]
        free = goes + 1.0 / serving
        at += 1
    first = at
    while at < ends and due[at] < closes:
        paid += (closes - max(due[at], opens)) * weight[at]
        red = left_over if now[movement[at]] <= 0.0 else 0.0
        still += weight[at] * (red + SECONDS_A_PLACE * place)
        place += 1.0
        at += 1
    return first, free, paid, still


@njit(cache=True)
def _serve_all(
    lane_start: Indices,
    served: Indices,
    free: Floats,
    into: tuple[Indices, Floats],
    cars: tuple[Floats, Indices, Floats],
    now: Floats,
    before: Floats,
    times: tuple[float, float, float],
    left_over: float,
) -> tuple[float, float]:
    """Every lane through one step, from `served` and `free` into new ones: the cost, and what still stands."""
    paid, still = 0.0, 0.0
    for lane in range(len(served)):
        at, ends = served[lane], lane_start[lane + 1]
        into[0][lane], into[1][lane], waited, stands = _serve(at, ends, free[lane], cars, now, before, times, left_over)
        paid, still = paid + waited, still + stands
    return paid, still


@njit(cache=True)
def plan(
    lane_start: Indices,
    due: Floats,
    movement: Indices,
    weight: Floats,
    rate: Floats,
    current: int,
    since: float,
    bounds: Floats,
    change: Floats,
    min_green: Floats,
    starting: float,
    left_over: float,
    switching: float,
    beam: int,
) -> Floats:
    """The least cost (weighted seconds) of each first phase, infinite where none was found.

    Vehicles of lane l are `lane_start[l]` to `lane_start[l + 1]` of `due` (s from now), `movement` and `weight`.
    `rate`: (phases, movements), vehicles/s, 0 at red. `bounds`: when a phase may begin or end, seconds from now, the
    last being the horizon. `change`: seconds without green after each phase. `starting`: seconds lost by drivers.
    """
    phases, lanes, steps = rate.shape[0], len(lane_start) - 1, len(bounds) - 1
    room = beam * phases
    served, served_new = np.empty((room, lanes), np.int64), np.empty((room, lanes), np.int64)
    free, free_new = np.zeros((room, lanes)), np.zeros((room, lanes))
    phase, phase_new = np.zeros(room, np.int64), np.zeros(room, np.int64)
    before, before_new = np.zeros(room, np.int64), np.zeros(room, np.int64)
    begun, begun_new = np.zeros(room), np.zeros(room)
    cost, cost_new, key = np.zeros(room), np.zeros(room), np.zeros(room)
    first, first_new = np.zeros(room, np.int64), np.zeros(room, np.int64)
    best, cars = np.full(phases, np.inf), (due, movement, weight)
    for lane in range(lanes):
        served[0, lane] = lane_start[lane]
    phase[0], before[0], begun[0], first[0] = current, current, -since, -1
    kept = 1
    for step in range(steps):
        opens, closes, made = bounds[step], bounds[step + 1], 0
        last = step == steps - 1
        for node in range(kept):
            for choice in range(phases):
                was, green_from, paid = before[node], begun[node], cost[node]
                if choice != phase[node]:
                    if opens - green_from < min_green[phase[node]]:
                        continue
                    was, green_from, paid = phase[node], opens + change[phase[node]], paid + switching
                times = (opens, closes, green_from + starting)
                into = (served_new[made], free_new[made])
                waited, still = _serve_all(
                    lane_start, served[node], free[node], into, cars, rate[choice], rate[was], times, left_over
                )
                phase_new[made], before_new[made], begun_new[made] = choice, was, green_from
                cost_new[made], key[made] = paid + waited, paid + waited + still
                first_new[made] = choice if step == 0 else first[node]
                if last and key[made] < best[first_new[made]]:
                    best[first_new[made]] = key[made]
                made += 1
        if last:
            break
        chosen = np.argsort(key[:made])[:beam] if made > beam else np.arange(made)
        kept = len(chosen)
        for place_ in range(kept):
            one = chosen[place_]
            served[place_], free[place_] = served_new[one], free_new[one]
            phase[place_], before[place_], begun[place_] = phase_new[one], before_new[one], begun_new[one]
            cost[place_], first[place_] = cost_new[one], first_new[one]
    return best


@njit(cache=True)
def learn(shape: Shape, learnt: Learnt, passed: Indices, phase: Indices, settled: Indices) -> None:
    """One second of watching who stood first in line a second ago.

    `passed`: counted out of each lane since; `settled`: whether each junction's green is old enough to be judged.
    """
    for junction in range(len(shape.lane_start) - 1):
        start = shape.movement_start[junction]
        row = shape.rate_start[junction] + phase[junction] * (shape.movement_start[junction + 1] - start)
        for lane in range(shape.lane_start[junction], shape.lane_start[junction + 1]):
            place = row + learnt.head[lane] - start
            if learnt.head[lane] < 0 or not settled[junction] or shape.begin[place] <= 0.0:
                learnt.stuck[lane] = 0
                continue
            moved = passed[lane] > 0
            if learnt.stuck[lane] <= STUCK_SECONDS:
                learnt.gone[place] = learnt.gone[place] * MEMORY + (1.0 if moved else 0.0)
                learnt.watched[place] = learnt.watched[place] * MEMORY + 1.0
            learnt.stuck[lane] = 0 if moved else learnt.stuck[lane] + 1


@njit(cache=True)
def rates_now(shape: Shape, learnt: Learnt, blocked: Blocked, junction: int, phase: int) -> Floats:
    """(phases, movements) of a junction in vehicles/s: as learnt, less where the exit or the lane is blocked."""
    start = shape.movement_start[junction]
    movements = shape.movement_start[junction + 1] - start
    phases = shape.phase_start[junction + 1] - shape.phase_start[junction]
    table = np.zeros((phases, movements))
    for one in range(phases):
        for way in range(movements):
            place = shape.rate_start[junction] + one * movements + way
            if shape.begin[place] > 0.0:
                rate = learnt.gone[place] / max(learnt.watched[place], 1e-9)
                table[one, way] = min(max(rate, SLOWEST_RATE), FASTEST_RATE)
    for way in range(movements):
        if blocked.full[start + way]:
            table[:, way] *= 0.1
    for way in range(movements):
        if blocked.short[start + way] and blocked.wanted[start + way]:
            for one in range(phases):
                if shape.begin[shape.rate_start[junction] + one * movements + way] > 0.0:
                    table[one, :] *= 0.3
            table[:, way] = 0.0
    for lane in range(shape.lane_start[junction], shape.lane_start[junction + 1]):
        if learnt.head[lane] >= 0 and learnt.stuck[lane] > SLOW_SECONDS:
            table[phase, learnt.head[lane] - start] *= 0.0 if learnt.stuck[lane] > STUCK_SECONDS else 0.2
    return table


@njit(cache=True)
def values(
    shape: Shape,
    learnt: Learnt,
    blocked: Blocked,
    line: Line,
    chosen: Indices,
    phase: Indices,
    since: Floats,
    bounds: Floats,
) -> Floats:
    """Costs of each first phase, (chosen junctions, phases); 0 for all where nobody comes."""
    most = 0
    for junction in chosen:
        most = max(most, shape.phase_start[junction + 1] - shape.phase_start[junction])
    answer = np.zeros((len(chosen), most))
    for row in range(len(chosen)):
        junction = chosen[row]
        lanes = line.start[shape.lane_start[junction] : shape.lane_start[junction + 1] + 1]
        first, last = lanes[0], lanes[-1]
        if first == last:
            continue
        own = slice(shape.phase_start[junction], shape.phase_start[junction + 1])
        answer[row, : shape.phase_start[junction + 1] - shape.phase_start[junction]] = plan(
            lanes - first,
            line.due[first:last],
            line.movement[first:last] - shape.movement_start[junction],
            line.weight[first:last],
            rates_now(shape, learnt, blocked, junction, phase[junction]),
            phase[junction],
            since[junction],
            bounds,
            shape.change[own],
            shape.least[own],
            STARTING_SECONDS,
            LEFT_OVER_SECONDS,
            SWITCHING_SECONDS,
            BEAM,
        )
    return answer
