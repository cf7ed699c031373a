"""Independent money factors beside our 90 % intervals: EXIOBASE 3.8 (2019) by merchant code and by NACE sector.

The book's money factors are EXIOBASE 3.4's (2011) by household purpose and the EPA's, brought to the level of two
thirds of these values (`engines/carbon/calibration.py`). The table shows the third that is held out, class by class,
beside the whole. Boundary: kg CO2e a euro of 2019 at basic prices, value added tax taken off both. Sectors of trade
alone, and those of who sells for others, are left out: they weigh the shop, not its goods.
"""

import csv
import statistics
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from rich.table import Table

from bocage.engines.carbon import Book, countries, load, rate
from bocage.engines.carbon.calibration import CODED, MICROGRAMS_A_CENT, YEAR, Value, held_out, merged
from bocage.engines.carbon.tables import weighs_what_is_bought

TONNES_A_MILLION = 1000
# The NACE sectors that make what a kind of shop sells; their factors are at basic prices, as the book's are.
SECTORS = {
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
    "vehicle_parts": ("2932",),
    "tyres": ("2211",),
    "books": ("5811", "5813"),
    "stationery": ("1723", "1812"),
    "jewellery": ("3212",),
    "personal_effects": ("1512",),
    "leisure_goods": ("3240",),
    "sports_goods": ("3230",),
    "water": ("3600",),
}
# What a food shop sells is a basket: no one sector is like it. Shares are what French households spend, 2017, on bread
# and cereals, meat, fish, dairy and eggs, fats, fruit and vegetables, sweets, other food, and drinks (Insee, national
# accounts by purpose, CP0111 to CP0119 and CP012, million EUR). Meat is split as the concordance of EXIOBASE's
# products to COICOP 01.1.2 does: cattle 14 %, poultry 12 %, and the food industry for the rest.
BASKETS = {
    "groceries": {
        "1071": 23186,
        "1011": 0.14 * 30574,
        "1012": 0.12 * 30574,
        "1013": 0.74 * 30574,
        "1020": 7408,
        "1051": 18608,
        "1042": 3152,
        "0113": 25416,
        "1082": 11204,
        "1089": 15107,
        "1107": 12986,
    }
}


def coverage(tables: Path) -> Table:
    """How often an independent value lies in our 90 % interval, and how wide that is, by class."""
    book = load()
    values = merged(independent(tables, book))
    kept = [one for one in values if held_out(one.sector, one.country)]
    table = Table(
        "Class",
        "held out",
        "inside our 90 %",
        "median high/low",
        "all values",
        "inside",
        title="Independent tables; the book's levels and errors never saw those held out",
    )
    rows = []
    for category in sorted({one.category for one in values}):
        some = [one for one in kept if one.category == category]
        every = [one for one in values if one.category == category]
        rows.append((category, _tried(book, some), _tried(book, every)))
    for category, some, every in sorted(rows, key=lambda row: (row[1][1], row[0])):
        table.add_row(category, str(some[0]), f"{some[1]:.2f}", f"{some[2]:.1f}", str(every[0]), f"{every[1]:.2f}")
    some, every = _tried(book, kept), _tried(book, values)
    table.add_section()
    table.add_row(
        "all",
        str(some[0]),
        f"{some[1]:.3f} (goal 0.90)",
        f"{some[2]:.2f} (goal 4)",
        str(every[0]),
        f"{every[1]:.3f}",
    )
    return table


def _tried(book: Book, values: Iterable[Value]) -> tuple[int, float, float]:
    """How many, the share inside, the median of high over low (both 0 where there is none)."""
    inside, widths = 0, []
    for one in values:
        item = next(i for i in book.items.values() if i.route == "money" and i.factor == one.activity)
        ours = rate(book, item.id, one.country, "EUR", 2, YEAR, CODED, at_basic_price=True)
        assert ours is not None
        low, high = (bound / MICROGRAMS_A_CENT for bound in (ours.low_per_minor, ours.high_per_minor))
        inside += low <= one.kg <= high
        widths.append(high / low)
    return len(widths), inside / len(widths) if widths else 0, statistics.median(widths) if widths else 0


def independent(tables: Path, book: Book) -> Iterator[Value]:
    """Every value of the two tables that a money factor of the book can be held against."""
    covered = [code for code, _ in countries(book=book)]
    for row in read(tables / "memobank_mcc_exiobase.csv"):
        known = book.mcc(row["MCC Code"].zfill(4)) if row["MCC Code"].isdigit() else None
        if known is None or book.items[known.item].route != "money":
            continue
        item = book.items[known.item]
        if not weighs_what_is_bought(row["EXIOBASE Name"], item.factor, row["MCC Code"].zfill(4)):
            continue
        yield from _by_country(row, item.factor, item.category, covered, 1)
    yield from _baskets(tables, covered, book)
    categories = {item.factor: item.category for item in book.items.values() if item.route == "money"}
    activities = {sector: activity for activity, sectors in SECTORS.items() for sector in sectors}
    for row in read(tables / "memobank_nace2_exiobase.csv"):
        activity = activities.get(row["NACE Code"].zfill(4))
        if activity and weighs_what_is_bought(row["EXIOBASE Name"], activity):
            yield from _by_country(row, activity, categories[activity], covered, TONNES_A_MILLION)


def _baskets(tables: Path, covered: Iterable[str], book: Book) -> Iterator[Value]:
    """One value a basket and country that has all of its sectors, the mean weighted by what is spent."""
    sectors = {row["NACE Code"].zfill(4): row for row in read(tables / "memobank_nace2_exiobase.csv")}
    for activity, spent in BASKETS.items():
        category = next(item.category for item in book.items.values() if item.factor == activity)
        for code in covered:
            if all(sectors[nace][code] for nace in spent):
                kg = sum(float(sectors[nace][code]) * share for nace, share in spent.items()) / sum(spent.values())
                yield Value(activity, category, f"basket of {activity}", code, kg / TONNES_A_MILLION)


def _by_country(
    row: dict[str, str], activity: str, category: str, covered: Iterable[str], scale: int
) -> Iterator[Value]:
    for code in covered:
        if row[code] and Decimal(row[code]) > 0:
            yield Value(activity, category, row["EXIOBASE Name"], code, float(row[code]) / scale)


def read(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV in UTF-8."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)
