"""Taking figures from an open table, or a city's own, into a copy of a book with the same columns.

A book's locators say how each figure follows from its source: `0.4*321912+0.6*325510` over the EPA's NAICS codes. The
same sums on another edition of that table give a book of that edition. `mcc-exiobase` has no such sums: each activity
takes the median of the codes that lead to it. `city` takes rows in the columns of `money.csv`, `factors.csv` or
`prices.csv` as they are. What comes out is a folder for `load_folder`, and is checked by loading it.
"""

import csv
import io
import re
import shutil
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from bocage.engines.carbon.book import Book, load_folder
from bocage.engines.carbon.types import CarbonError

TABLE_LIMIT_BYTES = 20_000_000
ROWS_LIMIT = 200_000
FIELD_LIMIT_CHARACTERS = 2_000
DIGITS = 4
SOURCE_COLUMNS = ("source", "short", "title", "publisher", "year", "url", "licence")
# Sectors of trade alone weigh a shop and not what it sells; what is repaired is the exception.
_TRADE_ONLY = re.compile("Retail|Wholesale|motor fuel|Distribution and trade|Supporting")
_MOTOR_TRADE = "Sale, maintenance, repair of motor vehicles"
_REPAIR = "vehicle_repair"
# Who sells for others: marketplaces, direct marketing, buying services. A table that gives such a code the sector of
# business or computer services weighs an office there, not the goods or the journey that the payment buys.
_SELLING_FOR_OTHERS = frozenset({"5262", "5960", "5962", "5967", "7278"})
_KEYS = {
    "money.csv": ("activity", "country"),
    "factors.csv": ("activity", "country", "year"),
    "prices.csv": ("product", "country", "year"),
}

type Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A table that can be taken in: the file of the book it goes to, the source it replaces, and its own columns."""

    file: str
    source: str
    columns: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "epa": Kind("money.csv", "epa_sef_1_3", ("2017 NAICS Code", "Supply Chain Emission Factors with Margins")),
    "defra": Kind("factors.csv", "defra_2025", ("ID", "GHG Conversion Factor")),
    "coicop": Kind("money.csv", "tomorrow_2020", ("coicop", "country", "value")),
    "mcc-exiobase": Kind("money.csv", "", ("MCC Code", "EXIOBASE Name", "Year", "Unit")),
    "city": Kind("", "", ()),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken in: the book's new folder as a book, the file changed, and how many figures are new."""

    book: Book
    file: str
    figures: int


def take_in(content: bytes, name: str, kind: str, source: Row, *, base: Path, folder: Path, version: str) -> Taken:
    """Copy the book in `base` to the new `folder` with the table's figures in it; raises `CarbonError`.

    `source` describes the table in the columns of `sources.csv`. `name` is the file's, for errors. Nothing is left
    behind where anything is wrong.
    """
    if kind not in KINDS:
        raise CarbonError("as", f"{kind!r} is none of {', '.join(KINDS)}.")
    if folder.exists():
        raise CarbonError("out", f"{folder} is there already; name a new folder.")
    missing = [column for column in SOURCE_COLUMNS if not source.get(column)]
    if missing:
        raise CarbonError("source", f"{', '.join(missing)} is not said.")
    rows = _read(content, name)
    file, figures = _figures(rows, name, kind, source, base)
    try:
        shutil.copytree(base, folder)
        _merge(folder / file, figures, _KEYS[file])
        _merge(folder / "sources.csv", [{c: source[c] for c in SOURCE_COLUMNS}], ("source",))
        return Taken(load_folder(folder, version), file, len(figures))
    except (CarbonError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, CarbonError):
            raise
        raise CarbonError("out", f"{folder} cannot be written: {error.strerror or error}.") from error


def _figures(rows: list[Row], name: str, kind: str, source: Row, base: Path) -> tuple[str, list[Row]]:
    if kind == "city":
        file = next((f for f, keys in _KEYS.items() if _has(rows[0], base / f, keys)), "")
        if not file:
            raise CarbonError(f"{name}, line 1", "its columns are not those of money.csv, factors.csv or prices.csv.")
        return file, [{**row, "source": source["source"]} for row in rows]
    known = KINDS[kind]
    # The flat file's column ends in its year: "GHG Conversion Factor 2025".
    named = {column: next((c for c in rows[0] if c.startswith(column)), "") for column in known.columns}
    if lacking := [column for column, there in named.items() if not there]:
        raise CarbonError(f"{name}, line 1", f"no column {', '.join(lacking)}, which {kind} has.")
    old = _read((base / known.file).read_bytes(), known.file)
    if kind == "mcc-exiobase":
        return known.file, _by_code(rows, name, old, source, base)
    look_up = _by_region(rows, name) if kind == "coicop" else _by_key(rows, name, *named.values())
    found = []
    for row in old:
        if row["source"] == known.source and (value := _worth(row["locator"], look_up)) is not None:
            found.append({**row, "value": _written(value), "source": source["source"], "checked": "table"})
    if not found:
        raise CarbonError(name, f"none of the book's figures follows from it as {kind}.")
    return known.file, found


def _by_key(rows: Iterable[Row], name: str, key: str, value: str) -> Callable[[str, str], Decimal | None]:
    table = {row[key]: _number(row[value], name, line, value) for line, row in enumerate(rows, start=2) if row[value]}
    return lambda code, _region: table.get(code)


def weighs_what_is_bought(sector: str, activity: str, code: str = "") -> bool:
    """Whether an EXIOBASE sector weighs what is paid for there, and not only who sells it; `code`: a merchant's."""
    if sector.startswith(_MOTOR_TRADE):
        return activity == _REPAIR
    return not _TRADE_ONLY.search(sector) and code not in _SELLING_FOR_OTHERS


def _by_region(rows: Iterable[Row], name: str) -> Callable[[str, str], Decimal | None]:
    table = {(r["coicop"], r["country"]): _number(r["value"], name, n, "value") for n, r in enumerate(rows, start=2)}
    return lambda code, region: table.get((code, region))


def _by_code(rows: list[Row], name: str, old: list[Row], source: Row, base: Path) -> list[Row]:
    book = load_folder(base, "base")
    found: dict[tuple[str, str], list[Decimal]] = {}
    countries = [code for code in book.countries if code in rows[0]]
    for line, row in enumerate(rows, start=2):
        known = book.mcc(row["MCC Code"].zfill(4)) if row["MCC Code"].isdecimal() else None
        if known is None or book.items[known.item].route != "money":
            continue
        if not weighs_what_is_bought(row["EXIOBASE Name"], book.items[known.item].factor, row["MCC Code"].zfill(4)):
            continue
        for code in countries:
            if row[code]:
                value = _number(row[code], name, line, code)
                found.setdefault((book.items[known.item].factor, code), []).append(value)
    taken = []
    for row in old:
        if values := found.get((row["activity"], row["country"])):
            new = {"value": _written(statistics.median(values)), "currency": "EUR", "year": rows[0]["Year"]}
            new |= {"price_basis": "basic price", "level": "", "source": source["source"], "checked": "table"}
            taken.append({**row, **new, "locator": f"median of {len(values)} codes"})
    return taken


def _worth(locator: str, look_up: Callable[[str, str], Decimal | None]) -> Decimal | None:
    """The sum that a locator names, None where the table lacks a term or the locator is no sum."""
    expression, _, region = locator.partition("@")
    total = Decimal(0)
    for term in expression.split("+"):
        weight, _, key = term.strip().rpartition("*")
        found = look_up(key.strip(), region.strip())
        if found is None:
            return None
        total += Decimal(weight or "1") * found
    return total


def _written(value: Decimal) -> str:
    return format(Decimal(f"{value:.{DIGITS}g}"), "f")


def _number(text: str, name: str, line: int, field: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise CarbonError(f"{name}, line {line}, {field}", f"{text!r} is not a number.") from error
    if not value.is_finite() or abs(value.adjusted()) > 12:
        raise CarbonError(f"{name}, line {line}, {field}", f"{text!r} is out of all bounds.")
    return value


def _read(content: bytes, name: str) -> list[Row]:
    if len(content) > TABLE_LIMIT_BYTES:
        raise CarbonError(name, f"over {TABLE_LIMIT_BYTES} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CarbonError(name, f"not UTF-8 at byte {error.start}.") from error
    rows: list[Row] = []
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise CarbonError(
                    f"{name}, line {reader.line_num}", "its number of columns differs from the heading's."
                )
            for field, value in row.items():
                if "\0" in value or len(value) > FIELD_LIMIT_CHARACTERS:
                    raise CarbonError(
                        f"{name}, line {reader.line_num}, {field}", "a NUL stands in it, or it is too long."
                    )
            rows.append(row)
            if len(rows) > ROWS_LIMIT:
                raise CarbonError(name, f"over {ROWS_LIMIT} rows.")
    except csv.Error as error:
        raise CarbonError(f"{name}, line {reader.line_num}", f"{error}.") from error
    if not rows:
        raise CarbonError(f"{name}, line 1", "there is no row under the heading.")
    return rows


def _has(row: Row, file: Path, keys: tuple[str, ...]) -> bool:
    heading = file.read_text().partition("\n")[0].split(",")
    return set(heading) - {"source", "level"} <= set(row) and set(keys) <= set(row)


def _merge(path: Path, new: list[Row], keys: tuple[str, ...]) -> None:
    """Put rows in the place of those with the same key, and the others behind."""
    old = _read(path.read_bytes(), path.name)
    columns = list(old[0])
    merged = {tuple(row[key] for key in keys): row for row in old}
    merged |= {tuple(row[key] for key in keys): {c: row.get(c, "") for c in columns} for row in new}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(merged.values())
