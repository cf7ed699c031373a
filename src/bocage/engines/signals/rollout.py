"""The controller of Bocage: every second, at each junction, the best plan for those who come; its first step is called.

No training for a city: what it knows of one it learns while it runs. Its constants come from traffic engineering and
are the same everywhere.
"""

from dataclasses import dataclass

import numpy as np

from bocage.engines.signals.bays import Bays
from bocage.engines.signals.coming import Coming
from bocage.engines.signals.interlock import minimums
from bocage.engines.signals.layout import Layout, lay_out
from bocage.engines.signals.planning import STARTING_SECONDS, Learnt, Line, Roads, Shape, learn, values
from bocage.engines.signals.priority import CARS_WORTH, REQUESTS_LIMIT
from bocage.engines.signals.reasons import why_asked, why_switched
from bocage.engines.signals.types import Cabinets, Call, Flags, Floats, Indices, Limits, Network, Observation, Request
from bocage.engines.signals.unseen import Unseen

SEEN_METRES = 200.0
# The plan looks 40 s ahead, the time that most greens last, and may change phase at these seconds.
BOUNDS = np.arange(0.0, 41.0, 4.0)
# The first guess of a discharge counts as much as so many seconds of watching.
PRIOR_SECONDS = 30.0
# A queue's head stands within 12 m of the line (a lorry's length before it at most).
HEAD_METRES = 12.0
MOVING_METRES_PER_SECOND = 2.0
# Who is this near to the next stop line as well is planned for there too.
NEXT_METRES = 60.0
HELD_SECONDS = 8.0
CAR_METRES = 7.5
# Beyond an exit, the queue drains as fast as it was fed over minutes (what is full takes in no more than it lets out),
# and by a vehicle each 20 s at least.
FLOW_MEMORY_SECONDS = 120.0
LEAST_DRAIN = 0.05


@dataclass(frozen=True)
class Queue:
    """Who comes, lane after lane, first in line first: lane l has `start[l]` to `start[l + 1]`."""

    start: Indices
    movement: Indices
    metres: Floats
    due: Floats
    weight: Floats
    waiting: Floats

    @property
    def lane(self) -> Indices:
        """The lane of each."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @property
    def rank(self) -> Indices:
        """The place in line of each, from 0."""
        return np.arange(len(self.movement)) - np.repeat(self.start[:-1], np.diff(self.start))


class Rollout:
    """Plans each junction by itself, every second that it may change."""

    def __init__(self, network: Network, limits: Limits) -> None:
        self.network, self.layout = network, lay_out(network)
        layout = self.layout
        lanes, junctions = int(layout.lane_start[-1]), len(layout.members)
        self._learnt = Learnt(
            layout.rate * PRIOR_SECONDS,
            np.where(layout.rate > 0, PRIOR_SECONDS, 0.0),
            np.zeros(lanes, np.int64),
            np.full(lanes, -1, np.int64),
        )
        starts = (layout.lane_start, layout.movement_start, layout.phase_start, layout.rate_start)
        self._shape = Shape(*starts, layout.rate, *_times(network, limits, layout))
        self._phase: Indices = np.zeros(junctions, np.int64)
        self._speed: Floats = layout.lane_speed[layout.movement_lane]
        self._link_lane = layout.movement_lane[layout.link_movement]
        self._flat = np.concatenate([np.asarray(group) for group in layout.members])
        self._group_start = np.cumsum([0, *(len(group) for group in layout.members)])[:-1]
        # Joint phases are numbered as the phases of the last signal run fastest (`layout.joint`).
        many = [[len(network.signals[one].phases) for one in group] for group in layout.members]
        self._stride = np.concatenate([np.cumprod([1, *phases[:0:-1]])[::-1] for phases in many]).astype(np.int64)
        self._single: Flags = np.asarray([len(one.phases) < 2 for one in network.signals], dtype=bool)
        self._phases = np.diff(layout.phase_start)
        self._link_junction = np.repeat(layout.junction_of_signal, [len(one.links) for one in network.signals])
        self._unseen, self._coming, self._bays = Unseen(layout), Coming(network, layout), Bays(network, layout)
        number = {name: place for place, name in enumerate(network.exits)}
        self._link_exit: Indices = np.asarray(
            [number[link.exit_lane] for one in network.signals for link in one.links], np.int64
        )
        self._flow: Floats = np.full(len(network.exits), LEAST_DRAIN)

    def decide(self, seen: Observation, cabinets: Cabinets) -> list[Call]:
        """Calls for the junctions that may change and would rather."""
        self._phase = np.add.reduceat(cabinets.phase[self._flat] * self._stride, self._group_start)
        since = np.minimum.reduceat(cabinets.since[self._flat], self._group_start)
        showing = np.logical_and.reduceat(cabinets.showing[self._flat], self._group_start)
        ready = np.logical_and.reduceat((cabinets.ready | self._single)[self._flat], self._group_start)
        passed = np.bincount(self._link_lane, weights=seen.passed, minlength=len(self._learnt.head)).astype(np.int64)
        settled = showing & (since > STARTING_SECONDS + 1)
        learn(self._shape, self._learnt, passed, self._phase, settled.astype(np.int64))
        queue = self._queue(seen)
        self._note_heads(queue)
        queue = self._unseen.completed(queue, passed, self._phase)
        chosen = np.flatnonzero(ready & (self._phases > 1))
        line = Line(queue.start, queue.due, queue.movement, queue.weight)
        costs = values(
            self._shape,
            self._learnt,
            self._roads(seen),
            line,
            chosen,
            self._phase,
            since.astype(np.float64),
            BOUNDS,
        )
        return self._calls(chosen, costs, queue, cabinets, seen.requests[:REQUESTS_LIMIT])

    def _queue(self, seen: Observation) -> Queue:
        layout, cars = self.layout, seen.vehicles
        near = np.flatnonzero((cars.link >= 0) & (cars.metres <= SEEN_METRES))
        link, further = cars.link[near], cars.next_link[near]
        movement = layout.link_movement[link]
        same = np.flatnonzero((further >= 0) & (self._link_junction[link] == self._link_junction[further]))
        for place in same.tolist():
            pair = (int(link[place]), int(further[place]))
            movement[place] = layout.pair_movement.get(pair, movement[place])
        moving = cars.speed[near] >= MOVING_METRES_PER_SECOND
        due = np.where(moving, cars.metres[near] / self._speed[movement], 0.0)
        gap = cars.next_metres - cars.metres
        held = self._held(seen)
        later = np.flatnonzero(
            (cars.next_link >= 0)
            & (cars.link >= 0)
            & ((gap < NEXT_METRES) | held)
            & (cars.next_metres <= np.where(held, 2.0, 1.0) * SEEN_METRES)
        )
        later = later[self._link_junction[cars.link[later]] != self._link_junction[cars.next_link[later]]]
        after = layout.link_movement[cars.next_link[later]]
        stands = cars.speed[later] < MOVING_METRES_PER_SECOND
        due_after = cars.next_metres[later] / self._speed[after] + HELD_SECONDS * stands
        due_after[held[later]] = 0.0
        out_of_sight, far, due_far, many = self._coming.beyond_sight(seen, SEEN_METRES)
        movement = np.concatenate([movement, after, layout.link_movement[out_of_sight]])
        metres = np.concatenate([cars.metres[near], cars.next_metres[later], far])
        waiting = np.concatenate([cars.waiting[near], 0.5 * cars.waiting[later], np.zeros(len(far))])
        lane = layout.movement_lane[movement]
        order = np.lexsort((metres, lane))
        # Every second of anybody counts the same, also in a bus; that nobody waits for ever is the interlock's limit.
        weight = np.ones(len(movement))
        weight[len(weight) - len(many) :] = many
        for request in seen.requests[:REQUESTS_LIMIT]:
            mine = np.flatnonzero(layout.movement_lane[movement] == self._link_lane[request.link])
            away = np.abs(metres[mine] - request.metres)
            if len(mine) and away.min() < CAR_METRES:
                weight[mine[np.argmin(away)]] = CARS_WORTH[request.kind]
        start = np.searchsorted(lane[order], np.arange(int(layout.lane_start[-1]) + 1))
        due = np.concatenate([due, due_after, due_far])
        stands = np.concatenate([~moving, np.zeros(len(movement) - len(near), bool)])[order]
        weight = self._bays.weighed(start, metres[order], stands, weight[order])
        return Queue(start, movement[order], metres[order], due[order], weight, waiting[order])

    def _held(self, seen: Observation) -> Flags:
        """Who stands at a line because the queue of the next one reaches back to it: part of that queue, then."""
        if seen.exit_room is None:
            return np.zeros(len(seen.vehicles.link), bool)
        full = seen.exit_room[self._link_exit] < 1.0
        return np.asarray(full[seen.vehicles.link] & (seen.vehicles.link >= 0) & (seen.vehicles.waiting > 0))

    def _note_heads(self, queue: Queue) -> None:
        head = self._learnt.head
        head[:] = -1
        some = np.flatnonzero(queue.start[1:] > queue.start[:-1])
        first = queue.start[some]
        head[some] = np.where(queue.metres[first] < HEAD_METRES, queue.movement[first], -1)
        self._learnt.stuck[head < 0] = 0

    def _roads(self, seen: Observation) -> Roads:
        layout = self.layout
        taken = np.bincount(self._link_exit, weights=seen.passed, minlength=len(self._flow))
        self._flow += (taken - self._flow) / FLOW_MEMORY_SECONDS
        drain = np.maximum(self._flow, LEAST_DRAIN)[layout.road_exit]
        room = np.full(len(drain), np.inf) if seen.exit_room is None else seen.exit_room[layout.road_exit]
        return Roads(layout.road_start, layout.movement_road, room, drain)

    def _calls(
        self, chosen: Indices, costs: Floats, queue: Queue, cabinets: Cabinets, requests: tuple[Request, ...]
    ) -> list[Call]:
        calls: list[Call] = []
        if not len(chosen):
            return calls
        stay, go = costs[np.arange(len(chosen)), self._phase[chosen]], costs.min(axis=1)
        for row in np.flatnonzero(go < stay - 1e-9).tolist():
            junction, best, gain = int(chosen[row]), int(np.argmin(costs[row])), float(stay[row] - go[row])
            for place, signal in enumerate(self.layout.members[junction]):
                phase = int(self.layout.joint[junction][best, place])
                if phase != cabinets.phase[signal]:
                    first = int(self.layout.first_link[signal])
                    asked = why_asked(self.network.signals[signal], phase, first, requests)
                    reason = why_switched(self.network, self.layout, signal, phase, queue, gain)
                    calls.append(Call(signal, phase, asked + reason))
        return calls


def _times(network: Network, limits: Limits, layout: Layout) -> tuple[Floats, Floats]:
    """Seconds without green after each joint phase, and its shortest green: the longest of its signals'."""
    change, least = [], []
    for group, joint in zip(layout.members, layout.joint, strict=True):
        ambers = [np.asarray([limits.amber or one.amber_seconds for one in network.signals[s].phases]) for s in group]
        shortest = [np.asarray(minimums(network, limits, signal)) for signal in group]
        change.append(np.max([ambers[n][joint[:, n]] for n in range(len(group))], axis=0) + limits.all_red)
        least.append(np.max([shortest[n][joint[:, n]] for n in range(len(group))], axis=0))
    return np.concatenate(change).astype(np.float64), np.concatenate(least).astype(np.float64)
