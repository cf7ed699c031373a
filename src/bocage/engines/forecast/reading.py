"""Tables of readings and of who is near whom, from CSV, with one clear error for whatever is wrong in them."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bocage.engines.forecast.types import DETECTORS_LIMIT, MINUTES_A_DAY, STEPS_LIMIT, Floats, ForecastError, Table

BYTES_LIMIT = 1_000_000_000
READING_LIMIT = 1_000_000.0
TIES_LIMIT = 2_000_000
KERNEL_FLOOR = 0.1  # DCRNN's (Li et al. 2018): weaker ties are none
TIME_NAMES = {"", "time", "timestamp", "date", "datetime", "index"}


def read_table(path: Path, *, step_minutes: int = 5, first_slot: int = 0, zero_is_missing: bool = True) -> Table:
    """A header of detectors, then a row a step. A first column named time, timestamp, date or nothing is left out.

    Empty cells, `nan` and (unless `zero_is_missing` is false, as for flows) zeros are missing readings, as in METR-LA's
    published evaluation: they are neither learnt from nor measured against.

    Raises:
        ForecastError: names file, line and field.
    """
    if step_minutes < 1 or MINUTES_A_DAY % step_minutes:
        raise ForecastError(f"step: {step_minutes} minutes do not divide a day")
    rows = _rows(path)
    header = next(rows, None)
    if not header:
        raise ForecastError(f"{path.name}, line 1: there is no header of detectors")
    skip = 1 if header[0].strip().lower() in TIME_NAMES else 0
    names = tuple(name.strip() for name in header[skip:])
    if not 1 <= len(names) <= DETECTORS_LIMIT:
        raise ForecastError(f"{path.name}, line 1: {len(names)} detectors, not between 1 and {DETECTORS_LIMIT:,}")
    if len(set(names)) != len(names):
        raise ForecastError(f"{path.name}, line 1: two detectors have one name")
    found: list[Floats] = []
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ForecastError(f"{path.name}, line {line}: {len(row)} fields where the header has {len(header)}")
        if len(found) == STEPS_LIMIT:
            raise ForecastError(f"{path.name}, line {line}: more than {STEPS_LIMIT:,} steps")
        found.append(_readings(path, line, row[skip:], names))
    if not found:
        raise ForecastError(f"{path.name}, line 2: there is no reading")
    values = np.stack(found)
    if zero_is_missing:
        values[values == 0] = np.nan
    return Table(values, names, step_minutes, first_slot)


def read_adjacency(path: Path, names: tuple[str, ...]) -> Floats:
    """Weights between 0 and 1, (detectors, detectors): a square of numbers without header, or `from,to,cost` rows.

    Costs (road metres, as METR-LA's distances) become exp(-(cost / standard deviation)^2), below 0.1 nothing.

    Raises:
        ForecastError: names file, line and field.
    """
    rows = list(_rows(path, limit=TIES_LIMIT))
    if rows and [name.strip().lower() for name in rows[0]] == ["from", "to", "cost"]:
        return _kernel(path, rows[1:], names)
    if len(rows) != len(names):
        raise ForecastError(f"{path.name}: {len(rows)} rows for {len(names)} detectors")
    for line, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise ForecastError(f"{path.name}, line {line}: {len(row)} fields for {len(names)} detectors")
    weights = np.stack([_readings(path, line, row, names) for line, row in enumerate(rows, start=1)])
    if not bool(np.all((weights >= 0) & (weights <= 1))):
        raise ForecastError(f"{path.name}: a weight is not between 0 and 1")
    return weights


def _kernel(path: Path, rows: list[list[str]], names: tuple[str, ...]) -> Floats:
    place = {name: index for index, name in enumerate(names)}
    weights = np.eye(len(names), dtype=np.float32)
    ties: list[tuple[int, int, float]] = []
    for line, row in enumerate(rows, start=2):
        if len(row) != 3:
            raise ForecastError(f"{path.name}, line {line}: {len(row)} fields, not from, to and cost")
        cost = float(_readings(path, line, row[2:], ("cost",))[0])
        if not cost >= 0:
            raise ForecastError(f"{path.name}, line {line}, cost: {row[2][:40]!r} is not a distance")
        tail, head = place.get(row[0].strip()), place.get(row[1].strip())
        if tail is not None and head is not None and tail != head:
            ties.append((tail, head, cost))
    if not ties:
        raise ForecastError(f"{path.name}: no row joins two of the table's detectors")
    spread = float(np.std([cost for _tail, _head, cost in ties])) or max(1.0, ties[0][2])
    for tail, head, cost in ties:
        weight = float(np.exp(-((cost / spread) ** 2)))
        weights[tail, head] = weight if weight >= KERNEL_FLOOR else 0.0
    return weights


def _rows(path: Path, limit: int = STEPS_LIMIT + 2) -> Iterator[list[str]]:
    try:
        if path.stat().st_size > BYTES_LIMIT:
            raise ForecastError(f"{path.name}: larger than {BYTES_LIMIT:,} bytes")
        with path.open(encoding="utf-8-sig", newline="") as text:
            for line, row in enumerate(csv.reader(text), start=1):
                if line > limit:
                    raise ForecastError(f"{path.name}, line {line}: more than {limit:,} lines")
                if row:
                    yield row
    except OSError as error:
        raise ForecastError(f"{path.name}: {error.strerror or 'it cannot be read'}") from None
    except UnicodeDecodeError:
        raise ForecastError(f"{path.name}: it is not text in UTF-8") from None
    except csv.Error as error:
        raise ForecastError(f"{path.name}: {error}") from None


def _readings(path: Path, line: int, cells: list[str], names: tuple[str, ...]) -> Floats:
    try:
        values = np.array([cell if cell.strip() else "nan" for cell in cells], dtype=np.float64)
        bad = ~(np.isnan(values) | ((values >= 0) & (values <= READING_LIMIT)))
    except ValueError:
        bad = np.array([not _is_number(cell) for cell in cells])
        values = np.zeros(len(cells))
    if bad.any():
        where = int(np.argmax(bad))
        raise ForecastError(
            f"{path.name}, line {line}, {names[where][:40]}: {cells[where][:40]!r} is not a number from 0 to 1,000,000"
        )
    return values.astype(np.float32)


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip() or "nan")
    except ValueError:
        return False
    return True
