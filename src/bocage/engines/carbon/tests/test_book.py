"""The book: whole, cited, never altered, and its worked-out figures reproducible from their own lines."""

import csv
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import iso18245
import pytest

from bocage.engines.carbon import CarbonError, countries, load, load_folder, versions
from bocage.engines.carbon.book import BOOKS, FILES, LATEST, MODEL, TRADE, Figure
from bocage.engines.carbon.calibration import PARTS, level_of_parts
from bocage.engines.carbon.reasons import TEMPLATES

FOLDER = BOOKS / LATEST
EURO_SIX = ("FR", "DE", "ES", "IT", "NL", "BE")


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def figures() -> Iterator[Figure]:
    book = load()
    for table in (book.factors, book.money, book.prices):
        for some in table.values():
            yield from some
    for by_year in (*book.cpi.values(), *book.fx.values()):
        yield from by_year.values()
    yield from book.trade.values()


def test_every_published_book_loads_as_it_was_published() -> None:
    assert LATEST in versions()
    for version in versions():
        assert load(version).version == version


def test_an_altered_book_is_another_book(tmp_path: Path) -> None:
    copy = tmp_path / "city"
    shutil.copytree(FOLDER, copy)
    same = load_folder(copy, "city")
    assert same.digest == load().digest
    prices = copy / "prices.csv"
    prices.write_text(prices.read_text().replace("petrol,FR,2024,1.80", "petrol,FR,2024,1.90"))
    assert load_folder(copy, "city").digest != same.digest


def test_an_unknown_book_is_refused() -> None:
    with pytest.raises(CarbonError, match="is not published"):
        load("1999.1")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("prices.csv", "petrol,FR,2024,1.80", "petrol,FR,2024,cheap", r"prices\.csv, line \d+"),
        ("prices.csv", "petrol,FR,2024,1.80", "petrol,FR,2024,-1.80", "above 0"),
        ("prices.csv", "petrol,FR,2024,1.80,EUR", "petrol,FR,2024,1.80", "number of columns"),
        ("factors.csv", "defra_2025", "hearsay", "hearsay"),
        ("rules.csv", "supermarket", "hypermarket", "items.csv lacks"),
        ("mcc.csv", ",supermarket,", ",hypermarket,", "items.csv lacks"),
        ("trade.csv", "bakery,*,2018,27.5", "bakery,*,2018,100", "below 100 percent"),
        ("money.csv", "other_services,WORLD,2011", "other_services,WORLD,2012", "not of one year"),
    ],
)
def test_a_broken_book_is_refused_by_file_and_line(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    copy = tmp_path / "city"
    shutil.copytree(FOLDER, copy)
    path = copy / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(CarbonError, match=said):
        load_folder(copy, "city")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    copy = tmp_path / "city"
    shutil.copytree(FOLDER, copy)
    (copy / "fx.csv").unlink()
    with pytest.raises(CarbonError, match=r"fx\.csv cannot be read"):
        load_folder(copy, "city")


def test_every_figure_is_cited_with_its_place_in_the_source_and_a_licence() -> None:
    for figure in figures():
        assert figure.locator
        assert figure.source.licence
        assert figure.source.url
        assert figure.checked in ("table", "chained", "derived", "fixed", "noted")
        assert "ecoinvent" not in figure.source.title.lower()
        assert "SA" not in figure.source.licence.split()


def test_figures_are_unique_and_sources_all_used() -> None:
    for name, keys in (
        ("factors.csv", ("activity", "country", "year")),
        ("money.csv", ("activity", "country")),
        ("prices.csv", ("product", "country", "year")),
        ("trade.csv", ("activity", "country")),
        ("cpi.csv", ("country", "year")),
        ("fx.csv", ("currency", "year")),
        ("rules.csv", ("pattern", "countries", "sign")),
    ):
        found = [tuple(row[key] for key in keys) for row in rows(name)]
        assert len(found) == len(set(found)), name
    used = {figure.source.id for figure in figures()}
    assert {row["source"] for row in rows("sources.csv")} == used


def test_money_and_physical_factors_say_scope_boundary_and_error() -> None:
    for name in ("factors.csv", "money.csv"):
        for row in rows(name):
            assert row["scope"]
            assert row["boundary"]
            assert Decimal(row["gsd"]) > 1


def test_grid_factors_follow_from_their_own_line() -> None:
    seen = 0
    for row in rows("factors.csv"):
        if row["activity"] != "electricity":
            continue
        grams = re.search(r": ([\d.]+) g/kWh x 1\.07$", row["locator"])
        assert grams
        assert abs(Fraction(grams[1]) * Fraction("1.07") / 1000 / Fraction(row["value"]) - 1) < Fraction(1, 1000)
        seen += 1
    assert seen > 100


def test_derived_travel_factors_follow_from_their_own_line() -> None:
    seen = 0
    for row in rows("factors.csv"):
        if row["source"] != "bocage_estimate" or row["activity"] not in ("metro", "transit", "rail"):
            continue
        numbers = re.sub(r"(kWh|kg/kWh|network losses|metro or tram|bus|diesel)", "", row["locator"])
        worth = sum((_product(term) for term in numbers.split("+")), Fraction(0))
        assert abs(worth / Fraction(row["value"]) - 1) < Fraction(1, 100), row
        seen += 1
    assert seen > 25


def test_what_is_made_of_several_kinds_has_their_levels_and_margins() -> None:
    table = rows("money.csv")
    margins = {row["activity"]: float(row["percent"]) / 100 for row in rows("trade.csv") if row["country"] == "*"}
    for row in table:
        if row["activity"] in PARTS and row["price_basis"] == "basic price":
            level = level_of_parts(table, row["activity"], row["country"])
            assert float(row["level"]) == pytest.approx(level, rel=1e-3), row
    # The ONS's 15.8 % of food and 13.5 % of drink, without the trade in them, which counts beside 14.9 % of services.
    food, drink = 0.158 * margins["groceries"], 0.135 * margins["drinks"]
    expected = {"groceries": 0.158 - food, "drinks": 0.135 - drink, "other_services": 0.149 + food + drink}
    assert PARTS["restaurant"] == pytest.approx(expected, rel=1e-3)


def _product(term: str) -> Fraction:
    worth = Fraction(1)
    for part in term.split(" x "):
        worth *= Fraction(part.strip())
    return worth


def test_euro_area_prices_are_the_mean_of_its_six() -> None:
    book = load()
    for (product, country), some in book.prices.items():
        if country != "EA":
            continue
        for figure in some:
            mean = sum((book.price(product, code, figure.year).value for code in EURO_SIX), Fraction(0)) / 6
            assert abs(mean / figure.value - 1) < Fraction(1, 100)


def test_every_merchant_category_code_has_a_class_with_its_official_description() -> None:
    book = load()
    for official in iso18245.get_all_mccs():
        known = book.mcc(official.mcc)
        assert known is not None, official.mcc
        if known.first == known.last:
            described = (
                official.iso_description
                or official.usda_description
                or official.visa_description
                or official.mastercard_description
                or official.stripe_description
                or official.amex_description
                or official.alipay_description
            )
            assert known.description == described.replace(" -- ", ": ")


def test_merchant_category_ranges_do_not_overlap() -> None:
    ordered = sorted(load().mccs, key=lambda known: known.first)
    assert all(a.last < b.first for a, b in pairwise(ordered))


def test_classes_follow_coicop_and_are_enough() -> None:
    book = load()
    bought = [c for c in book.classes.values() if c.coicop]
    assert len(bought) >= 21
    assert all(re.fullmatch(r"\d\d(\.\d)*( \d\d(\.\d)*)*", c.coicop) for c in bought)
    assert {item.category for item in book.items.values()} == set(book.classes)


def test_the_ten_countries_are_there() -> None:
    assert {code for code, _ in countries()} == {"FR", "GB", "US", "DE", "ES", "IT", "NL", "BE", "CH", "CN"}


def test_sentences_have_no_stray_gaps() -> None:
    assert len(TEMPLATES) == len(set(TEMPLATES))
    assert all(template.count("{") == template.count("}") for template in TEMPLATES)


def test_all_files_of_the_book_are_covered_by_its_digest() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*FILES, MODEL, TRADE}
