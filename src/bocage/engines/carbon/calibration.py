"""Levels and errors of money factors, from sector factors that are independent of them.

The book's factors by household purpose (EXIOBASE 3.4 of 2011; the EPA's for the United States) stand beside EXIOBASE
3.8's by sector (2019), read from the open tables named in `benchmarks/carbon_tables.py`. In logarithms,

    sector factor = activity + country + a quarter of the book's own deviation from that pattern + error

where "activity" and "country" start from the book's own means and are corrected by the mean difference, shrunk towards
none (empirical Bayes: n values count as n / (n + k)). The mean is Huber's (1964, Ann. Math. Stat. 35:73): a sector that
hardly makes what a kind sells lies far off, and would draw the level of all that do. A quarter, as a country's
deviation in the one table says little of its deviation in the other. What results is a `level`, which multiplies the
cited factor, and a geometric standard deviation.

A third of the values is held out by a hash of sector and country, so that no value, under whatever merchant code it
appears, is both calibrated on and tested on. The errors come from eight-fold cross-validation within the other two
thirds: each activity's mean square, shrunk to that of all, scaled by one split-conformal quantile of the normalised
errors (Lei et al. 2018, J. Am. Stat. Assoc. 113:1094). Boundary, currency and year are one: kg CO2e a euro of 2019, at
basic prices, without value added tax and without the combustion of sold fuel.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from bocage.engines.carbon.book import Book
from bocage.engines.carbon.rates import MISPLACED_GSD, QUANTILE_90, rate

YEAR = 2019
HELD_OUT_OF = 3
FOLDS = 8
KEPT_OF_DEVIATION = 0.25
ACTIVITY_SHRINK = 1
COUNTRY_SHRINK = 20
SPREAD_SHRINK = 5
# Two and a half points above the promise of 0.90: values of one sector are not independent of one another. It is what
# twenty other thirds, split off within the two that are calibrated on, need for 0.90 (`benchmarks/carbon_levels.py`).
COVERED = 0.925
ROUNDS = 15
# Huber's customary bound in standard deviations, and what makes a median absolute deviation one.
HUBER_DEVIATIONS = 1.345
MEDIAN_TO_DEVIATION = 1.4826
MICROGRAMS_A_CENT = 10**7
# A line with a merchant code is put in the right class with this probability; its share of the error is the line's.
CODED = Decimal("0.97")

# What is made of other kinds, by the money spent on each: the terms of its locator in `money.csv` that have a level.
# Restaurants are what they buy (ONS use table 2018), goods without the margins of `trade.csv`, which weigh as services.
PARTS: Mapping[str, Mapping[str, float]] = {
    "restaurant": {"groceries": 0.1198, "drinks": 0.0791, "other_services": 0.2431},
    "general_goods": dict.fromkeys(("clothing", "electronics", "furniture", "leisure_goods", "household_goods"), 0.2),
    "average": {
        "groceries": 0.1764,
        "drinks": 0.0063,
        "clothing": 0.0356,
        "furniture": 0.0459,
        "electronics": 0.0457,
        "leisure_goods": 0.0479,
        "leisure": 0.1,
        "other_services": 0.2975,
        "insurance": 0.08,
    },
}

type Key = tuple[str, str]
type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Value:
    """An independent factor: kg CO2e a euro of 2019, basic price, of an activity (of a class) in a country."""

    activity: str
    category: str
    sector: str
    country: str
    kg: float


@dataclass(frozen=True, slots=True)
class Levels:
    """What multiplies each factor, by activity and country, and the gsd of each activity's error."""

    level: Mapping[Key, float]
    gsd: Mapping[str, float]


def held_out(sector: str, country: str) -> bool:
    """Whether a sector's value in a country is kept for the test."""
    return _hashed(f"{sector}|{country}") % HELD_OUT_OF == 0


def book_kg(book: Book, activity: str, country: str) -> float:
    """The book's kg CO2e a euro of 2019 at basic prices, before any level."""
    item = next(item for item in book.items.values() if item.route == "money" and item.factor == activity)
    ours = rate(book, item.id, country, "EUR", 2, YEAR, Decimal(1), at_basic_price=True)
    assert ours is not None  # Every country's own currency has an exchange rate.
    return ours.micrograms_per_minor / MICROGRAMS_A_CENT / float(book.money_factor(activity, country).level)


def level_of_parts(rows: Iterable[Mapping[str, str]], activity: str, country: str) -> float:
    """The level of what is made of other kinds, from theirs; `rows` are those of `money.csv`.

    A kind whose factor is of another year or currency than the sum's is not one of its terms, and lends no level.
    """
    of_country = {row["activity"]: row for row in rows if row["country"] == country}
    whole = of_country[activity]
    added = 0.0
    for part, weight in PARTS[activity].items():
        row = of_country[part]
        if (row["year"], row["currency"]) == (whole["year"], whole["currency"]) and row["level"]:
            added += weight * float(row["value"]) * (float(row["level"]) - 1)
    return 1 + added / float(whole["value"])


def merged(values: Iterable[Value]) -> list[Value]:
    """One value an activity, sector and country, the geometric mean where tables give several."""
    found: dict[Value, list[float]] = defaultdict(list)
    for one in values:
        found[Value(one.activity, one.category, one.sector, one.country, 0)].append(math.log(one.kg))
    return [
        Value(k.activity, k.category, k.sector, k.country, math.exp(float(np.mean(logs)))) for k, logs in found.items()
    ]


def calibrate(book: Book, values: Sequence[Value], *, others: Sequence[str] = ()) -> Levels:
    """Levels and errors from the values that are not held out. `others` are countries without values of their own."""
    known = merged(one for one in values if not held_out(one.sector, one.country))
    pattern = _Pattern(book, known, others)
    fitted = pattern.fit(known)
    squares: dict[str, list[float]] = defaultdict(list)
    for fold in range(FOLDS):
        inside = [one for one in known if _fold(one) != fold]
        without = pattern.fit(inside)
        for one in known:
            if _fold(one) == fold:
                squares[one.activity].append((math.log(one.kg) - without.log_kg(one.activity, one.country)) ** 2)
    spread = _spreads(squares)
    level = {
        (activity, country): math.exp(fitted.log_kg(activity, country)) / math.exp(pattern.base[activity, country])
        for activity in pattern.activities
        for country in (*pattern.countries, *others)
    }
    misplaced = float(1 - CODED) * math.log(float(MISPLACED_GSD)) ** 2
    gsd = {}
    for activity, width in spread.items():
        variance = (width / float(QUANTILE_90)) ** 2 - misplaced
        gsd[activity] = math.exp(math.sqrt(max(variance, misplaced)))
    return Levels(level, gsd)


def _spreads(squares: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Half the width of an activity's interval in logarithms: a shrunk root mean square times the quantile."""
    pooled = float(np.mean([square for some in squares.values() for square in some]))
    scale = {
        activity: math.sqrt((sum(some) + SPREAD_SHRINK * pooled) / (len(some) + SPREAD_SHRINK))
        for activity, some in squares.items()
    }
    normalised = sorted(math.sqrt(square) / scale[activity] for activity, some in squares.items() for square in some)
    place = min(len(normalised), math.ceil(COVERED * (len(normalised) + 1))) - 1
    return {activity: normalised[place] * width for activity, width in scale.items()}


@dataclass(frozen=True, slots=True)
class _Fitted:
    pattern: "_Pattern"
    by_activity: Mapping[str, float]
    by_country: Mapping[str, float]

    def log_kg(self, activity: str, country: str) -> float:
        corrected = self.by_activity.get(activity, 0.0) + self.by_country.get(country, 0.0)
        return self.pattern.log_kg[activity, country] + corrected


class _Pattern:
    """The book's own factors as activity + country + a part of what is left, and its corrections by values."""

    def __init__(self, book: Book, values: Sequence[Value], others: Sequence[str]) -> None:
        self.activities = sorted({one.activity for one in values})
        self.countries = sorted({one.country for one in values})
        every = (*self.countries, *others)
        self.base = {(a, c): math.log(book_kg(book, a, c)) for a in self.activities for c in every}
        own = np.array([[self.base[a, c] for c in self.countries] for a in self.activities])
        of_activity = dict(zip(self.activities, own.mean(axis=1), strict=True))
        self.log_kg = {}
        for country in every:
            column = np.array([self.base[a, country] for a in self.activities])
            shift = float(column.mean() - own.mean())
            for activity, base in zip(self.activities, column, strict=True):
                usual = of_activity[activity] + shift
                self.log_kg[activity, country] = float(usual + KEPT_OF_DEVIATION * (base - usual))

    def fit(self, values: Sequence[Value]) -> _Fitted:
        """Shrunk robust means of activities and countries by turns (backfitting)."""
        rows = np.array([self.activities.index(one.activity) for one in values])
        columns = np.array([self.countries.index(one.country) for one in values])
        off: Floats = np.array([math.log(one.kg) - self.log_kg[one.activity, one.country] for one in values])
        by_activity, by_country = np.zeros(len(self.activities)), np.zeros(len(self.countries))
        for _ in range(ROUNDS):
            weight = _huber(off - by_activity[rows] - by_country[columns])
            by_activity = _shrunk(off - by_country[columns], weight, rows, len(self.activities), ACTIVITY_SHRINK)
            by_country = _shrunk(off - by_activity[rows], weight, columns, len(self.countries), COUNTRY_SHRINK)
        return _Fitted(
            self,
            dict(zip(self.activities, by_activity.tolist(), strict=True)),
            dict(zip(self.countries, by_country.tolist(), strict=True)),
        )


def _huber(off: Floats) -> Floats:
    """1 for what lies near, less the farther it lies beyond the bound."""
    bound = HUBER_DEVIATIONS * MEDIAN_TO_DEVIATION * float(np.median(np.abs(off - np.median(off))))
    weight: Floats = np.minimum(1.0, bound / np.maximum(np.abs(off), np.finfo(np.float64).tiny))
    return weight if bound else np.ones_like(off)


def _shrunk(off: Floats, weight: Floats, group: npt.NDArray[np.int64], groups: int, shrink: int) -> Floats:
    sums = np.bincount(group, off * weight, minlength=groups)
    shrunk: Floats = sums / (np.bincount(group, weight, minlength=groups) + shrink)
    return shrunk


def _fold(one: Value) -> int:
    return _hashed(f"fold|{one.sector}|{one.country}") % FOLDS


def _hashed(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)
