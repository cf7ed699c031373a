"""The plan of one junction: a beam search over sequences of phases, with every vehicle seen as an arrival.

Lanes are first-in-first-out queues (as in Surtrac, Xie et al. 2012): vehicle i of a lane reaches the stop line at
`due` unless those before it are in its way, and goes when its movement is served, one each 1/rate seconds. The cost is
the waiting of all, each second weighted; what still stands at the end of the plan counts as if it waited on.
"""

import numpy as np
from numba import njit

from bocage.engines.signals.types import Floats, Indices

# Headway of a queue at saturation: 1,800 vehicles/h.
SECONDS_A_PLACE = 2.0


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
