"""The next hour of each detector from a day or two of readings, with nothing to train before and nothing to install.

Ridge regression (Hoerl and Kennard 1970) a detector and horizon over its own last hour, its neighbours', and what the
same time of the day before did. What it gets wrong on the latest part of the history, which it was not fitted on, are
its interval's ends (split conformal prediction). With weeks of readings and LightGBM, `Forecaster` knows more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bocage.engines.forecast.baselines import LAGS
from bocage.engines.forecast.series import hold, nearness
from bocage.engines.forecast.types import DETECTORS_LIMIT, Floats, ForecastError, Indices, Table

COVERAGE = 0.8
NEIGHBOURS = 4
# The penalty weighs as much as so many readings.
PENALTY = 10.0
# The latest share of the history makes the interval; with fewer readings it could not hold to its promise.
CALIBRATED_SHARE, CALIBRATED_LEAST = 0.3, 50


@dataclass(frozen=True)
class Soon:
    """What a detector will read `minutes` after its last step, in the unit of its readings; `low` to `high` held the
    truth in 80 % of what was kept apart."""

    detector: str
    minutes: int
    value: float
    low: float
    high: float


def forecast_soon(table: Table, minutes: Sequence[int]) -> list[Soon]:
    """Each detector at each of `minutes` after the last step; none for one that is silent now, or too new.

    Raises:
        ForecastError: there is not a day of readings, or `minutes` are no steps of the table within a day.
    """
    steps, detectors = table.values.shape
    if steps < table.slots or detectors > DETECTORS_LIMIT:
        raise ForecastError(f"{steps} steps of {detectors} detectors are less than a day, or too many")
    if any(each % table.step_minutes or not 0 < each < table.slots * table.step_minutes for each in minutes):
        raise ForecastError(f"{list(minutes)} minutes are not steps of {table.step_minutes} minutes within a day")
    read = np.isfinite(table.values).any(axis=0)
    values = np.where(read, table.values, 0.0)
    level, spread = np.nanmedian(values, axis=0), np.nanstd(values, axis=0) + 1e-3
    held, age = hold(table.values)
    known = (held - level) / spread
    truth = np.where(age == 0, known, np.nan)
    # Who is silent tells nothing: he is taken to be as usual.
    state = np.nan_to_num(known)
    order = np.argsort(-nearness(state, None), axis=0, kind="stable")[: min(NEIGHBOURS, detectors - 1)].T
    found = []
    for detector in np.flatnonzero(read & (age[-1] == 0)).tolist():
        who = np.concatenate([[detector], order[detector]])
        for each in minutes:
            ends = _ahead(
                known[:, detector], truth[:, detector], state[:, who], each // table.step_minutes, table.slots
            )
            if ends is not None:
                told = np.maximum(level[detector] + spread[detector] * ends, 0.0).tolist()
                found.append(Soon(table.names[detector], each, *told))
    return found


def _ahead(known: Floats, truth: Floats, state: Floats, horizon: int, day: int) -> Floats | None:
    """Value, low and high of one detector after `horizon` steps, in its spread; None without enough to go by.

    `known`: (steps), its readings, held where it was silent for less than an hour; `truth`: what was read; `state`:
    (steps, it and its neighbours).
    """
    steps = len(known)
    first = max(LAGS) if steps < 2 * day else day
    origins = np.arange(first, steps - horizon)
    change = truth[origins + horizon] - known[origins]
    read = np.isfinite(change)
    origins, change = origins[read], change[read]
    apart = int(len(origins) * CALIBRATED_SHARE)
    if apart < CALIBRATED_LEAST:
        return None
    design = _design(state, origins, horizon, day)
    # Between the two parts no reading is in both: the last targets of the first are left out.
    fitted = int(np.searchsorted(origins, origins[-apart] - horizon, side="right"))
    if fitted < CALIBRATED_LEAST:
        return None
    wrong = np.sort(change[-apart:] - design[-apart:] @ _fit(design[:fitted], change[:fitted]))
    outside = max(int(np.floor((apart + 1) * (1 - COVERAGE) / 2)) - 1, 0)
    now = known[-1] + _design(state, np.asarray([steps - 1], np.int64), horizon, day) @ _fit(design, change)
    low, high = min(wrong[outside], 0.0), max(wrong[apart - 1 - outside], 0.0)
    return np.asarray([now[0], now[0] + low, now[0] + high])


def _fit(design: Floats, change: Floats) -> Floats:
    normal = design.T @ design + PENALTY * np.eye(design.shape[1])
    weights: Floats = np.linalg.solve(normal, design.T @ change)
    return weights


def _design(state: Floats, origins: Indices, horizon: int, day: int) -> Floats:
    """(origins, features): the last hour of all in `state`, what the day before did from here, and one."""
    columns = [state[origins - lag] for lag in LAGS]
    if len(state) >= 2 * day:
        columns.append((state[origins - day + horizon, 0] - state[origins - day, 0])[:, None])
    return np.hstack([*columns, np.ones((len(origins), 1))]).astype(np.float64)
