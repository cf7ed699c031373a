"""Intervals of sums: one factor's lines err together, different factors apart."""

from datetime import date
from decimal import Decimal

from bocage.engines.carbon import Payment, assess

DAY = date(2024, 5, 3)


def bought(mcc: str, amount: int = 10000) -> Payment:
    return Payment(DAY, -amount, "EUR", mcc=mcc, country="FR")


def test_lines_of_one_factor_add_their_errors() -> None:
    done = assess((bought("5411"), bought("5411")))
    one = done.footprints[0]
    assert done.total.high_micrograms == 2 * one.high_micrograms
    assert done.total.low_micrograms == 2 * one.low_micrograms


def test_different_factors_add_their_errors_in_quadrature() -> None:
    done = assess((bought("5411"), bought("5541")))
    apart = sum(one.high_micrograms - one.micrograms for one in done.footprints)
    together = done.total.high_micrograms - done.total.micrograms
    assert max(one.high_micrograms - one.micrograms for one in done.footprints) < together < apart


def test_a_matched_refund_takes_its_error_away() -> None:
    refund = Payment(DAY, 10000, "EUR", text="ZARA", country="FR")
    shop = Payment(DAY, -10000, "EUR", text="ZARA", country="FR")
    alone, with_refund = assess((bought("5411"),)), assess((bought("5411"), shop, refund))
    assert with_refund.total.high_micrograms == alone.total.high_micrograms


def test_counts_say_how_far_to_trust_the_sum() -> None:
    strange = Payment(DAY, -500, "EUR", text="QUXZY", country="FR")
    without = Payment(DAY, -500, "ZZZ", text="ZARA")
    total = assess((bought("5411"), strange, without, bought("6011"))).total
    assert (total.lines, total.counted, total.unknown, total.not_assessed) == (4, 2, 1, 1)


def test_months_are_in_order() -> None:
    some = [Payment(date(2024, month, 1), -100, "EUR", mcc="5411", country="FR") for month in (12, 1, 5)]
    done = assess(some)
    assert [month for month, _ in done.months] == ["2024-01", "2024-05", "2024-12"]
    assert all(total.kg > Decimal(0) for _, total in done.months)
