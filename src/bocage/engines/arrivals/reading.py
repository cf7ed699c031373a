"""Tables of finished tours as CSV: `day`, the features by name, `actual_seconds`."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bocage.engines.arrivals.types import FEATURES, FILE_LIMIT_BYTES, ROWS_LIMIT, SECONDS_MOST, ArrivalsError, Table

COLUMNS = ("day", *FEATURES, "actual_seconds")
NUMBER_MOST = 1e9


def read_table(path: Path) -> Table:
    """A table from a CSV file with these columns in any order.

    Raises:
        ArrivalsError: names file, line and field.
    """
    try:
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise ArrivalsError(f"{path.name}: at most {FILE_LIMIT_BYTES:,} bytes")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return _table(path.name, csv.reader(lines, strict=True))
    except OSError as error:
        raise ArrivalsError(f"{path.name}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ArrivalsError(f"{path.name}: no CSV in UTF-8 ({error})") from None


def write_table(table: Table, path: Path) -> None:
    """The same as CSV."""
    columns = np.column_stack([table.day, table.known, table.actual_seconds])
    np.savetxt(path, columns, fmt="%.10g", delimiter=",", header=",".join(COLUMNS), comments="")


def _table(name: str, lines: Iterator[list[str]]) -> Table:
    head: list[str] = next(lines, [])
    missing = [column for column in COLUMNS if column not in head]
    if missing or len(set(head)) != len(head):
        raise ArrivalsError(f"{name}, line 1: the columns {', '.join(COLUMNS)} are due, each once")
    places = [head.index(column) for column in COLUMNS]
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=2):
        if len(rows) == ROWS_LIMIT:
            raise ArrivalsError(f"{name}: at most {ROWS_LIMIT:,} rows")
        rows.append(_numbers(name, number, line, places, len(head)))
    if not rows:
        raise ArrivalsError(f"{name}: there is no row")
    values = np.asarray(rows)
    return Table(values[:, 0].astype(np.int64), values[:, 1:-1], values[:, -1])


def _numbers(name: str, number: int, line: list[str], places: list[int], width: int) -> list[float]:
    if len(line) != width:
        raise ArrivalsError(f"{name}, line {number}: {len(line)} fields, {width} are due")
    found = []
    for column, place in zip(COLUMNS, places, strict=True):
        try:
            value = float(line[place])
        except ValueError:
            value = np.nan
        most = SECONDS_MOST if column in ("planned_seconds", "actual_seconds") else NUMBER_MOST
        least = 0.0 if column in ("planned_seconds", "actual_seconds") else -NUMBER_MOST
        if not least <= value <= most or (column == "day" and not value.is_integer()):
            raise ArrivalsError(f"{name}, line {number}, {column}: {line[place][:40]!r} is no number from {least:g} on")
        found.append(value)
    return found
