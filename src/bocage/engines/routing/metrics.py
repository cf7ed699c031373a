"""Distances by coordinates and by table, with each format's rounding."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bocage.engines.routing.types import Floats, Indices, Metric

Rounding = Literal["exact", "nearest", "tenth"]
# A tenth is cut off, not rounded; the little more is for 0.3 and the like, which binary numbers hold as 0.2999...
CUT_TOLERANCE = 1e-9
# Longer than any way, and still few enough of it for the solvers' whole numbers.
OUT_OF_REACH = 1e7


@dataclass(frozen=True)
class Euclid:
    """Straight lines: exact, to the nearest whole number (TSPLIB's EUC_2D), or cut off after a tenth (DIMACS VRPTW)."""

    coordinates: Floats
    rounding: Rounding = "exact"

    def block(self, rows: Indices, columns: Indices) -> Floats:
        """From each of `rows` to each of `columns`."""
        there, here = self.coordinates[columns], self.coordinates[rows]
        return self._rounded(np.hypot(here[:, None, 0] - there[None, :, 0], here[:, None, 1] - there[None, :, 1]))

    def along(self, places: Indices) -> Floats:
        """From each place to the next one."""
        step = np.diff(self.coordinates[places], axis=0)
        return self._rounded(np.hypot(step[:, 0], step[:, 1]))

    def _rounded(self, lengths: Floats) -> Floats:
        if self.rounding == "nearest":
            return np.floor(lengths + 0.5)
        return np.floor(lengths * 10 + CUT_TOLERANCE) / 10 if self.rounding == "tenth" else lengths


@dataclass(frozen=True)
class Excerpt:
    """What a metric says of some places, held as a table. `places`: their numbers, ascending; no other is known."""

    places: Indices
    values: Floats

    @classmethod
    def of(cls, metric: Metric, places: Indices) -> "Excerpt":
        """A metric's table of some places."""
        known = np.unique(places)
        return cls(known, metric.block(known, known))

    def block(self, rows: Indices, columns: Indices) -> Floats:
        """From each of `rows` to each of `columns`."""
        return self.values[np.ix_(np.searchsorted(self.places, rows), np.searchsorted(self.places, columns))]

    def along(self, places: Indices) -> Floats:
        """From each place to the next one."""
        at = np.searchsorted(self.places, places)
        return self.values[at[:-1], at[1:]]


@dataclass(frozen=True)
class Flight:
    """Straight lines for what flies out of one place and back; what lies beyond its reach is out of the world.

    `reach`: half of what a battery takes it, there and back. `times`: what a length is multiplied by, such as seconds a
    metre.
    """

    coordinates: Floats
    base: int
    reach: float
    times: float = 1.0

    def block(self, rows: Indices, columns: Indices) -> Floats:
        """From each of `rows` to each of `columns`."""
        lengths = Euclid(self.coordinates).block(rows, columns)
        beyond = ~(self._within(rows)[:, None] & self._within(columns)[None, :])
        beyond &= rows[:, None] != columns[None, :]  # staying where one is takes nothing
        return np.where(beyond, OUT_OF_REACH, lengths * self.times)

    def along(self, places: Indices) -> Floats:
        """From each place to the next one."""
        within = self._within(places)
        lengths = Euclid(self.coordinates).along(places) * self.times
        return np.where(within[:-1] & within[1:] | (places[:-1] == places[1:]), lengths, OUT_OF_REACH)

    def _within(self, places: Indices) -> NDArray[np.bool_]:
        base = np.full(1, self.base, dtype=np.int64)
        return np.asarray(Euclid(self.coordinates).block(base, places)[0] <= self.reach)


@dataclass(frozen=True)
class Table:
    """A matrix given in full: `values[from, to]`."""

    values: Floats

    def block(self, rows: Indices, columns: Indices) -> Floats:
        """From each of `rows` to each of `columns`."""
        return self.values[np.ix_(rows, columns)]

    def along(self, places: Indices) -> Floats:
        """From each place to the next one."""
        return self.values[places[:-1], places[1:]]
