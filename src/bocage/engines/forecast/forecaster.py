"""A forecaster that lives: trained once, told each reading as it comes, asked at any time, kept in one file."""

import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bocage.engines.forecast import boosting, intervals
from bocage.engines.forecast.explaining import reasons_of
from bocage.engines.forecast.features import DAYS_ALIKE, WINDOW, Rows, Scale
from bocage.engines.forecast.model import Fitted, train
from bocage.engines.forecast.network import Network
from bocage.engines.forecast.series import Graph, fill
from bocage.engines.forecast.types import COVERAGES, Floats, Forecast, ForecastError, Table

FORMAT = "bocage forecast 1"
FILE_BYTES_LIMIT = 1_000_000_000


class Forecaster:
    """A fitted model, its intervals' ends, and the last fortnight of readings."""

    def __init__(self, fitted: Fitted, ends: Floats, recent: Table) -> None:
        """`recent`: at least an hour of readings; those older than fourteen days are let go."""
        self._fitted, self._ends = fitted, ends
        self._recent = recent
        self._found: tuple[Rows, Floats, Floats] | None = None
        self._trim()

    @classmethod
    def train(cls, table: Table, adjacency: Floats | None = None, seed: int = 1) -> "Forecaster":
        """Learn from `table`; its last days are what the first forecast stands on.

        Raises:
            ForecastError: too few days, a detector that never reads, or LightGBM is not installed.
        """
        fitted, ends = train(table, adjacency, seed)
        return cls(fitted, ends, table)

    @property
    def names(self) -> tuple[str, ...]:
        """The detectors, in the order of readings."""
        return self._recent.names

    @property
    def step_minutes(self) -> int:
        """Minutes between two readings."""
        return self._recent.step_minutes

    @property
    def minutes_range(self) -> tuple[int, int]:
        """The nearest and the farthest that can be asked for."""
        horizons = self._fitted.horizons
        return horizons[0] * self.step_minutes, horizons[-1] * self.step_minutes

    def observe(self, readings: Sequence[float | None]) -> None:
        """One step later: a reading a detector, None or NaN where it is silent.

        Raises:
            ForecastError: not one a detector, or not a quantity; nothing is taken in then.
        """
        if len(readings) != len(self.names):
            raise ForecastError(f"{len(readings)} readings for {len(self.names)} detectors")
        row = np.array([math.nan if each is None else each for each in readings], dtype=np.float32)
        bad = np.isinf(row) | (row < 0)
        if bad.any():
            raise ForecastError(f"detector {self.names[int(np.argmax(bad))]}: {row[bad][0]} is not a reading")
        self._recent = replace(self._recent, values=np.vstack([self._recent.values, row]))
        self._found = None
        self._trim()

    def forecast(self, minutes: int) -> tuple[Forecast, ...]:
        """Every detector, `minutes` from the last reading; between two learnt horizons in proportion.

        Raises:
            ForecastError: nearer than the first horizon or farther than an hour.
        """
        nearest, farthest = self.minutes_range
        if not nearest <= minutes <= farthest:
            raise ForecastError(f"{minutes} minutes are not between {nearest} and {farthest}")
        if self._found is None:
            series = fill(self._recent, self._fitted.graph)
            rows = self._fitted.rows(series, np.array([len(series.filled) - 1]))
            values = self._fitted.predict(rows)
            self._found = rows, values, intervals.apply(self._ends, rows, values)
        rows, values, ends = self._found
        known = np.array(self._fitted.horizons) * self.step_minutes
        after = min(int(np.searchsorted(known, minutes)), len(known) - 1)
        before = max(0, after - 1) if minutes < known[after] else after
        share = 0.0 if before == after else (minutes - known[before]) / (known[after] - known[before])
        value = values[:, before] + share * (values[:, after] - values[:, before])
        four = ends[:, before] + share * (ends[:, after] - ends[:, before])
        reasons = reasons_of(rows, after, minutes, self.step_minutes)
        told = np.round(np.column_stack([value, four]).astype(np.float64), 2).tolist()
        return tuple(
            Forecast(name, minutes, most, low_80, high_80, low_90, high_90, why)
            for name, (most, low_80, high_80, low_90, high_90), why in zip(self.names, told, reasons, strict=True)
        )

    def save(self, path: Path) -> None:
        """One `.npz`: arrays, LightGBM's text, and a line of JSON. No pickle."""
        fitted = self._fitted
        head = {
            "format": FORMAT,
            "names": list(self.names),
            "step_minutes": self.step_minutes,
            "first_slot": self._recent.first_slot,
            "horizons": list(fitted.horizons),
            "networks": len(fitted.networks),
            "coverages": list(COVERAGES),
        }
        arrays = {f"graph_{name}": each for name, each in vars(fitted.graph).items()}
        arrays |= {f"scale_{name}": each for name, each in vars(fitted.scale).items()}
        for at, network in enumerate(fitted.networks):
            arrays |= {f"weight{at}_{name}": each for name, each in network.weights.items()}
            arrays |= {f"network{at}_{name}": getattr(network, name) for name in ("mean", "spread", "unit")}
        arrays |= {
            f"trees_{at}": np.frombuffer(text.encode(), dtype=np.uint8) for at, text in enumerate(fitted.trees.texts)
        }
        with path.open("wb") as file:
            np.savez_compressed(
                file, head=np.array(json.dumps(head)), ends=self._ends, recent=self._recent.values, **arrays
            )

    @classmethod
    def load(cls, path: Path) -> "Forecaster":
        """What `save` wrote. LightGBM's own reader takes the trees: load only files that you trust.

        Raises:
            ForecastError: it is no such file.
        """
        try:
            if path.stat().st_size > FILE_BYTES_LIMIT:
                raise ForecastError(f"{path.name}: larger than {FILE_BYTES_LIMIT:,} bytes")
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            head = json.loads(str(arrays["head"]))
            if head["format"] != FORMAT or tuple(head["coverages"]) != COVERAGES:
                raise ForecastError(f"{path.name}: it is of another format, {str(head['format'])[:40]!r}")

            def group(prefix: str) -> dict[str, Floats]:
                return {name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)}

            horizons = tuple(int(each) for each in head["horizons"])
            texts = [arrays[f"trees_{at}"].tobytes().decode() for at in range(len(horizons))]
            networks = tuple(Network(group(f"weight{at}_"), **group(f"network{at}_")) for at in range(head["networks"]))
            graph = Graph(**group("graph_"))  # type: ignore[arg-type]
            fitted = Fitted(graph, Scale(**group("scale_")), boosting.Trees(texts), networks, horizons)
            recent = Table(arrays["recent"], tuple(head["names"]), int(head["step_minutes"]), int(head["first_slot"]))
        except OSError as error:
            raise ForecastError(f"{path.name}: {error.strerror or 'it cannot be read'}") from None
        except (ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError):
            raise ForecastError(f"{path.name}: it is no forecaster that `forecast train` wrote") from None
        return cls(fitted, arrays["ends"], recent)

    def _trim(self) -> None:
        kept = DAYS_ALIKE * self._recent.slots + WINDOW + 2
        over = len(self._recent.values) - kept
        if over > 0:
            slot = (self._recent.first_slot + over) % self._recent.slots
            self._recent = replace(self._recent, values=self._recent.values[over:], first_slot=slot)
