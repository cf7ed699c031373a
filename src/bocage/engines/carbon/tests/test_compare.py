"""An old month under the old and the new book: every difference explained, and the sums exact."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.carbon import CarbonError, Payment, assess, load
from bocage.engines.carbon.compare import CAUSES, compare

BOOKS = load("2026.1"), load("2026.2")
TEXTS = ("CARREFOUR CITY", "WEOLEY CASTLE", "QUXZY BLORF", "RATP", "REMBOURSEMENT ZARA RIVOLI", "HAIR BY ANNA", "")
LINES = st.lists(st.tuples(st.sampled_from(TEXTS), st.integers(-(10**6), 10**6), st.integers(0, 200)), max_size=10)


def payments(lines: list[tuple[str, int, int]]) -> list[Payment]:
    start = date(2025, 1, 1)
    return [Payment(start + timedelta(days=d), n, "EUR", text=t, country="FR") for t, n, d in lines]


@settings(deadline=None)
@given(LINES)
def test_causes_and_lines_sum_to_the_difference(lines: list[tuple[str, int, int]]) -> None:
    some = payments(lines)
    old, new = (assess(some, book=book) for book in BOOKS)
    found = compare(old, new)
    difference = new.total.micrograms - old.total.micrograms
    assert sum(micrograms for _, micrograms in found.by_cause) == difference
    assert sum(c.new_micrograms - c.old_micrograms for c in found.changes) == difference
    assert {cause for cause, _ in found.by_cause} <= set(CAUSES)


@settings(deadline=None)
@given(LINES)
def test_a_book_differs_from_itself_in_nothing(lines: list[tuple[str, int, int]]) -> None:
    done = assess(payments(lines))
    assert compare(done, done).changes == ()


def test_what_only_the_new_book_says_is_told_and_its_version_alone_is_no_news() -> None:
    old, new = (assess(payments([("CARREFOUR CITY", -5000, 3)]), book=book) for book in BOOKS)
    (change,) = compare(old, new).changes
    assert change.cause == "interval"
    assert change.after[0].startswith("The rule and the model of names together")
    assert not any("CARREFOUR" in text for text in (*change.before, *change.after))


def test_other_payments_are_refused() -> None:
    with pytest.raises(CarbonError, match="payments"):
        compare(assess(payments([("RATP", -100, 1)])), assess([]))
