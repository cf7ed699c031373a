"""The tables are whole, cited, and the figures of their sources."""

import csv
import os
from decimal import Decimal
from math import exp, log
from pathlib import Path

import pytest

from bocage.engines.carbon.book import load
from bocage.engines.carbon.business.spread import QUANTILE_90
from bocage.engines.carbon.business.tables import FOLDER, tables
from bocage.engines.carbon.business.types import CATEGORIES
from bocage.engines.carbon.business.weighing import TABLE_SIGMA, _dollars_a_unit

SOURCES = Path(os.environ.get("BOCAGE_CARBON_SOURCES", "/nowhere"))
NEEDS_SOURCES = pytest.mark.skipif(not SOURCES.is_dir(), reason="BOCAGE_CARBON_SOURCES names no folder of sources")

# Divisions of NACE 2 that hold what each factor is for, to compare with a table made independently (EXIOBASE 3, 2019).
NACE = {
    "hotel": "5510", "restaurant": "5610", "wood": "1610", "steel": "2410", "metal_products": "2599",
    "concrete": "2351", "plastics": "2229", "chemicals": "2059", "paint": "2030", "packaging": "1721", "paper": "1712",
    "printing": "1812", "cleaning_products": "2041", "construction": "4120", "equipment_repair": "3312",
    "vehicle_repair": "4520", "rent_buildings": "6820", "rent_equipment": "7732", "insurance": "6512",
    "banking": "6419", "professional_services": "6920", "engineering": "7112", "advertising": "7311",
    "software": "6201", "telecom": "6110", "post": "5320", "freight": "4941", "training": "8559", "cleaning": "8121",
    "waste": "3821", "water": "3600", "computers": "2620", "furniture": "3101", "vehicles": "2910", "machinery": "2829",
}  # fmt: skip


def test_every_name_is_known_and_every_figure_cited() -> None:
    known = tables()
    for activity in known.activities.values():
        assert activity.category in CATEGORIES or activity.category == "2"
        if activity.route == "money":
            assert activity.factor in known.money
    named = [a for a, _t in (*known.accounts.values(), *known.products.values())]
    named += [a for _n, _w, a in known.words] + list(known.items.values())
    assert {a for a in named if not a.startswith("none:")} <= known.activities.keys()
    assert set(known.items) <= set(load().items)
    cited = [(f.source, f.locator) for f in known.money.values()]
    cited += [(f.source, f.locator) for f in known.physical.values()]
    for source, locator in cited:
        assert source in known.sources
        assert locator


@NEEDS_SOURCES
def test_the_figures_are_those_of_the_sources() -> None:
    with (SOURCES / "epa_sef_v1.3.0_naics_co2e_usd2022.csv").open() as file:
        epa = {row[0]: row[6] for row in csv.reader(file)}
    with (SOURCES / "defra2025_kgco2e.csv").open() as file:
        defra = {row[0]: row[9] for row in csv.reader(file)}
    for money in tables().money.values():
        parts = [part.rpartition("*") for part in money.locator.split("+")]
        assert money.value == sum(Decimal(weight or 1) * Decimal(epa[code]) for weight, _, code in parts), money.id
    for physical in tables().physical.values():
        values = (physical.scope_1, physical.scope_2, physical.upstream, physical.kwh)
        for value, formula in zip(values, physical.locator.split(";"), strict=True):
            found = sum((_formula(term, defra) for term in formula.split("+") if term), Decimal(0))
            assert abs(value - found) <= Decimal("0.0001"), physical.id


def _formula(term: str, defra: dict[str, str]) -> Decimal:
    first, *rest = [Decimal(defra[t]) if "_" in t else Decimal(t) for t in term.split("/")]
    for divisor in rest:
        first /= divisor
    return first


@NEEDS_SOURCES
def test_intervals_of_money_hold_an_independent_table() -> None:
    """At least 90 % of EXIOBASE's values by NACE for five countries lie in the stated intervals."""
    with (SOURCES / "memobank_nace2_exiobase.csv").open() as file:
        rows = {row["NACE Code"]: row for row in csv.DictReader(file)}
    inside = []
    for name, code in NACE.items():
        factor = tables().money[name]
        width = exp(QUANTILE_90 * (log(factor.gsd) ** 2 + TABLE_SIGMA**2) ** 0.5)
        for country in ("FR", "DE", "ES", "IT", "NL", "BE"):
            if not rows[code][country]:
                continue
            theirs = float(rows[code][country]) / 1000
            ours = float(factor.value) * float(_dollars_a_unit(load(), country, "EUR", 2019, factor.year))
            inside.append((ours / width <= theirs <= ours * width, name, country, round(theirs / ours, 2)))
    share = sum(found for found, *_ in inside) / len(inside)
    print(f"{share:.3f} of {len(inside)}; outside: {[rest for found, *rest in inside if not found]}")
    assert share >= 0.90


def test_tables_are_readable_files() -> None:
    assert {path.suffix for path in FOLDER.iterdir()} == {".csv"}
