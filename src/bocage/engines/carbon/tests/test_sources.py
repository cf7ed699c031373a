"""Shipped factors against the sources' own tables, where `BOCAGE_CARBON_SOURCES` names a folder that holds them.

The folder needs `defra2025_kgco2e.csv` (DESNZ/DEFRA flat file), `epa_sef_v1.3.0_naics_co2e_usd2022.csv` (EPA v1.3) and
`tomorrow/footprints.yml` (bloom-contrib). A locator is a sum of `weight*key` terms, evaluated here on the table.
"""

import csv
import os
import statistics
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bocage.engines.carbon.book import BOOKS, LATEST

SOURCES = os.environ.get("BOCAGE_CARBON_SOURCES", "")
pytestmark = pytest.mark.skipif(not SOURCES, reason="BOCAGE_CARBON_SOURCES names no folder of source tables")
ROUNDING = Decimal("0.0006")


def shipped(name: str, source: str) -> list[dict[str, str]]:
    with (BOOKS / LATEST / name).open(newline="") as file:
        found = [row for row in csv.DictReader(file) if row["source"] == source]
    assert found
    return found


def worth(expression: str, look_up: Callable[[str], Decimal]) -> Decimal:
    total = Decimal(0)
    for term in expression.split("+"):
        weight, _, key = term.strip().rpartition("*")
        total += Decimal(weight or "1") * look_up(key.strip())
    return total


def column(name: str, key: str, value: str) -> dict[str, Decimal]:
    with (Path(SOURCES) / name).open(newline="", encoding="utf-8-sig") as file:
        return {row[key]: Decimal(row[value]) for row in csv.DictReader(file) if row[value]}


def test_defra_factors_are_the_flat_files() -> None:
    table = column("defra2025_kgco2e.csv", "ID", "GHG Conversion Factor 2025")
    for row in shipped("factors.csv", "defra_2025"):
        assert Decimal(row["value"]) == worth(row["locator"], table.__getitem__), row


def test_epa_factors_are_the_tables() -> None:
    name = "epa_sef_v1.3.0_naics_co2e_usd2022.csv"
    table = column(name, "2017 NAICS Code", "Supply Chain Emission Factors with Margins")
    for row in shipped("money.csv", "epa_sef_1_3"):
        assert abs(Decimal(row["value"]) / worth(row["locator"], table.__getitem__) - 1) < ROUNDING, row


def nodes(tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    for node in (tree.get("_children") or {}).values():
        by_region = node.get("intensityKilograms")
        if isinstance(by_region, dict) and len(by_region) == 49:
            yield str(node["coicopCode"]), by_region
        yield from nodes(node)


def test_household_factors_are_the_coicop_tables() -> None:
    yaml = pytest.importorskip("yaml")
    table = dict(nodes(yaml.safe_load((Path(SOURCES) / "tomorrow" / "footprints.yml").read_text())))

    def of(regions: str) -> Callable[[str], Decimal]:
        def look_up(code: str) -> Decimal:
            by_region = table[code]
            if regions.startswith("median of 49"):
                return Decimal(str(statistics.median(by_region.values())))
            if regions.startswith("mean "):
                codes = regions.split()[1:]
                return Decimal(str(sum(by_region[c] for c in codes) / len(codes)))
            return Decimal(str(by_region[regions]))

        return look_up

    for row in shipped("money.csv", "tomorrow_2020"):
        locator = row["locator"]
        if locator.startswith("median@"):
            code, _, regions = locator.removeprefix("median@").partition(":")
            expected = Decimal(str(statistics.median(table[code][r] for r in regions.split())))
        else:
            expression, _, regions = locator.partition("@")
            expected = worth(expression, of(regions))
        assert abs(Decimal(row["value"]) / expected - 1) < ROUNDING, row
