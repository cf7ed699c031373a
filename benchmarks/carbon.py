"""The carbon engine measured: speed, metro beside petrol, recognition, households, and how wide intervals are.

    python benchmarks/carbon.py [--tables FOLDER] [--cards FILE.csv] [--repeats N]

FOLDER holds `epa_sef_v1.3.0_naics_co2e_usd2022.csv`, `memobank_mcc_exiobase.csv` and `memobank_nace2_exiobase.csv`:
money-only factors to stand beside ours, never shipped. FILE.csv is card purchases: merchant, mcc and gross or amount.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import carbon_categories
import carbon_households
import carbon_tables
from rich.console import Console
from rich.table import Table

from bocage.engines.carbon import Payment, assess, countries, explain, load
from bocage.engines.carbon.rules import words

LINES = 50_000
EXPLAINED = 5_000
P99_LIMIT_MS = 5
YEAR = 2024
MERCHANTS = (
    "TOTALENERGIES PARIS",
    "RATP PARIS",
    "CARREFOUR CITY",
    "SNCF CONNECT",
    "EDF CLIENTS PARTICULIERS",
    "VIR SEPA M DUPONT",
    "ZARA RIVOLI",
    "QUXZY BLORF",
    "PAYPAL *SPOTIFY",
    "RETRAIT DAB",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--cards", type=Path)
    parser.add_argument("--repeats", type=int, default=3, help="of the cross-validation of classes")
    given = parser.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 120)
    out.print(f"book {load().version}, Python {sys.version.split()[0]}")
    out.print(_speed())
    out.print(_order(given.tables))
    out.print(carbon_households.table())
    if given.tables:
        out.print(carbon_tables.coverage(given.tables))
    if given.cards:
        out.print(carbon_categories.table(given.cards, given.repeats))


def _speed() -> Table:
    table = Table("Speed", "Measured", "Goal", title="One process, CPU time")
    day = date(YEAR, 1, 1)
    usual = [_payment(day, i, MERCHANTS[i % len(MERCHANTS)]) for i in range(LINES)]
    unseen = [_payment(day, i, f"{MERCHANTS[i % len(MERCHANTS)]} {i}") for i in range(LINES)]
    for name, some in (("merchants seen before", usual), ("every merchant's text new", unseen)):
        words.cache_clear()
        began = time.process_time()
        assess(some)
        table.add_row(f"lines/s with every reason, {name}", f"{LINES / (time.process_time() - began):,.0f}", "-")
    took = []
    for one in unseen[-EXPLAINED:]:
        start = time.thread_time()
        explain(one)
        took.append((time.thread_time() - start) * 1000)
    took.sort()
    table.add_row("explain one line, p50 ms of CPU", f"{took[len(took) // 2]:.3f}", "-")
    table.add_row("explain one line, p99 ms of CPU", f"{took[int(len(took) * 0.99)]:.3f}", f"<= {P99_LIMIT_MS}")
    return table


def _payment(day: date, number: int, text: str) -> Payment:
    return Payment(day + timedelta(days=number % 360), -(number % 9_000) - 1, "EUR", text=text, home="FR")


def _order(tables: Path | None) -> Table:
    naive = dict(_naive(tables)) if tables else {}
    table = Table("Country", "petrol kg", "metro kg", "metro/petrol", "transit/petrol", "money-only transit/petrol")
    table.title = f"100 units of money, {YEAR} (below 1 is the right order)"
    for code, _ in countries():
        petrol, metro, transit = (_kg(code, text, mcc) for text, mcc in (("", "5541"), ("METRO", None), ("", "4111")))
        ratio = naive.get(code)
        table.add_row(
            code,
            f"{petrol:.1f}",
            f"{metro:.2f}",
            f"{metro / petrol:.3f}",
            f"{transit / petrol:.3f}",
            "no table given" if ratio is None else f"{ratio:.2f}{' inverted' if ratio > 1 else ''}",
        )
    return table


def _kg(country: str, text: str, mcc: str | None) -> Decimal:
    currency = load().home_currency(country)
    return explain(Payment(date(YEAR, 6, 1), -10_000, currency, text=text, mcc=mcc, country=country)).kg


def _naive(tables: Path) -> Iterator[tuple[str, Decimal]]:
    """Transit over petrol by money-only factors: MCC 4111 and 5541 of the MCC table, the EPA's for the US."""
    by_mcc = {row["MCC Code"]: row for row in carbon_tables.read(tables / "memobank_mcc_exiobase.csv")}
    for code, _ in countries():
        yield code, Decimal(by_mcc["4111"][code]) / Decimal(by_mcc["5541"][code])
    epa = {row["2017 NAICS Code"]: row for row in carbon_tables.read(tables / "epa_sef_v1.3.0_naics_co2e_usd2022.csv")}
    column = "Supply Chain Emission Factors with Margins"
    yield "US", Decimal(epa["485113"][column]) / Decimal(epa["324110"][column])


if __name__ == "__main__":
    main()
