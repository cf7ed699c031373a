"""A small multilayer perceptron with an embedding a detector (as in STID, Shao et al. 2022), in NumPy.

Two hidden layers and a straight path, absolute error (Huber at the core), Adam with a cosine schedule, dropout. It
makes other mistakes than trees do: the mean of both is better than either.
"""

from dataclasses import dataclass

import numpy as np

from bocage.engines.forecast.features import Rows
from bocage.engines.forecast.types import Floats, Indices

HIDDEN, EMBEDDED = 128, 12
EPOCHS, BATCH, RATE, DROPPED, DECAY = 5, 2048, 2e-3, 0.1, 2e-3
CLIPPED = 4.0
CORE = 0.05
SHOWN = (0, 1, 2, 3, 4, 6, 7, 8)  # of `Rows.ahead`: all but the slot, which is no quantity
Weights = dict[str, Floats]


@dataclass(frozen=True)
class Network:
    """Weights by name, and how inputs and outputs are scaled."""

    weights: Weights
    mean: Floats
    spread: Floats
    unit: Floats

    def predict(self, rows: Rows) -> Floats:
        """(rows, horizons): changes from `rows.now`."""
        inputs = np.clip((_inputs(rows) - self.mean) / self.spread, -CLIPPED, CLIPPED)
        parts = []
        for at in range(0, len(inputs), 16_384):
            seen = np.hstack([inputs[at : at + 16_384], self.weights["embedding"][rows.detector[at : at + 16_384]]])
            parts.append(_forward(seen, self.weights)[2] * self.unit)
        return np.concatenate(parts).astype(np.float32)


def fit(rows: Rows, change: Floats, detectors: int, seed: int) -> Network:
    """Learn `change` (rows, horizons; NaN where the truth was not read)."""
    dice = np.random.default_rng(seed)
    inputs = _inputs(rows)
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
    inputs = np.clip((inputs - mean) / spread, -CLIPPED, CLIPPED)
    unit = (np.nanstd(change, axis=0) + 1e-6).astype(np.float32)
    target = change / unit
    weights = _fresh(dice, inputs.shape[1] + EMBEDDED, detectors, change.shape[1])
    first = {name: np.zeros_like(each) for name, each in weights.items()}
    second = {name: np.zeros_like(each) for name, each in weights.items()}
    batches = max(1, len(inputs) // BATCH)
    step, steps = 0, EPOCHS * batches
    for _epoch in range(EPOCHS):
        for batch in np.array_split(dice.permutation(len(inputs)), batches):
            step += 1
            slope = _slope(dice, inputs[batch], rows.detector[batch], target[batch], weights)
            rate = np.float32(RATE * 0.5 * (1 + np.cos(np.pi * step / steps)))
            for name, gradient in slope.items():
                first[name] = 0.9 * first[name] + 0.1 * gradient
                second[name] = 0.999 * second[name] + 0.001 * gradient**2
                move = first[name] / (1 - 0.9**step) / (np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8)
                if not name.endswith("bias"):
                    move += DECAY * weights[name]
                weights[name] -= rate * move
    return Network(weights, mean, spread, unit)


def _inputs(rows: Rows) -> Floats:
    return np.hstack([rows.shared, *(ahead[:, SHOWN] for ahead in rows.ahead)]).astype(np.float32)


def _fresh(dice: np.random.Generator, width: int, detectors: int, outputs: int) -> Weights:
    shapes = {"in": (width, HIDDEN), "mid": (HIDDEN, HIDDEN)}
    weights = {name: dice.normal(0, (2 / shape[0]) ** 0.5, shape) for name, shape in shapes.items()}
    weights |= {"out": dice.normal(0, 0.05, (HIDDEN, outputs)), "straight": np.zeros((width, outputs))}
    weights |= {"embedding": dice.normal(0, 0.3, (detectors, EMBEDDED))}
    weights |= {"in_bias": np.zeros(HIDDEN), "mid_bias": np.zeros(HIDDEN), "out_bias": np.zeros(outputs)}
    return {name: each.astype(np.float32) for name, each in weights.items()}


def _forward(seen: Floats, weights: Weights) -> tuple[Floats, Floats, Floats]:
    lower = np.maximum(seen @ weights["in"] + weights["in_bias"], 0)
    upper = np.maximum(lower @ weights["mid"] + weights["mid_bias"], 0)
    return lower, upper, upper @ weights["out"] + weights["out_bias"] + seen @ weights["straight"]


def _slope(dice: np.random.Generator, inputs: Floats, who: Indices, target: Floats, weights: Weights) -> Weights:
    """The gradient of the mean absolute error, by hand."""
    seen = np.hstack([inputs, weights["embedding"][who]])
    lower = np.maximum(seen @ weights["in"] + weights["in_bias"], 0)
    kept_lower = (dice.random(lower.shape, dtype=np.float32) > DROPPED) / np.float32(1 - DROPPED)
    lower *= kept_lower
    upper = np.maximum(lower @ weights["mid"] + weights["mid_bias"], 0)
    kept_upper = (dice.random(upper.shape, dtype=np.float32) > DROPPED) / np.float32(1 - DROPPED)
    upper *= kept_upper
    wrong = upper @ weights["out"] + weights["out_bias"] + seen @ weights["straight"] - target
    wrong = np.nan_to_num(np.clip(wrong / CORE, -1, 1)) / np.float32(len(inputs))
    slope = {"out": upper.T @ wrong, "out_bias": wrong.sum(axis=0), "straight": seen.T @ wrong}
    at_upper = (wrong @ weights["out"].T) * (upper > 0) * kept_upper
    slope |= {"mid": lower.T @ at_upper, "mid_bias": at_upper.sum(axis=0)}
    at_lower = (at_upper @ weights["mid"].T) * (lower > 0) * kept_lower
    slope |= {"in": seen.T @ at_lower, "in_bias": at_lower.sum(axis=0)}
    at_seen = at_lower @ weights["in"].T[:, -EMBEDDED:] + wrong @ weights["straight"].T[:, -EMBEDDED:]
    embedding = np.zeros_like(weights["embedding"])
    np.add.at(embedding, who, at_seen)
    return slope | {"embedding": embedding}
