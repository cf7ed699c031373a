"""Reference households: what a country's national accounts say that households buy, weighed by the book, a head.

`households/budgets.csv` has a line for each kind that the accounts tell apart, in millions a year, `published.csv` the
footprints that others published, a head, with their boundary, and `sources.csv` where each is from and where it was
read. The published footprints rest on national accounts, so the budgets do too: a survey sees less (food, alcohol and
restaurants most). They hold what nobody pays, such as the rent that owners would pay themselves (`paid` is "no"), and
no effects of flights at altitude; a person's statements hold the one and not the other, so each sum is given both ways.
Only published rows with `is_what_households_buy` are fit to be compared.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import isqrt
from pathlib import Path

from bocage.engines.carbon.book import Book, load
from bocage.engines.carbon.rates import rate

FOLDER = Path(__file__).parent / "households"
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Published:
    """A published footprint: kg CO2e a head and year."""

    kg_a_head: Decimal
    year: int
    is_what_households_buy: bool
    boundary: str
    source: str


@dataclass(frozen=True, slots=True)
class Weight:
    """What spending weighs a head and year, in micrograms, with its 90 % interval."""

    micrograms: int
    low_micrograms: int
    high_micrograms: int


@dataclass(frozen=True, slots=True)
class Post:
    """A post of spending: as statements would show it, and as published accounts would count it."""

    name: str
    paid: Weight
    accounted: Weight
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Household:
    """The average household of a country; `is_whole` says whether its budget has every line."""

    country: str
    title: str
    year: str
    population_millions: Decimal
    is_whole: bool
    posts: tuple[Post, ...]
    total: Post


@dataclass(frozen=True, slots=True)
class HouseholdType:
    """What a head weighs who lives so (`name`: "alone", "large_family"), as a share of the country's average head."""

    name: str
    of_average: Fraction
    source: str


def types_of(country: str) -> tuple[HouseholdType, ...]:
    """The types of household that somebody published figures for, by what a head weighs; none for most countries."""
    found = (
        HouseholdType(
            row["type"], Fraction(row["tonnes_a_head"]) / Fraction(row["average_tonnes_a_head"]), row["source"]
        )
        for row in _read("types.csv")
        if row["country"] == country
    )
    return tuple(sorted(found, key=lambda one: -one.of_average))


def households(*, book: Book | None = None) -> tuple[Household, ...]:
    """Every reference household, weighed by a book, by default the latest."""
    return _households(book or load())


@cache
def _households(book: Book) -> tuple[Household, ...]:
    lines, published = _read("budgets.csv"), _read("published.csv")
    told: dict[tuple[str, str], list[Published]] = {}
    for row in published:
        told.setdefault((row["country"], row["post"]), []).append(_published(row))
    done = []
    for row in _read("households.csv"):
        country, heads = row["country"], Decimal(row["population_millions"])
        own = [line for line in lines if line["country"] == country]
        names = list(dict.fromkeys(line["post"] for line in own))
        posts = tuple(
            _post(book, name, [line for line in own if line["post"] == name], heads, told.get((country, name), ()))
            for name in names
        )
        total = _post(book, TOTAL, own, heads, told.get((country, TOTAL), ()))
        done.append(Household(country, row["title"], own[0]["year"], heads, row["is_whole"] == "yes", posts, total))
    return tuple(done)


def _post(
    book: Book, name: str, lines: Sequence[dict[str, str]], heads: Decimal, published: Sequence[Published]
) -> Post:
    paid = [line for line in lines if line["paid"] == "yes"]
    return Post(
        name,
        paid=_weight(book, paid, heads, with_altitude=True),
        accounted=_weight(book, lines, heads, with_altitude=False),
        published=tuple(published),
    )


def _weight(book: Book, lines: Iterable[dict[str, str]], heads: Decimal, *, with_altitude: bool) -> Weight:
    """Sums of lines; one factor's errors are shared, different factors' are not, as in `totals.py`."""
    groups: dict[str, list[int]] = {}
    for line in lines:
        found = rate(book, line["item"], line["country"], line["currency"], 2, int(line["year"]), Decimal(1))
        assert found is not None  # The currencies of the households have exchange rates.
        minor = round(Decimal(line["amount"]) * 100 / heads)
        bounds = (found.micrograms_per_minor, found.low_per_minor, found.high_per_minor)
        bare = None if with_altitude else found.without_altitude_per_minor
        group = groups.setdefault(found.factor, [0, 0, 0])
        for place, each in enumerate(bounds):
            # The interval is one of factors: it stays as wide on the smaller mass.
            group[place] += (each if bare is None else each * bare // found.micrograms_per_minor) * minor
    middle = sum(group[0] for group in groups.values())
    below = isqrt(sum((group[0] - group[1]) ** 2 for group in groups.values()))
    above = isqrt(sum((group[2] - group[0]) ** 2 for group in groups.values()))
    return Weight(middle, middle - below, middle + above)


def _published(row: dict[str, str]) -> Published:
    return Published(
        kg_a_head=Decimal(row["tonnes_a_head"]) * 1000,
        year=int(row["year"]),
        is_what_households_buy=row["is_what_households_buy"] == "yes",
        boundary=row["boundary"],
        source=row["source"],
    )


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
