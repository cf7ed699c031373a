"""How operations and answers travel to the poster and back: fixed-width records, so that thousands are one array.

docs/guide/ledger.md documents the bytes. Little-endian; texts are UTF-8 padded with zeros; absent ids are zeros; times
are microseconds since 1970 UTC, 0 for none; `amount_minor` 0 in a post_hold takes all of the hold.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bocage.kernel.ledger import chain, limits
from bocage.kernel.ledger.types import Hold, Operation, Posted, PostHold, Refused, Transfer, UpTo, VoidHold

type Records = NDArray[np.void]
type Answer = Posted | Refused

POST, HOLD, POST_HOLD, VOID_HOLD, EXPIRE_HOLD = range(1, 6)
LINKED = 1  # this operation and the next one of the submission are one group: all or nothing
UP_TO = 2  # a post of as much as there is, `amount_minor` at most

REQUEST = np.dtype(
    [
        ("kind", "u1"),
        ("flags", "u1"),
        ("reserved", "u2"),
        ("id", "V16"),
        ("debit", "V16"),
        ("credit", "V16"),
        ("hold", "V16"),
        ("amount_minor", "<i8"),
        ("expires_at", "<i8"),
        ("unit", "S12"),
        ("code", "S40"),
        ("memo_ref", "S64"),
    ]
)
ANSWER = np.dtype([("code", "u1"), ("amount_minor", "<i8"), ("at", "<i8")])

# An answer's code; 0 is accepted. Append only: the numbers are on the wire.
CODES = (
    "",
    "account_not_found",
    "wrong_lane",
    "account_closed",
    "unit_mismatch",
    "account_frozen",
    "hold_expired",
    "exceeds_balance",
    "exceeds_limit",
    "exceeds_bounds",
    "hold_not_found",
    "hold_resolved",
    "amount_exceeds_hold",
    "linked_refused",
    "id_conflict",
    "ledger_busy",  # nothing was written: sent again, it is decided anew
)
CODE_OF = {code: number for number, code in enumerate(CODES)}

_REQUEST = struct.Struct("<BBH16s16s16s16sqq12s40s64s")
assert _REQUEST.size == REQUEST.itemsize, "the packed and the array form are the same bytes"
_NONE = bytes(16)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = chain.microseconds(datetime.max.replace(tzinfo=UTC))
_SLUG_BYTES = np.zeros(256, bool)
_SLUG_BYTES[[0, *b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."]] = True


class Malformed(ValueError):
    """Records that no client of ours sends. The message names the first one and its field."""


def pack(groups: Iterable[Sequence[Operation]]) -> bytes:
    """The records of these groups; the operations of one group are linked."""
    packed = []
    for group in groups:
        last = len(group) - 1
        packed += [_packed(operation, LINKED if n < last else 0) for n, operation in enumerate(group)]
    return b"".join(packed)


def _packed(operation: Operation, flags: int) -> bytes:
    match operation:
        case Transfer():
            return _packed_transfer(POST, flags, operation, 0)
        case UpTo(transfer):
            return _packed_transfer(POST, flags | UP_TO, transfer, 0)
        case Hold(transfer, expires_at):
            return _packed_transfer(HOLD, flags, transfer, chain.microseconds(expires_at))
        case PostHold(id, hold_id, amount_minor):
            body = (id.bytes, _NONE, _NONE, hold_id.bytes, amount_minor or 0, 0, b"", b"", b"")
            return _REQUEST.pack(POST_HOLD, flags, 0, *body)
        case VoidHold(id, hold_id):
            return _REQUEST.pack(VOID_HOLD, flags, 0, id.bytes, _NONE, _NONE, hold_id.bytes, 0, 0, b"", b"", b"")


def _packed_transfer(kind: int, flags: int, transfer: Transfer, expires_at: int) -> bytes:
    return _REQUEST.pack(
        kind,
        flags,
        0,
        transfer.id.bytes,
        transfer.debit_account_id.bytes,
        transfer.credit_account_id.bytes,
        _NONE,
        transfer.amount_minor,
        expires_at,
        transfer.unit.encode(),
        transfer.code.encode(),
        transfer.memo_ref.encode(),
    )


def unpack(raw: bytes | memoryview) -> Records:
    """The records, each of them possible in itself. Raises `Malformed`: one bad record would undo its whole batch."""
    if len(raw) % REQUEST.itemsize:
        raise Malformed(f"{len(raw)} bytes are no whole number of records of {REQUEST.itemsize}")
    records = np.frombuffer(raw, REQUEST)
    count = len(records)
    if not 1 <= count <= chain.BATCH_TRANSFERS_MAX:
        raise Malformed(f"a submission has 1 to {chain.BATCH_TRANSFERS_MAX} records, not {count}")
    _check(records)
    if records["flags"][-1] & LINKED:
        raise Malformed(f"record {count - 1}: flags: the last one has no next to be linked with")
    return records


def unpack_all(submissions: Sequence[bytes | memoryview]) -> list[Records]:
    """The records of several submissions, checked at once: a check costs by the call, hardly by the record.

    Raises `Malformed` where any of them is not possible; `unpack` one by one says which and why.
    """
    sizes = np.array([len(raw) for raw in submissions])
    ends = sizes.cumsum() // REQUEST.itemsize
    if (sizes % REQUEST.itemsize).any() or sizes.min() < REQUEST.itemsize:
        raise Malformed("a submission is no whole number of records")
    if sizes.max() > chain.BATCH_TRANSFERS_MAX * REQUEST.itemsize:
        raise Malformed(f"a submission has more than {chain.BATCH_TRANSFERS_MAX} records")
    records = np.frombuffer(b"".join(submissions), REQUEST)
    _check(records)
    if (records["flags"][ends - 1] & LINKED).any():
        raise Malformed("the last record of a submission has no next to be linked with")
    return [records[begin:end] for begin, end in pairwise([0, *ends.tolist()])]


def joined(submissions: Sequence[Records]) -> Records:
    """One after the other. As bytes, because NumPy compares the types of all fields for each array that it joins."""
    return np.frombuffer(b"".join([records.tobytes() for records in submissions]), REQUEST)


def _check(records: Records) -> None:
    """Each record possible in itself. Raises `Malformed`."""
    kind, amount = records["kind"], records["amount_minor"]
    moves = kind <= HOLD
    _all(records, (kind >= POST) & (kind <= VOID_HOLD), "kind")
    known_flags = np.where(kind == POST, LINKED | UP_TO, LINKED)
    _all(records, ((records["flags"] & ~known_flags) == 0) & (records["reserved"] == 0), "flags")
    least = np.where(moves, 1, 0)
    most = np.where(kind == VOID_HOLD, 0, limits.AMOUNT_MINOR_MAX)
    _all(records, (amount >= least) & (amount <= most), "amount_minor")
    _all(records, ~moves | (records["debit"] != records["credit"]), "credit")
    _all(records, ~moves | (records["hold"] == np.void(_NONE)), "hold")
    _all(records, (kind == HOLD) == (records["expires_at"] > 0), "expires_at")
    _all(records, records["expires_at"] <= _LATEST, "expires_at")
    for name in ("unit", "code"):
        _all(records, moves == (records[name] != b""), name)
        _texts(records, name)
    _texts(records, "memo_ref")


def _all(records: Records, good: NDArray[np.bool_], field: str) -> None:
    if not good.all():
        raise Malformed(f"record {int(np.argmin(good))}: {field} is not possible")


def _texts(records: Records, name: str) -> None:
    width = REQUEST[name].itemsize
    octets = np.ascontiguousarray(records[name]).view(np.uint8).reshape(len(records), width)
    if not octets.any():
        return
    ended = ((octets[:, 1:] == 0) | (octets[:, :-1] != 0)).all(axis=1)
    _all(records, ended if name == "memo_ref" else ended & _SLUG_BYTES[octets].all(axis=1), name)
    if name == "memo_ref":
        apart = np.zeros((len(records), width + 1), np.uint8)
        apart[:, :width] = octets
        try:
            apart.tobytes().decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"record {error.start // (width + 1)}: {name} is not UTF-8") from None


def answered(operations: Sequence[Operation], answers: Records) -> list[Answer]:
    """The answers in the facade's types, one an operation."""
    found: list[Answer] = []
    for operation, answer in zip(operations, answers.tolist(), strict=True):
        found.append(_answer(operation, *answer))
    return found


def _answer(operation: Operation, code: int, amount_minor: int, at: int) -> Answer:
    instant = _EPOCH + timedelta(microseconds=at)
    return Refused(id_of(operation), CODES[code], instant) if code else Posted(id_of(operation), amount_minor, instant)


def id_of(operation: Operation) -> Any:
    """The id that says which request the operation is."""
    return operation.transfer.id if isinstance(operation, Hold | UpTo) else operation.id
