"""Baselines of the field: at every decision the phase with the most vehicles, or with the most pressure.

MAXWAVE and MAXPRESSURE as in RESCO (Ault & Sharon 2021): one decision each ten seconds, amber within them. Pressure is
of Varaiya (2013): who stands before the stop line less who stands beyond it.
"""

import numpy as np

from bocage.engines.signals.types import Cabinets, Call, Floats, Indices, Limits, Network, Observation

INTERVAL_SECONDS = 10
WAVE_METRES = 50.0


class Greedy:
    """Both of them; `pressure` says which."""

    def __init__(self, network: Network, limits: Limits, pressure: bool) -> None:
        self.pressure, self._second = pressure, -1
        lane_number: dict[str, int] = {}
        exit_number = {name: number for number, name in enumerate(network.exits)}
        self._lane: Indices = np.asarray(
            [lane_number.setdefault(link.lane, len(lane_number)) for one in network.signals for link in one.links],
            np.int64,
        )
        self._exit: Indices = np.asarray(
            [exit_number[link.exit_lane] for one in network.signals for link in one.links], np.int64
        )
        self._first_link = np.cumsum([0, *(len(one.links) for one in network.signals)])
        self._green = [
            np.asarray([[p.state[link.position] in "Gg" for link in one.links] for p in one.phases], dtype=np.float64)
            for one in network.signals
        ]
        self._lanes = len(lane_number)

    def decide(self, seen: Observation, cabinets: Cabinets) -> list[Call]:
        """Calls for all signals, once each ten seconds."""
        self._second += 1
        if self._second % INTERVAL_SECONDS:
            return []
        weight = self._pressures(seen) if self.pressure else self._waves(seen)
        calls = []
        for signal in np.flatnonzero(cabinets.ready).tolist():
            links = slice(self._first_link[signal], self._first_link[signal + 1])
            scores = self._scores(signal, weight[links], self._lane[links])
            best = int(np.argmax(scores))
            if best != cabinets.phase[signal]:
                what = "queue upstream less downstream" if self.pressure else "vehicles within 50 m"
                calls.append(
                    Call(signal, best, f"{what}: {scores[best]:.1f} against {scores[cabinets.phase[signal]]:.1f}")
                )
        return calls

    def _scores(self, signal: int, weight: Floats, lane: Indices) -> Floats:
        green = self._green[signal]
        if self.pressure:
            return np.asarray(green @ weight)
        lanes, first = np.unique(lane, return_index=True)
        served = np.stack([green[:, lane == one].any(axis=1) for one in lanes], axis=1)
        return np.asarray(served @ weight[first])

    def _waves(self, seen: Observation) -> Floats:
        cars = seen.vehicles
        near = (cars.link >= 0) & (cars.metres <= WAVE_METRES)
        return np.bincount(self._lane[cars.link[near]], minlength=self._lanes)[self._lane].astype(np.float64)

    def _pressures(self, seen: Observation) -> Floats:
        cars = seen.vehicles
        stand = (cars.link >= 0) & (cars.waiting > 0)
        queue = np.bincount(self._lane[cars.link[stand]], minlength=self._lanes)[self._lane]
        ways = np.bincount(self._lane, minlength=self._lanes)[self._lane]
        return np.asarray((queue - seen.exit_halted[self._exit]) / ways)
