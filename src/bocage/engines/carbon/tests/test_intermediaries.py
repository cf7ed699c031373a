"""Payment firms are seen through: the name behind them decides, instalments add up, and no name is mistaken for one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.engines.carbon import Payment, assess, explain, load

BOOK = load()
DAY = date(2025, 5, 3)
FIRMS = sorted({prefix for some in BOOK.rules.intermediaries.values() for prefix, _ in some})
SHOPS = {"ZARA": "clothing", "DECATHLON": "sports_goods", "FNAC": "electronics", "IKEA": "furniture"}


def paid(text: str, amount_minor: int = -5000) -> Payment:
    return Payment(DAY, amount_minor, "EUR", text=text, country="FR")


@given(st.sampled_from(FIRMS), st.sampled_from(sorted(SHOPS)), st.sampled_from((" *", "*", "* ", "_*")))
def test_a_marked_payment_firm_is_seen_through(firm: tuple[str, ...], shop: str, mark: str) -> None:
    text = f"{' '.join(firm)}{mark}{shop}"
    found = BOOK.rules.read(text, "FR", False)
    assert found.intermediary, text
    assert found.merchant == (shop,), text
    assert explain(paid(text)).item == SHOPS[shop], text


@given(st.sampled_from(("KLARNA*", "ALMA 3X ", "ONEY 4X ", "AFFIRM *", "CLEARPAY*")), st.integers(300, 10**7))
def test_instalments_weigh_what_the_whole_does(firm: str, whole_minor: int) -> None:
    part = whole_minor // 3
    parts = [paid(f"{firm}ZARA", -part), paid(f"{firm}ZARA", -part), paid(f"{firm}ZARA", -(whole_minor - 2 * part))]
    assert assess(parts).total.micrograms == explain(paid(f"{firm}ZARA", -whole_minor)).micrograms


@pytest.mark.parametrize("text", ["SQUARE ENIX", "PADDLE CLUB PARIS", "NETS AIRPORT TAXI", "SP AUSBIL", "IZ"])
def test_a_shop_that_only_looks_like_one_keeps_its_name(text: str) -> None:
    assert BOOK.rules.read(text, "FR", False).intermediary == ""


@pytest.mark.parametrize("text", ["PAYLIB M DUPONT", "WERO MME MARTIN"])
def test_money_sent_to_people_stays_a_transfer(text: str) -> None:
    assert not explain(paid(text)).counted
