"""Reference households: the budget that a national survey publishes, weighed by the book, beside published footprints.

`households/budgets.csv` has a line for each kind that a survey tells apart, `published.csv` the footprints that others
published, a head, with their boundary, and `sources.csv` where each is from and where it was read. Surveys see less
spending than national accounts do (food, alcohol and restaurants most), and published footprints hold what governments
buy and what is invested; only rows with `is_what_households_buy` are fit to be compared.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
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
class Post:
    """What a household's spending on a post weighs a head and year, in micrograms, with its 90 % interval."""

    name: str
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    published: Published | None


@dataclass(frozen=True, slots=True)
class Household:
    """The average household of a country; `is_whole` says whether its budget has every line."""

    country: str
    title: str
    year: str
    persons: Decimal
    is_whole: bool
    posts: tuple[Post, ...]
    total: Post


def households(*, book: Book | None = None) -> tuple[Household, ...]:
    """Every reference household, weighed by a book, by default the latest."""
    return _households(book or load())


@cache
def _households(book: Book) -> tuple[Household, ...]:
    lines, published = _read("budgets.csv"), _read("published.csv")
    told = {(row["country"], row["post"]): _published(row) for row in published}
    done = []
    for row in _read("households.csv"):
        country, persons = row["country"], Decimal(row["persons"])
        own = [line for line in lines if line["country"] == country]
        names = list(dict.fromkeys(line["post"] for line in own))
        posts = tuple(
            _post(book, name, (line for line in own if line["post"] == name), persons, told.get((country, name)))
            for name in names
        )
        total = _post(book, TOTAL, own, persons, told.get((country, TOTAL)))
        done.append(Household(country, row["title"], own[0]["year"], persons, row["is_whole"] == "yes", posts, total))
    return tuple(done)


def _post(
    book: Book, name: str, lines: Iterable[dict[str, str]], persons: Decimal, published: Published | None
) -> Post:
    """Sums of lines; one factor's errors are shared, different factors' are not, as in `totals.py`."""
    groups: dict[str, list[int]] = {}
    for line in lines:
        found = rate(book, line["item"], line["country"], line["currency"], 2, int(line["year"]), Decimal(1))
        assert found is not None  # The currencies of the households have exchange rates.
        minor = round(Decimal(line["amount"]) * 100 / persons)
        group = groups.setdefault(found.factor, [0, 0, 0])
        for place, each in enumerate((found.micrograms_per_minor, found.low_per_minor, found.high_per_minor)):
            group[place] += each * minor
    middle = sum(group[0] for group in groups.values())
    below = isqrt(sum((group[0] - group[1]) ** 2 for group in groups.values()))
    above = isqrt(sum((group[2] - group[0]) ** 2 for group in groups.values()))
    return Post(name, middle, middle - below, middle + above, published)


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
