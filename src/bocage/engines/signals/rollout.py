"""The controller of Bocage: every second, at each junction, the best plan for those who come; its first step is called.

No training for a city: what it knows of one it learns while it runs (`discharge`). Its constants come from traffic
engineering and are the same everywhere.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from bocage.engines.signals.discharge import (
    CAR_METRES,
    HEAD_METRES,
    PRIOR_SECONDS,
    SHORT_EXIT_METRES,
    learn,
    rates_now,
)
from bocage.engines.signals.interlock import minimums
from bocage.engines.signals.layout import Layout, lay_out
from bocage.engines.signals.planning import plan
from bocage.engines.signals.reasons import why_switched
from bocage.engines.signals.types import Cabinets, Call, Flags, Floats, Indices, Limits, Network, Observation

SEEN_METRES = 200.0
# The plan looks 40 s ahead, the time that most greens last, and may change phase at these seconds.
BOUNDS = np.arange(0.0, 41.0, 4.0)
BEAM = 16
STARTING_SECONDS = 1.0
LEFT_OVER_SECONDS = 10.0
SWITCHING_SECONDS = 2.0
# Who has waited a minute counts twice; from then on, one more for each ten seconds.
PATIENCE_SECONDS, HURRY_SECONDS = 60.0, 10.0
MOVING_METRES_PER_SECOND = 2.0
# Who is this near to the next stop line as well is planned for there too.
NEXT_METRES = 60.0
HELD_SECONDS = 8.0


@dataclass(frozen=True)
class Queue:
    """Who comes, lane after lane, first in line first: lane l has `start[l]` to `start[l + 1]`."""

    start: Indices
    movement: Indices
    metres: Floats
    due: Floats
    weight: Floats
    waiting: Floats


class Rollout:
    """Plans each junction by itself, every second that it may change."""

    def __init__(self, network: Network, limits: Limits) -> None:
        self.network, self.layout = network, lay_out(network)
        layout = self.layout
        self._gone: Floats = layout.rate * PRIOR_SECONDS
        self._watched: Floats = np.where(layout.rate > 0, PRIOR_SECONDS, 0.0)
        self._stuck = np.zeros(layout.lane_start[-1], np.int64)
        self._head = np.full(layout.lane_start[-1], -1, np.int64)
        self._phase = np.zeros(len(layout.members), np.int64)
        self._index = [{tuple(row): number for number, row in enumerate(joint.tolist())} for joint in layout.joint]
        self._speed: Floats = layout.lane_speed[layout.movement_lane]
        self._change, self._least = _times(network, limits, layout)
        self._link_lane = layout.movement_lane[layout.link_movement]
        self._flat = np.concatenate([np.asarray(group) for group in layout.members])
        self._group_start = np.cumsum([0, *(len(group) for group in layout.members)])[:-1]
        self._single: Flags = np.asarray([len(one.phases) < 2 for one in network.signals], dtype=bool)
        self._phases = np.diff(layout.phase_start)
        self._link_junction = np.repeat(layout.junction_of_signal, [len(one.links) for one in network.signals])

    def decide(self, seen: Observation, cabinets: Cabinets) -> list[Call]:
        """Calls for the junctions that may change and would rather."""
        for junction, group in enumerate(self.layout.members):
            self._phase[junction] = self._index[junction][tuple(cabinets.phase[list(group)].tolist())]
        since = np.minimum.reduceat(cabinets.since[self._flat], self._group_start)
        showing = np.logical_and.reduceat(cabinets.showing[self._flat], self._group_start)
        ready = np.logical_and.reduceat((cabinets.ready | self._single)[self._flat], self._group_start)
        self._learn(seen, showing & (since > STARTING_SECONDS + 1))
        queue = self._queue(seen, cabinets)
        self._note_heads(queue)
        chosen = np.flatnonzero(ready & (self._phases > 1))
        values = self._values(chosen, since, queue, seen)
        return self._calls(chosen, values, queue, cabinets)

    def _learn(self, seen: Observation, settled: Flags) -> None:
        layout = self.layout
        passed = np.bincount(self._link_lane, weights=seen.passed, minlength=len(self._head)).astype(np.int64)
        learn(
            layout.lane_start,
            layout.movement_start,
            layout.rate_start,
            layout.rate,
            self._gone,
            self._watched,
            self._stuck,
            self._head,
            passed,
            self._phase,
            settled.astype(np.int64),
        )

    def _queue(self, seen: Observation, cabinets: Cabinets) -> Queue:
        layout, cars = self.layout, seen.vehicles
        near = np.flatnonzero((cars.link >= 0) & (cars.metres <= SEEN_METRES))
        link, further = cars.link[near], cars.next_link[near]
        movement = layout.link_movement[link]
        same = np.flatnonzero((further >= 0) & (self._link_junction[link] == self._link_junction[further]))
        for place in same.tolist():
            pair = (int(link[place]), int(further[place]))
            movement[place] = layout.pair_movement.get(pair, movement[place])
        speed = self._speed[movement]
        due = np.where(cars.speed[near] < MOVING_METRES_PER_SECOND, 0.0, cars.metres[near] / speed)
        gap = cars.next_metres - cars.metres
        later = np.flatnonzero(
            (cars.next_link >= 0) & (cars.next_metres <= SEEN_METRES) & (gap < NEXT_METRES) & (cars.link >= 0)
        )
        later = later[self._link_junction[cars.link[later]] != self._link_junction[cars.next_link[later]]]
        after = layout.link_movement[cars.next_link[later]]
        held = cars.speed[later] < MOVING_METRES_PER_SECOND
        due_after = cars.next_metres[later] / self._speed[after] + HELD_SECONDS * held
        movement = np.concatenate([movement, after])
        metres = np.concatenate([cars.metres[near], cars.next_metres[later]])
        waiting = np.concatenate([cars.waiting[near], 0.5 * cars.waiting[later]])
        lane = layout.movement_lane[movement]
        order = np.lexsort((metres, lane))
        weight = 1.0 + waiting / PATIENCE_SECONDS + np.maximum(0.0, waiting - PATIENCE_SECONDS) / HURRY_SECONDS
        start = np.searchsorted(lane[order], np.arange(len(self._head) + 1))
        due = np.concatenate([due, due_after])
        return Queue(start, movement[order], metres[order], due[order], weight[order], waiting[order])

    def _note_heads(self, queue: Queue) -> None:
        first = np.minimum(queue.start[:-1], max(len(queue.movement) - 1, 0))
        some = queue.start[1:] > queue.start[:-1]
        if not len(queue.movement):
            self._head[:] = -1
        else:
            self._head[:] = np.where(some & (queue.metres[first] < HEAD_METRES), queue.movement[first], -1)
        self._stuck[self._head < 0] = 0

    def _values(self, chosen: Indices, since: Indices, queue: Queue, seen: Observation) -> Floats:
        layout = self.layout
        metres = layout.exit_metres
        taken = seen.exit_vehicles[layout.movement_exit] * CAR_METRES / np.maximum(metres, 1.0)
        stand = seen.exit_halted[layout.movement_exit] * CAR_METRES / np.maximum(metres, 1.0)
        short = metres < SHORT_EXIT_METRES
        full = ~short & (taken > 0.9) & (stand > 0.6)
        wanted = np.zeros(len(metres), np.int64)
        rank = np.arange(len(queue.movement)) - np.repeat(queue.start[:-1], np.diff(queue.start))
        wanted[queue.movement[(rank < 3) & (queue.metres < SHORT_EXIT_METRES)]] = 1
        return _values(
            chosen,
            layout.lane_start,
            layout.movement_start,
            layout.phase_start,
            layout.rate_start,
            layout.rate,
            self._gone,
            self._watched,
            self._stuck,
            self._head,
            self._phase,
            since.astype(np.float64),
            full.astype(np.int64),
            (short & (stand > 0.5)).astype(np.int64),
            wanted,
            queue.start,
            queue.due,
            queue.movement,
            queue.weight,
            BOUNDS,
            self._change,
            self._least,
        )

    def _calls(self, chosen: Indices, values: Floats, queue: Queue, cabinets: Cabinets) -> list[Call]:
        calls = []
        for row, junction in enumerate(chosen.tolist()):
            costs = values[row, : self._phases[junction]]
            current, best = int(self._phase[junction]), int(np.argmin(costs))
            if best == current or not costs[best] < costs[current] - 1e-9:
                continue
            gain = float(costs[current] - costs[best])
            for place, signal in enumerate(self.layout.members[junction]):
                phase = int(self.layout.joint[junction][best, place])
                if phase != cabinets.phase[signal]:
                    calls.append(
                        Call(signal, phase, why_switched(self.network, self.layout, signal, phase, queue, gain))
                    )
        return calls


@njit(cache=True)
def _values(
    chosen: Indices,
    lane_start: Indices,
    movement_start: Indices,
    phase_start: Indices,
    rate_start: Indices,
    begin: Floats,
    gone: Floats,
    watched: Floats,
    stuck: Indices,
    head: Indices,
    phase: Indices,
    since: Floats,
    full: Indices,
    short_full: Indices,
    wanted: Indices,
    queue_start: Indices,
    due: Floats,
    movement: Indices,
    weight: Floats,
    bounds: Floats,
    change: Floats,
    least: Floats,
) -> Floats:
    """Costs of each first phase, (chosen junctions, phases); 0 for all where nobody comes."""
    most = 0
    for junction in chosen:
        most = max(most, phase_start[junction + 1] - phase_start[junction])
    values = np.zeros((len(chosen), most))
    for row in range(len(chosen)):
        junction = chosen[row]
        phases = phase_start[junction + 1] - phase_start[junction]
        lanes = queue_start[lane_start[junction] : lane_start[junction + 1] + 1]
        if lanes[0] == lanes[-1]:
            continue
        rate = rates_now(
            junction,
            lane_start,
            movement_start,
            rate_start,
            begin,
            gone,
            watched,
            stuck,
            head,
            phase[junction],
            phases,
            full,
            short_full,
            wanted,
        )
        own = slice(phase_start[junction], phase_start[junction + 1])
        values[row, :phases] = plan(
            lanes - lanes[0],
            due[lanes[0] : lanes[-1]],
            movement[lanes[0] : lanes[-1]] - movement_start[junction],
            weight[lanes[0] : lanes[-1]],
            rate,
            phase[junction],
            since[junction],
            bounds,
            change[own],
            least[own],
            STARTING_SECONDS,
            LEFT_OVER_SECONDS,
            SWITCHING_SECONDS,
            BEAM,
        )
    return values


def _times(network: Network, limits: Limits, layout: Layout) -> tuple[Floats, Floats]:
    """Seconds without green after each joint phase, and its shortest green: the longest of its signals'."""
    change, least = [], []
    for group, joint in zip(layout.members, layout.joint, strict=True):
        ambers = [np.asarray([limits.amber or one.amber_seconds for one in network.signals[s].phases]) for s in group]
        shortest = [np.asarray(minimums(network, limits, signal)) for signal in group]
        change.append(np.max([ambers[n][joint[:, n]] for n in range(len(group))], axis=0) + limits.all_red)
        least.append(np.max([shortest[n][joint[:, n]] for n in range(len(group))], axis=0))
    return np.concatenate(change).astype(np.float64), np.concatenate(least).astype(np.float64)
