"""Transfers out of the database as `chain.TRANSFER` records: thousands a call, without a Python object a row.

PostgreSQL sends each row with all columns at their fixed width, so that the bytes of its binary COPY are an array.
"""

from typing import Any, LiteralString

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from bocage.kernel.ledger.chain import KINDS, NULLABLE, TRANSFER, VERSION

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
# PostgreSQL counts microseconds from 2000, the chain from 1970.
POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000

_ZERO_ID = "'00000000-0000-0000-0000-000000000000'::uuid"
_WIDTHS = {"unit": 12, "code": 40, "refusal": 32}


def _padded(name: str) -> str:
    width = _WIDTHS[name]
    filled = f"substr(textsend(t.{name}) || '\\x{'00' * width}'::bytea, 1, {width})"
    return f"case when t.{name} is null then '\\x{'00' * width}'::bytea else {filled} end"


def _columns() -> list[tuple[str, str, str]]:
    """Each column as it is sent: name, type in the array, SQL over the row `t`."""
    kind = " ".join(f"when '{each}' then {number}" for number, each in enumerate(KINDS, 1))
    nulls = " + ".join(f"(t.{name} is null)::int * {1 << bit}" for bit, name in enumerate(NULLABLE))
    sent: list[tuple[str, str, str]] = [
        ("kind", ">i2", f"(case t.kind {kind} else 0 end)::int2"),
        ("nulls", ">i2", f"({nulls})::int2"),
    ]
    for name in TRANSFER.names[4:]:  # type: ignore[index] # a structured type has names
        stored = TRANSFER[name]
        if name in _WIDTHS:
            sent.append((name, stored.str, _padded(name)))
        elif name == "memo_digest":
            none = f"'\\x{'00' * 32}'::bytea"
            sent.append((name, "V32", f"case when t.memo_ref = '' then {none} else sha256(textsend(t.memo_ref)) end"))
        elif name in ("expires_at", "created_at"):
            sent.append((name, ">i8", f"coalesce(t.{name}, '2000-01-01 00:00:00+00'::timestamptz)"))
        elif stored.kind == "V":
            sent.append((name, "V16", f"coalesce(t.{name}, {_ZERO_ID})"))
        else:
            sent.append((name, stored.str, f"coalesce(t.{name}, 0::int{stored.itemsize})"))
    return sent


_SENT = _columns()
_WIRE = np.dtype(
    [
        ("fields", ">i2"),
        *(pair for name, type_, _sql in _SENT for pair in ((f"{name}_length", ">i4"), (name, type_))),
    ]
)
_SELECT = ", ".join(column for _name, _type, column in _SENT)


def read(
    cursor: psycopg.Cursor[tuple[Any, ...]], source: LiteralString, parameters: dict[str, object] | None = None
) -> NDArray[np.void]:
    """The transfers of `source`, in its order: an SQL FROM clause that names the table `t`, such as
    "ledger_transfer t where t.seq > %(after)s order by t.seq limit 8192".

    `parameters` are filled in as literals, because PostgreSQL's COPY takes none.
    """
    filled = sql.SQL(f"copy (select {_SELECT} from {_named(source)}) to stdout (format binary)").format(
        **{name: sql.Literal(value) for name, value in (parameters or {}).items()}
    )
    raw = _copied(cursor, filled)
    if not raw.startswith(_HEADER) or not raw.endswith(_TRAILER):
        raise ValueError("the database sent no complete binary copy")
    body = memoryview(raw)[len(_HEADER) : -len(_TRAILER)]
    if len(body) % _WIRE.itemsize:
        raise ValueError("a stored transfer has a text that is too long for its column")
    wire = np.frombuffer(body, _WIRE)
    return _records(wire)


def _copied(cursor: psycopg.Cursor[tuple[Any, ...]], statement: sql.Composed) -> bytes:
    """All that a binary COPY sends. What has arrived already is taken from libpq itself: psycopg's own loop costs more
    for a row than the row's hash does, and is gone through only to wait."""
    parts: list[Any] = []
    with cursor.copy(statement) as stream:
        arrived, rows_follow = cursor.connection.pgconn.get_copy_data, True
        while rows_follow:
            size, part = arrived(1)
            if size < 0:
                raise _broken_off(cursor.connection.pgconn)
            parts.append(part if size else stream.read())
            # Only the end is shorter than a row: the trailer, behind the header where there is no row at all.
            rows_follow = len(parts[-1]) >= _WIRE.itemsize
        parts += stream
    return b"".join(parts)


def _broken_off(link: PGconn) -> Exception:
    """What the database said in place of more rows; the connection is of use again once all of it has been taken."""
    said = [each for each in iter(link.get_result, None) if each.status == ExecStatus.FATAL_ERROR]
    return error_from_result(said[0]) if said else ValueError("the database sent no complete binary copy")


def of(cursor: psycopg.Cursor[tuple[Any, ...]], seqs: NDArray[np.int64]) -> NDArray[np.void]:
    """The transfers with these `seq`s, in this order; those that are not there are left out."""
    if not len(seqs):
        return np.zeros(0, TRANSFER)
    first, last = int(seqs.min()), int(seqs.max())
    if last - first < 2 * len(seqs):
        span: dict[str, object] = {"first": first, "last": last}
        found = read(cursor, "ledger_transfer t where t.seq between %(first)s and %(last)s", span)
    else:
        found = read(cursor, "ledger_transfer t where t.seq = any (%(seqs)s::bigint[])", {"seqs": seqs.tolist()})
    stored = found["seq"].astype(np.int64)
    if np.array_equal(stored, seqs) or not len(stored):
        return found
    order = np.argsort(stored)
    places = order[np.searchsorted(stored, seqs, sorter=order).clip(max=len(stored) - 1)]
    in_order: NDArray[np.void] = found[places[stored[places] == seqs]]
    return in_order


def _named(source: str) -> str:
    """`%(name)s` as psycopg writes it, `{name}` as its composer does."""
    return source.replace("%(", "{").replace(")s", "}")


def _records(wire: NDArray[np.void]) -> NDArray[np.void]:
    records = np.zeros(len(wire), TRANSFER)
    records["version"] = VERSION
    for name, _type, _sql in _SENT:
        records[name] = wire[name]
    for name, bit in (("expires_at", NULLABLE.index("expires_at")), ("created_at", None)):
        moved = records[name] + POSTGRES_EPOCH_MICROSECONDS
        records[name] = moved if bit is None else np.where(records["nulls"] >> bit & 1, 0, moved)
    return records
