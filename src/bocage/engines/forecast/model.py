"""The forecast: the mean of trees and network, each of all detectors together, its intervals calibrated apart."""

from dataclasses import dataclass, replace

import numpy as np

from bocage.engines.forecast import boosting, intervals, network
from bocage.engines.forecast.features import WINDOW, Rows, Scale, learn_scale, rows_of
from bocage.engines.forecast.series import Graph, Series, fill, learn_graph, usual_day
from bocage.engines.forecast.types import Floats, ForecastError, Indices, Mask, Table

HORIZONS_MINUTES = (5, 15, 30, 60)
ROWS_LIMIT = 400_000
NETWORKS = 2  # of other beginnings, averaged
FITTED_SHARE = 0.8  # the rest calibrates
SILENCED_SHARE, SILENCED_HOURS = 0.1, 6


@dataclass(frozen=True)
class Fitted:
    """What was learnt: who tells whose future, the scale of readings, trees and networks; `horizons` in steps."""

    graph: Graph
    scale: Scale
    trees: boosting.Trees
    networks: tuple[network.Network, ...]
    horizons: tuple[int, ...]

    def rows(self, series: Series, origins: Indices) -> Rows:
        """What is known at `origins`, from the past alone."""
        return rows_of(series, self.graph, self.scale, origins, self.horizons, hindsight=False)

    def parts(self, rows: Rows) -> dict[str, Floats]:
        """(rows, horizons) by trees and by network, in the readings' unit."""
        by_network = np.mean([each.predict(rows) for each in self.networks], axis=0)
        found = {"trees": self.trees.predict(rows), "network": by_network}
        return {name: np.maximum(rows.now[:, None] + change, 0) for name, change in found.items()}

    def predict(self, rows: Rows) -> Floats:
        """(rows, horizons)."""
        parts = self.parts(rows)
        return (parts["trees"] + parts["network"]) / 2


def train(table: Table, adjacency: Floats | None, seed: int) -> tuple[Fitted, Floats]:
    """The model of all of `table`, and its intervals' ends.

    Those are calibrated on the last fifth by a model of the first four; then all of it is learnt from.

    Raises:
        ForecastError: there are too few days, or a detector never reads.
    """
    kept = int(len(table.values) * FITTED_SHARE)
    first = fit(replace(table, values=table.values[:kept]), adjacency, seed)
    seen = [table, silenced(table, seed + 1, share=0.2)]
    rows, truth = [], []
    horizons = first.horizons
    origins = _thinned(np.arange(kept - 1, len(table.values) - max(horizons)), len(table.names))
    for each in seen:
        rows.append(first.rows(fill(each, first.graph), origins))
        truth.append(_truth(table, origins, horizons))
    # Of the silenced pass only what is silent: a fresh reading counts once.
    values = [first.predict(each) for each in rows]
    silent = rows[1].age > 0
    ends = intervals.calibrate(
        _joined(rows[0], rows[1], silent),
        np.vstack([values[0], values[1][silent]]),
        np.vstack([truth[0], truth[1][silent]]),
    )
    return fit(table, adjacency, seed), ends


def fit(table: Table, adjacency: Floats | None, seed: int) -> Fitted:
    """Trees and network of one table; a tenth of it is learnt once more with the detector silent."""
    horizons = steps_of(table)
    graph = learn_graph(table, adjacency)
    series = fill(table, graph)
    scale = learn_scale(series, graph)
    origins = _thinned(np.arange(WINDOW - 1, len(table.values) - max(horizons)), len(table.names))
    rows = rows_of(series, graph, scale, origins, horizons, hindsight=True)
    quiet = silenced(table, seed, share=SILENCED_SHARE)
    masked = replace(graph, usual=usual_day(quiet, graph.level))
    silent_rows = rows_of(fill(quiet, masked), masked, scale, origins, horizons, hindsight=True)
    silent = silent_rows.age > rows.age
    truth = _truth(table, origins, horizons)
    rows = _joined(rows, silent_rows, silent)
    change = np.vstack([truth, truth[silent]]) - rows.now[:, None]
    trees = boosting.fit(rows, change, seed)
    networks = tuple(network.fit(rows, change, len(table.names), seed + each) for each in range(NETWORKS))
    return Fitted(graph, scale, trees, networks, horizons)


def steps_of(table: Table) -> tuple[int, ...]:
    """The horizons in steps of the table.

    Raises:
        ForecastError: its step is longer than an hour or divides none of them.
    """
    horizons = tuple(each // table.step_minutes for each in HORIZONS_MINUTES if each % table.step_minutes == 0)
    if not horizons:
        raise ForecastError(f"steps of {table.step_minutes} minutes divide none of {HORIZONS_MINUTES} minutes")
    return horizons


def silenced(table: Table, seed: int, *, share: float) -> Table:
    """The table with `share` of its detectors' stretches of six hours taken out, as when they break down."""
    dice = np.random.default_rng(seed)
    stretch = max(1, SILENCED_HOURS * 60 // table.step_minutes)
    steps, detectors = table.values.shape
    out = dice.random((steps // stretch + 2, detectors)) < share
    # Each detector breaks down at hours of its own.
    shifted = np.asarray(dice.integers(0, stretch, size=(detectors,)))
    when = np.arange(steps)[:, None] + shifted[None, :]
    gone = out[when // stretch, np.arange(detectors)[None, :]]
    return replace(table, values=np.where(gone, np.nan, table.values))


def _truth(table: Table, origins: Indices, horizons: tuple[int, ...]) -> Floats:
    return np.stack([table.values[origins + ahead].ravel() for ahead in horizons], axis=1)


def _thinned(origins: Indices, detectors: int) -> Indices:
    """Evenly fewer origins where there would be more than 400,000 rows."""
    every = -(-len(origins) * detectors // ROWS_LIMIT)
    return origins[:: max(1, every)]


def _joined(rows: Rows, others: Rows, chosen: Mask) -> Rows:
    return Rows(
        np.concatenate([rows.now, others.now[chosen]]),
        np.vstack([rows.shared, others.shared[chosen]]),
        np.concatenate([rows.ahead, others.ahead[:, chosen]], axis=1),
        np.concatenate([rows.age, others.age[chosen]]),
        np.concatenate([rows.detector, others.detector[chosen]]),
    )
