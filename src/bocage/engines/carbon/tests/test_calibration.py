"""Levels and errors from independent values: found where they are, and never from what is held out."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from bocage.engines.carbon import load, rate
from bocage.engines.carbon.calibration import COVERED, Value, book_kg, calibrate, held_out, merged

BOOK = load()
ACTIVITIES = ("clothing", "furniture", "hotel", "books", "education", "rent", "electronics", "hairdresser")
COUNTRIES = ("FR", "GB", "US", "DE", "ES", "IT", "NL", "BE", "CH", "CN")
SPREAD = 0.3


def values(seed: int, shift: float = 0.0, sectors: int = 6) -> list[Value]:
    """Sector factors that lie `shift` above the book's in logarithms, give or take a known spread."""
    random = np.random.default_rng(seed)
    return [
        Value(a, "any", f"{a} {n}", c, book_kg(BOOK, a, c) * math.exp(shift + random.normal(0, SPREAD)))
        for a in ACTIVITIES
        for n in range(sectors)
        for c in COUNTRIES
    ]


def test_a_common_shift_is_found() -> None:
    found = calibrate(BOOK, values(1, shift=math.log(1.6)))
    levels = [found.level[a, c] for a in ACTIVITIES for c in COUNTRIES]
    # The book's own deviations from its pattern are kept for a quarter, so levels scatter about the shift.
    assert math.exp(float(np.mean(np.log(levels)))) == pytest.approx(1.6, rel=0.1)


def test_what_is_held_out_changes_nothing() -> None:
    some = values(2)
    absurd = [
        Value(v.activity, v.category, v.sector, v.country, v.kg * (1000 if held_out(v.sector, v.country) else 1))
        for v in some
    ]
    assert absurd != some
    assert calibrate(BOOK, absurd) == calibrate(BOOK, some)


def test_about_a_third_is_held_out_and_always_the_same() -> None:
    cells = [(f"sector {n}", c) for n in range(100) for c in COUNTRIES]
    share = sum(held_out(*cell) for cell in cells) / len(cells)
    assert 0.28 < share < 0.38
    assert [held_out(*cell) for cell in cells] == [held_out(*cell) for cell in cells]


def test_the_intervals_cover_what_they_never_saw() -> None:
    inside: list[bool] = []
    for seed in range(3, 9):
        some = values(seed)
        found = calibrate(BOOK, some)
        misplaced = math.sqrt(0.03) * math.log(3)
        for v in some:
            if held_out(v.sector, v.country):
                half = 1.645 * math.hypot(math.log(found.gsd[v.activity]), misplaced)
                ours = book_kg(BOOK, v.activity, v.country) * found.level[v.activity, v.country]
                inside.append(abs(math.log(v.kg / ours)) <= half)
    assert COVERED - 0.04 < float(np.mean(inside)) < 0.98


def test_fewer_values_move_a_level_less() -> None:
    few, many = (calibrate(BOOK, values(3, shift=1.0, sectors=n)) for n in (1, 12))
    mean = [np.mean([np.log(found.level[a, "FR"]) for a in ACTIVITIES]) for found in (few, many)]
    assert mean[0] < mean[1]


def test_several_values_of_one_sector_count_once() -> None:
    one, two = (Value("rent", "any", "s", "FR", kg) for kg in (1.0, 4.0))
    assert merged([one, two]) == [Value("rent", "any", "s", "FR", 2.0)]


def test_the_book_says_its_level_and_weighs_by_it() -> None:
    factor = BOOK.money_factor("hotel", "FR")
    assert factor.level != 1
    ours = rate(BOOK, "hotel", "FR", "EUR", 2, 2011, Decimal(1))
    assert ours is not None
    exact = factor.value * factor.level / (1 + factor.vat_percent / 100) * 10**7
    assert abs(ours.micrograms_per_minor - exact) <= 1
    assert any("independent sector factors" in reason.text for reason in ours.reasons)
    older = rate(load("2026.2"), "hotel", "FR", "EUR", 2, 2011, Decimal(1))
    assert older is not None
    assert not any("independent sector factors" in reason.text for reason in older.reasons)


def test_trade_margins_weigh_as_trade_and_goods_as_goods() -> None:
    factor, trade, share = BOOK.money_factor("clothing", "FR"), BOOK.money_factor("other_services", "FR"), "0.492"
    ours = rate(BOOK, "clothing", "FR", "EUR", 2, 2011, Decimal(1))
    assert ours is not None
    part = Fraction(share)
    mixed = factor.value * factor.level * (1 - part) + trade.value * trade.level * part
    assert abs(ours.micrograms_per_minor - mixed / (1 + factor.vat_percent / 100) * 10**7) <= 1
    assert any("wholesale and retail trade" in reason.text for reason in ours.reasons)
    basic = rate(BOOK, "clothing", "FR", "EUR", 2, 2011, Decimal(1), at_basic_price=True)
    assert basic is not None
    assert abs(basic.micrograms_per_minor - factor.value * factor.level * 10**7) <= 1
    assert basic.high_per_minor / basic.micrograms_per_minor == pytest.approx(
        ours.high_per_minor / ours.micrograms_per_minor, rel=1e-5
    )
    at_purchasers = rate(BOOK, "bakery", "US", "USD", 2, 2022, Decimal(1))
    assert at_purchasers is not None
    assert not any("wholesale and retail trade" in reason.text for reason in at_purchasers.reasons)


def test_the_euro_area_is_the_mean_of_its_six() -> None:
    for activity in ACTIVITIES:
        area = BOOK.money_factor(activity, "EA")
        six = [BOOK.money_factor(activity, code) for code in ("FR", "DE", "ES", "IT", "NL", "BE")]
        mean = sum((f.value * f.level for f in six), start=0 * area.value) / 6
        assert abs(float(area.value * area.level / mean) - 1) < 0.01
