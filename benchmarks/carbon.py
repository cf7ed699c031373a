"""The carbon engine measured: speed, the order of metro and petrol, recognition, and how wide its intervals are.

    python benchmarks/carbon.py [--tables FOLDER] [--cards FILE.csv]

FOLDER holds `epa_sef_v1.3.0_naics_co2e_usd2022.csv` and `memobank_mcc_exiobase.csv`: money-only factors to stand beside
ours, never shipped. FILE.csv is card purchases with columns date, gross, cur, merchant, mcc.
"""

import argparse
import csv
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bocage.engines.carbon import Payment, assess, countries, explain, kind_of, load, rate
from bocage.engines.carbon.rules import words

LINES = 50_000
EXPLAINED = 5_000
P99_LIMIT_MS = 5
YEAR = 2024
# Sectors of trade alone, not of what is traded: no table says they stand for the goods.
TRADE_ONLY = re.compile("Retail  trade|motor fuel|Distribution and trade|Supporting")
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
    given = parser.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 120)
    out.print(f"book {load().version}, Python {sys.version.split()[0]}")
    out.print(_speed())
    out.print(_order(given.tables))
    if given.tables:
        out.print(_coverage(given.tables))
    if given.cards:
        out.print(_recognition(given.cards))


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
    for one in unseen[:EXPLAINED]:
        start = time.perf_counter()
        explain(one)
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    table.add_row("explain one line, p50 ms", f"{took[len(took) // 2]:.3f}", "-")
    table.add_row("explain one line, p99 ms", f"{took[int(len(took) * 0.99)]:.3f}", f"<= {P99_LIMIT_MS}")
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
    by_mcc = {row["MCC Code"]: row for row in _rows(tables / "memobank_mcc_exiobase.csv")}
    for code, _ in countries():
        yield code, Decimal(by_mcc["4111"][code]) / Decimal(by_mcc["5541"][code])
    epa = {row["2017 NAICS Code"]: row for row in _rows(tables / "epa_sef_v1.3.0_naics_co2e_usd2022.csv")}
    column = "Supply Chain Emission Factors with Margins"
    yield "US", Decimal(epa["485113"][column]) / Decimal(epa["324110"][column])


def _coverage(tables: Path) -> Table:
    """How often an independent table's money factor (EXIOBASE 3.8, 2019) lies in our 90 % interval."""
    book = load()
    inside: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    widths: dict[str, list[float]] = {}
    for row in _rows(tables / "memobank_mcc_exiobase.csv"):
        known = book.mcc(row["MCC Code"].zfill(4)) if row["MCC Code"].isdigit() else None
        if known is None or TRADE_ONLY.search(row["EXIOBASE Name"]) or book.items[known.item].route != "money":
            continue
        category = book.items[known.item].category
        for code, _ in countries():
            ours = rate(book, known.item, code, "EUR", 2, 2019, Decimal("0.97"))
            if not row[code] or ours is None:
                continue
            theirs = Decimal(row[code]) * 10**7
            tried[category] += 1
            inside[category] += ours.low_per_minor <= theirs <= ours.high_per_minor
            widths.setdefault(category, []).append(ours.high_per_minor / ours.low_per_minor)
    table = Table("Class", "values", "inside our 90 %", "median high/low", title="Against an independent table")
    for category, count in sorted(tried.items(), key=lambda pair: inside[pair[0]] / pair[1]):
        row_width = statistics.median(widths[category])
        table.add_row(category, str(count), f"{inside[category] / count:.2f}", f"{row_width:.1f}")
    every = [width for some in widths.values() for width in some]
    share = inside.total() / tried.total()
    table.add_row("all", str(tried.total()), f"{share:.3f} (goal 0.90)", f"{statistics.median(every):.1f} (goal 4)")
    return table


def _recognition(cards: Path) -> Table:
    """Class from the merchant's text alone against the class of its MCC."""
    book = load()
    truth: list[str] = []
    guessed: list[tuple[str, Decimal]] = []
    merchants: list[str] = []
    for row in _rows(cards):
        known = book.mcc(row["mcc"].zfill(4))
        if known is None:
            continue
        kind = kind_of(Payment(date.fromisoformat(row["date"]), -100, row["cur"], text=row["merchant"]))
        truth.append(book.items[known.item].category)
        guessed.append((book.items[kind.item].category, kind.probability))
        merchants.append(row["merchant"])
    names = ("Rows", "all rows", "one row a merchant")
    table = Table(
        *names, title="Class from the text alone (rules; their author had seen this file, so read it as an upper bound)"
    )
    first = {merchant: index for index, merchant in reversed(list(enumerate(merchants)))}
    samples = (list(range(len(truth))), sorted(first.values()))
    for label, measure in (
        ("rows", lambda t, g: str(len(t))),
        ("accuracy of the majority class", lambda t, g: f"{Counter(t).most_common(1)[0][1] / len(t):.3f}"),
        ("accuracy of the rules, unknown = wrong", lambda t, g: f"{_share(t, g, lambda p: True):.3f}"),
        ("macro-F1 of the rules", lambda t, g: f"{_macro_f1(t, [name for name, _ in g]):.3f}"),
        ("share recognised", lambda t, g: f"{sum(name != 'unknown' for name, _ in g) / len(t):.3f}"),
        ("precision on what is recognised", lambda t, g: f"{_share(t, g, lambda p: p > 0):.3f}"),
        ("precision on the most confident 70 %", _confident),
    ):
        table.add_row(label, *(measure([truth[i] for i in s], [guessed[i] for i in s]) for s in samples))
    return table


def _share(truth: list[str], guessed: list[tuple[str, Decimal]], kept: Callable[[Decimal], bool]) -> float:
    chosen = [(t, name) for t, (name, probability) in zip(truth, guessed, strict=True) if kept(probability)]
    return sum(t == name for t, name in chosen) / len(chosen)


def _confident(truth: list[str], guessed: list[tuple[str, Decimal]]) -> str:
    surest = sorted(range(len(truth)), key=lambda i: -guessed[i][1])[: round(len(truth) * 0.7)]
    return f"{sum(truth[i] == guessed[i][0] for i in surest) / len(surest):.3f}"


def _macro_f1(truth: list[str], guessed: list[str]) -> float:
    scores = []
    for name in set(truth):
        hit = sum(t == g == name for t, g in zip(truth, guessed, strict=True))
        scores.append(2 * hit / (truth.count(name) + guessed.count(name)))
    return statistics.mean(scores)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


if __name__ == "__main__":
    main()
