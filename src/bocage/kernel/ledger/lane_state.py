"""What a batch of lane B needs to know, read in a handful of queries whatever its size."""

import select
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import Int4

from bocage.kernel.ledger import chain
from bocage.kernel.ledger.deciding import NO_MAXIMUM, NO_MINIMUM, Accounts, State
from bocage.kernel.ledger.exact import HeldState, Stored
from bocage.kernel.ledger.wire import HOLD, POST_HOLD, Records

type Cursor = psycopg.Cursor[tuple[Any, ...]]

_NONE = bytes(16)
_KIND = {name: number for number, name in enumerate(chain.KINDS, 1)}
OVERDUE_HOLDS_MAX = 8192
assert (NO_MINIMUM, NO_MAXIMUM) == (-4 * 10**18, 4 * 10**18), "what `ledger_packed_accounts` writes for no limit"

# As `ledger_packed_accounts` packs an account; `standing`: 1 in lane B, 2 closed, 4 frozen.
_ACCOUNT = np.dtype(
    [
        ("id", "V16"),
        ("standing", ">i2"),
        ("unit", "S12"),
        ("minimum", ">i8"),
        ("maximum", ">i8"),
        ("debits_posted", ">i8"),
        ("credits_posted", ">i8"),
        ("debits_pending", ">i8"),
        ("credits_pending", ">i8"),
    ]
)
_ACCOUNTS_SQL = "select ledger_packed_accounts(%b)"
_STORED_SQL = """
select uuid_send(id), kind, uuid_send(debit_account_id), uuid_send(credit_account_id), amount_minor, up_to_minor, unit,
    code, memo_ref, uuid_send(hold_id), expires_at, uuid_send(group_id), group_position, group_size, refusal, created_at
from ledger_transfer where id = any (%b::uuid[])
"""
_HOLDS_SQL = """
select uuid_send(h.id), uuid_send(h.debit_account_id), uuid_send(h.credit_account_id), h.amount_minor, h.expires_at,
    h.unit, h.code, h.memo_ref, p.hold_id is not null, exists (select from ledger_transfer e
        where e.hold_id = h.id and e.kind = 'expire_hold' and e.refusal is null)
from ledger_transfer h left join ledger_pending p on p.hold_id = h.id
where h.id = any (%b::uuid[]) and h.kind = 'hold' and h.refusal is null
"""
_OVERDUE_SQL = f"""
select uuid_send(p.hold_id), p.expires_at from ledger_pending p join ledger_account a on a.id = p.debit_account_id
where p.debit_account_id = any (%b::uuid[]) and p.expires_at <= ledger_now() and a.lane = 'B'
order by p.expires_at, p.hold_id limit {OVERDUE_HOLDS_MAX}
"""
_READ_SQL = "select at, known, overdue, accounts, seqs from ledger_read_batch(%b, %b, %b, %b, %b)"
_SEQS_SQL = "select ledger_next_seqs(%b)"
_ALL_OVERDUE_SQL = f"""
select uuid_send(p.hold_id) from ledger_pending p join ledger_account a on a.id = p.debit_account_id
where p.expires_at <= %b and a.lane = 'B' order by p.expires_at, p.hold_id limit {OVERDUE_HOLDS_MAX}
"""


class UuidArray(bytes):
    """PostgreSQL's binary form of a uuid[]."""


class IntegerArray(bytes):
    """PostgreSQL's binary form of a bigint[]."""


class RowArray(bytes):
    """PostgreSQL's binary form of a ledger_incoming[]; the statement says so by a cast."""


class _UuidArrayDumper(Dumper):
    format, oid = Format.BINARY, 2951

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


class _IntegerArrayDumper(_UuidArrayDumper):
    oid = 1016


class _RowArrayDumper(_UuidArrayDumper):
    oid = 0


def teach(link: "psycopg.Connection[Any]") -> None:
    """Let this connection send `UuidArray`, `IntegerArray` and `RowArray`, and prepare what it is asked to prepare."""
    link.adapters.register_dumper(UuidArray, _UuidArrayDumper)
    link.adapters.register_dumper(IntegerArray, _IntegerArrayDumper)
    link.adapters.register_dumper(RowArray, _RowArrayDumper)
    # None would forbid it; so many times nothing is prepared by itself.
    link.prepare_threshold = sys.maxsize


def uuid_array(ids: Iterable[bytes]) -> UuidArray:
    """The ids, 16 bytes each, as one parameter."""
    return UuidArray(_array(np.frombuffer(b"".join(ids), "V16"), 2950))


def integer_array(numbers: NDArray[np.int64]) -> IntegerArray:
    """The numbers as one parameter."""
    return IntegerArray(_array(numbers.astype(">i8"), 20))


def row_array(rows: NDArray[np.void], row_oid: int) -> RowArray:
    """Rows that already begin with their lengths, as one parameter. `row_oid`: the number of their type."""
    return RowArray(_head(len(rows), row_oid) + rows.tobytes())


def _array(values: NDArray[Any], element_oid: int) -> bytes:
    body = np.zeros(len(values), [("length", ">i4"), ("value", values.dtype)])
    body["length"], body["value"] = values.dtype.itemsize, values
    return _head(len(values), element_oid) + body.tobytes()


def _head(count: int, element_oid: int) -> bytes:
    return np.array([1, 0, element_oid, count, 1] if count else [0, 0, element_oid], ">i4").tobytes()


@dataclass(frozen=True)
class Begun:
    """A batch's transaction, begun: its state, and numbers for as many rows as it has requests."""

    state: State
    seqs: NDArray[np.int64]


def begin(link: "psycopg.Connection[Any]", requests: Records, epoch: int) -> Begun:
    """Keep all others out of lane B until the end of the transaction, and read what decides `requests`.

    All in one exchange with the database, and more only where ids were used before or holds are resolved or overdue: a
    batch of a few requests takes as long as its exchanges. Raises psycopg's error LG002 where the epoch is over.
    """
    moves = requests["kind"] <= HOLD
    ids = requests["id"].tolist()
    payers = dict.fromkeys(requests["debit"][moves].tolist())
    named = list({**payers, **dict.fromkeys(requests["credit"][moves].tolist())})
    cursor = cursor_of(link)
    asked = [epoch, uuid_array(ids), uuid_array(payers), uuid_array(named), Int4(max(1, len(requests)))]
    with link.pipeline():  # which sends the transaction's BEGIN in the same exchange
        cursor.execute(_READ_SQL, asked, prepare=True)
    ((time, known, is_overdue, accounts, seqs),) = cursor.fetchall()
    at = chain.microseconds(time)
    stored = cursor.execute(_STORED_SQL, [uuid_array(ids)]).fetchall() if known else []
    overdue = cursor.execute(_OVERDUE_SQL, [uuid_array(payers)]).fetchall() if is_overdue else []
    holds = _holds(cursor, set(requests["hold"][requests["kind"] >= POST_HOLD].tolist()))
    more = {row[1] for row in holds} - set(payers)
    if more:
        overdue += cursor.execute(_OVERDUE_SQL, [uuid_array(more)]).fetchall()
    if not len(requests):
        overdue = [(*row, time) for row in cursor.execute(_ALL_OVERDUE_SQL, [time]).fetchall()]
    ended = [id for id, expires_at in overdue if chain.microseconds(expires_at) <= at]
    state = _state(cursor, named, accounts or b"", at, _stored(stored), holds, ended)
    return Begun(state, np.frombuffer(seqs, ">i8").astype(np.int64))


def flush(link: "psycopg.Connection[Any]") -> None:
    """Send all that a pipeline has been given, so that the database works while the caller does something else.

    For statements that answer little: what the database says meanwhile waits in the socket.
    """
    while link.pgconn.flush():
        select.select([], [link.pgconn.socket], [])


def more_seqs(cursor: Cursor, count: int) -> NDArray[np.int64]:
    """Numbers for further rows, which follow those of `begin`."""
    ((seqs,),) = cursor.execute(_SEQS_SQL, [count]).fetchall()
    return np.frombuffer(seqs, ">i8").astype(np.int64)


def cursor_of(link: "psycopg.Connection[Any]") -> Cursor:
    """A cursor whose results come in PostgreSQL's binary form."""
    cursor = psycopg.Cursor(link)
    cursor.format = Format.BINARY
    return cursor


def _state(
    cursor: Cursor,
    named: list[bytes],
    accounts: bytes,
    at: int,
    stored: dict[bytes, Stored],
    holds: list[Any],
    overdue: list[bytes],
) -> State:
    known = {row[0] for row in holds}
    holds += _holds(cursor, [id for id in overdue if id not in known])
    also = {id for row in holds for id in row[1:3]} - set(named)
    if also:
        ((found,),) = cursor.execute(_ACCOUNTS_SQL, [uuid_array(also)]).fetchall()
        accounts += found or b""
    columns = _accounts(accounts)
    states = {row[0]: _held(columns, row) for row in holds}
    by_account: dict[int, list[bytes]] = {}
    for id in overdue:
        by_account.setdefault(states[id].debit, []).append(id)
    return State(at, columns, stored, states, by_account)


def _accounts(packed: bytes) -> Accounts:
    rows = np.frombuffer(packed, _ACCOUNT)
    index = dict(zip(rows["id"].tolist(), range(len(rows)), strict=True))
    in_lane, closed, frozen = (rows["standing"] & bit != 0 for bit in (1, 2, 4))
    units = np.char.rstrip(rows["unit"], b" ")
    columns = (rows[name].astype(np.int64) for name in _ACCOUNT.names[3:])  # type: ignore[index] # it has names
    return Accounts(index, in_lane, closed, frozen, units.astype("S12"), *columns)


def _stored(rows: list[Any]) -> dict[bytes, Stored]:
    return {
        id: Stored(
            _KIND[kind],
            debit or _NONE,
            credit or _NONE,
            amount_minor,
            up_to_minor,
            unit.encode(),
            code.encode(),
            memo_ref.encode(),
            hold or _NONE,
            chain.microseconds(expires_at) if expires_at else 0,
            group or _NONE,
            position or 0,
            size or 0,
            refusal or "",
            chain.microseconds(created_at),
        )
        for (
            id,
            kind,
            debit,
            credit,
            amount_minor,
            up_to_minor,
            unit,
            code,
            memo_ref,
            hold,
            expires_at,
            group,
            position,
            size,
            refusal,
            created_at,
        ) in rows
    }


def _holds(cursor: Cursor, ids: Iterable[bytes]) -> list[Any]:
    wanted = list(ids)
    return cursor.execute(_HOLDS_SQL, [uuid_array(wanted)]).fetchall() if wanted else []


def _held(accounts: Accounts, row: tuple[Any, ...]) -> HeldState:
    _id, debit, credit, amount_minor, expires_at, unit, code, memo_ref, pending, expired = row
    return HeldState(
        accounts.index[debit],
        accounts.index[credit],
        debit,
        credit,
        amount_minor,
        chain.microseconds(expires_at),
        unit.encode(),
        code.encode(),
        memo_ref.encode(),
        "pending" if pending else "expired" if expired else "resolved",
        was_pending=pending,
    )
