"""Reference households: whole budgets, cited, and weighed as payments of the same items are."""

import csv
from collections import defaultdict
from decimal import Decimal

from bocage.engines.carbon import load, rate
from bocage.engines.carbon.households import FOLDER, households

# What the surveys give as their totals: Insee TF106, "champ comptabilité nationale"; the sum of the ONS's lines but
# gifts of money and savings.
PUBLISHED_TOTALS = {"FR": Decimal(27408), "GB": Decimal("26333.08")}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_budgets_add_up_to_the_survey() -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows("budgets.csv"):
        sums[row["country"]] += Decimal(row["amount"])
    for country, total in PUBLISHED_TOTALS.items():
        assert abs(sums[country] - total) < 10, country


def test_every_line_is_cited_and_counted() -> None:
    sources = {row["source"]: row for row in rows("sources.csv")}
    used = {row["source"] for name in ("budgets.csv", "published.csv", "households.csv") for row in rows(name)}
    assert used == set(sources)
    assert all(row["url"] and row["read_in"] for row in sources.values())
    book = load()
    for row in rows("budgets.csv"):
        assert book.items[row["item"]].route != "none", row
    for row in rows("published.csv"):
        assert row["boundary"]


def test_a_household_weighs_what_its_lines_weigh() -> None:
    book = load()
    for one in households():
        assert sum(post.micrograms for post in one.posts) == one.total.micrograms
        by_hand = 0
        for row in rows("budgets.csv"):
            if row["country"] == one.country:
                each = rate(book, row["item"], one.country, row["currency"], 2, int(row["year"]), Decimal(1))
                assert each is not None
                by_hand += each.micrograms_per_minor * round(Decimal(row["amount"]) * 100 / one.persons)
        assert by_hand == one.total.micrograms


def test_a_total_is_surer_than_its_posts_together() -> None:
    for one in households():
        for post in (*one.posts, one.total):
            assert post.low_micrograms < post.micrograms < post.high_micrograms
        if one.is_whole:
            assert one.total.high_micrograms < sum(post.high_micrograms for post in one.posts)


def test_half_a_budget_is_not_called_whole() -> None:
    assert {one.country: one.is_whole for one in households()} == {"FR": True, "GB": True, "US": False}
