"""A decided batch as rows: the chain's canonical records, and PostgreSQL's binary form of `ledger_incoming[]`."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from bocage.kernel.ledger import chain
from bocage.kernel.ledger.chain import KINDS, NULLABLE, TRANSFER, VERSION
from bocage.kernel.ledger.deciding import Decision
from bocage.kernel.ledger.exact import Written
from bocage.kernel.ledger.rows import PLAIN_NULLS, POSTGRES_EPOCH_MICROSECONDS
from bocage.kernel.ledger.wire import CODES, EXPIRE_HOLD, Records

_BIT = {name: 1 << bit for bit, name in enumerate(NULLABLE)}
_REFUSALS = np.array([code.encode() for code in CODES], "S32")
_NONE = bytes(16)

# The fields of `ledger_incoming` (sql/lane_b.sql): name, type in the array, PostgreSQL's number of the type.
_COLUMNS = (
    ("seq", ">i8", 20),
    ("id", "V16", 2950),
    ("kind", ">i2", 21),
    ("nulls", ">i2", 21),
    ("debit_account_id", "V16", 2950),
    ("credit_account_id", "V16", 2950),
    ("amount_minor", ">i8", 20),
    ("up_to_minor", ">i8", 20),
    ("unit", "S12", 1042),
    ("code", "S40", 1042),
    ("memo_ref", "", 17),
    ("hold_id", "V16", 2950),
    ("expires_at", ">i8", 1184),
    ("group_id", "V16", 2950),
    ("group_position", ">i2", 21),
    ("group_size", ">i2", 21),
    ("refusal", "S32", 1042),
    ("created_at", ">i8", 1184),
)
_SPACE = 32


class Rows:
    """The rows that a decision writes, in the order in which they took effect; `seq` is still 0."""

    def __init__(self, decision: Decision, requests: Records, at: int) -> None:
        size = len(requests)
        has_row = np.append(decision.plain, False)
        has_row[list(decision.written)] = True
        before = np.zeros(size + 1, np.int64)
        for place, ended in decision.expired.items():
            before[place] = len(ended)
        ends = np.cumsum(before + has_row)
        self._starts = ends - before - has_row
        self.records = np.zeros(int(ends[-1]), TRANSFER)
        self.memo_refs = np.zeros(len(self.records), "S64")
        self.records["version"], self.records["created_at"] = VERSION, at
        self._fill_plain(decision, requests, (self._starts + before)[:size])
        for place, written in decision.written.items():
            self._fill_written(int(self._starts[place] + before[place]), requests[place], written)
        self._fill_expired(decision)
        named = np.flatnonzero(self.memo_refs != b"")
        digests = [chain.memo_digest(memo_ref.decode()) for memo_ref in self.memo_refs[named].tolist()]
        self.records["memo_digest"][named] = np.array(digests, "V32")

    def __len__(self) -> int:
        return len(self.records)

    def sent(self) -> NDArray[np.void]:
        """The rows as elements of PostgreSQL's binary form of `ledger_incoming[]`: a record each, its length first."""
        memo_width = max(1, int(np.char.str_len(self.memo_refs).max(initial=1)))
        wire = np.zeros(len(self.records), _wire(memo_width))
        wire["length"], wire["fields"] = wire.dtype.itemsize - wire.dtype["length"].itemsize, len(_COLUMNS)
        for name, _type, oid in _COLUMNS:
            wire[f"{name}_oid"], wire[f"{name}_length"] = oid, wire.dtype[name].itemsize
            if name == "memo_ref":
                wire[name] = self.memo_refs
            elif name in ("expires_at", "created_at"):
                wire[name] = self.records[name] - POSTGRES_EPOCH_MICROSECONDS
            elif wire.dtype[name].kind == "S":
                wire[name] = _spaced(self.records[name])
            else:
                wire[name] = self.records[name]
        return wire

    def _fill_plain(self, decision: Decision, requests: Records, places: NDArray[np.int64]) -> None:
        at_rows, asked = places[decision.plain], requests[decision.plain]
        if not len(asked):
            return
        refused = decision.answers["code"][decision.plain]
        filled = np.zeros(len(asked), TRANSFER)
        for name, source in (
            ("kind", "kind"),
            ("id", "id"),
            ("debit_account_id", "debit"),
            ("credit_account_id", "credit"),
            ("amount_minor", "amount_minor"),
            ("unit", "unit"),
            ("code", "code"),
        ):
            filled[name] = asked[source]
        filled["refusal"] = _REFUSALS[refused]
        filled["nulls"] = np.where(refused == 0, PLAIN_NULLS, PLAIN_NULLS & ~_BIT["refusal"])
        for name in ("version", "created_at"):
            filled[name] = self.records[name][at_rows]
        self.records[at_rows] = filled
        self.memo_refs[at_rows] = asked["memo_ref"]

    def _fill_written(self, row: int, request: np.void, written: Written) -> None:
        record = self.records[row]
        record["kind"], record["id"], record["hold_id"] = request["kind"], request["id"], request["hold"]
        record["expires_at"] = request["expires_at"]
        record["debit_account_id"], record["credit_account_id"] = np.void(written.debit), np.void(written.credit)
        record["amount_minor"], record["up_to_minor"] = written.amount_minor or 0, written.up_to_minor or 0
        record["unit"], record["code"], record["refusal"] = written.unit, written.code, written.refusal.encode()
        record["group_id"], record["group_position"] = np.void(written.group), written.position
        record["group_size"] = written.size
        absent = {
            "debit_account_id": written.debit == _NONE,
            "credit_account_id": written.credit == _NONE,
            "amount_minor": written.amount_minor is None,
            "up_to_minor": written.up_to_minor is None,
            "hold_id": request["hold"].tobytes() == _NONE,
            "expires_at": request["expires_at"] == 0,
            "group_id": written.size == 0,
            "group_position": written.size == 0,
            "group_size": written.size == 0,
            "refusal": not written.refusal,
        }
        record["nulls"] = sum(_BIT[name] for name, is_null in absent.items() if is_null)
        self.memo_refs[row] = written.memo_ref

    def _fill_expired(self, decision: Decision) -> None:
        made = iter(chain_ids(sum(map(len, decision.expired.values()))))
        for place, ended in decision.expired.items():
            for n, each in enumerate(ended):
                record, held = self.records[int(self._starts[place]) + n], each.held
                record["kind"], record["id"], record["hold_id"] = (
                    EXPIRE_HOLD,
                    np.void(next(made)),
                    np.void(each.hold_id),
                )
                record["debit_account_id"], record["credit_account_id"] = (
                    np.void(held.debit_id),
                    np.void(held.credit_id),
                )
                record["amount_minor"], record["unit"], record["code"] = held.amount_minor, held.unit, held.code
                record["nulls"] = PLAIN_NULLS & ~_BIT["hold_id"]
                self.memo_refs[int(self._starts[place]) + n] = held.memo_ref


@cache
def _wire(memo_width: int) -> np.dtype[np.void]:
    """A record: its length in bytes, the number of its fields, and of each field its type, length and value."""
    fields: list[tuple[str, str]] = [("length", ">i4"), ("fields", ">i4")]
    for name, type_, _oid in _COLUMNS:
        fields += [(f"{name}_oid", ">i4"), (f"{name}_length", ">i4"), (name, type_ or f"S{memo_width}")]
    return np.dtype(fields)


def chain_ids(count: int) -> list[bytes]:
    """Ids for rows that nobody asked for."""
    from bocage.kernel.ids import uuid7

    return [uuid7().bytes for _n in range(count)]


def _spaced(texts: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """Padded with spaces, which PostgreSQL's `bpchar` takes off again; these texts have none of their own."""
    octets = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), texts.dtype.itemsize)
    return np.where(octets == 0, np.uint8(_SPACE), octets).view(texts.dtype).reshape(len(texts))


assert KINDS[EXPIRE_HOLD - 1] == "expire_hold"
