"""What every forecast has to beat: the last value, the historical mean, and ridge regression over neighbours."""

import numpy as np

from bocage.engines.forecast.series import Graph, Series
from bocage.engines.forecast.types import Floats, Indices

LAGS = (0, 1, 2, 3, 6, 9)
PENALTY = 300_000.0  # chosen before the last fifth, on readings of which a usual square is some hundreds


def last_value(series: Series, origins: Indices) -> Floats:
    """(origins, detectors): what was read last, whatever the horizon."""
    return series.filled[origins]


def historical_mean(series: Series, graph: Graph, origins: Indices, horizon: int) -> Floats:
    """(origins, detectors): the training part's mean at that time of day."""
    return graph.usual[(series.slot[origins] + horizon) % len(graph.usual)]


class Ridge:
    """One linear regression a detector and horizon: its own and its neighbours' last 45 minutes and usual values."""

    def __init__(self, series: Series, graph: Graph, truth: Floats, horizon: int) -> None:
        """Fit on all of `series`; `truth`: (steps, detectors), NaN where nothing was read."""
        self._graph, self._horizon = graph, horizon
        origins = np.arange(max(LAGS), len(truth) - horizon)
        change = truth[origins + horizon] - series.filled[origins]
        self._weights = []
        for detector in range(truth.shape[1]):
            design = self._design(series, origins, detector)
            read = np.isfinite(change[:, detector])
            design, target = design[read].astype(np.float64), change[read, detector].astype(np.float64)
            normal = design.T @ design + PENALTY * np.eye(design.shape[1])
            self._weights.append(np.linalg.solve(normal, design.T @ target))

    def __call__(self, series: Series, origins: Indices) -> Floats:
        """(origins, detectors)."""
        changes = [self._design(series, origins, detector) @ weight for detector, weight in enumerate(self._weights)]
        return (series.filled[origins] + np.stack(changes, axis=1)).astype(np.float32)

    def _design(self, series: Series, origins: Indices, detector: int) -> Floats:
        who = np.concatenate([[detector], self._graph.neighbours[detector]])
        usual = self._graph.usual
        now = series.filled[origins, detector]
        then = usual[(series.slot[origins] + self._horizon) % len(usual), detector]
        level = self._graph.level[who]
        lagged = [series.filled[origins - lag][:, who] - level for lag in LAGS]
        return np.hstack([*lagged, (then - now)[:, None], np.ones((len(origins), 1))]).astype(np.float32)
