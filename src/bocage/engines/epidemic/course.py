"""The course of an infection by whole days since it was caught: how infectious, how detectable, when ill."""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from bocage.engines.epidemic.types import Floats, Parameters

HORIZON_DAYS = 80
QUANTILES = 48


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Arrays [HORIZON_DAYS] over days since infection.

    `infectious`: probability of being infectious (which is when a swab finds it). `infectiousness`: the same weighted
    with the load, 1 on average while infectious; 0 on the day of infection. `onset`: probability that symptoms begin.
    """

    infectious: Floats
    infectiousness: Floats
    onset: Floats


@lru_cache(maxsize=64)
def course(parameters: Parameters) -> Course:
    """The three curves, by averaging over quantiles of the log-normal times (mid-points, deterministic)."""
    middle = (np.arange(QUANTILES) + 0.5) / QUANTILES
    latent = np.round(lognormal_quantiles(parameters.latent_mean_days, parameters.latent_sd_days, middle))
    length = np.round(lognormal_quantiles(parameters.infectious_mean_days, parameters.infectious_sd_days, middle))
    wait = np.round(lognormal_quantiles(parameters.onset_mean_days, parameters.onset_sd_days, middle))
    day = np.arange(HORIZON_DAYS)[:, None, None]
    start, duration = np.maximum(latent, 1)[None, :, None], length[None, None, :]
    since = day - start
    infectious = (since >= 0) & (since < duration)
    early = np.minimum(parameters.early_share * duration, parameters.early_max_days)
    # The load has mean 1 over the infectious time, so that the weight of a contact keeps its meaning.
    low = duration / (duration + (parameters.early_ratio - 1) * early)
    load = np.where(since < early, parameters.early_ratio * low, low)
    begun = np.maximum(latent, 1)[:, None] + wait[None, :]
    onset = np.bincount(begun.ravel().astype(int), minlength=HORIZON_DAYS)[:HORIZON_DAYS] / begun.size
    return Course(
        infectious=infectious.mean(axis=(1, 2)),
        infectiousness=(infectious * load).mean(axis=(1, 2)),
        onset=onset,
    )


def by_infection_day(curve: Floats, window: int) -> Floats:
    """[window, window]: `curve` on day s (column) for somebody infected on day t (row) of the window; 0 for s < t."""
    ages = np.arange(window)[None, :] - np.arange(window)[:, None]
    return np.where(ages >= 0, curve[np.clip(ages, 0, HORIZON_DAYS - 1)], 0.0)


def lognormal_quantiles(mean: float, sd: float, share: Floats) -> Floats:
    """The value below which each `share` of a log-normal time falls; `mean` and `sd` of the time, not of its logarithm.

    By the standard library's normal quantile: SciPy has the same, and costs every process a second to import.
    """
    variance = np.log1p((sd / mean) ** 2)
    normal = np.array([NormalDist().inv_cdf(each) for each in share.tolist()])
    values: Floats = np.exp(np.log(mean) - variance / 2 + np.sqrt(variance) * normal)
    return values
