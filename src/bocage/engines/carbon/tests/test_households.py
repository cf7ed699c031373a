"""Reference households: whole budgets, cited, and weighed as payments of the same items are."""

import csv
from collections import defaultdict
from decimal import Decimal

from bocage.engines.carbon import load, rate
from bocage.engines.carbon.households import FOLDER, households, types_of

# What the accounts give as their totals, in millions: Insee's CPDEP less the territorial balance CP16, the ONS's total
# by the domestic concept, the BEA's T005 less scrap, noncomparable imports, the rest-of-the-world adjustment and 229
# million of stone, copper and the like.
PUBLISHED_TOTALS = {
    "FR": Decimal("1195309.7") + Decimal("10913.0"),
    "GB": Decimal(1323702),
    "US": Decimal(13290625 + 12990 - 110221 + 200997 - 229),
}


NAMES = ("budgets.csv", "published.csv", "households.csv", "types.csv")


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_budgets_add_up_to_the_accounts() -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows("budgets.csv"):
        sums[row["country"]] += Decimal(row["amount"])
    for country, total in PUBLISHED_TOTALS.items():
        assert abs(sums[country] - total) < 10, country


def test_every_line_is_cited_and_counted() -> None:
    sources = {row["source"]: row for row in rows("sources.csv")}
    used = {row["source"] for name in NAMES for row in rows(name)}
    assert used == set(sources)
    assert all(row["url"] and row["read_in"] for row in sources.values())
    book = load()
    for row in rows("budgets.csv"):
        assert book.items[row["item"]].route != "none", row
    for row in (*rows("published.csv"), *rows("types.csv")):
        assert row["boundary"]


def test_who_lives_alone_weighs_more_than_who_shares_a_home() -> None:
    alone, large = types_of("FR")
    assert (alone.name, large.name) == ("alone", "large_family")
    assert large.of_average < 1 < alone.of_average
    assert types_of("CN") == ()


def test_a_household_weighs_what_its_lines_weigh() -> None:
    book = load()
    for one in households():
        assert sum(post.paid.micrograms for post in one.posts) == one.total.paid.micrograms
        assert sum(post.accounted.micrograms for post in one.posts) == one.total.accounted.micrograms
        by_hand = 0
        for row in rows("budgets.csv"):
            if row["country"] == one.country and row["paid"] == "yes":
                each = rate(book, row["item"], one.country, row["currency"], 2, int(row["year"]), Decimal(1))
                assert each is not None
                by_hand += each.micrograms_per_minor * round(Decimal(row["amount"]) * 100 / one.population_millions)
        assert by_hand == one.total.paid.micrograms


def test_accounts_leave_out_the_effects_at_altitude_and_count_what_nobody_pays() -> None:
    by_name = {(one.country, post.name): post for one in households() for post in one.posts}
    for country in ("FR", "GB", "US"):
        assert by_name[country, "transport"].accounted.micrograms < by_name[country, "transport"].paid.micrograms
        assert by_name[country, "housing"].accounted.micrograms > by_name[country, "housing"].paid.micrograms


def test_a_total_is_surer_than_its_posts_together() -> None:
    for one in households():
        for weight in (w for post in (*one.posts, one.total) for w in (post.paid, post.accounted)):
            assert weight.low_micrograms < weight.micrograms < weight.high_micrograms
        assert one.total.paid.high_micrograms < sum(post.paid.high_micrograms for post in one.posts)


def test_the_published_posts_hold_what_ours_hold() -> None:
    known = {(one.country, post.name) for one in households() for post in (*one.posts, one.total)}
    assert {(row["country"], row["post"]) for row in rows("published.csv")} <= known
    assert all(one.is_whole for one in households())
