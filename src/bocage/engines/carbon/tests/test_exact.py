"""What must hold to the microgram, for any payments."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.carbon import CarbonError, Payment, assess, assessment_digest, explain, load, rate
from bocage.engines.carbon.rates import rate as cached_rate

MERCHANTS = (
    "TOTALENERGIES PARIS",
    "RATP",
    "SNCF CONNECT",
    "CARREFOUR CITY",
    "EDF CLIENTS PARTICULIERS",
    "RYANAIR FR1234",
    "ZARA RIVOLI",
    "VIR SEPA M DUPONT",
    "RETRAIT DAB",
    "QUXZY BLORF",
    "REMBOURSEMENT ZARA RIVOLI",
    "PAYPAL *SPOTIFY",
)
KNOWN_MONTH = {
    "2026.1": "c387912072bce7d4af16be548fefdf7a16f0e08fdbf1090f3998ecfc6dfedc78",
    "2026.2": "af20aa9bf8537a3066c09a31f6764e20b720da0ff673d001e58a66d26717bcd8",
    "2026.3": "1e32b772b663483c2be87a6ce133371d205ce2df23f0f8370b7782230732c773",
    "2026.4": "04019ef0dbc5cfef0a98ca66120e744f1aed94fb7236ca105789c2087b48a3e3",
    "2026.5": "9abd65a528de581d1c4f614089fed452c753fc3c825af82ef58598e487cf7841",
    "2026.6": "9e7164a66a6ce1971a52a1ed403207d135b50b62e21a860df358271c275b14d4",
}
CURRENCIES = ("EUR", "GBP", "USD", "CHF", "CNY", "PLN", "UAH", "JPY", "DEM")
DAYS = st.dates(date(2011, 1, 1), date(2026, 12, 31))
SPENT = st.integers(1, 10**9)


@st.composite
def payments(draw: st.DrawFn) -> Payment:
    return Payment(
        booked_on=draw(DAYS),
        amount_minor=draw(st.integers(-(10**9), 10**9)),
        currency=draw(st.sampled_from(CURRENCIES)),
        exponent=draw(st.sampled_from((0, 2, 3))),
        text=draw(
            st.one_of(
                st.sampled_from(MERCHANTS), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
            )
        ),
        mcc=draw(st.sampled_from((None, None, "5411", "5542", "6011", "3057", "0001"))),
        country=draw(st.sampled_from((None, "FR", "GB", "US", "CN", "PL"))),
        account=draw(st.sampled_from(("a", "b"))),
    )


@settings(deadline=None)
@given(st.lists(payments(), max_size=12))
def test_lines_and_months_sum_to_the_total(some: list[Payment]) -> None:
    done = assess(some)
    assert sum(one.micrograms for one in done.footprints) == done.total.micrograms
    assert sum((one.kg for one in done.footprints), Decimal(0)) == done.total.kg
    assert sum(month.micrograms for _, month in done.months) == done.total.micrograms
    assert sum(micrograms for _, micrograms in done.total.by_category) == done.total.micrograms
    assert done.total.lines == len(some)


@settings(deadline=None)
@given(st.lists(payments(), max_size=12))
def test_every_interval_holds_its_value(some: list[Payment]) -> None:
    done = assess(some)
    for one in done.footprints:
        assert one.low_micrograms <= one.micrograms <= one.high_micrograms
    for total in (done.total, *(month for _, month in done.months)):
        assert total.low_micrograms <= total.micrograms <= total.high_micrograms


@settings(deadline=None)
@given(payments())
def test_every_line_says_why_in_words(one: Payment) -> None:
    footprint = explain(one)
    assert footprint.reasons[0].text == f"The text reads “{one.text}”."
    assert all(reason.text for reason in footprint.reasons)
    assert footprint.counted or footprint.micrograms == 0
    if footprint.counted:
        cited = [dict(r.values) for r in footprint.reasons if r.step == "factor" and "licence" in dict(r.values)]
        assert cited
        assert cited[0]["source"]
        assert cited[0]["year"]


@settings(deadline=None)
@given(SPENT, DAYS, st.integers(0, 180), st.sampled_from(CURRENCIES), st.sampled_from(MERCHANTS[:7]))
def test_a_refund_cancels_its_purchase_with_its_interval(
    amount: int, day: date, later_days: int, currency: str, text: str
) -> None:
    bought = Payment(day, -amount, currency, text=text, country="FR")
    refunded = Payment(day + timedelta(days=later_days), amount, currency, text=text, country="FR")
    done = assess((refunded, bought))
    assert done.footprints[1].micrograms > 0
    assert done.footprints[0].micrograms == -done.footprints[1].micrograms
    assert (done.total.low_micrograms, done.total.micrograms, done.total.high_micrograms) == (0, 0, 0)


@settings(deadline=None)
@given(SPENT, st.data())
def test_part_refunds_give_back_their_part_and_never_more(amount: int, data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.integers(1, amount), max_size=6))
    day = date(2024, 3, 1)
    bought = Payment(day, -amount, "EUR", text="ZARA RIVOLI", country="FR")
    backs = [Payment(day + timedelta(days=1), part, "EUR", text="ZARA RIVOLI", country="FR") for part in parts]
    done = assess((bought, *backs))
    assert done.total.micrograms >= 0
    if sum(parts) == amount:
        assert done.total.micrograms == 0


@settings(deadline=None)
@given(SPENT, SPENT, DAYS, st.sampled_from(MERCHANTS), st.sampled_from(CURRENCIES))
def test_split_tickets_weigh_what_one_ticket_weighs(first: int, second: int, day: date, text: str, code: str) -> None:
    whole = explain(Payment(day, -(first + second), code, text=text))
    parts = assess((Payment(day, -first, code, text=text), Payment(day, -second, code, text=text)))
    assert whole.micrograms == parts.total.micrograms


@settings(deadline=None)
@given(SPENT, SPENT, DAYS, st.sampled_from(MERCHANTS), st.sampled_from(CURRENCIES))
def test_more_money_never_weighs_less(first: int, second: int, day: date, text: str, code: str) -> None:
    less, more = sorted((first, second))
    small = explain(Payment(day, -less, code, text=text))
    large = explain(Payment(day, -more, code, text=text))
    assert small.micrograms <= large.micrograms
    assert small.high_micrograms <= large.high_micrograms


@settings(deadline=None)
@given(st.lists(payments(), max_size=6))
def test_the_same_payments_and_book_give_the_same_bytes(some: list[Payment]) -> None:
    before = assessment_digest(assess(some))
    cached_rate.cache_clear()
    assert assessment_digest(assess(some)) == before


@pytest.mark.parametrize(("book", "digest"), KNOWN_MONTH.items())
def test_a_known_month_has_known_bytes(book: str, digest: str) -> None:
    """A change here means that figures people were shown are no longer recomputed: publish a new book instead."""
    some = [
        Payment(date(2024, 5, 1 + n), -1000 * (n + 1), "EUR", text=t, country="FR") for n, t in enumerate(MERCHANTS)
    ]
    assert assessment_digest(assess(some, book=load(book))) == digest


def test_half_a_character_is_refused_as_no_file_could_hold_it() -> None:
    with pytest.raises(CarbonError, match="surrogate"):
        Payment(date(2024, 3, 1), -1, "EUR", text="A\ud800")


def test_a_rate_is_never_rounded_to_nothing() -> None:

    tiny = rate(load(), "rent", "CN", "IDR", 6, 2024, Decimal(1))
    assert tiny is not None
    assert tiny.micrograms_per_minor >= 1
    assert tiny.low_per_minor <= tiny.micrograms_per_minor <= tiny.high_per_minor
