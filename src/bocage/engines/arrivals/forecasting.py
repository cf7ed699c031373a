"""Trees for the middle and both ends, and the ends moved until they hold on days the trees never saw.

LightGBM (G. Ke et al., NeurIPS 2017) learns the 10th, 50th and 90th percentile of how far the truth is from the plan;
conformalized quantile regression (Y. Romano, E. Patterson, E. Candès, NeurIPS 2019) then widens or narrows the ends by
what they missed on later days, apart for near and far stops. The interval promises its share for days like those.
"""

import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bocage.engines.arrivals.types import (
    COVERAGE,
    FEATURES,
    Ahead,
    Arrival,
    ArrivalsError,
    Floats,
    Indices,
    Table,
    row_of,
)

VERSION = 1
LEVELS = {"early": 0.5 - COVERAGE / 2, "middle": 0.5, "late": 0.5 + COVERAGE / 2}
# A stop that is due now may still be minutes away: errors are counted in planned time and five minutes.
MARGIN_SECONDS = 300.0
NEAR_SECONDS = (900.0, 3600.0)
CALIBRATION_SHARE = 0.75  # of the days are learnt from; the ends are set on the rest, which are later
ROWS_LEAST = 200
MODEL_LIMIT_BYTES = 50_000_000
QUERY_LIMIT = 100_000
TREES = 120
SETTINGS: dict[str, object] = {
    "objective": "quantile",
    "learning_rate": 0.08,
    "num_leaves": 7,
    "min_data_in_leaf": 100,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Arrivals:
    """A trained forecaster. `trees`: LightGBM's text by level; `moves`: how far the ends are moved, near to far."""

    trees: dict[str, str]
    moves: tuple[float, ...]

    @classmethod
    def train(cls, table: Table, seed: int = 1) -> "Arrivals":
        """Learn from finished tours; the later quarter of the days sets the ends.

        Raises:
            ArrivalsError: too little happened, or LightGBM is not there.
        """
        lightgbm = _lightgbm()
        learnt, later = table.split(CALIBRATION_SHARE)
        if min(len(learnt.day), len(later.day)) < ROWS_LEAST:
            raise ArrivalsError(f"{ROWS_LEAST} rows at least are needed to learn from, and as many to set the ends")
        target = _error(learnt)
        trees = {}
        for name, level in LEVELS.items():
            data = lightgbm.Dataset(learnt.known, target, feature_name=list(FEATURES))
            trees[name] = lightgbm.train(SETTINGS | {"alpha": level, "seed": seed}, data, TREES).model_to_string()
        early, _, late = _predicted(trees, later.known)
        return cls(trees, _moves(_near(later.known), np.maximum(early - _error(later), _error(later) - late)))

    def intervals(self, known: Floats) -> Floats:
        """(rows, features) -> (rows, 3): early, expected, late, in seconds from now."""
        early, middle, late = _predicted(self.trees, known)
        moved = np.asarray(self.moves)[_near(known)]
        # Where the trees' own ends cross, or the ends were moved past the middle, the middle is the end.
        ends = np.column_stack([np.minimum(early - moved, middle), middle, np.maximum(late + moved, middle)])
        return np.asarray(np.maximum(known[:, :1] + ends * _scale(known)[:, None], 0.0))

    def at(self, ahead: Sequence[Ahead]) -> list[Arrival]:
        """When each stop ahead will be served, and why not as planned.

        Raises:
            ArrivalsError: too many stops at once, or a number that is none.
        """
        if not ahead:
            return []
        known = np.asarray([row_of(one) for one in ahead])
        if len(known) > QUERY_LIMIT or not np.isfinite(known).all():
            raise ArrivalsError(f"at most {QUERY_LIMIT:,} stops at a time, all their numbers finite")
        booster = _lightgbm().Booster(model_str=self.trees["middle"])
        parts = booster.predict(known, pred_contrib=True, num_threads=1)[:, :-1] * _scale(known)[:, None]
        found = []
        for (early, expected, late), part in zip(self.intervals(known).tolist(), parts, strict=True):
            order = np.argsort(-np.abs(part), kind="stable")
            reasons = tuple((FEATURES[index], float(part[index])) for index in order if part[index])
            found.append(Arrival(expected, early, late, reasons))
        return found

    def save(self, path: Path) -> None:
        """One JSON file."""
        document = {"version": VERSION, "features": FEATURES, "moves": self.moves, "trees": self.trees}
        path.write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Arrivals":
        """What `save` wrote. LightGBM's own reader takes the trees: load only files that you trust.

        Raises:
            ArrivalsError: it is no such file.
        """
        try:
            if path.stat().st_size > MODEL_LIMIT_BYTES:
                raise ArrivalsError(f"{path.name}: at most {MODEL_LIMIT_BYTES:,} bytes")
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ArrivalsError(f"{path.name}: {error.strerror}") from None
        except ValueError:
            raise ArrivalsError(f"{path.name}: this is no file of arrivals") from None
        if not isinstance(document, dict) or document.get("version") != VERSION:
            raise ArrivalsError(f"{path.name}: this is no file of arrivals of version {VERSION}")
        trees, moves = document.get("trees"), document.get("moves")
        if document.get("features") != list(FEATURES) or not isinstance(trees, dict) or set(trees) != set(LEVELS):
            raise ArrivalsError(f"{path.name}: its trees are not of the features of this version")
        if not isinstance(moves, list) or len(moves) != len(NEAR_SECONDS) + 1:
            raise ArrivalsError(f"{path.name}: its ends are missing")
        return cls(trees, tuple(float(move) for move in moves))


def _scale(known: Floats) -> Floats:
    return np.asarray(known[:, 0] + MARGIN_SECONDS)


def _error(table: Table) -> Floats:
    return np.asarray((table.actual_seconds - table.known[:, 0]) / _scale(table.known))


def _near(known: Floats) -> Indices:
    """0 for stops due within a quarter of an hour, 1 within the hour, 2 beyond."""
    return np.asarray(np.digitize(known[:, 0], NEAR_SECONDS))


def _moves(near: Indices, scores: Floats) -> tuple[float, ...]:
    """By how far off a stop is: the score that the conformal share of later days stays within."""
    found = []
    for kind in range(len(NEAR_SECONDS) + 1):
        among = scores[near == kind]
        ranked = np.sort(among if len(among) >= ROWS_LEAST else scores)
        rank = int(np.ceil((len(ranked) + 1) * COVERAGE))
        found.append(float(ranked[min(rank, len(ranked)) - 1]))
    return tuple(found)


def _predicted(trees: dict[str, str], known: Floats) -> tuple[Floats, Floats, Floats]:
    booster = _lightgbm().Booster
    early, middle, late = (
        np.asarray(booster(model_str=trees[name]).predict(known, num_threads=1)) for name in ("early", "middle", "late")
    )
    return early, middle, late


def _lightgbm() -> Any:
    try:
        return importlib.import_module("lightgbm")
    except ImportError:
        raise ArrivalsError("arrivals need LightGBM: ./bocage extras add parcel") from None
