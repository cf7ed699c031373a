"""Values the engine refuses, naming the field."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from bocage.engines.carbon import CarbonError, Payment, explain, payment

DAY = date(2024, 5, 3)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount_minor": 2**63}, "amount"),
        ({"amount_minor": 1.5}, "amount"),
        ({"amount_minor": True}, "amount"),
        ({"booked_on": date(1, 1, 1)}, "date"),
        ({"booked_on": "2024-05-03"}, "date"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"exponent": -1}, "exponent"),
        ({"exponent": 19}, "exponent"),
        ({"text": "A\0B"}, "text"),
        ({"text": "A" * 4001}, "text"),
        ({"text": None}, "text"),
        ({"country": "France"}, "country"),
        ({"home": "fr"}, "home"),
        ({"mcc": "541"}, "mcc"),
        ({"mcc": "٥٤١١"}, "mcc"),
        ({"account": "A" * 101}, "account"),
    ],
)
def test_each_bad_value_is_refused_by_name(changed: dict[str, Any], field: str) -> None:
    good: dict[str, Any] = {"booked_on": DAY, "amount_minor": -100, "currency": "EUR"}
    with pytest.raises(CarbonError) as caught:
        Payment(**{**good, **changed})
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def test_a_line_is_taken_by_its_shape() -> None:
    line = SimpleNamespace(
        booked_on=DAY, amount_minor=-250, currency="EUR", exponent=2, text="ticket", counterparty="RATP", mcc=None
    )
    one = payment(line, home="FR")
    assert one.text == "RATP ticket"
    assert explain(one).item == "metro"


def test_a_zero_amount_counts_nothing() -> None:
    footprint = explain(Payment(DAY, 0, "EUR", text="TOTALENERGIES"))
    assert (footprint.counted, footprint.micrograms) == (False, 0)


@pytest.mark.parametrize("currency", ["X" * 3, "ZZZ"])
def test_a_currency_without_a_rate_is_said_and_not_guessed(currency: str) -> None:
    footprint = explain(Payment(DAY, -500, currency, text="TOTALENERGIES"))
    assert not footprint.assessed
    assert footprint.micrograms == 0
    assert currency in footprint.reasons[-1].text


def test_a_file_without_currency_takes_the_one_of_the_country_given() -> None:
    footprint = explain(Payment(DAY, -500, "X" * 3, text="TOTALENERGIES", home="FR"))
    assert footprint.micrograms == explain(Payment(DAY, -500, "EUR", text="TOTALENERGIES", home="FR")).micrograms
