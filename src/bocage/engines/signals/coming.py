"""Who is on the way beyond the reach of the sensors: counted over the line before, not yet seen at the next one.

Where sensors reach far enough nothing is added. Where they do not, each vehicle counted over a stop line is taken to
drive on at the speed limit until it comes into view, on the lanes that those before it took, in their shares.
"""

import numpy as np

from bocage.engines.signals.layout import Layout
from bocage.engines.signals.types import Floats, Indices, Network, Observation

# A crossing is some 15 m wide: the way from one stop line to the road beyond it.
JUNCTION_METRES = 15.0
# 200 m at 5 m/s; whoever takes longer has come into view or turned off.
AGES = 40
# What sensors reach is the farthest they saw in the last minutes: it halves, if they see nothing, in ten.
REACH_MEMORY = 0.999
# A lane's share of those who come is of the last twenty minutes, begun with one on each lane.
SHARE_MEMORY = 0.999


class Coming:
    """Keeps the counts into each exit of the last seconds, and where they went."""

    def __init__(self, network: Network, layout: Layout) -> None:
        links = [link for one in network.signals for link in one.links]
        at_lane: dict[str, list[int]] = {}
        for number, link in enumerate(links):
            at_lane.setdefault(link.lane, []).append(number)
        after = [
            [way for lane in stretches[-1].lanes for way in at_lane.get(lane, [])] if held else []
            for stretches, held in zip(network.beyond, network.held, strict=True)
        ]
        self._start: Indices = np.cumsum([0, *map(len, after)])
        self._link: Indices = np.asarray([way for ways in after for way in ways], np.int64)
        lane_speed = layout.lane_speed[layout.movement_lane[layout.link_movement]]
        speed = np.asarray([float(lane_speed[ways[0]]) if ways else 1.0 for ways in after])
        length = np.asarray([sum(one.metres for one in stretches) for stretches in network.beyond])
        self._metres: Floats = length + JUNCTION_METRES - speed * np.arange(AGES)[:, None]
        self._metres[:, [not ways for ways in after]] = -1.0
        self._due: Floats = self._metres / speed
        self._farthest: Floats = self._metres.max(axis=1, initial=0.0)
        place = {name: number for number, name in enumerate(network.exits)}
        self._into: Indices = np.asarray([place[link.exit_lane] for link in links], np.int64)
        self._counts: Floats = np.zeros((AGES, len(after)))
        self._took: Floats = np.ones(len(links))
        self._now, self._reach = 0, 0.0

    def beyond_sight(self, seen: Observation, horizon_metres: float) -> tuple[Indices, Floats, Floats, Floats]:
        """Of those in no sensor's reach and nearer than `horizon_metres`: link, metres, seconds, and how many."""
        self._now += 1
        self._counts[self._now % AGES] = np.bincount(self._into, weights=seen.passed, minlength=self._counts.shape[1])
        self._took = self._took * SHARE_MEMORY + seen.passed
        ahead = seen.vehicles.metres[seen.vehicles.link >= 0]
        self._reach = max(self._reach * REACH_MEMORY, float(ahead.max(initial=0.0)))
        ages = int((self._farthest > self._reach).sum())
        if self._reach >= horizon_metres or not ages:
            nobody = np.zeros(0)
            return np.zeros(0, np.int64), nobody, nobody, nobody
        counts, metres = self._counts[(self._now - np.arange(ages)) % AGES], self._metres[:ages]
        age, exit_ = np.nonzero((counts > 0) & (metres > self._reach) & (metres <= horizon_metres))
        many = np.diff(self._start)[exit_]
        of = np.repeat(np.arange(len(exit_)), many)
        link = self._link[np.arange(len(of)) - np.repeat(np.cumsum(many) - many, many) + self._start[exit_[of]]]
        took = np.bincount(of, weights=self._took[link], minlength=len(exit_))[of]
        each = counts[age[of], exit_[of]] * self._took[link] / np.maximum(took, 1e-9)
        return link, metres[age[of], exit_[of]], self._due[age[of], exit_[of]], each
