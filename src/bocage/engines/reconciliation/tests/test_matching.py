"""Each finding by an example, then what must hold of any two lists, whatever their order."""

import random
import time
from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bocage.engines.reconciliation import Finding, Movement, match, reference_key

WINDOW = timedelta(days=5)
MONDAY = date(2026, 3, 2)
MATCHES = {Finding.REFERENCE, Finding.AMOUNT_AND_DAY}


def movement(number: int, amount_minor: int, *references: str, days: int = 0, currency: str = "EUR") -> Movement:
    return Movement(UUID(int=number), references, amount_minor, currency, MONDAY + timedelta(days=days))


def findings(booked: list[Movement], expected: list[Movement], taken: set[int] = frozenset()) -> list[str]:  # type: ignore[assignment]
    found = match(booked, expected, {UUID(int=each) for each in taken}, WINDOW)
    return [str(found[each.id].finding) for each in booked]


def test_a_reference_matches_however_a_bank_writes_it_and_however_late() -> None:
    expected = [movement(1, 500, "RF18 5390 0754"), movement(2, -700, "BOCAGE0A1B")]
    booked = [movement(11, 500, "rf1853900754", days=40), movement(12, -700, "BOCAGE-0A1B", days=2)]
    assert findings(booked, expected) == ["reference", "reference"]
    assert match(booked, expected, (), WINDOW)[UUID(int=11)].expected == (UUID(int=1),)


def test_what_names_a_movement_is_never_matched_with_another_by_amount() -> None:
    expected = [movement(1, 500, "A"), movement(2, 900, "B")]
    assert findings([movement(11, 900, "A")], expected) == ["differs"]
    twice = [movement(11, 500, "A"), movement(12, 500, "A", days=1), movement(13, 500, "A", currency="CHF")]
    assert findings(twice, [*expected, movement(3, 500)]) == ["reference", "duplicate", "unmatched"]
    assert findings([movement(11, 500, "A")], expected, taken={1}) == ["duplicate"]


def test_one_reference_of_several_movements_is_decided_by_the_day_or_by_a_person() -> None:
    expected = [movement(1, 500, "RENT"), movement(2, 500, "RENT", days=30)]
    assert findings([movement(11, 500, "RENT", days=31)], expected) == ["reference"]
    assert findings([movement(11, 500, "RENT", days=15)], expected) == ["ambiguous"]


def test_without_a_reference_only_what_can_be_no_other_is_matched() -> None:
    assert findings([movement(11, 500, days=5)], [movement(1, 500)]) == ["amount_and_day"]
    assert findings([movement(11, 500, days=6)], [movement(1, 500)]) == ["unmatched"]
    assert findings([movement(11, 500)], [movement(1, -500)]) == ["unmatched"]
    assert findings([movement(11, 500)], [movement(1, 500), movement(2, 500, days=2)]) == ["ambiguous"]
    assert findings([movement(11, 500), movement(12, 500, days=2)], [movement(1, 500)]) == ["ambiguous", "ambiguous"]
    # The first has one candidate, and that candidate has another that would do.
    chain = [movement(11, 500), movement(12, 500, days=8)]
    assert findings(chain, [movement(1, 500, days=4), movement(2, 500, days=12)]) == ["ambiguous", "ambiguous"]


_side = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["A", "b", "C 1", ""]), max_size=2),
        st.sampled_from([-300, 300, 500]),
        st.sampled_from(["EUR", "CHF"]),
        st.integers(0, 12),
    ),
    max_size=8,
)


def _movements(drawn: list[tuple[list[str], int, str, int]], start: int) -> list[Movement]:
    return [
        movement(start + place, amount_minor, *references, days=days, currency=currency)
        for place, (references, amount_minor, currency, days) in enumerate(drawn)
    ]


@given(_side, _side, st.sets(st.integers(0, 7)), st.randoms())
def test_what_holds_of_any_two_lists(
    here: list[tuple[list[str], int, str, int]],
    there: list[tuple[list[str], int, str, int]],
    gone: set[int],
    draw: random.Random,
) -> None:
    booked, expected = _movements(here, 100), _movements(there, 200)
    taken = {each.id for place, each in enumerate(expected) if place in gone}
    found = match(booked, expected, taken, WINDOW)
    by_id = {each.id: each for each in expected}
    assert set(found) == {each.id for each in booked}, "each booked movement gets one verdict"
    matched = Counter(id for verdict in found.values() if verdict.finding in MATCHES for id in verdict.expected)
    assert all(count == 1 for count in matched.values()) and not set(matched) & taken, "none is matched twice"
    for each in booked:
        verdict = found[each.id]
        for id in verdict.expected:
            other = by_id[id]
            assert other.currency == each.currency
            assert (other.amount_minor == each.amount_minor) == (verdict.finding is not Finding.DIFFERS)
            if verdict.finding is Finding.AMOUNT_AND_DAY:
                assert abs(other.on - each.on) <= WINDOW
        if verdict.finding in {Finding.REFERENCE, Finding.DUPLICATE, Finding.DIFFERS}:
            names = {reference_key(text) for text in each.references} - {""}
            assert all(names & {reference_key(text) for text in by_id[id].references} for id in verdict.expected)
    draw.shuffle(booked)
    draw.shuffle(expected)
    again = match(booked, expected, taken, WINDOW)
    assert {id: verdict.finding for id, verdict in again.items()} == {
        id: verdict.finding for id, verdict in found.items()
    }, "the order of the lists decides nothing"


def test_twenty_thousand_lines_are_matched_in_seconds() -> None:
    draw = random.Random(3)
    expected = [movement(n, draw.randint(1, 500) * 10, f"REF{n}", days=n % 365) for n in range(1, 20_001)]
    booked = [
        movement(50_000 + n, each.amount_minor, *(each.references if n % 10 else ()), days=n % 365)
        for n, each in enumerate(expected, 1)
    ]
    begun = time.process_time()
    found = Counter(verdict.finding for verdict in match(booked, expected, (), WINDOW).values())
    assert time.process_time() - begun < 5
    assert found[Finding.REFERENCE] == 18_000 and found.total() == 20_000
