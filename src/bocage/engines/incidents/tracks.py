"""Incidents from tracks: who stands where nobody should, who drives the wrong way, what lies there, where queues end.

A vehicle in a queue stands behind one that stands; an incident stands with free road before it. That, and what is known
already, keeps queues from being reported again and again.
"""

from dataclasses import dataclass

import numpy as np

from bocage.engines.incidents.types import VEHICLES_LIMIT, Alarm, Floats, IncidentsError, Indices, Mask, Tracks

STANDING_SPEED = 1.0  # metres a second, above what a radar errs by
STOPPED_SECONDS = 8.0
CREPT_METRES = 4.0
WRONG_WAY_SPEED, WRONG_WAY_SECONDS = -3.0, 1.5
FREE_METRES = 40.0  # of road before one that stands: more than a queue leaves
WAITING_METRES = 100.0  # the same, where the next one stands as well
FORGOTTEN_SECONDS = 5.0  # a track missing for longer has left
MOVED_SPEED = 3.0  # once faster than this, it is a vehicle
QUEUE_MEMBERS, QUEUE_GAP_METRES, QUEUE_SPEED, QUEUE_SECONDS = 6, 40.0, 3.0, 20.0
# Of an incident that is known: around it, and upstream where its queue stands and starts.
KNOWN_AHEAD_METRES, KNOWN_BEHIND_METRES, KNOWN_SECONDS = 150.0, 2_500.0, 300.0
TAIL_GROWN_METRES, TAIL_FORGOTTEN_SECONDS = 1_000.0, 300.0


@dataclass(frozen=True)
class Road:
    """`metres`: how far the view reaches; `merges`: (lane, from, to) where a lane ends and vehicles wait to merge."""

    metres: float
    lanes: int
    merges: tuple[tuple[int, float, float], ...] = ()


@dataclass
class _Known:
    """An incident that is known, and when it was last seen."""

    metres: float
    seconds: float


LAST_SEEN, FREE, WRONG_WAY, FASTEST, TOLD, ANCHOR = range(6)


class TrackDetector:
    """Takes each moment's tracks in order, and answers what is new."""

    def __init__(self, road: Road) -> None:
        """Nothing is known yet."""
        self._road = road
        self._at: dict[int, int] = {}
        self._state = np.zeros((1_024, 6))
        self._known: list[_Known] = []
        self._tail: tuple[float, float] | None = None
        self._queued_since = np.inf
        self._seconds = -np.inf

    def step(self, tracks: Tracks) -> list[Alarm]:
        """Alarms that this moment gives rise to.

        Raises:
            IncidentsError: time goes back, columns differ in length, a vehicle is there twice, or there are too many.
        """
        _check(tracks, self._seconds)
        now = self._seconds = tracks.seconds
        order = np.lexsort((tracks.metres, tracks.lane))
        metres, lane, speed = tracks.metres[order], tracks.lane[order], tracks.speed[order]
        rows = self._rows(tracks.vehicle[order], now)
        state = self._state
        standing = np.abs(speed) < STANDING_SPEED
        free = standing & _free_ahead(metres, lane, standing) & ~self._merging(metres, lane)
        # One that creeps on is in traffic.
        free &= ~np.isfinite(state[rows, FREE]) | (np.abs(metres - state[rows, ANCHOR]) <= CREPT_METRES)
        state[rows, ANCHOR] = np.where(np.isfinite(state[rows, FREE]), state[rows, ANCHOR], metres)
        self._since(rows, FREE, free, now)
        self._since(rows, WRONG_WAY, speed < WRONG_WAY_SPEED, now)
        state[rows, FASTEST] = np.maximum(state[rows, FASTEST], np.abs(speed))
        alarms = []
        for at in np.flatnonzero(now - state[rows, WRONG_WAY] >= WRONG_WAY_SECONDS):
            if not state[rows[at], TOLD]:
                state[rows[at], TOLD] = 1
                reason = f"drives against the road at {-3.6 * speed[at]:.0f} km/h"
                alarms.append(Alarm(now, "wrong_way", float(metres[at]), int(lane[at]), reason))
        for at in np.flatnonzero(now - state[rows, FREE] >= STOPPED_SECONDS):
            dwelt = now - state[rows[at], FREE]
            if self._is_new(float(metres[at]), now):
                alarms.append(_stopped(now, float(metres[at]), int(lane[at]), dwelt, state[rows[at], FASTEST]))
        return alarms + self._queue_tail(metres, speed, now)

    def _rows(self, vehicle: Indices, now: float) -> Indices:
        """Where each track's state is kept; tracks that have left make room."""
        fresh = [each for each in vehicle.tolist() if each not in self._at]
        if len(self._at) + len(fresh) > len(self._state):
            kept = {each: at for each, at in self._at.items() if now - self._state[at, LAST_SEEN] <= FORGOTTEN_SECONDS}
            state = np.zeros((max(1_024, 2 * (len(kept) + len(fresh))), self._state.shape[1]))
            state[: len(kept)] = self._state[list(kept.values())]
            self._at, self._state = {each: at for at, each in enumerate(kept)}, state
        for each in fresh:
            self._at[each] = len(self._at)
            self._state[self._at[each]] = (now, np.inf, np.inf, 0.0, 0.0, np.inf)
        rows = np.array([self._at[each] for each in vehicle.tolist()], dtype=np.int64)
        back = rows[now - self._state[rows, LAST_SEEN] > FORGOTTEN_SECONDS]
        self._state[back, FREE] = self._state[back, WRONG_WAY] = np.inf
        self._state[rows, LAST_SEEN] = now
        return rows

    def _since(self, rows: Indices, column: int, true: Mask, now: float) -> None:
        self._state[rows, column] = np.where(true, np.minimum(self._state[rows, column], now), np.inf)

    def _merging(self, metres: Floats, lane: Indices) -> Mask:
        waits = np.zeros(len(metres), dtype=np.bool_)
        for ending, begin, end in self._road.merges:
            waits |= (lane == ending) & (metres >= begin) & (metres <= end)
        return waits

    def _is_new(self, metres: float, now: float) -> bool:
        """Whether no known incident explains it; one that does is seen again by it."""
        self._known = [each for each in self._known if now - each.seconds <= KNOWN_SECONDS]
        for known in self._known:
            if -KNOWN_BEHIND_METRES <= metres - known.metres <= KNOWN_AHEAD_METRES:
                if abs(metres - known.metres) <= KNOWN_AHEAD_METRES:
                    known.seconds = now
                return False
        self._known.append(_Known(metres, now))
        return True

    def _queue_tail(self, metres: Floats, speed: Floats, now: float) -> list[Alarm]:
        """The upstream end of standing traffic, once for each queue and again when it has grown by a kilometre."""
        slow = np.sort(metres[np.abs(speed) < QUEUE_SPEED])
        tail = _tail_of(slow)
        if tail is None:
            self._queued_since = np.inf
            if self._tail and now - self._tail[1] > TAIL_FORGOTTEN_SECONDS:
                self._tail = None
            return []
        self._queued_since = min(self._queued_since, now)
        if now - self._queued_since < QUEUE_SECONDS:
            return []
        if self._tail and tail > self._tail[0] - TAIL_GROWN_METRES:
            self._tail = (self._tail[0], now)
            return []
        self._tail = (tail, now)
        return [Alarm(now, "queue_tail", tail, None, f"traffic stands from {tail / 1000:.1f} km on")]


def _stopped(now: float, metres: float, lane: int, dwelt: float, fastest: float) -> Alarm:
    if fastest > MOVED_SPEED:
        reason = f"a vehicle has stood for {dwelt:.0f} s with free road before it"
        return Alarm(now, "stopped_vehicle", metres, lane, reason)
    reason = f"something has lain for {dwelt:.0f} s where nothing was seen to arrive"
    return Alarm(now, "debris", metres, lane, reason)


def _free_ahead(metres: Floats, lane: Indices, standing: Mask) -> Mask:
    """Whether the road ahead is free; rows are sorted by lane, then metres. One behind another that stands waits."""
    ahead, waits = np.full(len(metres), np.inf), np.zeros(len(metres), dtype=np.bool_)
    ahead[:-1] = np.where(lane[1:] == lane[:-1], np.diff(metres), np.inf)
    waits[:-1] = standing[1:]
    found: Mask = ahead > np.where(waits, WAITING_METRES, FREE_METRES)
    return found


def _tail_of(slow: Floats) -> float | None:
    """Where the first group of at least six slow vehicles, none farther than 40 m from the next, begins."""
    if len(slow) < QUEUE_MEMBERS:
        return None
    group = np.concatenate([[0], np.cumsum(np.diff(slow) > QUEUE_GAP_METRES)])
    sizes = np.bincount(group)
    long = np.flatnonzero(sizes >= QUEUE_MEMBERS)
    return float(slow[np.argmax(group == long[0])]) if len(long) else None


def _check(tracks: Tracks, before: float) -> None:
    if not tracks.seconds > before:
        raise IncidentsError(f"tracks of second {tracks.seconds:g} come after those of {before:g}")
    lengths = {len(column) for column in (tracks.vehicle, tracks.metres, tracks.lane, tracks.speed)}
    if len(lengths) != 1:
        raise IncidentsError(f"second {tracks.seconds:g}: columns of {sorted(lengths)} vehicles")
    if len(np.unique(tracks.vehicle)) != len(tracks.vehicle):
        raise IncidentsError(f"second {tracks.seconds:g}: one vehicle stands there twice")
    if len(tracks.vehicle) > VEHICLES_LIMIT:
        raise IncidentsError(f"second {tracks.seconds:g}: more than {VEHICLES_LIMIT:,} vehicles")
    if not (np.isfinite(tracks.metres).all() and np.isfinite(tracks.speed).all()):
        raise IncidentsError(f"second {tracks.seconds:g}: a position or speed is not a number")
