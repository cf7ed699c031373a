"""The whole ledger as Parquet, for analysts: accounts, transfers and the trial balance of one snapshot.

Needs pyarrow (extra `analytics`). Rows go as they come, PostgreSQL's COPY -> Arrow's CSV reader -> row groups, so that
memory does not grow with the ledger. Columns, units and what is left out are in docs/guide/proofs.md.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from django.db import connection, transaction

BLOCK_BYTES = 4 * 1024 * 1024
ROW_GROUP_ROWS = 250_000
FORMAT_VERSION = "1"

_ID, _MINOR, _TEXT = pa.string(), pa.int64(), pa.string()
_AT = pa.timestamp("us", tz="UTC")
# Each table: its columns as they are written, and the query that gives them in that order. Instants travel as
# microseconds since 1970. No owner: an account says only whether it is the house's own.
ACCOUNTS = pa.schema(
    [
        ("id", _ID), ("unit", _TEXT), ("kind", _TEXT), ("service", _TEXT), ("of_house", pa.bool_()),
        ("minimum_minor", _MINOR), ("maximum_minor", _MINOR), ("debits_posted_minor", _MINOR),
        ("credits_posted_minor", _MINOR), ("debits_pending_minor", _MINOR), ("credits_pending_minor", _MINOR),
        ("created_at", _AT), ("frozen_at", _AT), ("closed_at", _AT),
    ]
)  # fmt: skip
TRANSFERS = pa.schema(
    [
        ("seq", pa.int64()), ("id", _ID), ("kind", _TEXT), ("debit_account_id", _ID), ("credit_account_id", _ID),
        ("amount_minor", _MINOR), ("up_to_minor", _MINOR), ("unit", _TEXT), ("code", _TEXT), ("memo_ref", _TEXT),
        ("hold_id", _ID), ("expires_at", _AT), ("group_id", _ID), ("refusal", _TEXT), ("created_at", _AT),
    ]
)  # fmt: skip
TRIAL_BALANCE = pa.schema(
    [
        ("unit", _TEXT), ("kind", _TEXT), ("accounts", pa.int64()), ("debits_posted_minor", _MINOR),
        ("credits_posted_minor", _MINOR), ("debits_pending_minor", _MINOR), ("credits_pending_minor", _MINOR),
    ]
)  # fmt: skip
UNITS = pa.schema([("code", _TEXT), ("exponent", pa.int64()), ("is_money", pa.bool_())])

_ACCOUNTS_SQL: LiteralString = """
select id, unit, kind, service, owner_id is null, minimum_minor, maximum_minor, debits_posted_minor,
    credits_posted_minor, debits_pending_minor, credits_pending_minor, (extract(epoch from created_at) * 1000000)::int8,
    (extract(epoch from frozen_at) * 1000000)::int8, (extract(epoch from closed_at) * 1000000)::int8
from ledger_account order by id
"""
_TRANSFERS_SQL: LiteralString = """
select seq, id, kind, debit_account_id, credit_account_id, amount_minor, up_to_minor, unit, code, memo_ref, hold_id,
    (extract(epoch from expires_at) * 1000000)::int8, group_id, refusal,
    (extract(epoch from created_at) * 1000000)::int8
from ledger_transfer order by seq
"""
_TRIAL_BALANCE_SQL: LiteralString = "select * from ledger_trial_balance()"
_UNITS_SQL: LiteralString = "select code, exponent, is_money from ledger_unit order by code"
TABLES: tuple[tuple[str, pa.Schema, LiteralString], ...] = (
    ("units", UNITS, _UNITS_SQL),
    ("trial_balance", TRIAL_BALANCE, _TRIAL_BALANCE_SQL),
    ("accounts", ACCOUNTS, _ACCOUNTS_SQL),
    ("transfers", TRANSFERS, _TRANSFERS_SQL),
)


def write_parquet(folder: Path, progress: Callable[[str, int], None] = lambda _name, _rows: None) -> dict[str, int]:
    """Write `NAME.parquet` for each of `TABLES` into `folder`, which must not be there yet; the rows of each.

    One snapshot, as the auditor; `progress` hears the table and its rows so far. The folder gets its name when all is
    written. Raises `FileExistsError`, other `OSError`s of a disk, and what the database says.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; give a new folder")
    draft = folder.with_name(f".{folder.name}.unfinished")
    draft.mkdir(parents=True)
    try:
        with connection.cursor() as wrapper:
            # Of the session: an actor's own settings are the first thing that a transaction of ours says.
            wrapper.execute("set session characteristics as transaction isolation level repeatable read")
        with transaction.atomic(), connection.cursor() as wrapper:
            wrapper.execute("set local statement_timeout = 0")
            rows = {
                name: _write(wrapper.cursor, draft / f"{name}.parquet", schema, query, partial(progress, name))
                for name, schema, query in TABLES
            }
        draft.rename(folder)
    except BaseException:
        for file in draft.iterdir():
            file.unlink()
        draft.rmdir()
        raise
    return rows


def _write(
    cursor: "psycopg.Cursor[tuple[Any, ...]]",
    file: Path,
    schema: pa.Schema,
    query: LiteralString,
    progress: Callable[[int], None],
) -> int:
    metadata = {"bocage.table": file.stem, "bocage.format": FORMAT_VERSION}
    rows = 0
    kept: list[Any] = []
    with (
        pq.ParquetWriter(file, schema.with_metadata(metadata), compression="zstd") as writer,
        _copied(cursor, query) as raw,
    ):
        for batch in _batches(raw, schema):
            kept.append(batch)
            rows += batch.num_rows
            if sum(each.num_rows for each in kept) >= ROW_GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(kept))
                kept = []
                progress(rows)
        if kept:
            writer.write_table(pa.Table.from_batches(kept))
    progress(rows)
    return rows


def _batches(raw: "_Blocks", schema: pa.Schema) -> Iterator[Any]:
    """The CSV as record batches of `schema`; nothing where the query gave no row, which Arrow would call malformed."""
    if not raw.has_more():
        return
    sent = {field.name: pa.int64() if pa.types.is_timestamp(field.type) else field.type for field in schema}
    reader = arrow_csv.open_csv(
        raw,
        read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES, column_names=schema.names, use_threads=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=sent,
            # PostgreSQL writes null as nothing and an empty text as "".
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
    )
    for batch in reader:
        yield pa.RecordBatch.from_arrays(
            [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
        )


@contextmanager
def _copied(cursor: "psycopg.Cursor[tuple[Any, ...]]", query: LiteralString) -> Iterator["_Blocks"]:
    with cursor.copy(f"copy ({query}) to stdout (format csv)") as stream:
        yield _Blocks(iter(stream))


class _Blocks(io.RawIOBase):
    """The rows that PostgreSQL sends, each a block of bytes, as one file to read from."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows, self._left = rows, b""

    def readable(self) -> bool:
        return True

    def has_more(self) -> bool:
        """Whether anything is left to read."""
        self._left = self._left or bytes(next(self._rows, b""))
        return bool(self._left)

    def read(self, size: int = -1) -> bytes:
        wanted = BLOCK_BYTES if size is None or size < 0 else size
        parts, length = [self._left], len(self._left)
        while length < wanted and (row := next(self._rows, None)):
            parts.append(bytes(row))
            length += len(row)
        whole = b"".join(parts)
        self._left = whole[wanted:]
        return whole[:wanted]
