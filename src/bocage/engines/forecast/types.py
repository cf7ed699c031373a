"""Readings of detectors, and what is said of their future."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Indices = NDArray[np.int64]

DETECTORS_LIMIT = 5_000
STEPS_LIMIT = 500_000
MINUTES_A_DAY = 1_440
COVERAGES = (0.8, 0.9)


class ForecastError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


@dataclass(frozen=True)
class Table:
    """`values`: (steps, detectors), NaN where a reading is missing; `names`: one a detector; the first step is a
    midnight unless `first_slot` says how many steps after midnight it stands."""

    values: Floats
    names: tuple[str, ...]
    step_minutes: int = 5
    first_slot: int = 0

    @property
    def slots(self) -> int:
        """Steps a day."""
        return MINUTES_A_DAY // self.step_minutes


@dataclass(frozen=True)
class Forecast:
    """One detector's future, in the unit of its readings.

    `low_80` to `high_80` held the truth in 80 % of what was kept apart to calibrate it, likewise 90. `reasons` say in
    plain words what it stands on.
    """

    detector: str
    minutes: int
    value: float
    low_80: float
    high_80: float
    low_90: float
    high_90: float
    reasons: tuple[str, ...]
