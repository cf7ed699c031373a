"""Training the model of merchants' names, and measuring it on merchants it has not seen.

Multinomial logistic regression (L2, L-BFGS) on three kinds of text: the patterns of the book's rules (brands and trade
words, written from general knowledge), the official descriptions of merchant category codes, and real purchases whose
code says the class. Purchases of one merchant share the weight of the square root of their number. NumPy and SciPy
only. Cross-validation keeps every merchant whole in one fold, so no name is both learnt and asked.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from bocage.engines.carbon.book import Book
from bocage.engines.carbon.features import PLACES, features
from bocage.engines.carbon.model import ABSTAINS_BELOW, MICRONATS, Guess, Model, Told, read_scores, rule_micronats
from bocage.engines.carbon.types import CarbonError

PENALTY = 0.3
KNOWLEDGE_WEIGHT = 0.3
STEPS = 60
LARGEST_WEIGHT = 127
NOT_BOUGHT = frozenset(("unknown", "movement"))
SHARPNESS_PERCENT, RULE_PERCENT = 100, 60
SHARPNESSES_PERCENT = (80, 100, 125, 150, 175, 200, 250)
RULES_PERCENT = (20, 30, 40, 50, 60, 70, 80)
FOLDS = 5
SUREST_SHARE = 0.7
BINS = 10

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A purchase whose class is known: the merchant as written, and its name without what banks put around it.

    `amount_minor` 0 stands for a text without an amount.
    """

    merchant: str
    name: str
    category: str
    amount_minor: int = 0
    exponent: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The scores of an example by a model that had not seen its merchant, and what a rule says of it."""

    example: Example
    fold: int
    rule: Told | None
    scores: NDArray[np.int64]


def knowledge(book: Book, *, without: frozenset[str] = frozenset()) -> tuple[Example, ...]:
    """The book's own words as examples: the patterns of its rules, and the description of each code.

    Patterns bound to a country are left out, as the model knows no countries, and so are those in `without`.
    """
    told = [
        _words(pattern.written.replace("*", ""), book.items[pattern.item].category)
        for pattern in book.rules.patterns
        if pattern.written not in without and not pattern.countries
    ]
    told += [_words(known.description, book.items[known.item].category) for known in book.mccs]
    return tuple(example for example in told if example.category not in NOT_BOUGHT)


def _words(text: str, category: str) -> Example:
    return Example(text, text, category)


def purchase(book: Book, merchant: str, mcc: str, amount_minor: int, exponent: int = 2) -> Example | None:
    """A real purchase as an example, None where the book knows no class for its code or nothing is bought."""
    known = book.mcc(mcc)
    category = book.items[known.item].category if known else "unknown"
    if category in NOT_BOUGHT:
        return None
    return Example(merchant, book.rules.name(merchant), category, amount_minor, exponent)


def bought_classes(book: Book) -> tuple[str, ...]:
    """The classes that the model tells apart: all in which something is bought."""
    return tuple(name for name in book.classes if name not in NOT_BOUGHT)


def rule_of(book: Book, text: str, country: str) -> Told | None:
    """The class and probability that the book's rules give a text, None where none fits or nothing is bought."""
    found = book.rules.read(text, country, False)
    if found.pattern is None or book.items[found.pattern.item].category in NOT_BOUGHT:
        return None
    return book.items[found.pattern.item].category, found.probability


def train(
    known: Sequence[Example], purchases: Sequence[Example], classes: Sequence[str], card: Mapping[str, object]
) -> Model:
    """A model from knowledge and real purchases, rounded to eight bits; raises `CarbonError`."""
    if not known and not purchases:
        raise CarbonError("rows", "there is nothing to train on.")
    examples = (*known, *(one for one in purchases if one.category in classes))
    lines = Counter(one.merchant for one in purchases)
    weights = np.array([KNOWLEDGE_WEIGHT] * len(known) + [1 / sqrt(lines[e.merchant]) for e in examples[len(known) :]])
    wanted = np.zeros((len(examples), len(classes)))
    place = {name: index for index, name in enumerate(classes)}
    wanted[np.arange(len(examples)), [place[e.category] for e in examples]] = 1
    solved, bias = _logistic(_matrix(examples), wanted, weights)
    unit_milli = max(1, int(np.ceil(np.abs(solved).max() * 1000 / LARGEST_WEIGHT)))
    whole = np.rint(solved * 1000 / unit_milli).astype(np.int8)
    bias_micro = np.rint(bias * 1e6).astype(np.int64)
    return Model(tuple(classes), whole, bias_micro, unit_milli, SHARPNESS_PERCENT, RULE_PERCENT, card)


def cross_validate(
    known: Sequence[Example],
    purchases: Sequence[Example],
    classes: Sequence[str],
    rule: Callable[[Example], Told | None],
    *,
    seed: int,
) -> list[Answer]:
    """An answer for each purchase by a model without its merchant, in the purchases' order; raises `CarbonError`."""
    merchants = sorted({one.merchant for one in purchases})
    if len(merchants) < FOLDS:
        raise CarbonError("merchants", f"{len(merchants)} are too few; at least {FOLDS} are needed.")
    order = np.random.default_rng(seed).permutation(len(merchants))
    fold = {merchants[place]: number % FOLDS for number, place in enumerate(order)}
    answers: dict[int, Answer] = {}
    for number in range(FOLDS):
        model = train(known, [one for one in purchases if fold[one.merchant] != number], classes, {})
        for index, one in enumerate(purchases):
            if fold[one.merchant] == number:
                scores = model.scores(one.name, one.amount_minor, one.exponent)
                answers[index] = Answer(one, fold[one.merchant], rule(one), scores)
    return [answers[index] for index in range(len(purchases))]


def calibrate(answers: Sequence[Answer], classes: Sequence[str]) -> tuple[int, int]:
    """The sharpness and the weight of rules (percent) under which the truth of these answers is likeliest.

    Two numbers, as in Platt scaling; the likelihood is taken over rows.
    """
    asked = [a for a in answers if a.example.category in classes]
    bare = np.array([a.scores for a in asked]) / MICRONATS
    evidence = np.zeros(bare.shape)
    for index, one in enumerate(asked):
        if one.rule is not None and one.rule[0] in classes:
            evidence[index, classes.index(one.rule[0])] = rule_micronats(one.rule[1], len(classes)) / MICRONATS
    true = [classes.index(a.example.category) for a in asked]

    def loss(tried: tuple[int, int]) -> float:
        scores = bare * tried[0] / 100 + evidence * tried[1] / 100
        return float((np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(true)), true]).mean())

    return min(product(SHARPNESSES_PERCENT, RULES_PERCENT), key=loss)


def answered(answers: Sequence[Answer], classes: Sequence[str]) -> list[Guess]:
    """The guess for each answer, each fold's calibrated on the other folds."""
    guesses: dict[int, Guess] = {}
    for fold in sorted({a.fold for a in answers}):
        sharpness, weight = calibrate([a for a in answers if a.fold != fold], classes)
        for index, one in enumerate(answers):
            if one.fold == fold:
                guess = read_scores(one.scores, classes, sharpness, weight, one.rule)
                if one.rule and guess.category != one.rule[0] and guess.probability < ABSTAINS_BELOW:
                    guess = Guess(one.rule[0], guess.of_rule)  # a rule stands unless the model is sure against it
                guesses[index] = guess
    return [guesses[index] for index in range(len(answers))]


def measure(answers: Sequence[Answer], classes: Sequence[str]) -> dict[str, object]:
    """Accuracy, macro-F1 over the classes that occur, precision of the surest 70 %, and calibration error."""
    guesses = answered(answers, classes)
    true = [one.example.category for one in answers]
    return scores_of(true, [g.category for g in guesses], [float(g.probability) for g in guesses])


def scores_of(true: Sequence[str], guessed: Sequence[str], probabilities: Sequence[float]) -> dict[str, object]:
    """The usual figures of a classifier, to three digits."""
    right = np.array([t == g for t, g in zip(true, guessed, strict=True)])
    sure = np.array(probabilities)
    surest = np.argsort(-sure, kind="stable")[: round(SUREST_SHARE * len(right))]
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    error = sum(abs((sure - right)[bins == b].sum()) for b in range(BINS)) / len(right)
    return {
        "accuracy": round(float(right.mean()), 3),
        "macro_f1": round(macro_f1(true, guessed), 3),
        "precision_of_surest_70_percent": round(float(right[surest].mean()), 3),
        "expected_calibration_error": round(float(error), 3),
        "classes_that_occur": len(set(true)),
    }


def macro_f1(true: Sequence[str], guessed: Sequence[str]) -> float:
    """The mean F1 of every class that occurs or is guessed; "unknown" is no class but a miss."""
    names = (set(true) | set(guessed)) - NOT_BOUGHT
    hits = Counter(t for t, g in zip(true, guessed, strict=True) if t == g)
    occur, named = Counter(true), Counter(guessed)
    return sum(2 * hits[name] / (occur[name] + named[name]) for name in names) / max(1, len(names))


def _matrix(examples: Sequence[Example]) -> csr_matrix:
    found = [features(e.name, e.amount_minor, e.exponent) for e in examples]
    ends = np.cumsum([0] + [len(places) for places, _ in found])
    places = np.concatenate([places for places, _ in found])
    milli = np.concatenate([milli for _, milli in found])
    return csr_matrix((milli / 1000, places, ends), shape=(len(examples), PLACES))


def _logistic(rows: csr_matrix, wanted: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weights (place x class) and bias of least penalised cross-entropy."""
    turned = rows.T.tocsr()
    classes = wanted.shape[1]
    split = PLACES * classes

    def objective(point: Floats) -> tuple[float, Floats]:
        solved, bias = point[:split].reshape(PLACES, classes), point[split:]
        scores = rows @ solved + bias
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        shares /= shares.sum(axis=1, keepdims=True)
        loss = -(weights * np.log((shares * wanted).sum(axis=1) + 1e-12)).sum() + PENALTY / 2 * (solved**2).sum()
        wrong = (shares - wanted) * weights[:, None]
        slope = np.concatenate([(turned @ wrong + PENALTY * solved).ravel(), wrong.sum(axis=0)])
        return float(loss), slope

    found = minimize(objective, np.zeros(split + classes), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return found.x[:split].reshape(PLACES, classes), found.x[split:]
