"""What goes in and what is kept: the columns of lines, their checks, and the connection that reads them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from bocage.engines.carbon.types import EXPONENT_LIMIT, FIRST_YEAR, LAST_YEAR, TEXT_LIMIT_CHARACTERS, CarbonError

REQUIRED = {"person": "", "booked_on": "date", "amount_minor": "bigint", "currency": "varchar", "merchant": "varchar"}
OPTIONAL = {"mcc": ("varchar", "null"), "country": ("varchar", "null"), "exponent": ("smallint", "2")}
# A million euros in cents, times the heaviest rate, times a month of lines, stays within 64 bits.
AMOUNT_LIMIT_MINOR = 10**8
FILES_LIMIT = 10_000
MEMORY_LIMIT = "1500MB"
ARRAY_BITS = 16
_INTEGERS = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"))


@contextmanager
def connect(
    *, threads: int = 1, memory_limit: str = MEMORY_LIMIT, spill: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that keeps within `memory_limit` by spilling to the folder `spill` (its own by default)."""
    db = duckdb.connect()
    try:
        db.execute(f"set threads = {int(threads)}")
        db.execute("set memory_limit = ?", [memory_limit])
        # Months and rates are few enough to be added up in an array instead of a hash table.
        db.execute(f"set perfect_ht_threshold = {ARRAY_BITS}")
        if spill is not None:
            db.execute("set temp_directory = ?", [str(spill)])
        yield db
    finally:
        db.close()


def open_lines(db: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> bool:
    """Make the view `lines` over Parquet or CSV files, checked. Returns whether persons are numbers (else text).

    Columns: `person` (whole number or text), `booked_on` (date), `amount_minor` (whole, + for money in, within
    `AMOUNT_LIMIT_MINOR`), `currency` (ISO 4217), `merchant` (text); and, where known, `mcc`, `country`, `exponent`.
    Raises `CarbonError` naming file, row and field of the first bad value.
    """
    if not 1 <= len(files) <= FILES_LIMIT:
        raise CarbonError("files", f"{len(files)} files; give 1 to {FILES_LIMIT}.")
    kinds = {_person_is_number(db, file) for file in files}
    if len(kinds) > 1:
        raise CarbonError("person", "is a number in some of the files and text in others; use one of the two.")
    for file in files:
        _check(db, file)
    each = " union all ".join(f"select {_columns(db, file)} from {_reader(file)}" for file in files)
    db.execute(f"create or replace temp view lines as {each}")
    return kinds.pop()


def _reader(file: Path) -> str:
    if file.suffix.lower() == ".parquet":
        return f"read_parquet('{quoted(file)}')"
    return f"read_csv('{quoted(file)}', header = true, strict_mode = true)"


def _described(db: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    try:
        rows = db.execute(f"describe select * from {_reader(file)}").fetchall()
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        raise CarbonError("file", f"{file.name} cannot be read as Parquet or CSV: {first}") from error
    return {str(row[0]): str(row[1]) for row in rows}


def _person_is_number(db: duckdb.DuckDBPyConnection, file: Path) -> bool:
    there = _described(db, file)
    missing = [name for name in REQUIRED if name not in there]
    if missing:
        raise CarbonError(missing[0], f"{file.name} has no column {missing[0]!r}; its columns are {', '.join(there)}.")
    return there["person"] in _INTEGERS


def _columns(db: duckdb.DuckDBPyConnection, file: Path) -> str:
    there = _described(db, file)
    said = ["person", *(f"{name}::{kind} as {name}" for name, kind in REQUIRED.items() if kind)]
    for name, (kind, default) in OPTIONAL.items():
        said.append(f"{name if name in there else default}::{kind} as {name}")
    return ", ".join(said)


def _check(db: duckdb.DuckDBPyConnection, file: Path) -> None:
    """One pass over a file: the first row of each kind of fault, told for the earliest."""
    tests = {
        "person": "person is null",
        "booked_on": f"booked_on is null or year(booked_on) not between {FIRST_YEAR} and {LAST_YEAR}",
        "amount_minor": f"amount_minor is null or abs(amount_minor) > {AMOUNT_LIMIT_MINOR}",
        "currency": "currency is null or not regexp_full_match(currency, '[A-Z]{3}')",
        "merchant": f"merchant is null or length(merchant) > {TEXT_LIMIT_CHARACTERS} or contains(merchant, chr(0))",
        "mcc": "mcc is not null and not regexp_full_match(mcc, '[0-9]{4}')",
        "country": "country is not null and not regexp_full_match(country, '[A-Z]{2}')",
        "exponent": f"exponent is null or exponent not between 0 and {EXPONENT_LIMIT}",
    }
    firsts = ", ".join(f"min(case when {test} then row end)" for test in tests.values())
    numbered = f"select *, row_number() over () as row from (select {_columns(db, file)} from {_reader(file)})"
    try:
        found = db.execute(f"select {firsts} from ({numbered})").fetchone()
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        raise CarbonError("file", f"{file.name}: {first}") from error
    assert found is not None
    bad = [(row, field) for field, row in zip(tests, found, strict=True) if row is not None]
    if bad:
        row, field = min(bad)
        raise CarbonError(field, f"{file.name}, row {row}: the {field} is missing or out of range.")


def quoted(path: Path) -> str:
    """A path as it stands between the quotes of an SQL string."""
    return str(path).replace("'", "''")
