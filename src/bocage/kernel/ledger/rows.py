"""Transfers out of the database as `chain.TRANSFER` records: thousands a call, without a Python object a row.

PostgreSQL strings all rows together, each with its columns at their fixed width, so that the one value it sends is an
array. (A binary COPY is a message a row, and taking a message cost more than hashing a row does.) Most rows are plain:
accepted posts by themselves, where half of the columns is null; `of` asks for those without the others.
"""

from typing import Any, LiteralString

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.pq import Format

from bocage.kernel.ledger.chain import KINDS, NULLABLE, TRANSFER, VERSION

# PostgreSQL counts microseconds from 2000, the chain from 1970.
POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000

_ZERO_ID = "'00000000-0000-0000-0000-000000000000'::uuid"
_WIDTHS = {"unit": 12, "code": 40, "refusal": 32}


def _padded(name: str) -> str:
    width = _WIDTHS[name]
    filled = f"substr(textsend(t.{name}) || '\\x{'00' * width}'::bytea, 1, {width})"
    return f"case when t.{name} is null then '\\x{'00' * width}'::bytea else {filled} end"


def _columns() -> list[tuple[str, str, str]]:
    """Each column as it is sent: name, type in the array, and its octets in SQL over the row `t`."""
    kind = " ".join(f"when '{each}' then {number}" for number, each in enumerate(KINDS, 1))
    nulls = " + ".join(f"(t.{name} is null)::int * {1 << bit}" for bit, name in enumerate(NULLABLE))
    sent: list[tuple[str, str, str]] = [
        ("kind", ">i2", f"int2send((case t.kind {kind} else 0 end)::int2)"),
        ("nulls", ">i2", f"int2send(({nulls})::int2)"),
    ]
    for name in TRANSFER.names[4:]:  # type: ignore[index] # a structured type has names
        stored = TRANSFER[name]
        is_nullable = name in NULLABLE
        if name in _WIDTHS:
            sent.append((name, stored.str, _padded(name)))
        elif name == "memo_digest":
            none = f"'\\x{'00' * 32}'::bytea"
            sent.append((name, "V32", f"case when t.memo_ref = '' then {none} else sha256(textsend(t.memo_ref)) end"))
        elif name in ("expires_at", "created_at"):
            value = f"coalesce(t.{name}, '2000-01-01 00:00:00+00'::timestamptz)" if is_nullable else f"t.{name}"
            sent.append((name, ">i8", f"timestamptz_send({value})"))
        elif stored.kind == "V":
            sent.append(
                (name, "V16", f"uuid_send({f'coalesce(t.{name}, {_ZERO_ID})' if is_nullable else f't.{name}'})")
            )
        else:
            value = f"coalesce(t.{name}, 0::int{stored.itemsize})" if is_nullable else f"t.{name}"
            sent.append((name, stored.str, f"int{stored.itemsize}send({value})"))
    return sent


class _Form:
    """Some of the columns, as they are sent. `rest`: what the others are in every row."""

    def __init__(self, columns: list[tuple[str, str, str]], rest: dict[str, int]) -> None:
        self.names = [name for name, _type, _sql in columns]
        self.rest = rest
        self.octets: Any = " || ".join(octets for _name, _type, octets in columns)
        self.wire = np.dtype([(name, type_) for name, type_, _sql in columns])


_ALWAYS_THERE = ("debit_account_id", "credit_account_id", "amount_minor")
_IS_PLAIN: Any = "t.kind = 'post' and " + " and ".join(
    f"t.{name} is {'not ' if name in _ALWAYS_THERE else ''}null" for name in NULLABLE
)
_PLAIN_COLUMNS = ("seq", "id", *_ALWAYS_THERE, "unit", "code", "memo_digest", "created_at")
PLAIN_NULLS = sum(1 << bit for bit, name in enumerate(NULLABLE) if name not in _ALWAYS_THERE)
_WHOLE = _Form(_columns(), {"version": VERSION})
_PLAIN = _Form(
    [column for column in _columns() if column[0] in _PLAIN_COLUMNS],
    {"version": VERSION, "kind": KINDS.index("post") + 1, "nulls": PLAIN_NULLS},
)


def read(
    cursor: psycopg.Cursor[tuple[Any, ...]],
    source: LiteralString,
    parameters: dict[str, object] | None = None,
    *,
    form: _Form = _WHOLE,
) -> NDArray[np.void]:
    """The transfers of `source`, in its order: an SQL FROM clause that names the table `t`, such as
    "ledger_transfer t where t.seq > %(after)s order by t.seq limit 8192".
    """
    reading = psycopg.Cursor(cursor.connection)
    reading.format = Format.BINARY
    statement: LiteralString = f"select string_agg(t.octets, '') from (select {form.octets} as octets from {source}) t"
    ((octets,),) = reading.execute(statement, parameters).fetchall()
    return _records(np.frombuffer(octets or b"", form.wire), form)


def of(cursor: psycopg.Cursor[tuple[Any, ...]], seqs: NDArray[np.int64]) -> NDArray[np.void]:
    """The transfers with these `seq`s, in this order; those that are not there are left out."""
    if not len(seqs):
        return np.zeros(0, TRANSFER)
    first, last = int(seqs.min()), int(seqs.max())
    where: LiteralString = "ledger_transfer t where t.seq between %(first)s and %(last)s"
    span: dict[str, object] = {"first": first, "last": last}
    if last - first >= 2 * len(seqs):
        where, span = "ledger_transfer t where t.seq = any (%(seqs)s::bigint[])", {"seqs": seqs.tolist()}
    found = read(cursor, f"{where} and {_IS_PLAIN}", span, form=_PLAIN)
    if len(found) < len(seqs):
        others = read(cursor, f"{where} and not ({_IS_PLAIN})", span)
        # Not by `np.concatenate`, which turns the integers into this machine's byte order.
        found, plain = np.zeros(len(found) + len(others), TRANSFER), found
        found[: len(plain)], found[len(plain) :] = plain, others
    stored = found["seq"].astype(np.int64)
    if np.array_equal(stored, seqs) or not len(stored):
        return found
    order = np.argsort(stored)
    places = order[np.searchsorted(stored, seqs, sorter=order).clip(max=len(stored) - 1)]
    in_order: NDArray[np.void] = found[places[stored[places] == seqs]]
    return in_order


def _records(wire: NDArray[np.void], form: _Form) -> NDArray[np.void]:
    records = np.zeros(len(wire), TRANSFER)
    for name, same in form.rest.items():
        records[name] = same
    for name in form.names:
        records[name] = wire[name]
    records["created_at"] = wire["created_at"] + POSTGRES_EPOCH_MICROSECONDS
    if "expires_at" in form.names:
        is_null = records["nulls"] >> NULLABLE.index("expires_at") & 1
        records["expires_at"] = np.where(is_null, 0, wire["expires_at"] + POSTGRES_EPOCH_MICROSECONDS)
    return records
