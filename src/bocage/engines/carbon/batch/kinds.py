"""What each distinct text is, worked out once by the engine and kept: the slow part, which a second run skips."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bocage.engines.carbon.assess import UNKNOWN, kind_of
from bocage.engines.carbon.book import Book
from bocage.engines.carbon.rates import rate
from bocage.engines.carbon.types import Payment

TEXTS_A_STEP = 50_000
NOTHING_RATE = 0
# What tells two lines apart before any price: all that `kind_of` looks at.
KEY = ("merchant", "mcc", "country", "currency", "exponent", "money_in")
_SAME = " and ".join(f"k.{name} is not distinct from t.{name}" for name in KEY)
_ANY_DAY = date(2024, 1, 1)
_SCHEMA = pa.schema(
    [
        ("merchant", pa.string()),
        ("mcc", pa.string()),
        ("country", pa.string()),
        ("currency", pa.string()),
        ("exponent", pa.int16()),
        ("money_in", pa.bool_()),
        ("kind", pa.int32()),
        ("item", pa.string()),
        ("place", pa.string()),
        ("paid_in", pa.string()),
        ("probability", pa.string()),
        ("bought", pa.bool_()),
        ("refund", pa.bool_()),
        ("words", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a run: `table` has a row for each, 0 being what counts nothing."""

    table: pa.Table
    by_kind: pa.Table


def read_kinds(
    db: duckdb.DuckDBPyConnection, book: Book, keep: Path, progress: Callable[[int], None] = lambda _done: None
) -> int:
    """Make the table `kinds` hold every distinct key of `lines`; the file `keep` remembers. How many are new."""
    if keep.exists():
        db.execute("create or replace temp table kinds as select * from read_parquet(?)", [str(keep)])
    else:
        db.register("no_kinds", _SCHEMA.empty_table())
        db.execute("create or replace temp table kinds as select * from no_kinds")
    keys = ", ".join(name if name != "money_in" else "amount_minor > 0 as money_in" for name in KEY)
    db.execute(f"create or replace temp table texts as select distinct {keys} from lines")
    unknown = f"select t.*, row_number() over () as number from texts t anti join kinds k on {_SAME}"
    db.execute(f"create or replace temp table fresh as {unknown}")
    ((known,),) = db.execute("select coalesce(max(kind) + 1, 0) from kinds").fetchall()
    new = 0
    step = f"select {', '.join(KEY)} from fresh where number > ? and number <= ? order by number"
    while rows := db.execute(step, [new, new + TEXTS_A_STEP]).fetchall():
        db.register("more", _kinds_of(rows, book, known + new))
        db.execute("insert into kinds select * from more")
        db.unregister("more")
        new += len(rows)
        progress(len(rows))
    if new:
        draft = keep.with_suffix(".draft")
        db.execute("copy kinds to ? (format parquet)", [str(draft)])
        draft.replace(keep)
    db.execute("drop table fresh; drop table texts")
    return new


def _kinds_of(rows: Sequence[tuple[Any, ...]], book: Book, first: int) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [] for name in _SCHEMA.names}
    for number, row in enumerate(rows):
        key = dict(zip(KEY, row, strict=True))
        found = kind_of(_payment(key), book=book)
        said = {
            "kind": first + number,
            "item": found.item,
            "place": found.country,
            "paid_in": found.currency,
            "probability": str(found.probability),
            "bought": book.items[found.item].route != "none",
            "refund": found.found.refund,
            "words": " ".join(found.found.merchant),
        }
        for name, value in {**key, **said}.items():
            columns[name].append(value)
    return pa.table(columns, schema=_SCHEMA)


def _payment(key: dict[str, Any]) -> Payment:
    return Payment(
        _ANY_DAY,
        1 if key["money_in"] else -1,
        key["currency"],
        exponent=key["exponent"],
        text=key["merchant"],
        mcc=key["mcc"],
        country=key["country"],
    )


def rates_of(db: duckdb.DuckDBPyConnection, book: Book) -> Rates:
    """A rate for each kind and year there is: alike kinds share one, so that there are few."""
    years = [row[0] for row in db.execute("select distinct year(booked_on) from lines order by 1").fetchall()]
    kinds = db.execute(
        "select distinct kind, item, place, paid_in, exponent, probability, bought from kinds"
    ).fetchall()
    numbers: dict[tuple[Any, ...], int] = {}
    rows: list[dict[str, Any]] = [_row(NOTHING_RATE, "", "", "", 0, 0, 0)]
    kind_column, year_column, rate_column = [], [], []
    for kind, item, place, paid_in, exponent, probability, bought in kinds:
        for year in years:
            key = (item, place, paid_in, exponent, probability, year)
            if key not in numbers:
                numbers[key] = _rate_number(book, key, bought, rows)
            kind_column.append(kind)
            year_column.append(year)
            rate_column.append(numbers[key])
    by_kind = pa.table(
        {
            "kind": pa.array(kind_column, pa.int32()),
            "year": pa.array(year_column, pa.int64()),
            "rate": pa.array(rate_column, pa.int32()),
        }
    )
    return Rates(pa.Table.from_pylist(rows), by_kind)


def _rate_number(book: Book, key: tuple[Any, ...], bought: bool, rows: list[dict[str, Any]]) -> int:
    item, place, paid_in, exponent, probability, year = key
    found = rate(book, item, place, paid_in, exponent, year, Decimal(probability)) if bought else None
    if found is None:
        return NOTHING_RATE
    number = len(rows)
    category = book.items[item].category
    central, low, high = found.micrograms_per_minor, found.low_per_minor, found.high_per_minor
    rows.append(_row(number, item, category, found.factor, central, low, high))
    return number


def _row(number: int, item: str, category: str, factor: str, central: int, low: int, high: int) -> dict[str, Any]:
    return {
        "rate": number,
        "item": item,
        "category": category,
        "factor": factor,
        "micrograms_per_minor": central,
        "low_per_minor": low,
        "high_per_minor": high,
        "counted": int(number != NOTHING_RATE),
        "unknown": int(item == UNKNOWN),
    }


def in_groups[Row](rows: Iterator[Row], key: Callable[[Row], Any]) -> Iterator[list[Row]]:
    """Neighbouring rows with equal keys, together."""
    group: list[Row] = []
    for row in rows:
        if group and key(group[0]) != key(row):
            yield group
            group = []
        group.append(row)
    if group:
        yield group
