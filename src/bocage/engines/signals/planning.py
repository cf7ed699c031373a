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


class Roads(NamedTuple):
    """Beyond each junction: `start[j]` to `start[j + 1]` of `room` (vehicles now) and `drain` (vehicles/s that leave
    the queue there); `of`: which of its junction's roads each movement leads to, from 0.
    """

    start: Indices
    of: Indices
    room: Floats
    drain: Floats


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
    roads: tuple[Indices, Floats, Floats],
    sent: Floats,
) -> tuple[int, float, float, float]:
    """One lane through one step: who is first in line then, when the next may go, the cost, and what still stands.

    `roads`: of each movement its road, of each road its room and drain; `sent`: how many each road was sent so far.

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
        road = roads[0][movement[at]]
        if sent[road] + 1.0 > roads[1][road]:
            goes = max(goes, (sent[road] + 1.0 - roads[1][road]) / roads[2][road])
        if goes >= closes:
            break
        sent[road] += 1.0
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
    here: tuple[Indices, Floats],
    into: tuple[Indices, Floats],
    cars: tuple[Floats, Indices, Floats],
    green: tuple[Floats, Floats],
    times: tuple[float, float, float],
    left_over: float,
    roads: tuple[Indices, Floats, Floats],
    sent: Floats,
) -> tuple[float, float]:
    """Every lane through one step, what is served and free `here` into new ones, under the rates of the phase that is
    green and of the one before: the cost, and what still stands."""
    paid, still = 0.0, 0.0
    served, free = here
    now, before = green
    for lane in range(len(served)):
        at, ends = served[lane], lane_start[lane + 1]
        into[0][lane], into[1][lane], waited, stands = _serve(
            at, ends, free[lane], cars, now, before, times, left_over, roads, sent
        )
        paid, still = paid + waited, still + stands
    return paid, still


@njit(cache=True)
def plan(
    lane_start: Indices,
    due: Floats,
    movement: Indices,
    weight: Floats,
    rate: Floats,
    roads: tuple[Indices, Floats, Floats],
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
    `rate`: (phases, movements), vehicles/s, 0 at red. `roads`: of each movement its road, of each road the vehicles
    that have room there now and those that leave it each second. `bounds`: when a phase may begin or end, seconds from
    now, the last being the horizon. `change`: seconds without green after each phase. `starting`: lost by drivers.
    """
    phases, lanes, steps = rate.shape[0], len(lane_start) - 1, len(bounds) - 1
    room = beam * phases
    served, served_new = np.empty((room, lanes), np.int64), np.empty((room, lanes), np.int64)
    free, free_new = np.zeros((room, lanes)), np.zeros((room, lanes))
    sent, sent_new = np.zeros((room, len(roads[1]))), np.zeros((room, len(roads[1])))
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
                sent_new[made] = sent[node]
                here, green = (served[node], free[node]), (rate[choice], rate[was])
                waited, still = _serve_all(lane_start, here, into, cars, green, times, left_over, roads, sent_new[made])
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
        for place, one in enumerate(chosen):
            served[place], free[place], sent[place] = served_new[one], free_new[one], sent_new[one]
            phase[place], before[place], begun[place] = phase_new[one], before_new[one], begun_new[one]
            cost[place], first[place] = cost_new[one], first_new[one]
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
def rates_now(shape: Shape, learnt: Learnt, junction: int, phase: int) -> Floats:
    """(phases, movements) of a junction in vehicles/s: as learnt, less where the lane is stuck."""
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
    for lane in range(shape.lane_start[junction], shape.lane_start[junction + 1]):
        if learnt.head[lane] >= 0 and learnt.stuck[lane] > SLOW_SECONDS:
            table[phase, learnt.head[lane] - start] *= 0.0 if learnt.stuck[lane] > STUCK_SECONDS else 0.2
    return table


@njit(cache=True)
def _taken(lanes: Indices) -> Indices:
    """The bounds of those lanes that somebody is on; an empty one needs no plan."""
    kept = np.empty(len(lanes), np.int64)
    kept[0], count = lanes[0], 1
    for lane in range(1, len(lanes)):
        if lanes[lane] > lanes[lane - 1]:
            kept[count], count = lanes[lane], count + 1
    return kept[:count]


@njit(cache=True)
def _worth_planning(rate: Floats, movement: Indices, change: Floats, least: Floats, current: int) -> Indices:
    """The phases that a plan may need, in order: the present one, and each that no other outdoes for those who come."""
    phases, ways = rate.shape
    comes = np.zeros(ways, np.bool_)
    comes[movement] = True
    kept, count = np.empty(phases, np.int64), 0
    for one in range(phases):
        serves, outdone = False, False
        for way in range(ways):
            serves |= comes[way] and rate[one, way] > 0.0
        for other in range(phases):
            if other == one or change[other] > change[one] or least[other] > least[one]:
                continue
            better, equal = True, True
            for way in range(ways):
                if comes[way] and rate[other, way] != rate[one, way]:
                    better, equal = better and rate[other, way] > rate[one, way], False
            # Of two that are equal the present one stays, else the first.
            outdone |= better and (not equal or other == current or (other < one and one != current))
        if one == current or (serves and not outdone):
            kept[count], count = one, count + 1
    return kept[:count]


@njit(cache=True)
def values(
    shape: Shape,
    learnt: Learnt,
    roads: Roads,
    line: Line,
    chosen: Indices,
    phase: Indices,
    since: Floats,
    bounds: Floats,
) -> Floats:
    """Costs of each first phase, (chosen junctions, phases), infinite where it was not planned for.

    Where nobody comes, or the present phase does the most that any can for all who come, that one alone costs 0.
    """
    most = 0
    for junction in chosen:
        most = max(most, shape.phase_start[junction + 1] - shape.phase_start[junction])
    answer = np.full((len(chosen), most), np.inf)
    for row in range(len(chosen)):
        junction = chosen[row]
        lanes = line.start[shape.lane_start[junction] : shape.lane_start[junction + 1] + 1]
        first, last = lanes[0], lanes[-1]
        answer[row, phase[junction]] = 0.0
        if first == last:
            continue
        own = slice(shape.phase_start[junction], shape.phase_start[junction + 1])
        out = slice(roads.start[junction], roads.start[junction + 1])
        ways = slice(shape.movement_start[junction], shape.movement_start[junction + 1])
        rate = rates_now(shape, learnt, junction, phase[junction])
        movement = line.movement[first:last] - shape.movement_start[junction]
        change, least = shape.change[own], shape.least[own]
        worth = _worth_planning(rate, movement, change, least, phase[junction])
        if len(worth) == 1:
            continue
        found = plan(
            _taken(lanes) - first,
            line.due[first:last],
            movement,
            line.weight[first:last],
            rate[worth],
            (roads.of[ways], roads.room[out], roads.drain[out]),
            np.searchsorted(worth, phase[junction]),
            since[junction],
            bounds,
            change[worth],
            least[worth],
            STARTING_SECONDS,
            LEFT_OVER_SECONDS,
            SWITCHING_SECONDS,
            BEAM,
        )
        for place in range(len(worth)):
            answer[row, worth[place]] = found[place]
    return answer
