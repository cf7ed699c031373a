"""How good the forecast is on the last fifth of a table that it never saw, beside what it has to beat."""

import time
from dataclasses import asdict, dataclass, replace

import numpy as np

from bocage.engines.forecast import baselines, intervals
from bocage.engines.forecast.model import Fitted, silenced, train
from bocage.engines.forecast.series import Series, fill
from bocage.engines.forecast.types import COVERAGES, Floats, ForecastError, Indices, Mask, Table

TRAINED_SHARE = 0.8
REPORTED_MINUTES = (15, 30, 60)
ORIGINS_A_PASS = 256


@dataclass(frozen=True)
class Intervals:
    """By promised percentage: the share that held the truth, and the mean width in the readings' unit."""

    coverage: dict[str, float]
    width: dict[str, float]


@dataclass(frozen=True)
class Figures:
    """One horizon's errors in the readings' unit, over readings that are there; `others`: mean absolute error of each
    baseline and of either half of ours; `silent`: where the detector had been silenced at the origin."""

    forecasts: int
    mae: float
    rmse: float
    mape_percent: float
    intervals: Intervals
    silent_mae: float
    silent: Intervals
    others: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """Figures by horizon in minutes, and what training cost (both fits and calibration)."""

    detectors: int
    steps: int
    trained_steps: int
    missing_share: float
    horizons: dict[str, Figures]
    training_seconds: float
    training_cpu_seconds: float

    def facts(self) -> dict[str, object]:
        """As JSON has it: `mae` and `coverage` by minutes first, then everything."""
        mae = {minutes: figures.mae for minutes, figures in self.horizons.items()}
        coverage = {minutes: figures.intervals.coverage for minutes, figures in self.horizons.items()}
        return {"mae": mae, "coverage": coverage, **asdict(self)}


def evaluate(table: Table, adjacency: Floats | None, seed: int = 1) -> Evaluation:
    """Train on the first four fifths, intervals too, then forecast the last fifth, each target from what came before.

    Readings count as known once they are past, as they do live: a forecast at noon knows its morning. Nothing is
    fitted, chosen or calibrated on the last fifth.

    Raises:
        ForecastError: the table is too short, a detector is silent throughout, or the last fifth holds nothing.
    """
    steps = len(table.values)
    cut = int(steps * TRAINED_SHARE)
    trained = replace(table, values=table.values[:cut])
    wall, processor = time.monotonic(), time.process_time()
    fitted, ends = train(trained, adjacency, seed)
    spent = time.monotonic() - wall, time.process_time() - processor
    if not np.isfinite(table.values[cut + max(fitted.horizons) :]).any():
        raise ForecastError("the last fifth holds no reading to measure against")
    series = fill(table, fitted.graph)
    quiet = fill(silenced(table, seed + 2, share=0.2), fitted.graph)
    origins = np.arange(cut - 1, steps - 1)
    ours, theirs = _forecast(fitted, ends, series, origins), _forecast(fitted, ends, quiet, origins)
    horizons = {}
    for place, ahead in enumerate(fitted.horizons):
        minutes = ahead * table.step_minutes
        if minutes not in REPORTED_MINUTES:
            continue
        truth = table.values[origins[: len(origins) - ahead + 1] + ahead]
        silent = quiet.age[origins[: len(truth)]] > series.age[origins[: len(truth)]]
        others = _baselines(fitted, series, trained, origins[: len(truth)], ahead) | {
            "trees alone": ours["trees"][: len(truth), :, place],
            "network alone": ours["network"][: len(truth), :, place],
        }
        horizons[str(minutes)] = _figures(
            truth,
            {name: each[: len(truth), :, place] for name, each in ours.items()},
            {name: each[: len(truth), :, place] for name, each in theirs.items()},
            silent,
            others,
        )
    missing = round(float(np.isnan(table.values).mean()), 4)
    return Evaluation(len(table.names), steps, cut, missing, horizons, round(spent[0], 1), round(spent[1], 1))


def _forecast(fitted: Fitted, ends: Floats, series: Series, origins: Indices) -> dict[str, Floats]:
    """`values`, `trees`, `network`: (origins, detectors, horizons); `ends`: the same with four ends each."""
    passes: dict[str, list[Floats]] = {}
    for at in range(0, len(origins), ORIGINS_A_PASS):
        now = origins[at : at + ORIGINS_A_PASS]
        rows = fitted.rows(series, now)
        found = fitted.parts(rows)
        found["values"] = (found["trees"] + found["network"]) / 2
        found["ends"] = intervals.apply(ends, rows, found["values"])
        for name, each in found.items():
            passes.setdefault(name, []).append(each.reshape(len(now), -1, *each.shape[1:]))
    return {name: np.concatenate(each) for name, each in passes.items()}


def _baselines(fitted: Fitted, series: Series, trained: Table, origins: Indices, ahead: int) -> dict[str, Floats]:
    graph = fitted.graph
    ridge = baselines.Ridge(fill(trained, graph), graph, trained.values, ahead)
    return {
        "last value": baselines.last_value(series, origins),
        "historical mean": baselines.historical_mean(series, graph, origins, ahead),
        "ridge with neighbours": ridge(series, origins),
    }


def _figures(
    truth: Floats, ours: dict[str, Floats], theirs: dict[str, Floats], silent: Mask, others: dict[str, Floats]
) -> Figures:
    wrong = ours["values"] - truth
    unread = np.where(silent, truth, np.nan)
    some = truth > 0
    return Figures(
        forecasts=int(np.isfinite(truth).sum()),
        mae=_mean(np.abs(wrong)),
        rmse=round(float(np.sqrt(np.nanmean(wrong**2))), 4),
        mape_percent=_mean(100 * np.abs(wrong[some]) / truth[some]),
        intervals=_intervals(ours["ends"], truth),
        silent_mae=_mean(np.abs(theirs["values"] - unread)),
        silent=_intervals(theirs["ends"], unread),
        others={name: _mean(np.abs(each - truth)) for name, each in others.items()},
    )


def _intervals(ends: Floats, truth: Floats) -> Intervals:
    coverage, width = {}, {}
    read = np.isfinite(truth)
    for place, promised in enumerate(COVERAGES):
        low, high = ends[..., 2 * place][read], ends[..., 2 * place + 1][read]
        name = f"{promised:.0%}".rstrip("%")
        coverage[name] = _mean((truth[read] >= low) & (truth[read] <= high))
        width[name] = _mean(high - low)
    return Intervals(coverage, width)


def _mean(values: Floats | Mask) -> float:
    return round(float(np.nanmean(values)), 4) if np.isfinite(values).any() else float("nan")
