"""Split-conformal intervals (Papadopoulos et al. 2002) by condition (Vovk's Mondrian taxonomies).

What a model got wrong on days that it was not fitted on, by horizon, by how long the detector has been silent, by how
near to its free flow the forecast is and by how restless its last hour was, are the intervals' ends. They promise their
share only for days like those; the evaluation measures it on other ones.
"""

import numpy as np

from bocage.engines.forecast.features import Rows
from bocage.engines.forecast.types import COVERAGES, Floats, Indices

SAMPLES_LEAST = 200
SILENCES, CONDITIONS = 3, 9
LEVELS = (0.6, 0.9)  # of the 95th percentile
RESTLESS = (0.1, 0.3)  # of the spread


def conditions(rows: Rows, values: Floats) -> tuple[Indices, Indices]:
    """(rows): silence, 0 for a fresh reading, 1 within the hour, 2 longer; (rows, horizons): level and restlessness."""
    silence = np.digitize(rows.age, [1, 13])
    level = np.digitize(values / np.maximum(rows.column("free"), 1e-3)[:, None], LEVELS)
    restless = np.digitize(rows.column("deviation") / rows.column("spread"), RESTLESS)
    return silence, level * 3 + restless[:, None]


def calibrate(rows: Rows, values: Floats, truth: Floats) -> Floats:
    """(horizons, silences, conditions, 4): low and high of each coverage, to be added to the forecast.

    `values`, `truth`: (rows, horizons). A condition of fewer than 200 samples takes its silence's ends.
    """
    silence, condition = conditions(rows, values)
    ends = np.zeros((values.shape[1], SILENCES, CONDITIONS, 2 * len(COVERAGES)), dtype=np.float32)
    for horizon in range(values.shape[1]):
        wrong = truth[:, horizon] - values[:, horizon]
        read = np.isfinite(wrong)
        for quiet in range(SILENCES):
            among = read & (silence == quiet)
            pooled = _ends(wrong[among] if among.sum() >= SAMPLES_LEAST else wrong[read])
            for kind in range(CONDITIONS):
                here = wrong[among & (condition[:, horizon] == kind)]
                ends[horizon, quiet, kind] = _ends(here) if len(here) >= SAMPLES_LEAST else pooled
    return ends


def apply(ends: Floats, rows: Rows, values: Floats) -> Floats:
    """(rows, horizons, 4): low and high of each coverage, never below nothing."""
    silence, condition = conditions(rows, values)
    added = ends[np.arange(values.shape[1])[None, :], silence[:, None], condition]
    found: Floats = np.maximum(values[:, :, None] + added, 0)
    return found


def _ends(wrong: Floats) -> list[float]:
    if len(wrong) == 0:
        return [-np.inf, np.inf] * len(COVERAGES)
    ordered = np.sort(wrong)
    ends = []
    for coverage in COVERAGES:
        # The finite-sample rank of split conformal prediction, on either side.
        outside = int(np.floor((len(ordered) + 1) * (1 - coverage) / 2))
        low = max(0, outside - 1)
        ends += [float(ordered[low]), float(ordered[len(ordered) - 1 - low])]
    return ends
