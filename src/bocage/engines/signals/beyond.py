"""How much room there is beyond a junction: up to the tail of the queue on the way to the next stop line."""

import numpy as np

from bocage.engines.signals.types import Floats, Indices, Network

CAR_METRES = 7.5
# Slower is part of a queue.
QUEUE_METRES_PER_SECOND = 2.0


class Beyond:
    """The roads beyond all exits as arrays. `number`: of each lane of theirs."""

    def __init__(self, network: Network) -> None:
        self.number: dict[str, int] = {}
        metres: list[float] = []
        stretch_lane, starts, lengths = [], [0], []
        for stretches in network.beyond:
            for stretch in stretches:
                for lane in stretch.lanes:
                    if lane not in self.number:
                        self.number[lane] = len(metres)
                        metres.append(stretch.metres)
                    stretch_lane.append(self.number[lane])
                starts.append(len(stretch_lane))
                lengths.append(stretch.metres)
        self._metres, self._length = np.asarray(metres), np.asarray(lengths)
        self._lane: Indices = np.asarray(stretch_lane, np.int64)
        self._start: Indices = np.asarray(starts, np.int64)
        count = [len(stretches) for stretches in network.beyond]
        self._exit: Indices = np.repeat(np.arange(len(count)), count)
        self._first: Indices = np.cumsum([0, *count])[:-1]
        self._held = np.asarray(network.held, bool)

    def room(self, vehicles: list[tuple[int, float, float]]) -> Floats:
        """Vehicles that still have room beyond each exit, from (lane number, metres on it, m/s) of all on these lanes.

        Without end where nothing stands and no stop line ends the road.
        """
        table = np.asarray(vehicles, dtype=np.float64).reshape(len(vehicles), 3)
        lane, slow = table[:, 0].astype(np.int64), table[:, 2] < QUEUE_METRES_PER_SECOND
        tail = self._metres.copy()
        # The tail is a car's length behind the front of the last who stands.
        np.minimum.at(tail, lane[slow], np.maximum(table[slow, 1] - CAR_METRES, 0.0))
        stands = np.bincount(lane[slow], minlength=len(tail)) > 0
        moving = np.bincount(lane[~slow & (table[:, 1] <= tail[lane])], minlength=len(tail))
        many = np.diff(self._start)
        free = np.maximum.reduceat(tail[self._lane], self._start[:-1])
        coming = np.add.reduceat(moving[self._lane], self._start[:-1]) / many
        # All its lanes hold a queue: what is beyond it cannot be reached.
        shut = np.add.reduceat(stands[self._lane].astype(np.int64), self._start[:-1]) == many
        before = np.cumsum(shut) - shut
        reached = before - before[self._first][self._exit] == 0
        exits = len(self._first)
        room = np.bincount(self._exit, weights=np.where(reached, free / CAR_METRES - coming, 0.0), minlength=exits)
        closed = self._held | (np.bincount(self._exit, weights=shut, minlength=exits) > 0)
        return np.where(closed, np.maximum(room, 0.0), np.inf)
