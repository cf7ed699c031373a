"""Lanes that begin short before the stop line: who finds his own full holds up all behind him, wherever they go.

A turning lane of some eight cars is fed by a street of fewer lanes. Its queue overflows into that street, and then
whoever wants another way, perhaps a green one, stands behind it. So the place in line whose departure lets the one who
blocks go on is worth as much waiting as all those who stand or come behind him on the same lane.
"""

import numpy as np

from bocage.engines.signals.layout import Layout
from bocage.engines.signals.types import Flags, Floats, Indices, Network


class Bays:
    """Of each lane how long it is where it shares its feeders with another, and with which."""

    def __init__(self, network: Network, layout: Layout) -> None:
        links = [link for one in network.signals for link in one.links]
        lanes = int(layout.lane_start[-1])
        self._metres: Floats = np.full(lanes, np.inf)
        first = {int(layout.movement_lane[m]): links[ways[0]] for m, ways in enumerate(layout.movement_links)}
        feeds: dict[str, list[int]] = {}
        for lane, link in first.items():
            for feeder in network.feeders.get(link.lane, ()):
                feeds.setdefault(feeder, []).append(lane)
        # Whoever is bound for a lane is on any of its feeders: the chance that two are on the same one.
        chance: dict[tuple[int, int], float] = {}
        many = {lane: len(network.feeders.get(link.lane, ())) for lane, link in first.items()}
        for fed in feeds.values():
            for one in fed:
                for other in fed:
                    if one != other:
                        chance[one, other] = chance.get((one, other), 0.0) + 1.0 / (many[one] * many[other])
        self._beside: dict[int, list[tuple[int, float]]] = {}
        for (one, other), share in chance.items():
            self._beside.setdefault(one, []).append((other, share))
            self._metres[one] = first[one].lane_metres

    def weighed(self, start: Indices, metres: Floats, stands: Flags, weight: Floats) -> Floats:
        """The weights of a queue, lane after lane, first in line first, with those who are held up added."""
        bay = np.repeat(self._metres, np.diff(start))
        over = np.flatnonzero(stands & (metres > bay))
        if not len(over):
            return weight
        answer, so_far = weight.copy(), np.concatenate([[0.0], np.cumsum(weight)])
        lanes = np.searchsorted(start, over, side="right") - 1
        for lane in np.unique(lanes).tolist():
            mine = metres[over[lanes == lane]]
            until = np.append(mine[1:], np.inf)
            for other, share in self._beside[lane]:
                first, last = int(start[other]), int(start[other + 1])
                there = metres[first:last]
                begin = first + np.searchsorted(there, np.maximum(mine, self._metres[other]))
                end = first + np.searchsorted(there, np.maximum(until, self._metres[other]))
                # The n-th who finds the bay full gets in when the n-th in line has gone.
                answer[start[lane] : start[lane] + len(mine)] += share * (so_far[end] - so_far[begin])
        return answer
