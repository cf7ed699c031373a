"""Amounts shared out and exchanged keep every unit, whatever the numbers."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel.payments.periods import begin_of, first_after, period_of
from bocage.kernel.payments.proportions import converted, next_step, shared_out
from bocage.kernel.payments.types import MandateTerms, Period

_AMOUNTS = st.integers(1, 10**15)
_PARTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=45).filter(any)
_TERMS = st.integers(1, 10**9)


@given(_AMOUNTS, _PARTS)
def test_what_is_shared_out_is_the_amount_and_nobody_is_a_unit_off(amount_minor: int, parts: list[int]) -> None:
    got = shared_out(amount_minor, parts)
    assert sum(got) == amount_minor
    for minor, part in zip(got, parts, strict=True):
        assert abs(minor * sum(parts) - amount_minor * part) < sum(parts)
        assert part or not minor


def test_largest_remainders_and_then_the_earlier() -> None:
    assert shared_out(100, [1, 1, 1]) == (34, 33, 33)
    assert shared_out(10, [47_000, 16_000, 15_900, 12_000, 6_000, 3_100]) == (5, 2, 1, 1, 1, 0)


@given(st.data())
def test_many_steps_end_where_one_would(data: st.DataObject) -> None:
    totals = data.draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
    taken = [0] * len(totals)
    while sum(taken) < sum(totals):
        step = data.draw(st.integers(max(1, (sum(totals) - sum(taken)) // 4), sum(totals) - sum(taken)))
        given_now = next_step(step, totals, taken)
        assert sum(given_now) == step and min(given_now) >= 0
        taken = [had + now for had, now in zip(taken, given_now, strict=True)]
        assert all(had <= total for had, total in zip(taken, totals, strict=True))
    assert taken == totals


@given(st.lists(st.integers(1, 50), min_size=2, max_size=8))
def test_single_units_stay_within_two_of_proportion(totals: list[int]) -> None:
    taken = [0] * len(totals)
    for done in range(1, sum(totals) + 1):
        now = next_step(1, totals, taken)
        taken = [had + more for had, more in zip(taken, now, strict=True)]
        for had, total in zip(taken, totals, strict=True):
            assert abs(had * sum(totals) - done * total) < 2 * sum(totals)
    assert taken == totals


@given(_AMOUNTS, _TERMS, _TERMS)
def test_an_exchange_is_exact_and_never_gains_there_and_back(amount: int, numerator: int, denominator: int) -> None:
    bought, remainder = converted(amount, numerator, denominator)
    assert bought * denominator + remainder == amount * numerator
    assert 0 <= remainder < denominator
    back, _rest = converted(bought, denominator, numerator)
    assert back <= amount


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(Period), st.integers(0, 2_000))
def test_periods_follow_one_another_without_gap(start: date, period: Period, days: int) -> None:
    terms = MandateTerms("EUR", period, 1, 1, start, start)
    day = start + timedelta(days=days)
    begin, end = period_of(terms, day)
    assert begin <= day < end == first_after(terms, day)
    assert period_of(terms, begin) == (begin, end)
    assert period_of(terms, end)[0] == end


def test_a_month_that_lacks_the_day_takes_its_last() -> None:
    terms = MandateTerms("EUR", Period.MONTH, 1, 1, date(2027, 1, 31), date(2028, 1, 31))
    assert [begin_of(terms, place) for place in range(4)] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]
