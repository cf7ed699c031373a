"""The model of merchants' names: one layer of whole numbers, read without any library but NumPy.

A linear classifier over `features`, trained by `training` (multinomial logistic regression) and rounded to eight bits.
What it adds up are thousandths of thousandths of a nat, in integers: two machines never differ. A rule of the book that
fits the same text is evidence beside it, weighed by the rule's own probability.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache, lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from bocage.engines.carbon.features import PLACES, features
from bocage.engines.carbon.types import CarbonError

ABSTAINS_BELOW = Decimal("0.6")
MICRONATS = 1_000_000
CENTINAT = 10_000
FARTHEST_CENTINATS = 1_200
PARTS = 1_000_000_000
CACHED_GUESSES = 100_000
CLASSES_LIMIT = 200
CARD_LIMIT_BYTES = 100_000
HIGHEST = Decimal("0.995")

type Told = tuple[str, Decimal]


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest class and the probability that it is right, calibrated on merchants that the model had not seen.

    `of_rule` is the probability of the class that the rule named, where there was one.
    """

    category: str
    probability: Decimal
    of_rule: Decimal = Decimal(0)


@dataclass(frozen=True, eq=False)
class Model:
    """`weights` has a row a place and a column a class, in units of `unit_milli` thousandths of a nat.

    `sharpness_percent` times the scores, and `rule_percent` of a rule's log-odds beside them, make the probabilities
    true for unseen merchants (`training.calibrate`). Rule and model read the same words, so a rule counts in part.
    """

    classes: tuple[str, ...]
    weights: NDArray[np.int8]
    bias_micro: NDArray[np.int64]
    unit_milli: int
    sharpness_percent: int
    rule_percent: int
    card: Mapping[str, object]

    def scores(self, text: str, amount_minor: int, exponent: int) -> NDArray[np.int64]:
        """The log-odds of each class in micronats up to a constant, not yet sharpened."""
        places, milli = features(text, amount_minor, exponent)
        sums = milli @ self.weights[places].astype(np.int64)
        scores: NDArray[np.int64] = sums * self.unit_milli + self.bias_micro
        return scores

    def guess(self, text: str, amount_minor: int, exponent: int, rule: Told | None = None) -> Guess:
        """What a merchant of this name sells; `rule` is the class and probability of a rule that fits, if any."""
        return _guess(self, text, amount_minor, exponent, rule)


@lru_cache(maxsize=CACHED_GUESSES)
def _guess(model: Model, text: str, amount_minor: int, exponent: int, rule: Told | None) -> Guess:
    scores = model.scores(text, amount_minor, exponent)
    return read_scores(scores, model.classes, model.sharpness_percent, model.rule_percent, rule)


def read_scores(
    scores: NDArray[np.int64], classes: Sequence[str], sharpness_percent: int, rule_percent: int, rule: Told | None
) -> Guess:
    """The likeliest class of scores in micronats, sharpened, with a rule's evidence beside them."""
    scores = scores * sharpness_percent // 100
    if rule is not None and rule[0] in classes:
        scores[classes.index(rule[0])] += rule_micronats(rule[1], len(classes)) * rule_percent // 100
    best = int(scores.argmax())
    gaps = ((scores[best] - scores) // CENTINAT).clip(max=FARTHEST_CENTINATS)
    parts = [_shares()[gap] for gap in gaps.tolist()]
    whole = sum(parts)
    named = parts[classes.index(rule[0])] if rule is not None and rule[0] in classes else 0
    return Guess(classes[best], _probability(parts[best], whole), _probability(named, whole))


def _probability(part: int, whole: int) -> Decimal:
    return min((Decimal(part) / whole).quantize(Decimal("0.001")), HIGHEST)


@cache
def rule_micronats(probability: Decimal, classes: int) -> int:
    """The log-odds that a rule of that probability gives its class against each other one."""
    with localcontext(prec=28):
        return int((probability * (classes - 1) / (1 - probability)).ln() * MICRONATS)


@cache
def _shares() -> Sequence[int]:
    """exp(-gap) in billionths for each gap in hundredths of a nat."""
    with localcontext(prec=28):
        return tuple(int((Decimal(-gap) / 100).exp() * PARTS) for gap in range(FARTHEST_CENTINATS + 1))


def pack(model: Model) -> bytes:
    """The model as the bytes of an .npz file, the same each time."""
    buffer = BytesIO()
    card = json.dumps(dict(model.card), sort_keys=True, ensure_ascii=False)
    np.savez_compressed(
        buffer,
        classes=np.array(model.classes),
        weights=model.weights,
        bias_micro=model.bias_micro,
        scale=np.array([model.unit_milli, model.sharpness_percent, model.rule_percent], dtype=np.int64),
        card=np.frombuffer(card.encode(), dtype=np.uint8),
    )
    return buffer.getvalue()


def unpack(content: bytes) -> Model:
    """The model in those bytes; raises `CarbonError` for anything else. Nothing in the file is ever executed."""
    try:
        with np.load(BytesIO(content), allow_pickle=False) as file:
            classes = tuple(str(name) for name in file["classes"][:CLASSES_LIMIT])
            weights, bias = file["weights"], file["bias_micro"]
            unit_milli, sharpness_percent, rule_percent = (int(value) for value in file["scale"])
            card = json.loads(file["card"].tobytes()[:CARD_LIMIT_BYTES])
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, IndexError) as error:
        raise CarbonError("model", f"it is no model of this engine: {error}") from error
    shapes = (weights.shape, weights.dtype, bias.shape, bias.dtype)
    if shapes != ((PLACES, len(classes)), np.dtype(np.int8), (len(classes),), np.dtype(np.int64)):
        raise CarbonError("model", "its weights have another shape than this engine reads.")
    if min(unit_milli, sharpness_percent) < 1 or rule_percent < 0 or not isinstance(card, dict):
        raise CarbonError("model", "its scale is not above 0, or its card is missing.")
    return Model(classes, weights, bias, unit_milli, sharpness_percent, rule_percent, card)
