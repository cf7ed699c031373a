"""Vehicles that no sensor sees, guessed from those it does: a queue with gaps has somebody in them.

At red, cars stand 7.5 m apart from the stop line on. Where one seen stands too far back for those seen before it, the
missing ones are put in; how many are missing in all gives the share that is seen, and from that and the counts over the
line follows how many unseen may have come to an empty lane since it had green. With whole sensors nothing is added.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bocage.engines.signals.layout import Layout
from bocage.engines.signals.types import Flags, Floats, Indices

if TYPE_CHECKING:
    from bocage.engines.signals.rollout import Queue

CAR_METRES = 7.5
# Above this share queues are taken to be as seen: lorries leave gaps as well.
WHOLE_SHARE = 0.95
# Places of queues that are taken to have been seen whole before the first was looked at; the share follows in minutes.
PRIOR_PLACES = 20.0
SHARE_MEMORY = 0.9999
FLOW_MEMORY_SECONDS = 600.0
# The least traffic a lane is taken to have: a vehicle each five minutes.
LEAST_FLOW = 1.0 / 300.0
# Of five places in a row all empty, one in 3,000 is by chance where a fifth is unseen.
GAP_PLACES = 4.0
# An expectation of less is left out.
LEAST_EXPECTED = 0.1


class Unseen:
    """Keeps the share that is seen, in the whole network, and what flows on each lane."""

    def __init__(self, layout: Layout) -> None:
        lanes = int(layout.lane_start[-1])
        self.layout = layout
        self._seen = self._places = PRIOR_PLACES
        self._flow = np.full(lanes, LEAST_FLOW)
        self._red = np.zeros(lanes)
        self._usual: Indices = np.searchsorted(layout.movement_lane, np.arange(lanes), sorter=None)
        order = np.argsort(layout.movement_lane, kind="stable")
        self._usual = order[np.searchsorted(layout.movement_lane[order], np.arange(lanes))]
        movements = np.diff(layout.movement_start)
        self._row = (
            np.repeat(layout.rate_start[:-1], movements)
            + np.arange(len(layout.movement_lane))
            - np.repeat(layout.movement_start[:-1], movements)
        )
        self._width = np.repeat(movements, movements)
        self._junction = np.repeat(np.arange(len(movements)), movements)

    @property
    def share(self) -> float:
        """Of all vehicles, the share that is seen."""
        return self._seen / self._places

    def completed(self, queue: "Queue", passed: Indices, phase: Indices) -> "Queue":
        """The queue with those put in that must or may be there."""
        green = self.layout.rate[self._row + phase[self._junction] * self._width] > 0.0
        lane_green = np.bincount(self.layout.movement_lane, weights=green, minlength=len(self._red)) > 0
        self._red = np.where(lane_green, 0.0, self._red + 1.0)
        self._flow += (np.maximum(passed, LEAST_FLOW) - self._flow) / FLOW_MEMORY_SECONDS
        lane, rank = queue.lane, queue.rank
        stands = (queue.waiting > 0.0) & (queue.due <= 0.0) & ~lane_green[lane]
        before = np.rint(np.maximum(queue.metres - 1.0, 0.0) / CAR_METRES)
        missing = np.maximum(before - rank, 0.0)
        # Who stands far behind the one before waits for something else, a side street or a bus: no queue from there on.
        ahead = np.where(rank > 0, np.append(0.0, missing[:-1]), 0.0)
        apart = ~stands | (missing - ahead > GAP_PLACES)
        broken = np.cumsum(apart)
        stands &= broken == np.append(0, broken)[queue.start[lane]]
        missing = np.where(stands, missing, 0.0)
        self._watch(queue, stands, missing)
        if self.share > WHOLE_SHARE:
            return queue
        return self._with_expected(self._with_missing(queue, missing), lane_green)

    def _watch(self, queue: "Queue", stands: Flags, missing: Floats) -> None:
        """Of each lane at red, those before the last who is seen standing (he himself is seen by choice)."""
        last = np.flatnonzero(stands)
        if not len(last):
            return
        lane = queue.lane[last]
        last = last[np.append(lane[1:] != lane[:-1], True)]
        seen = float(queue.rank[last].sum())
        self._seen = self._seen * SHARE_MEMORY + seen
        self._places = self._places * SHARE_MEMORY + seen + float(missing[last].sum())

    def _with_missing(self, queue: "Queue", missing: Floats) -> "Queue":
        """Each vehicle after as many copies of itself as are missing before it and not before those ahead."""
        lane = queue.lane
        total = np.zeros(len(missing), np.int64)
        for one in np.unique(lane[missing > 0]).tolist():
            own = slice(queue.start[one], queue.start[one + 1])
            total[own] = np.diff(np.maximum.accumulate(np.append(0.0, missing[own]))).astype(np.int64)
        times = 1 + total
        start = np.append(0, np.cumsum(np.bincount(lane, weights=times, minlength=len(self._red)))).astype(np.int64)
        columns = {name: np.repeat(getattr(queue, name), times) for name in ("movement", "metres", "due", "weight")}
        return replace(queue, start=start, waiting=np.repeat(queue.waiting, times), **columns)

    def _with_expected(self, queue: "Queue", lane_green: Flags) -> "Queue":
        """One more at the head of each lane at red where nobody stands, who weighs as many as may do so unseen."""
        stand = np.bincount(queue.lane[queue.due <= 0.0], minlength=len(self._red))
        expected = self._flow * (1.0 - self.share) / self.share * self._red
        empty = np.flatnonzero((stand == 0) & ~lane_green & (expected > LEAST_EXPECTED))
        if not len(empty):
            return queue
        at = queue.start[empty]
        more = np.zeros(len(queue.start) - 1, np.int64)
        more[empty] = 1
        waits = self._red[empty] / 2.0
        return replace(
            queue,
            start=queue.start + np.append(0, np.cumsum(more)),
            movement=np.insert(queue.movement, at, self._usual[empty]),
            metres=np.insert(queue.metres, at, 0.0),
            due=np.insert(queue.due, at, 0.0),
            weight=np.insert(queue.weight, at, expected[empty] * (1.0 + waits / 60.0)),
            waiting=np.insert(queue.waiting, at, waits),
        )
