"""Balances folded anew out of transfers, in arrays: what each account's counters must say, and what cannot be."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray

from bocage.kernel.ledger.chain import KINDS, NULLABLE, TRANSFER
from bocage.kernel.proofs.types import Fault

_POST, _HOLD, _POST_HOLD, _VOID_HOLD, _EXPIRE_HOLD = range(1, len(KINDS) + 1)
_ACCEPTED = 1 << NULLABLE.index("refusal")
_NO_LIMIT = 4_000_000_000_000_000_000
_COUNTERS = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
_ACCOUNTS_SQL = (
    "copy (select id, rpad(unit, 12)::bytea, debits_posted_minor, credits_posted_minor, debits_pending_minor,"
    f" credits_pending_minor, coalesce(minimum_minor, -{_NO_LIMIT}), coalesce(maximum_minor, {_NO_LIMIT})"
    " from ledger_account) to stdout (format binary)"
)
_WIRE = np.dtype(
    [
        ("fields", ">i2"),
        ("id_length", ">i4"),
        ("id", "V16"),
        ("unit_length", ">i4"),
        ("unit", "S12"),
        *(pair for name in (*_COUNTERS, "minimum", "maximum") for pair in ((f"{name}_length", ">i4"), (name, ">i8"))),
    ]
)


def _keys(ids: NDArray[np.void]) -> NDArray[np.uint64]:
    """64 bits of each id, well mixed: equal ids give equal keys, and the index below refuses two ids of one key."""
    halves = np.frombuffer(np.ascontiguousarray(ids).tobytes(), "<u8").reshape(-1, 2)
    mixed: NDArray[np.uint64] = halves[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ halves[:, 1]
    return mixed


class Fold:
    """The fold of every transfer given to `add`, against the accounts as they are stored."""

    def __init__(self, cursor: "psycopg.Cursor[tuple[Any, ...]]") -> None:
        with cursor.copy(_ACCOUNTS_SQL) as stream:
            stored = np.frombuffer(b"".join(stream)[19:-2], _WIRE)
        keys = _keys(stored["id"])
        order = np.argsort(keys)
        self._stored, self._keys = stored[order], keys[order]
        if len(np.unique(self._keys)) < len(self._keys):
            raise RuntimeError("two accounts share a key of 64 bits: the fold cannot tell them apart")
        self._units = np.char.rstrip(self._stored["unit"], b" ").astype("S12")
        self._sums = {name: np.zeros(len(keys), np.int64) for name in _COUNTERS}
        self._holds: list[NDArray[np.void]] = []
        self._ends: list[NDArray[np.void]] = []
        self._strangers: list[Fault] = []

    @property
    def accounts(self) -> int:
        return len(self._keys)

    def add(self, transfers: NDArray[np.void]) -> None:
        """Fold these in, in any order."""
        kinds, done = transfers["kind"], transfers["nulls"] & _ACCEPTED != 0
        is_moved = done & ((kinds == _POST) | (kinds == _POST_HOLD))
        moved = transfers if is_moved.all() else transfers[is_moved]
        self._book("debits_posted", moved, "debit_account_id")
        self._book("credits_posted", moved, "credit_account_id")
        for kept, mask in ((self._holds, done & (kinds == _HOLD)), (self._ends, done & (kinds > _HOLD))):
            if mask.any():
                kept.append(transfers[mask])

    def taken(self) -> Any:
        """What `add` was given so far, in a form that travels between processes."""
        return self._sums, self._holds, self._ends, self._strangers

    def merge(self, taken: Any) -> None:
        """Add what another fold over the same accounts has `taken`."""
        sums, holds, ends, strangers = taken
        for name in _COUNTERS:
            self._sums[name] += sums[name]
        self._holds += holds
        self._ends += ends
        self._strangers += strangers

    def _book(self, counter: str, transfers: NDArray[np.void], side: str) -> None:
        if not len(transfers):
            return
        places, known = self._places(transfers[side])
        # A ledger whose accounts are all gone has no place to look at.
        wrong = ~known | (self._units[places] != transfers["unit"]) if len(self._keys) else ~known
        if wrong.any():
            seq = int(transfers["seq"][wrong][0])
            self._strangers.append(Fault(f"seq {seq}", "an account of it is not there, or counts in another unit"))
        amounts = transfers["amount_minor"].astype(np.int64)
        if known.all():
            np.add.at(self._sums[counter], places, amounts)
        else:
            np.add.at(self._sums[counter], places[known], amounts[known])

    def _places(self, ids: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        keys = _keys(ids)
        places = np.searchsorted(self._keys, keys).clip(max=max(len(self._keys) - 1, 0))
        return places, self._keys[places] == keys if len(self._keys) else np.zeros(len(keys), bool)

    def first_impossible(self, transfers: NDArray[np.void]) -> int | None:
        """The `seq` of the first transfer that cannot be whatever else is: an unknown kind, account or amount."""
        kinds, amounts = transfers["kind"], transfers["amount_minor"]
        wrong = (kinds < _POST) | (kinds > _EXPIRE_HOLD)
        done = transfers["nulls"] & _ACCEPTED != 0
        wrong |= done & (amounts < 1)
        for side in ("debit_account_id", "credit_account_id"):
            wrong |= done & ~self._places(transfers[side])[1]
        found = transfers["seq"][wrong]
        return int(found[0]) if len(found) else None

    def faults(self) -> Iterator[Fault]:
        """What does not hold, once all is folded in."""
        yield from self._strangers[:1]
        yield from self._resolve()
        for name in _COUNTERS:
            off = np.flatnonzero(self._sums[name] != self._stored[name])
            if len(off):
                place = off[0]
                said, is_ = int(self._stored[name][place]), int(self._sums[name][place])
                yield Fault(self._name(place), f"{name} says {said}, its transfers come to {is_}")
        left = self._sums["credits_posted"] - self._sums["debits_posted"]
        low = np.flatnonzero(left - self._sums["debits_pending"] < self._stored["minimum"])
        high = np.flatnonzero(left + self._sums["credits_pending"] > self._stored["maximum"])
        for off, says in ((low, "less is available than its limit"), (high, "it holds more than its limit")):
            if len(off):
                yield Fault(self._name(off[0]), says)
        for unit in np.unique(self._units):
            of_unit = self._units == unit
            debits, credits = (int(self._sums[name][of_unit].sum()) for name in _COUNTERS[:2])
            if debits != credits:
                yield Fault(f"unit {unit.decode()}", f"debits of {debits} and credits of {credits}")

    def _resolve(self) -> Iterator[Fault]:
        """Pending money: each hold's until it was taken, released or expired, which happens once, and not above it."""
        holds = np.concatenate([np.zeros(0, TRANSFER), *self._holds])
        ends = np.concatenate([np.zeros(0, TRANSFER), *self._ends])
        if not len(holds):
            if len(ends):
                yield Fault(f"seq {int(ends['seq'][0])}", "it resolves a hold that is not there")
            return
        keys = _keys(holds["id"])
        order = np.argsort(keys)
        holds, keys = holds[order], keys[order]
        ended = _keys(ends["hold_id"])
        places = np.searchsorted(keys, ended).clip(max=len(keys) - 1)
        strange = keys[places] != ended
        if strange.any():
            yield Fault(f"seq {int(ends['seq'][strange][0])}", "it resolves a hold that is not there")
        more = ends["amount_minor"].astype(np.int64) > holds["amount_minor"][places].astype(np.int64)
        if (more & ~strange).any():
            yield Fault(f"seq {int(ends['seq'][more & ~strange][0])}", "it takes more than was held")
        unique, first, counts = np.unique(ended, return_index=True, return_counts=True)
        if len(unique) < len(ended):
            yield Fault(f"seq {int(ends['seq'][first[counts > 1][0]])}", "its hold is resolved more than once")
        open_ = holds[~np.isin(keys, ended)]
        self._book("debits_pending", open_, "debit_account_id")
        self._book("credits_pending", open_, "credit_account_id")

    def _name(self, place: int) -> str:
        return f"account {UUID(bytes=self._stored['id'][place].tobytes())}"
