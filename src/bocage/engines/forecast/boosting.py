"""Gradient-boosted trees by LightGBM on absolute error, one booster a horizon, all detectors together."""

import importlib
from typing import Any

import numpy as np

from bocage.engines.forecast.features import Rows
from bocage.engines.forecast.types import Floats, ForecastError

TREES = 250
SETTINGS: dict[str, object] = {
    "objective": "l1",
    "learning_rate": 0.08,
    "num_leaves": 63,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "num_threads": 2,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


class Trees:
    """One booster a horizon."""

    def __init__(self, texts: list[str]) -> None:
        """From LightGBM's own text."""
        booster = _lightgbm().Booster
        self.texts = texts
        self._boosters = [booster(model_str=text) for text in texts]

    def predict(self, rows: Rows) -> Floats:
        """(rows, horizons): changes from `rows.now`."""
        found = [
            booster.predict(np.hstack([rows.shared, ahead]), num_threads=2)
            for booster, ahead in zip(self._boosters, rows.ahead, strict=True)
        ]
        return np.stack(found, axis=1).astype(np.float32)


def fit(rows: Rows, change: Floats, seed: int) -> Trees:
    """Learn `change` (rows, horizons; NaN where the truth was not read)."""
    lightgbm = _lightgbm()
    texts = []
    for ahead, target in zip(rows.ahead, change.T, strict=True):
        read = np.isfinite(target)
        data = lightgbm.Dataset(np.hstack([rows.shared, ahead])[read], target[read], params={"max_bin": 127})
        booster = lightgbm.train(SETTINGS | {"seed": seed}, data, TREES)
        texts.append(booster.model_to_string())
    return Trees(texts)


def _lightgbm() -> Any:
    try:
        return importlib.import_module("lightgbm")
    except ImportError:
        raise ForecastError("forecasting by trees needs LightGBM: ./bocage extras add city") from None
