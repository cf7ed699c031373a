"""What a forecast is made from, the same for training and for a live origin: (origins x detectors) rows.

Besides a detector's last hour and its neighbours', the rows hold what other days did from here: days are weighted by
how alike their last hour was, in the town and around the detector (nearest neighbours, as in Davis and Nihan 1991),
which finds Sundays and incidents without being told the date.
"""

from dataclasses import dataclass

import numpy as np

from bocage.engines.forecast.series import Graph, Series
from bocage.engines.forecast.types import Floats, Indices

WINDOW = 12
DAYS_ALIKE = 14
ORIGINS_A_CHUNK = 256
PROFILE_WIDTH = 9
# Columns of `Rows.shared` that intervals and reasons read.
NAMED = {"change_30": 6, "deviation": 14, "alike": 16, "ties_change_15": 20, "free": 26, "spread": 27}


@dataclass(frozen=True)
class Scale:
    """What a detector's readings are like, learnt once: `quantiles`: (6, detectors); `modes`: (detectors, up to 6), the
    principal components of the network's state; `spread`: (detectors)."""

    quantiles: Floats
    spread: Floats
    modes: Floats


@dataclass(frozen=True)
class Rows:
    """`now`: (rows), the filled reading that forecasts differ from; `shared`: (rows, features); `ahead`: (horizons,
    rows, 9), what other days did by then; `age`, `detector`: (rows)."""

    now: Floats
    shared: Floats
    ahead: Floats
    age: Floats
    detector: Indices

    def column(self, name: str) -> Floats:
        """(rows): one of the shared features by its name in `NAMED`."""
        return self.shared[:, NAMED[name]]


def learn_scale(series: Series, graph: Graph) -> Scale:
    """Quantiles, spread and principal components of the training series."""
    spread = (series.filled.std(axis=0) + 1e-3).astype(np.float32)
    state = (series.filled - graph.level) / spread
    _values, vectors = np.linalg.eigh(np.cov(state.T).reshape(len(spread), -1))
    quantiles = np.percentile(series.filled, [10, 25, 50, 75, 95], axis=0)
    return Scale(np.vstack([quantiles, spread]).astype(np.float32), spread, vectors[:, ::-1][:, :6].astype(np.float32))


def rows_of(
    series: Series, graph: Graph, scale: Scale, origins: Indices, horizons: tuple[int, ...], *, hindsight: bool
) -> Rows:
    """Rows of `origins` (steps of `series`, each at least 11) for `horizons` (steps).

    `hindsight` lets later days than the origin's tell what a day may do, as only training may.
    """
    parts = [
        _chunk(series, graph, scale, origins[at : at + ORIGINS_A_CHUNK], horizons, hindsight)
        for at in range(0, len(origins), ORIGINS_A_CHUNK)
    ]
    return Rows(
        np.concatenate([part.now for part in parts]),
        np.concatenate([part.shared for part in parts]),
        np.concatenate([part.ahead for part in parts], axis=1),
        np.concatenate([part.age for part in parts]),
        np.concatenate([part.detector for part in parts]),
    )


def _chunk(
    series: Series, graph: Graph, scale: Scale, origins: Indices, horizons: tuple[int, ...], hindsight: bool
) -> Rows:
    filled = series.filled
    now = filled[origins]
    alike_now, alike_then, mean, median, least, distance = _other_days(series, graph, origins, horizons, hindsight)
    near = graph.neighbours
    window = np.stack([filled[origins - lag] for lag in range(WINDOW)])
    columns = [now, *(now - window[1:]), window.min(0) - now, window.max(0) - now, window.std(0), window[:4].mean(0)]
    columns += [alike_now - now, distance, series.age[origins]]
    columns += [now @ graph.ties.T, (now - window[3]) @ graph.ties.T, (alike_now - now) @ graph.ties.T]
    columns += [np.broadcast_to(row, now.shape) for row in scale.quantiles]
    for rank in range(near.shape[1]):
        theirs = near[:, rank]
        columns.append(now[:, theirs])
        if rank < 6:
            columns.append((now - window[3])[:, theirs])
        if rank < 3:
            columns += [(now - window[9])[:, theirs], (alike_now - now)[:, theirs]]
    for lag in (0, 6):
        state = ((window[lag] - graph.level) / scale.spread) @ scale.modes
        columns += [np.broadcast_to(column[:, None], now.shape) for column in state.T]
    columns.append(np.broadcast_to((now - graph.level).mean(axis=1, keepdims=True), now.shape))
    turn = series.slot[origins][:, None] / len(graph.usual) * 2 * np.pi
    columns += [np.broadcast_to(np.sin(turn), now.shape), np.broadcast_to(np.cos(turn), now.shape)]
    ahead = []
    for place in range(len(horizons)):
        change = alike_then[place] - alike_now
        profile = [alike_then[place] - now, change, mean[place] - now, median[place] - now, least[place]]
        slot = (series.slot[origins] + horizons[place]) % len(graph.usual)
        profile.append(np.broadcast_to(slot[:, None], now.shape))
        profile += [change[:, near[:, min(rank, near.shape[1] - 1)]] for rank in range(3)]
        ahead.append(np.stack(profile, axis=-1).reshape(-1, PROFILE_WIDTH))
    return Rows(
        now.ravel(),
        np.stack(columns, axis=-1).reshape(now.size, -1).astype(np.float32),
        np.stack(ahead).astype(np.float32),
        series.age[origins].ravel(),
        np.tile(np.arange(now.shape[1]), len(origins)),
    )


def _other_days(
    series: Series, graph: Graph, origins: Indices, horizons: tuple[int, ...], hindsight: bool
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """By likeness now and then, mean, median and least then, and the best likeness; ourselves where no day is known."""
    filled, smooth = series.filled, series.smooth
    steps, day = len(filled), len(graph.usual)
    first, last = WINDOW - 1, steps - 1 - max(horizons)
    shifts = [shift * day for shift in range(-DAYS_ALIKE, DAYS_ALIKE + 1 if hindsight else 0) if shift]
    far, then_values, now_values = [], [], []
    for shift in shifts:
        theirs = origins + shift
        known = (theirs >= first) & (theirs <= last)
        if not known.any():
            continue
        theirs = np.clip(theirs, first, max(first, last))
        apart = np.mean([np.abs(filled[origins - lag] - smooth[theirs - lag]) for lag in range(WINDOW)], axis=0)
        apart = 0.5 * apart @ graph.ties.T + apart.mean(axis=1, keepdims=True)
        far.append(np.where(known[:, None], apart, np.inf))
        now_values.append(smooth[theirs])
        then_values.append(np.stack([smooth[np.minimum(theirs + ahead, steps - 1)] for ahead in horizons]))
    now = filled[origins]
    if not far:
        then = np.broadcast_to(now, (len(horizons), *now.shape))
        return now, then, then, then, then, np.zeros_like(now)
    distance = np.stack(far)
    best = distance.min(axis=0)
    none = ~np.isfinite(best)
    weight = np.exp(np.where(none, 0.0, best) - distance)
    weight /= np.maximum(weight.sum(axis=0), 1e-9)
    known = np.isfinite(distance)
    alike_now = (weight * np.stack(now_values)).sum(axis=0)
    then = np.where(known[:, None], np.stack(then_values), np.nan)
    alike_then = np.nansum(weight[:, None] * then, axis=0)
    then[:, :, none] = np.broadcast_to(now, then.shape)[:, :, none]
    return (
        np.where(none, now, alike_now),
        np.where(none, now, alike_then),
        np.nanmean(then, axis=0),
        np.nanmedian(then, axis=0),
        np.nanmin(then, axis=0),
        np.where(none, 0.0, best),
    )
