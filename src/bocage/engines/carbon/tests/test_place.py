"""Which country's figures a payment takes."""

from datetime import date

import pytest

from bocage.engines.carbon import Payment, country_of_account, explain
from bocage.engines.carbon.book import load
from bocage.engines.carbon.place import place

DAY = date(2024, 5, 3)


@pytest.mark.parametrize(
    ("country", "home", "currency", "expected"),
    [
        (None, None, "EUR", "EA"),
        (None, None, "GBP", "GB"),
        (None, None, "PLN", "WORLD"),
        (None, "FR", "EUR", "FR"),
        (None, "FR", "GBP", "GB"),
        (None, "FR", "PLN", "WORLD"),
        (None, "CH", "EUR", "EA"),
        (None, "AT", "EUR", "EA"),
        (None, "PL", "PLN", "WORLD"),
        ("DE", "FR", "EUR", "DE"),
        ("GB", "FR", "EUR", "GB"),
        (None, None, "DEM", "DE"),
    ],
)
def test_given_then_home_then_currency(country: str | None, home: str | None, currency: str, expected: str) -> None:
    found, _, reasons = place(Payment(DAY, -100, currency, country=country, home=home), load())
    assert found == expected
    assert reasons


def test_the_world_fallback_says_so() -> None:
    footprint = explain(Payment(DAY, -10000, "PLN", text="BIEDRONKA"))
    assert any("world fallback" in reason.text for reason in footprint.reasons)


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ("FR76 3000 6000 0112 3456 7890 189", "FR"),
        ("NL81ASNB9999999999", "NL"),
        ("45050050/76198810", None),
        ("517852257", None),
        ("STARTUMS", None),
        (None, None),
    ],
)
def test_an_iban_names_its_country(account: str | None, expected: str | None) -> None:
    assert country_of_account(account) == expected
