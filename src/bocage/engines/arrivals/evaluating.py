"""How good arrivals are on days that were not trained on, beside the plan itself and the plan by today's pace."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bocage.engines.arrivals.forecasting import NEAR_SECONDS, Arrivals
from bocage.engines.arrivals.types import FEATURES, Floats, Table

TRAINED_SHARE = 0.8
HALF_HOUR = 1800.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`coverage`: the share inside the 80 % interval, of all, near (15 min), middle (1 h) and far stops.

    `coverage_days`: its lowest and highest day. Errors are means in seconds: ours, the plan's, and the plan's times the
    pace so far. `width_seconds`: mean width. `within_half_hour`: share that came within 30 min of what was said.
    """

    days_trained: int
    days_judged: int
    rows_judged: int
    coverage: tuple[float, float, float, float]
    coverage_days: tuple[float, float]
    width_seconds: float
    error_seconds: float
    plan_error_seconds: float
    paced_plan_error_seconds: float
    within_half_hour: float


def evaluate(table: Table, seed: int = 1) -> Evaluation:
    """Train on the first four fifths of the days, judge on the rest.

    Raises:
        ArrivalsError: too little happened, or LightGBM is not there.
    """
    trained, judged = table.split(TRAINED_SHARE)
    found = Arrivals.train(trained, seed).intervals(judged.known)
    truth, planned = judged.actual_seconds, judged.known[:, 0]
    inside = (found[:, 0] <= truth) & (truth <= found[:, 2])
    near = np.digitize(planned, NEAR_SECONDS)
    days = [float(inside[judged.day == day].mean()) for day in np.unique(judged.day)]
    shares = [_share(inside, np.ones(len(near), dtype=bool)), *(_share(inside, near == kind) for kind in range(3))]
    return Evaluation(
        days_trained=len(np.unique(trained.day)),
        days_judged=len(days),
        rows_judged=len(truth),
        coverage=(shares[0], shares[1], shares[2], shares[3]),
        coverage_days=(min(days), max(days)),
        width_seconds=float((found[:, 2] - found[:, 0]).mean()),
        error_seconds=_mean_error(found[:, 1], truth),
        plan_error_seconds=_mean_error(planned, truth),
        paced_plan_error_seconds=_mean_error(planned * judged.known[:, FEATURES.index("pace")], truth),
        within_half_hour=float((np.abs(found[:, 1] - truth) <= HALF_HOUR).mean()),
    )


def _share(inside: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    return float(inside[chosen].mean()) if chosen.any() else float("nan")


def _mean_error(said: Floats, truth: Floats) -> float:
    return float(np.abs(said - truth).mean())
