"""Incidents from loop detectors: three published algorithms, and one of ours.

- California #7 (Payne and Tignor 1978): the occupancy upstream exceeds that downstream, absolutely and relatively,
  while downstream is light, in two half minutes in turn. #8 as well keeps still for five minutes after a wave of
  congestion has passed downstream; its tree is abridged to that.
- SND, standard normal deviate (Dudek, Messer and Nuckles 1974): occupancy far above its mean of the last five minutes,
  twice in turn.
- Ours, `LaneDetector`: a blocked lane is missing downstream before any queue has reached the station upstream.
"""

from collections import deque
from typing import Protocol

import numpy as np

from bocage.engines.incidents.types import LOOP_SECONDS, STATIONS_LIMIT, Alarm, Floats, IncidentsError, Loops, Mask

QUIET_STEPS = 30  # after an alarm, where its queue stands: a known incident is not a new one
QUIET_BEHIND_METRES, QUIET_AHEAD_METRES = 3_000.0, 1_600.0
SHARE_LEAST = 0.02
WARM_STEPS = 10
NEXT_LEAST = -1.0
DISPERSION_RATE = 0.05
DISPERSION_LEAST = np.array([0.6, 2.0])
SHARE_RATE, FLOW_RATE, SENT_RATE = 0.02, 0.1, 0.4  # a half minute, of exponential means


class Detector(Protocol):
    """Takes each half minute in order, and answers what is new."""

    def step(self, seconds: float, loops: Loops) -> list[Alarm]: ...


class _Once:
    """Lets one alarm through for each incident: its queue upstream, and its start downstream, are known by then."""

    def __init__(self, metres: Floats) -> None:
        self._metres = metres
        self._quiet = np.zeros(len(metres))

    def new(self, seconds: float, hot: Mask, where: Floats, why: list[str]) -> list[Alarm]:
        """Alarms of `hot` stations that nothing known explains."""
        self._quiet = np.maximum(self._quiet - 1, 0)
        found = []
        for station in np.flatnonzero(hot)[::-1]:  # the most downstream one is where it is
            if self._quiet[station] == 0:
                found.append(Alarm(seconds, "capacity_loss", float(where[station]), None, why[station]))
            beyond = self._metres - self._metres[station]
            self._quiet[(beyond >= -QUIET_BEHIND_METRES) & (beyond <= QUIET_AHEAD_METRES)] = QUIET_STEPS
        return found


class California:
    """California #7, or with `waves` #8."""

    def __init__(
        self, metres: Floats, *, waves: bool, difference: float = 0.04, relative: float = 0.5, light: float = 0.15
    ) -> None:
        """`metres`: (stations), where they stand; the three thresholds of occupancy, as shares."""
        self._metres, self._waves = metres, waves
        self._thresholds = difference, relative, light
        self._tentative = np.zeros(len(metres), dtype=np.bool_)
        self._still = np.zeros(len(metres))
        self._past: deque[Floats] = deque(maxlen=4)
        self._once = _Once(metres)

    def step(self, seconds: float, loops: Loops) -> list[Alarm]:
        """Alarms between a station and the next."""
        up = _mean(_checked(loops, len(self._metres)).occupancy)
        down = np.append(up[1:], np.nan)
        difference, relative, light = self._thresholds
        apart = (up - down) / np.maximum(up, 1e-3)
        if self._waves and self._past:
            rising = np.append(self._past[0], np.nan)[1 : len(up) + 1]
            wave = (down > 0.3) | ((rising - down) / np.maximum(rising, 1e-3) < -1.0) & (down > 0.2)
            self._still = np.where(wave, 10, np.maximum(self._still - 1, 0))
        first = (up - down >= difference) & (apart >= relative) & (down <= light)
        hot = self._tentative & (apart >= relative) & (self._still == 0)
        self._tentative = first
        self._past.append(up)
        why = [
            f"occupancy {100 * a:.0f} % here and {100 * b:.0f} % at the next station"
            for a, b in zip(up, down, strict=True)
        ]
        return self._once.new(seconds, hot, self._metres, why)


class StandardNormalDeviate:
    """SND over the last ten half minutes."""

    def __init__(self, metres: Floats, *, deviate: float = 3.0) -> None:
        """`metres`: (stations)."""
        self._metres, self._deviate = metres, deviate
        self._past: deque[Floats] = deque(maxlen=10)
        self._before = np.zeros(len(metres), dtype=np.bool_)
        self._once = _Once(metres)

    def step(self, seconds: float, loops: Loops) -> list[Alarm]:
        """Alarms at stations."""
        here = _mean(_checked(loops, len(self._metres)).occupancy)
        hot = np.zeros(len(here), dtype=np.bool_)
        if len(self._past) == self._past.maxlen:
            past = np.stack(self._past)
            far = (here - past.mean(axis=0)) / np.maximum(past.std(axis=0), 0.005) > self._deviate
            hot, self._before = far & self._before, far
        self._past.append(here)
        why = [f"occupancy {100 * each:.0f} %, far above its last five minutes" for each in here]
        return self._once.new(seconds, hot, self._metres, why)


class LaneDetector:
    """Page's cumulative sums of likelihood ratios: what a lane carries, against its share of what should arrive.

    A blocked lane is thin at the next station, and still at the one after it, before any queue has reached the station
    upstream. Lanes' counts are multinomial, one lane's share `LEFT` of itself under the alternative; what is lacking of
    the whole flow is Poisson, that lane's part of it. Either log ratio is divided by the dispersion that the station
    shows (quasi-likelihood, Wedderburn 1974): drivers even lanes out, and come in platoons. The station after next
    weighs half. What should arrive is the station's own recent flow or that of the station upstream, whichever is less:
    lower demand is no incident, nor is a wave of congestion, which takes a part from every lane.
    Shares, flows and dispersions are learnt on the way and kept as they were while evidence gathers.
    """

    LEFT = 0.5
    NEXT_WEIGHT = 0.5

    def __init__(self, metres: Floats, *, limit: float = 10.0) -> None:
        """`metres`: (stations); `limit`: of the cumulated log likelihood ratio, nats."""
        self._metres, self._limit = metres, limit
        self._once = _Once(metres)
        self._share: Floats = np.zeros((len(metres), 0))
        self._flow: Floats = np.zeros(len(metres))
        self._sent: Floats = np.zeros(len(metres))
        self._dispersion: Floats = np.ones((2, len(metres)))  # of lanes, of the whole flow
        self._sum: Floats = np.zeros((len(metres), 1))
        self._steps = 0

    def step(self, seconds: float, loops: Loops) -> list[Alarm]:
        """Alarms between a station and the one before it."""
        volume = _checked(loops, len(self._metres)).volume
        read = np.isfinite(volume).all(axis=1)
        volume = np.nan_to_num(volume)
        if self._share.shape != volume.shape:
            self._share = np.full(volume.shape, 1 / volume.shape[1])
            self._sum = np.zeros(volume.shape)
        self._steps += 1
        total = volume.sum(axis=1)
        self._sent = np.where(read, self._sent + max(1 / self._steps, SENT_RATE) * (total - self._sent), self._sent)
        arriving = np.minimum(self._flow, np.append(0.0, self._sent[:-1]))
        ratio = np.where(read[:, None], self._ratio(volume, total, arriving), 0)  # a silent station says nothing
        # Behind the next station a ramp may fill the lane again: that takes little away.
        ratio += self.NEXT_WEIGHT * np.maximum(np.vstack([ratio[1:], np.zeros((1, ratio.shape[1]))]), NEXT_LEAST)
        if self._steps > WARM_STEPS:
            self._sum = np.maximum(0, self._sum + ratio)
        self._learn(volume, total, arriving, read & (self._sum.max(axis=1) < self._limit / 2))
        lane = self._sum.argmax(axis=1)
        why = [f"lane {at + 1} carries far less than its share, as behind a blockage" for at in lane]
        before = np.append(self._metres[0], self._metres[:-1])
        return self._once.new(seconds, self._sum.max(axis=1) >= self._limit, (before + self._metres) / 2, why)

    def _ratio(self, volume: Floats, total: Floats, arriving: Floats) -> Floats:
        """(stations, lanes): log likelihood of a blocked lane over that of none, in this half minute."""
        share = np.clip(self._share, SHARE_LEAST, 1 - SHARE_LEAST)
        others = np.log((1 - self.LEFT * share) / (1 - share))
        lanes = volume * np.log(self.LEFT) + (total[:, None] - volume) * others
        lacking = (1 - self.LEFT) * share * np.maximum(arriving - total, 0)[:, None]
        found: Floats = lanes / self._dispersion[0][:, None] + lacking / self._dispersion[1][:, None]
        return found

    def _learn(self, volume: Floats, total: Floats, arriving: Floats, calm: Mask) -> None:
        rate = max(1 / self._steps, SHARE_RATE)
        usual = self._share * total[:, None]
        spread = np.maximum(usual * (1 - self._share), 0.5)
        lanes = ((volume - usual) ** 2 / spread).mean(axis=1)
        whole = (total - arriving) ** 2 / np.maximum(arriving, 1)
        seen = np.clip(np.stack([lanes, whole]), 0, 9)
        if self._steps > WARM_STEPS // 2:  # before, shares are hardly known
            learnt = self._dispersion + DISPERSION_RATE * (seen - self._dispersion)
            learnt = np.clip(learnt, DISPERSION_LEAST[:, None], 4)
            self._dispersion = np.where(calm, learnt, self._dispersion)
        learnt = (1 - rate) * self._share + rate * volume / np.maximum(total, 1)[:, None]
        self._share = np.where((calm & (total > 0))[:, None], learnt, self._share)
        rate = max(1 / self._steps, FLOW_RATE)
        self._flow = np.where(calm, (1 - rate) * self._flow + rate * total, self._flow)


def _mean(values: Floats) -> Floats:
    """Over lanes that read; NaN where none does."""
    read = np.isfinite(values)
    found: Floats = np.where(
        read.any(axis=1), np.where(read, values, 0).sum(axis=1) / np.maximum(read.sum(axis=1), 1), np.nan
    )
    return found


def _checked(loops: Loops, stations: int) -> Loops:
    shapes = {each.shape for each in (loops.volume, loops.occupancy, loops.speed)}
    if len(shapes) != 1 or loops.volume.ndim != 2 or len(loops.volume) != stations or stations > STATIONS_LIMIT:
        raise IncidentsError(f"loops of shapes {sorted(shapes)} for {stations} stations")
    for name, values, most in (("volume", loops.volume, 120.0), ("occupancy", loops.occupancy, 1.0)):
        if not bool(np.all(np.isnan(values) | ((values >= 0) & (values <= most)))):
            raise IncidentsError(f"{name}: a reading is not between 0 and {most:g} in {LOOP_SECONDS} s")
    return loops
