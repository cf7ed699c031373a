"""Independent money factors beside our 90 % intervals: EXIOBASE 3.8 (2019) by merchant code and by NACE sector.

The book's money factors rest on EXIOBASE 3.4 (2011) by household purpose and on the EPA's table, so these are
independent of it in year and in concordance. Sectors of trade alone are left out: they weigh the shop, not its goods.
"""

import csv
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from rich.table import Table

from bocage.engines.carbon import countries, load, rate

TRADE_ONLY = re.compile("Retail|Wholesale|motor fuel|Distribution and trade|Supporting")
YEAR = 2019
TONNES_A_MILLION = 1000
MICROGRAMS_A_CENT = 10**7
SURE = Decimal("0.97")
# The NACE sectors that make what a kind of shop sells; their factors are at basic prices, as the book's are.
SECTORS = {
    "groceries": ("1013", "1031", "1085", "1089"),
    "bakery": ("1071",),
    "fishmonger": ("1020",),
    "dairy": ("1051", "1052"),
    "confectioner": ("1082",),
    "drinks": ("1101", "1102", "1105", "1107"),
    "tobacco": ("1200",),
    "clothing": ("1412", "1413", "1414", "1439"),
    "shoes": ("1520",),
    "textiles": ("1392", "1393"),
    "furniture": ("3101", "3103", "3109"),
    "appliances": ("2751",),
    "electronics": ("2620", "2630", "2640"),
    "medicines": ("2120",),
    "personal_care": ("2042",),
    "household_goods": ("2041", "1722"),
    "tableware": ("2313", "2341"),
    "tools": ("2573",),
    "vehicle": ("2910",),
    "vehicle_parts": ("2211", "2932"),
    "books": ("5811", "5813"),
    "stationery": ("1723", "1812"),
    "jewellery": ("3212",),
    "personal_effects": ("1512",),
    "leisure_goods": ("3240",),
    "sports_goods": ("3230",),
    "water": ("3600",),
}


def coverage(tables: Path) -> Table:
    """How often an independent value lies in our 90 % interval, and how wide that is, by class."""
    book = load()
    items = {item.factor: item for item in book.items.values() if item.route == "money"}
    inside: Counter[str] = Counter()
    widths: dict[str, list[float]] = {}
    for activity, code, theirs in _independent(tables):
        ours = rate(book, items[activity].id, code, "EUR", 2, YEAR, SURE)
        if ours is None:
            continue
        category = items[activity].category
        value = theirs * MICROGRAMS_A_CENT
        inside[category] += ours.low_per_minor <= value <= ours.high_per_minor
        widths.setdefault(category, []).append(ours.high_per_minor / ours.low_per_minor)
    table = Table("Class", "values", "inside our 90 %", "median high/low", title="Against independent tables")
    for category, some in sorted(widths.items(), key=lambda pair: inside[pair[0]] / len(pair[1])):
        table.add_row(category, str(len(some)), f"{inside[category] / len(some):.2f}", f"{statistics.median(some):.1f}")
    every = [width for some in widths.values() for width in some]
    share = inside.total() / len(every)
    table.add_row("all", str(len(every)), f"{share:.3f} (goal 0.90)", f"{statistics.median(every):.1f} (goal 4)")
    return table


def _independent(tables: Path) -> Iterator[tuple[str, str, float]]:
    """Activity of the book, country and kg a euro (2019, basic price)."""
    book = load()
    covered = [code for code, _ in countries()]
    for row in read(tables / "memobank_mcc_exiobase.csv"):
        known = book.mcc(row["MCC Code"].zfill(4)) if row["MCC Code"].isdigit() else None
        if known is None or book.items[known.item].route != "money" or TRADE_ONLY.search(row["EXIOBASE Name"]):
            continue
        for code in covered:
            if row[code]:
                yield book.items[known.item].factor, code, float(row[code])
    activities = {sector: activity for activity, sectors in SECTORS.items() for sector in sectors}
    for row in read(tables / "memobank_nace2_exiobase.csv"):
        activity = activities.get(row["NACE Code"].zfill(4))
        for code in covered if activity and not TRADE_ONLY.search(row["EXIOBASE Name"]) else ():
            if row[code]:
                yield str(activity), code, float(row[code]) / TONNES_A_MILLION


def read(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV in UTF-8."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)
