"""What a merchant's text or code is taken for, and what counts nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.engines.carbon import Payment, assess, explain, kind_of
from bocage.engines.carbon.rules import words

DAY = date(2024, 5, 3)


def item(text: str, country: str = "FR", mcc: str | None = None, amount: int = -5000) -> str:
    return kind_of(Payment(DAY, amount, "EUR", text=text, mcc=mcc, country=country)).item


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("CB CARREFOUR CITY 75011 PARIS", "FR", "supermarket"),
        ("Sainsbury's Local", "GB", "supermarket"),
        ("SAINSBURYS PETROL KINGS", "GB", "fuel"),
        ("E.LECLERC STATION", "FR", "fuel"),
        ("SHELL ENERGY RETAIL LTD", "GB", "energy"),
        ("SHELL 1234", "GB", "fuel"),
        ("UBER *EATS HELP.UBER.COM", "FR", "restaurant"),
        ("UBER *TRIP", "FR", "taxi"),
        ("APOTHEKE AM MARKT", "DE", "medicines"),
        ("STADTAPOTHEKE KÖLN", "DE", "medicines"),
        ("Bäckerei Müller", "DE", "bakery"),
        ("METRO DE MADRID", "ES", "metro"),
        ("TRENITALIA SPA", "IT", "rail"),
        ("NS REIZIGERS", "NL", "rail"),
        ("COLRUYT HALLE", "BE", "supermarket"),
        ("MIGROS M ZUERICH", "CH", "supermarket"),
        ("中国石化加油站", "CN", "fuel"),
        ("北京超市", "CN", "supermarket"),
        ("RYANAIR", "FR", "flight_medium"),
        ("EUROSTAR INTERNATIONAL", "FR", "rail_international"),
        ("WWW.OFFICEFURNITUREONLINE.CO", "GB", "furniture"),
        ("GAZOLE STATION U", "FR", "diesel"),
    ],
)
def test_merchants_of_the_covered_countries(text: str, country: str, expected: str) -> None:
    assert item(text, country) == expected


@pytest.mark.parametrize(
    ("text", "expected", "through"),
    [
        ("PAYPAL *SPOTIFY", "streaming", "PayPal"),
        ("SQ *BLUE BOTTLE COFFEE", "restaurant", "Square"),
        ("SumUp  *BOULANGERIE DUPAIN", "bakery", "SumUp"),
        ("ZETTLE_*FLEURISTE ROSE", "florist", "Zettle"),
        ("GOOGLE *YouTubePremium", "streaming", "Google"),
        ("KLARNA *ZALANDO", "clothing", "Klarna"),
    ],
)
def test_whoever_stands_between_is_seen_through(text: str, expected: str, through: str) -> None:
    footprint = explain(Payment(DAY, -999, "EUR", text=text, country="FR"))
    assert footprint.item == expected
    assert any(through in reason.text for reason in footprint.reasons if reason.step == "text")


@pytest.mark.parametrize(
    ("text", "amount", "expected"),
    [
        ("VIR SEPA M DUPONT JEAN", -50000, "transfer"),
        ("VIREMENT M BOULANGER PAUL", -5000, "transfer"),
        ("RETRAIT DAB PARIS", -6000, "cash"),
        ("ATM WITHDRAWAL 0231", -6000, "cash"),
        ("SALAIRE NOVEMBRE", 250000, "salary"),
        ("GEHALT FIRMA GMBH", 250000, "salary"),
        ("AMERICAN EXPRESS", -80000, "card_repayment"),
        ("ECHEANCE PRET IMMOBILIER", -90000, "loan"),
        ("MAIF INDEMNISATION SINISTRE", 40000, "insurance_payout"),
        ("DIRECTION GENERALE DES FINANCES IMPOT", -30000, "tax"),
        ("COTISATION CARTE VISA", -450, "fee"),
        ("VIR EPARGNE LIVRET A", -20000, "savings"),
        ("CHECK PAID 558", -7500, "cheque"),
        ("AMENDE GOUV", -9000, "fine"),
    ],
)
def test_money_that_only_moves_counts_nothing_and_says_so(text: str, amount: int, expected: str) -> None:
    footprint = explain(Payment(DAY, amount, "EUR", text=text, country="FR"))
    assert (footprint.item, footprint.micrograms, footprint.counted) == (expected, 0, False)
    assert "Nothing is counted" in footprint.reasons[-1].text


def test_a_bill_paid_by_transfer_is_still_a_bill() -> None:
    assert item("VIR SEPA LOYER OCTOBRE") == "rent"


def test_the_code_decides_the_class_and_the_text_the_kind_within_it() -> None:
    assert item("GREGGS", "GB", mcc="5541") == "fuel"
    assert item("GAZOLE EXPRESS", "FR", mcc="5541") == "diesel"
    assert item("BRITISH GAS", "GB", mcc="4900") == "gas"
    assert item("ANYTHING", "FR", mcc="3057") == "flight"
    assert item("ANYTHING", "FR", mcc="3405") == "vehicle_hire"
    assert item("ANYTHING", "FR", mcc="3999") == "hotel"


def test_an_unheard_of_merchant_is_unknown_and_counted_widely() -> None:
    footprint = explain(Payment(DAY, -5000, "EUR", text="QUXZY BLORF", country="FR"))
    assert footprint.category == "unknown"
    assert footprint.probability == 0
    assert footprint.high_micrograms > 25 * footprint.low_micrograms
    assert any("No rule" in reason.text for reason in footprint.reasons)


def test_a_rule_bound_to_a_country_stays_there() -> None:
    assert item("CASINO", "FR") == "supermarket"
    assert item("CASINO", "GB") != "supermarket"


def test_money_in_without_a_purchase_is_no_refund() -> None:
    footprint = explain(Payment(DAY, 5000, "EUR", text="ZARA RIVOLI", country="FR"))
    assert footprint.micrograms == 0


def test_a_refund_that_names_itself_is_taken_back_alone() -> None:
    alone = explain(Payment(DAY, 5000, "EUR", text="REMBOURSEMENT ZARA RIVOLI", country="FR"))
    bought = explain(Payment(DAY, -5000, "EUR", text="ZARA RIVOLI", country="FR"))
    assert alone.micrograms == -bought.micrograms


def test_a_refund_after_the_window_matches_no_purchase() -> None:
    late = DAY + timedelta(days=181)
    bought = Payment(DAY, -5000, "EUR", text="ZARA RIVOLI", country="FR")
    done = assess((bought, Payment(late, 5000, "EUR", text="ZARA RIVOLI", country="FR")))
    assert done.footprints[1].micrograms == 0


def test_another_shops_money_is_no_refund() -> None:
    bought = Payment(DAY, -5000, "EUR", text="ZARA RIVOLI", country="FR")
    done = assess((bought, Payment(DAY, 5000, "EUR", text="FNAC TERNES", country="FR")))
    assert done.total.micrograms == done.footprints[0].micrograms > 0


def test_the_same_amount_into_an_own_account_is_a_transfer_once() -> None:
    out = Payment(DAY, -70000, "EUR", text="QUXZY", home="FR", account="a")
    into = Payment(DAY + timedelta(days=2), 70000, "EUR", text="BLORF", home="FR", account="b")
    done = assess((out, into))
    assert done.footprints[0].item == "own_transfer"
    assert done.total.micrograms == 0
    twice = assess((out, out, into))
    assert sum(one.item == "own_transfer" for one in twice.footprints) == 1
    same = assess((out, Payment(DAY, 70000, "EUR", text="BLORF", home="FR", account="a")))
    assert same.footprints[0].item == "unknown"


@given(st.text(st.characters(exclude_characters="\0"), max_size=60))
def test_words_are_the_same_when_read_again(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=200),
    st.sampled_from(("FR", "GB", "CN", None)),
)
def test_any_text_is_read_without_failing(text: str, country: str | None) -> None:
    kind = kind_of(Payment(DAY, -100, "EUR", text=text, country=country))
    assert 0 <= kind.probability < 1
