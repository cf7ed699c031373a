"""The finding that shaped the engine: the metro must never weigh more than the petrol of the same money."""

from datetime import date
from decimal import Decimal

import pytest

from bocage.engines.carbon import Payment, countries, explain, load, rate

COVERED = [code for code, _ in countries()]
CURRENCY = {code: load().home_currency(code) for code in (*COVERED, "EA", "WORLD")}
METRO_LIMIT = Decimal("0.3")
TRANSIT_LIMIT = Decimal("0.5")
PETROL_KG_A_LITRE = Decimal("2.7")


def kg(text: str, country: str, year: int = 2024, mcc: str | None = None) -> Decimal:
    return explain(Payment(date(year, 6, 1), -10000, CURRENCY[country], text=text, mcc=mcc, country=country)).kg


@pytest.mark.parametrize("country", COVERED)
@pytest.mark.parametrize("year", [2015, 2019, 2022, 2024, 2026])
def test_urban_transit_weighs_far_less_than_petrol_in_every_country(country: str, year: int) -> None:
    petrol = kg("", country, year, mcc="5541")
    assert kg("", country, year, mcc="4111") < TRANSIT_LIMIT * petrol
    limit = TRANSIT_LIMIT if country == "CN" else METRO_LIMIT
    assert kg("METRO", country, year) < limit * petrol


@pytest.mark.parametrize("country", COVERED)
@pytest.mark.parametrize("year", range(2015, 2026))
def test_petrol_is_litres_times_the_physical_factor(country: str, year: int) -> None:
    price = load().price("petrol", country, year)
    assert price.year == year
    litres = 100 / price.value
    expected = Decimal(litres.numerator) / litres.denominator * PETROL_KG_A_LITRE
    assert abs(kg("", country, year, mcc="5542") / expected - 1) < Decimal("0.1")


@pytest.mark.parametrize("country", COVERED)
def test_trains_and_coaches_weigh_less_than_planes(country: str) -> None:
    flight = kg("", country, mcc="4511")
    assert kg("", country, mcc="4112") < flight
    assert kg("", country, mcc="4131") < flight


@pytest.mark.parametrize("country", COVERED)
def test_every_counted_kind_has_a_figure_in_every_country(country: str) -> None:
    book = load()
    for known in book.mccs:
        one = Payment(date(2024, 6, 1), -10000, CURRENCY[country], mcc=f"{known.first:04}", country=country)
        footprint = explain(one)
        if book.items[known.item].route == "none":
            assert footprint.micrograms == 0
        else:
            assert Decimal("0.05") < footprint.kg < Decimal(1000)


def test_flights_say_what_they_would_be_without_the_effects_at_altitude() -> None:
    footprint = explain(Payment(date(2024, 6, 1), -10000, "EUR", text="RYANAIR", country="FR"))
    said = next(dict(r.values) for r in footprint.reasons if "altitude are counted" in r.text)
    assert Decimal(said["kg"]) < footprint.kg * Decimal("0.75")


def test_electricity_takes_the_grid_of_its_country_and_year() -> None:
    clean, dirty = kg("ELECTRICITY", "FR"), kg("ELECTRICITY", "DE")
    assert clean < dirty
    footprint = explain(Payment(date(2022, 6, 1), -10000, "EUR", text="ELECTRICITE", country="FR"))
    assert footprint.unit == "kWh"
    assert any(dict(r.values).get("year") == "2022" for r in footprint.reasons if r.step == "factor")


def test_the_interval_grows_when_the_category_is_less_sure() -> None:
    sure = explain(Payment(date(2024, 6, 1), -10000, "EUR", mcc="5411"), book=load("2026.1"))
    unsure = explain(Payment(date(2024, 6, 1), -10000, "EUR", text="MARCHE"), book=load("2026.1"))
    assert sure.category == unsure.category
    assert unsure.high_micrograms > sure.high_micrograms


def test_a_year_out_of_the_book_widens_the_interval_and_says_so() -> None:
    known = explain(Payment(date(2025, 6, 1), -10000, "EUR", mcc="5541", country="FR"))
    later = explain(Payment(date(2029, 6, 1), -10000, "EUR", mcc="5541", country="FR"))
    assert later.micrograms == known.micrograms
    assert later.high_micrograms > known.high_micrograms
    assert any("nearest price on record" in reason.text for reason in later.reasons)


@pytest.mark.parametrize("country", COVERED)
def test_fuel_of_unknown_kind_may_have_been_diesel(country: str) -> None:
    for year in (2022, 2023, 2024, 2025):
        unknown, diesel = (
            rate(load(), item, country, CURRENCY[country], 2, year, Decimal(1)) for item in ("fuel", "diesel")
        )
        assert unknown is not None
        assert diesel is not None
        assert unknown.low_per_minor < diesel.micrograms_per_minor < unknown.high_per_minor, year
