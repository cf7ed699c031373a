"""A made-up company's papers become an inventory: sums exact, nothing twice, every line with its reasons."""

import random
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.carbon import CarbonError
from bocage.engines.carbon.business import CATEGORIES, Contract, Inventory, Record, assess, e1_6, plan, vsme_b3
from bocage.engines.carbon.business.inventory import ANOTHER_YEAR, BY_CARD, BY_METER, BY_OTHER_FILE, MONEY_IN
from bocage.engines.carbon.business.matching import BY_BOOKS, BY_INVOICE, SAME_INVOICE, SAME_LINE, covered
from bocage.engines.carbon.business.metering import Days
from bocage.engines.carbon.business.spread import QUANTILE_90, Adding
from bocage.engines.carbon.business.types import Part
from bocage.engines.carbon.business.weighing import NO_RATE

YEAR = date(2025, 1, 1)
KG = 10**9


def of_2025(*records: Record, **more: object) -> Inventory:
    return assess(records, begins=YEAR, country="FR", **more)  # type: ignore[arg-type]


def entry(account: str, minor: int, **more: object) -> Record:
    base = Record("ledger", "fec.txt", 2, date(2025, 3, 3), account=account, amount_minor=minor, document="AC 1")
    return replace(base, **more)  # type: ignore[arg-type]


def invoice(text: str, minor: int, **more: object) -> Record:
    base = Record(
        "invoice", "i.xml", 9, date(2025, 3, 1), text=text, supplier="Bois Inventé", amount_minor=minor,
        document="Bois Inventé B-17", reference="B-1718", document_minor=minor, gross_minor=minor * 120 // 100,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def metered(kind: str, quantity: int, unit: str, since: date = YEAR, until: date = date(2025, 12, 31)) -> Record:
    return Record("meter", "m.csv", 2, until, since=since, kind=kind, quantity=Decimal(quantity), unit=unit)


def bank(text: str, minor: int, on: date = date(2025, 3, 10), **more: object) -> Record:
    return replace(Record("bank", "b.csv", 2, on, text=text, amount_minor=minor, with_vat=True), **more)  # type: ignore[arg-type]


def why(inventory: Inventory) -> dict[str, int]:
    return {left.reason: left.records for left in inventory.left_out}


def test_diesel_is_scope_1_and_its_supply_3_3() -> None:
    card = Record("fuel-card", "c.csv", 2, date(2025, 5, 1), text="Gazole", quantity=Decimal(1000), unit="L")
    found = of_2025(card)
    assert found.category("1").micrograms == 2_570_820_000_000
    assert found.category("3.3").micrograms == 611_010_000_000
    assert found.location.micrograms == 3_181_830_000_000
    assert found.location.low_micrograms < found.location.micrograms < found.location.high_micrograms
    assert dict(found.energy_kwh)["fuels"] == Decimal("9905.700")


def test_electricity_by_place_and_by_contract() -> None:
    plain = of_2025(metered("electricity", 10_000, "kWh"))
    assert plain.category("2-location") == plain.category("2-market")
    green = of_2025(metered("electricity", 10_000, "kWh"), contract=Contract(Decimal(0), Decimal("0.8")))
    assert green.category("2-location") == plain.category("2-location")
    assert green.category("2-market").micrograms == pytest.approx(plain.category("2-market").micrograms / 5, rel=1e-6)
    assert green.market.micrograms < green.location.micrograms == plain.location.micrograms
    britain = assess([metered("electricity", 1000, "kWh")], begins=YEAR, country="GB")
    assert britain.category("2-location").micrograms == 177 * KG
    assert britain.category("3.3").micrograms == 18_530_000_000


def test_a_meter_counts_only_the_days_of_the_year() -> None:
    across = metered("gas", 730, "kWh", since=date(2024, 1, 2), until=date(2025, 12, 31))
    found = of_2025(across)
    assert found.category("1").micrograms == pytest.approx(365 * 0.18296 * KG, abs=1)
    assert sum(micrograms for _month, micrograms in found.months) == found.location.micrograms
    assert why(of_2025(replace(across, since=date(2023, 1, 1), on=date(2023, 12, 31)))) == {ANOTHER_YEAR: 1}


def test_what_a_meter_counts_is_not_counted_from_bills_too() -> None:
    bills = [
        entry("60612", 10_000, account_title="Électricité", on=date(2025, m, 5), document=f"AC {m}") for m in (2, 8)
    ]
    meter = metered("electricity", 5_000, "kWh")
    assert of_2025(meter, *bills).location == of_2025(meter).location
    assert why(of_2025(meter, *bills)) == {BY_METER: 2}
    # A meter of half of the year leaves half of the bills.
    half = metered("electricity", 2_500, "kWh", until=date(2025, 7, 2))
    whole_by_money = of_2025(*bills).location.micrograms
    left = of_2025(half, *bills).location.micrograms - of_2025(half).location.micrograms
    assert left == pytest.approx(whole_by_money * (365 - 183) / 365, rel=1e-6)
    # The bill still says what the electricity cost.
    assert of_2025(meter, *bills).activities[0].net_minor == 20_000


def test_the_days_of_a_meter_in_two_files_count_once() -> None:
    year = metered("electricity", 3_650, "kWh")
    summer = replace(metered("electricity", 920, "kWh", date(2025, 6, 1), date(2025, 8, 31)), file="summer.csv")
    assert of_2025(year, summer).location == of_2025(year).location
    assert why(of_2025(year, summer)) == {BY_OTHER_FILE: 1}
    # What one file holds beyond the other still counts, by days: 31 of the 61.
    most = metered("electricity", 3_340, "kWh", until=date(2025, 11, 30))
    rest = replace(metered("electricity", 610, "kWh", since=date(2025, 11, 1)), file="rest.csv")
    assert of_2025(most, rest).location.micrograms == pytest.approx(of_2025(year).location.micrograms, rel=1e-9)
    assert of_2025(rest, most) == of_2025(most, rest)
    # Another meter, another kind, and a meter's two registers in one file lie side by side.
    for other in (replace(summer, text="E2"), replace(summer, kind="gas"), replace(summer, file="m.csv", line=3)):
        both = of_2025(year, other).location.micrograms
        assert both == of_2025(year).location.micrograms + of_2025(other).location.micrograms


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(-2, 12)).map(lambda s: (s[0], s[0] + s[1])), max_size=12)


@given(SPANS, st.integers(-5, 60), st.integers(-5, 60))
def test_days_are_those_of_the_union(spans: list[tuple[int, int]], begin: int, end: int) -> None:
    known = {day for first, last in spans for day in range(first, last + 1)}
    assert len(Days(spans)) == len(known)
    assert Days(spans).within(begin, end) == len(known & set(range(begin, end + 1)))


def test_charging_by_card_covers_charging_and_no_fuel() -> None:
    charged = Record(
        "fuel-card", "c.csv", 2, date(2025, 5, 1), text="Recharge", quantity=Decimal(300), unit="kWh",
        amount_minor=18_000, with_vat=True,
    )  # fmt: skip
    fuel = entry("60614", 15_000, account_title="Carburants")
    charging = entry("6251", 15_000, account_title="Recharge electrique", document="AC 2")
    assert [one.activity for one in of_2025(charging).weighed] == ["ev_charging"]
    alone = of_2025(charged).location.micrograms
    assert of_2025(charged, fuel).location.micrograms == alone + of_2025(fuel).location.micrograms
    assert why(of_2025(charged, fuel)) == {}
    assert of_2025(charged, charging).location.micrograms == alone
    assert why(of_2025(charged, charging, fuel)) == {BY_CARD: 1}
    filled = replace(charged, text="Gazole", unit="L", quantity=Decimal(100))
    assert why(of_2025(filled, charging)) == {}


def test_money_of_a_currency_without_a_rate_is_left_out_and_says_so() -> None:
    for unknown in (entry("6226", 50_000, currency="XAU"), entry("60612", 50_000, currency="XAU")):
        found = of_2025(unknown)
        assert (found.location.micrograms, why(found)) == (0, {NO_RATE: 1})
    # A counted quantity needs no rate.
    litres = invoice("Gazole", 50_000, currency="XAU", quantity=Decimal(100), unit="LTR")
    assert why(of_2025(litres)) == {}
    assert of_2025(litres).location == of_2025(replace(litres, currency="EUR")).location


def test_payments_of_one_amount_are_matched_in_little_time() -> None:
    days = [YEAR + timedelta(days=n % 365) for n in range(20_000)]
    booked = [entry("5121", 1_000, settles=True, on=on, line=n) for n, on in enumerate(days)]
    paid = [bank("ABONNEMENT", 1_000, on, line=n) for n, on in enumerate(days)]
    begun = time.process_time()
    why_not = covered([*booked, *paid[:15_000]])
    assert time.process_time() - begun < 5
    assert list(why_not.values()) == [BY_BOOKS] * 15_000


def test_twelve_months_from_the_29th_of_february_end_on_the_28th() -> None:
    assert assess([], begins=date(2024, 2, 29), country="FR").ends == date(2025, 2, 28)
    with pytest.raises(CarbonError, match="no year ends"):
        assess([], begins=date(9999, 2, 1), country="FR")


def test_fuel_of_the_card_is_taken_out_of_the_books() -> None:
    card = Record(
        "fuel-card", "c.csv", 2, date(2025, 5, 1), text="Gazole", quantity=Decimal(100), unit="L",
        amount_minor=18_000, with_vat=True,
    )  # fmt: skip
    fuel = entry("60614", 15_000, account_title="Carburants")
    assert of_2025(card, fuel).location == of_2025(card).location
    assert why(of_2025(card, fuel)) == {BY_CARD: 1}
    more = entry("60614", 45_000, account_title="Carburants")
    rest = of_2025(card, more).location.micrograms - of_2025(card).location.micrograms
    assert rest == pytest.approx(of_2025(more).location.micrograms * 2 / 3, rel=1e-6)


def test_one_purchase_in_invoice_books_and_bank_counts_once() -> None:
    paper = invoice("Planches de chêne", 100_000)
    booked = entry("6011", 100_000, supplier="BOIS INVENTE SARL", on=date(2025, 3, 5))
    paid_in_books = entry("5121", 120_000, settles=True, on=date(2025, 4, 1), document="BQ 2")
    paid = bank("PRLV BOIS INVENTE B-1718", 120_000, date(2025, 4, 2))
    alone = of_2025(paper)
    assert alone.location.micrograms > 0
    for others in ([booked], [paid], [booked, paid_in_books, paid]):
        assert of_2025(paper, *others).location == alone.location
    assert why(of_2025(paper, booked, paid_in_books, paid)) == {BY_INVOICE: 1, BY_BOOKS: 1}
    assert why(of_2025(paper, replace(paper, file="again.pdf"))) == {SAME_INVOICE: 1}
    # The same sum to somebody else is another purchase, and one payment settles one invoice.
    assert of_2025(paper, bank("PRLV GARAGE REVE", 120_000)).location.records == 2
    assert of_2025(paper, paid, replace(paid, line=3)).location.records == 2


def test_two_exports_that_overlap_count_each_line_as_often_as_one_holds_it() -> None:
    twice = [bank("PAPETERIE REVEE", 1200, line=2), bank("PAPETERIE REVEE", 1200, line=3)]
    found = of_2025(*twice, replace(twice[0], file="other.csv", line=9))
    assert found.location == of_2025(*twice).location
    assert why(found) == {SAME_LINE: 1}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (entry("6411", 300_000), "salaries"),
        (entry("63511", 50_000), "taxes"),
        (entry("6611", 20_000), "financial"),
        (entry("6811", 20_000), "accounting"),
        (bank("URSSAF PARIS", 100_000), "salaries"),
        (bank("VIREMENT CLIENT", -100_000), MONEY_IN),
        (entry("6411", 1, on=date(2024, 12, 31)), ANOTHER_YEAR),
    ],
)
def test_what_buys_nothing_is_left_out_and_says_why(record: Record, reason: str) -> None:
    found = of_2025(record)
    assert (found.location.micrograms, why(found)) == (0, {reason: 1})


@pytest.mark.parametrize(
    ("account", "title", "text", "activity", "category"),
    [
        ("60611", "Eau", "", "water", "3.1"),
        ("60612", "Énergie", "GAZ janvier", "gas", "1"),
        ("6132", "Locations immobilières", "", "rent_buildings", "3.8"),
        ("6226", "Honoraires", "Expert comptable", "professional_services", "3.1"),
        ("6251", "Voyages", "SNCF Lyon", "rail", "3.6"),
        ("6251", "Voyages", "", "travel", "3.6"),
        ("6241", "Transports sur achats", "", "freight", "3.4"),
        ("6247", "Transports du personnel", "", "commuting", "3.7"),
        ("2183", "Matériel informatique", "", "computers", "3.2"),
        ("2182", "Véhicules", "", "vehicles", "3.2"),
        ("6411x", "odd", "", "none", ""),
    ],
)
def test_accounts_become_categories(account: str, title: str, text: str, activity: str, category: str) -> None:
    found = of_2025(entry(account, 12_000, account_title=title, text=text))
    (one,) = found.weighed
    if activity == "none":
        assert one.why_not == "salaries"
        return
    assert one.activity == activity
    assert category in {part.category for part in one.parts}
    assert one.reasons


def test_vat_of_a_bank_line_is_taken_off() -> None:
    netto = of_2025(entry("6226", 100_000)).location.micrograms
    gross = of_2025(bank("HONORAIRES MAITRE INVENTE", 120_000)).location.micrograms
    assert gross == pytest.approx(netto, rel=1e-9)


BOUGHT = st.tuples(st.sampled_from(["6011", "6226", "60612", "6241", "2183", "6063"]), st.integers(-(10**7), 10**8))


@given(st.lists(BOUGHT, min_size=1, max_size=12), st.randoms())
@settings(max_examples=60, deadline=None)
def test_sums_are_exact_and_independent_of_order(bought: list[tuple[str, int]], shuffler: random.Random) -> None:
    records = [entry(a, m, line=n, document=f"AC {n}") for n, (a, m) in enumerate(bought, start=2)]
    found = of_2025(*records)
    assert found.location.micrograms == sum(one.micrograms for one in found.weighed)
    scopes = sum(found.category(name).micrograms for name in CATEGORIES if name != "2-market")
    assert found.location.micrograms == scopes == sum(m for _month, m in found.months)
    assert found.market.micrograms == scopes - found.category("2-location").micrograms + (
        found.category("2-market").micrograms
    )
    assert found.location.low_micrograms <= found.location.micrograms <= found.location.high_micrograms
    shuffler.shuffle(records)
    assert of_2025(*records) == found


def test_a_credit_note_takes_its_purchase_away() -> None:
    bought = invoice("Peinture blanche", 50_000)
    back = replace(bought, amount_minor=-50_000, document_minor=-50_000, reference="A-9", document="Bois Inventé A-9")
    assert of_2025(bought, back).location.micrograms == 0


def test_intervals_hold_what_they_say_by_simulation() -> None:
    """90 % of simulated worlds lie inside, errors drawn by name: one draw for all lines that share it."""
    draw = random.Random(7)
    names = ["table", *(f"factor {n}" for n in range(6)), *(f"kind {n}" for n in range(12))]
    sigma = {name: draw.uniform(0.05, 0.6) for name in names}
    sigma["table"] = 0.22
    lines = [
        Part(
            "3.1", draw.randrange(1, 500) * KG, tuple((n, sigma[n]) for n in ("table", f"factor {i % 6}", f"kind {i}"))
        )
        for i in range(12)
    ]
    adding = Adding()
    for line in lines:
        adding.add([line])
    said = adding.done()
    inside = 0
    for _world in range(4_000):
        errors = {name: exp(sigma[name] * draw.gauss(0, 1)) for name in names}
        whole = 0.0
        for line in lines:
            one = float(line.micrograms)
            for name, _sigma in line.errors:
                one *= errors[name]
            whole += one
        inside += said.low_micrograms <= whole <= said.high_micrograms
    assert 0.85 <= inside / 4_000 <= 0.95


def test_common_errors_add_up_and_independent_ones_do_not() -> None:
    def of(names: list[str]) -> float:
        adding = Adding()
        for name in names:
            adding.add([Part("3.1", 100 * KG, ((name, 0.4),))])
        done = adding.done()
        return done.high_micrograms / done.micrograms

    assert of(["a"] * 4) == pytest.approx(exp(QUANTILE_90 * 0.4), rel=1e-6)
    assert of(["a", "b", "c", "d"]) == pytest.approx(exp(QUANTILE_90 * 0.2), rel=1e-6)


def test_disclosures_give_the_standards_names_and_leave_open_what_is_not_known() -> None:
    found = of_2025(metered("electricity", 12_000, "kWh"), metered("gas", 5_000, "kWh"), entry("6226", 100_000))
    table = {figure.name: figure for figure in e1_6(found, 50_000_000)}
    assert table["Gross Scope 1 GHG emissions (tCO2eq)"].value == Decimal("0.915")
    assert table["15 Investments"].value is None
    assert table["Total GHG emissions (location-based) (tCO2eq)"].value == round(
        Decimal(found.location.micrograms) / 10**12, 3
    )
    rows = {figure.name: figure for figure in vsme_b3(found, 50_000_000, Decimal("0.5"))}
    assert rows["Electricity (as reflected in utility billings), renewable"].value == Decimal(6)
    assert rows["Fuels, total"].value == Decimal("4.513")
    assert rows["Total energy consumption"].value == Decimal("16.513")
    both = found.category("1").micrograms + found.category("2-location").micrograms
    assert rows["GHG intensity (Scope 1 and location-based Scope 2 by turnover)"].value == round(
        Decimal(both) / 10**12 / 500_000, 9
    )
    assert not any("intensity" in figure.name.lower() or "per net revenue" in figure.name for figure in e1_6(found))


def test_the_plan_says_what_each_measure_saves_and_costs() -> None:
    gas = metered("gas", 50_000, "kWh")
    bill = entry("60613", 500_000, account_title="Gaz")
    (pump, *_) = [c for c in plan(of_2025(gas, bill)) if c.measure.slug == "heat_pump"]
    assert pump.invest_minor == 45_130 * 100
    # 5,000.00 of gas less 0.30 kWh of electricity at 0.20 for each of 45,130 kWh (net calorific value).
    assert pump.saved_minor == 500_000 - 270_780
    assert pump.payback_years == Decimal("19.7")
    assert 0 < pump.micrograms < pump.base_micrograms
    unknown = next(c for c in plan(of_2025(gas)) if c.measure.slug == "heat_pump")
    assert (unknown.saved_minor, unknown.cost_minor, unknown.payback_years) == (None, None, None)
    assert not plan(of_2025())


def test_what_cannot_be_taken_is_one_clear_error() -> None:
    with pytest.raises(CarbonError, match="country"):
        assess([], begins=YEAR, country="XX")
    with pytest.raises(CarbonError, match="financial year"):
        assess([], begins=YEAR, ends=YEAR - timedelta(days=1), country="FR")
    with pytest.raises(CarbonError, match="at most"):
        assess([metered("gas", 1, "kWh")] * 400_001, begins=YEAR, country="FR")
