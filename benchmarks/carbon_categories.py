"""Classes of unseen merchants: majority, SVM, rules, rules with SVM, and rules with our model, in one table.

Repeated cross-validation in five folds that keep each merchant whole; the interval is the 5th to 95th percentile of a
bootstrap over merchants. `carbon_rules_seen.csv` lists rules whose wording their author may owe to this very file: the
last rows leave these out of the rules and of what the model learns.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from bocage.engines.carbon import Book, load, training
from bocage.engines.carbon.rules import Rules
from bocage.engines.carbon.training import Example

SEEN = Path(__file__).with_name("carbon_rules_seen.csv")
DRAWS = 300
COUNTRY = "GB"
UNKNOWN = ("unknown", 0.0)

type Told = tuple[str, Decimal] | None
type Guesses = list[tuple[str, float]]


@dataclass(frozen=True)
class Data:
    """The purchases, what rules say of each (all rules, and without those seen), and what the model may learn."""

    purchases: list[Example]
    rules: list[Told]
    blind_rules: list[Told]
    knowledge: Sequence[Example]
    blind_knowledge: Sequence[Example]
    classes: tuple[str, ...]


def table(cards: Path, repeats: int) -> Table:
    """The comparison, `repeats` times over."""
    data = _read(cards)
    methods: dict[str, Callable[[int], Guesses]] = {
        "majority class": lambda seed: _majority(data, seed),
        "SVM on letters (scikit-learn)": lambda seed: _svm(data, seed, [None] * len(data.purchases)),
        "rules alone": lambda _: [_by_rule(told) for told in data.rules],
        "rules, else SVM": lambda seed: _svm(data, seed, data.rules),
        "our model without rules or knowledge": lambda seed: _model(data, seed, (), [None] * len(data.purchases)),
        "rules and model (shipped)": lambda seed: _model(data, seed, data.knowledge, data.rules),
        "rules alone, without those seen": lambda _: [_by_rule(told) for told in data.blind_rules],
        "rules and model, without those seen": lambda seed: _model(data, seed, data.blind_knowledge, data.blind_rules),
    }
    merchants = len({one.merchant for one in data.purchases})
    occur = len({one.category for one in data.purchases})
    shown = Table(
        "Method", "accuracy", "macro-F1", "precision, surest 70 %", "calibration error", "a merchant one vote"
    )
    shown.title = (
        f"{len(data.purchases)} purchases of {merchants} merchants, {occur} classes, unseen; {repeats} x 5 folds"
    )
    for name, method in methods.items():
        try:
            tried = [method(seed) for seed in range(1, repeats + 1)]
        except ImportError:
            shown.add_row(name, "needs ./bocage extras add training", "", "", "", "")
            continue
        shown.add_row(name, *_figures(data, tried))
    shown.add_row("goal", ">= 0.75", ">= 0.60 over 21", ">= 0.92", "", "")
    return shown


def _read(cards: Path) -> Data:
    book = load()
    with SEEN.open(newline="") as file:
        seen = frozenset(row["pattern"] for row in csv.DictReader(file))
    blind = Rules([p for p in book.rules.patterns if p.written not in seen], {}, [])
    purchases = []
    with cards.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            minor = -round(Decimal(row.get("gross") or row["amount"]) * 100)
            if one := training.purchase(book, row["merchant"], row["mcc"].zfill(4), minor):
                purchases.append(one)
    return Data(
        purchases,
        [_told(book, book.rules, one) for one in purchases],
        [_told(book, blind, one) for one in purchases],
        training.knowledge(book),
        training.knowledge(book, without=seen),
        training.bought_classes(book),
    )


def _told(book: Book, rules: Rules, one: Example) -> Told:
    found = rules.read(one.merchant, COUNTRY, False)
    if found.pattern is None or book.items[found.pattern.item].category in training.NOT_BOUGHT:
        return None
    return book.items[found.pattern.item].category, found.probability


def _by_rule(told: Told) -> tuple[str, float]:
    return UNKNOWN if told is None else (told[0], float(told[1]))


def _folds(data: Data, seed: int) -> list[tuple[list[int], list[int]]]:
    merchants = sorted({one.merchant for one in data.purchases})
    order = np.random.default_rng(seed).permutation(len(merchants))
    fold = {merchants[place]: number % training.FOLDS for number, place in enumerate(order)}
    every = range(len(data.purchases))
    of = [fold[one.merchant] for one in data.purchases]
    return [([i for i in every if of[i] != k], [i for i in every if of[i] == k]) for k in range(training.FOLDS)]


def _majority(data: Data, seed: int) -> Guesses:
    guesses: Guesses = [UNKNOWN] * len(data.purchases)
    for kept, left in _folds(data, seed):
        names = [data.purchases[i].category for i in kept]
        most = max(sorted(set(names)), key=names.count)
        for i in left:
            guesses[i] = (most, names.count(most) / len(names))
    return guesses


def _svm(data: Data, seed: int, rules: list[Told]) -> Guesses:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    guesses: Guesses = [_by_rule(told) for told in rules]
    for kept, left in _folds(data, seed):
        peer: Any = make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True), LinearSVC()
        )
        peer.fit([data.purchases[i].merchant for i in kept], [data.purchases[i].category for i in kept])
        margins = peer.decision_function([data.purchases[i].merchant for i in left])
        names = list(peer.classes_)
        for i, row in zip(left, margins, strict=True):
            if rules[i] is None:
                ordered = np.sort(row)
                guesses[i] = (names[int(row.argmax())], float(1 / (1 + np.exp(-(ordered[-1] - ordered[-2])))) - 0.5)
    return guesses


def _model(data: Data, seed: int, known: Sequence[Example], rules: list[Told]) -> Guesses:
    # Examples are looked up by identity, as two purchases may be equal.
    told = {id(one): rule for one, rule in zip(data.purchases, rules, strict=True)}
    answers = training.cross_validate(known, data.purchases, data.classes, lambda e: told[id(e)], seed=seed)
    return [(g.category, float(g.probability)) for g in training.answered(answers, data.classes)]


def _figures(data: Data, tried: list[Guesses]) -> list[str]:
    true = [one.category for one in data.purchases]
    names = ("accuracy", "macro_f1", "precision_of_surest_70_percent", "expected_calibration_error")
    every = [training.scores_of(true, [n for n, _ in some], [p for _, p in some]) for some in tried]
    mean = {name: float(np.mean([one[name] for one in every])) for name in names}  # type: ignore[arg-type]
    places: dict[str, list[int]] = {}
    for index, one in enumerate(data.purchases):
        places.setdefault(one.merchant, []).append(index)
    merchants = list(places)
    drawn: dict[str, list[float]] = {name: [] for name in names}
    random = np.random.default_rng(0)
    for draw in range(DRAWS):
        chosen = [i for m in random.integers(0, len(merchants), len(merchants)) for i in places[merchants[m]]]
        some = tried[draw % len(tried)]
        scores = training.scores_of(
            [true[i] for i in chosen], [some[i][0] for i in chosen], [some[i][1] for i in chosen]
        )
        for name in names:
            drawn[name].append(float(scores[name]))  # type: ignore[arg-type]
    cells = []
    for name in names:
        low, high = np.percentile(drawn[name], (5, 95))
        cells.append(f"{mean[name]:.3f} ({low:.2f}-{high:.2f})" if name != names[3] else f"{mean[name]:.3f}")
    votes = [np.mean([some[p[0]][0] == true[p[0]] for p in places.values()]) for some in tried]
    return [*cells, f"{np.mean(votes):.3f}"]
