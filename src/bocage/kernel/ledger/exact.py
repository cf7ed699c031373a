"""The part of a batch that depends on order, decided one request after the other in Python's exact integers.

The order of refusals is lane A's (`sql/functions.sql`); a differential test of random histories holds the two together.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bocage.kernel.ledger import limits
from bocage.kernel.ledger.wire import CODE_OF, CODES, HOLD, POST, POST_HOLD, UP_TO

if TYPE_CHECKING:
    from bocage.kernel.ledger.deciding import Accounts

_NONE = bytes(16)
LINKED_REFUSED, ID_CONFLICT = CODE_OF["linked_refused"], CODE_OF["id_conflict"]


class Stored(NamedTuple):
    """A transfer as it was written: the request's body, where it stood in its group, and the answer."""

    kind: int
    debit: bytes
    credit: bytes
    amount_minor: int | None
    up_to_minor: int | None
    unit: bytes
    code: bytes
    memo_ref: bytes
    hold: bytes
    expires_at: int
    group: bytes
    position: int
    size: int
    refusal: str
    at: int


class Counters(NamedTuple):
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int


@dataclass(frozen=True)
class HeldState:
    """A hold that was accepted: its accounts' rows, its terms, and "pending", "expired" or "resolved"."""

    debit: int
    credit: int
    debit_id: bytes
    credit_id: bytes
    amount_minor: int
    expires_at: int
    unit: bytes
    code: bytes
    memo_ref: bytes
    state: str
    was_pending: bool


@dataclass(frozen=True)
class ExpiredHold:
    """A hold that ended by the ledger's time before the request at its place was looked at."""

    hold_id: bytes
    held: HeldState


@dataclass(frozen=True)
class Written:
    """A row that a request becomes: the columns that its own record does not say."""

    debit: bytes
    credit: bytes
    amount_minor: int | None
    up_to_minor: int | None
    unit: bytes
    code: bytes
    memo_ref: bytes
    group: bytes
    position: int
    size: int
    refusal: str


@dataclass(frozen=True)
class _Asked:
    kind: int
    flags: int
    id: bytes
    debit_id: bytes
    credit_id: bytes
    hold: bytes
    amount_minor: int
    expires_at: int
    unit: bytes
    code: bytes
    memo_ref: bytes
    debit: int
    credit: int


class Exact:
    """Runs through the requests in order; what it changes, it changes here, and a refused group not even here."""

    def __init__(
        self,
        at: int,
        accounts: "Accounts",
        stored: dict[bytes, Stored],
        holds: dict[bytes, HeldState],
        overdue: dict[int, list[bytes]],
    ) -> None:
        self.written: dict[int, Written] = {}
        self.expired: dict[int, list[ExpiredHold]] = {}
        self._at = at
        self._accounts = accounts
        self._stored = dict(stored)
        self._holds: dict[bytes, HeldState] = dict(holds)
        self._overdue = dict(overdue)
        self._counters: dict[int, Counters] = {}
        self._moved: dict[bytes, int] = {}  # what balancing transfers came to
        self._asked: dict[int, _Asked] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    def take(self, place: int, request: tuple[Any, ...], debit: int, credit: int) -> None:
        """Remember the request at `place`: a `wire.REQUEST` record as a tuple, and its accounts' rows (-1: none)."""
        kind, flags, _reserved, id, debit_id, credit_id, hold, amount, expires_at, unit, code, memo_ref = request
        self._asked[place] = _Asked(
            kind, flags, id, debit_id, credit_id, hold, amount, expires_at, unit, code, memo_ref, debit, credit
        )

    def decide(self, group: list[int]) -> list[tuple[int, int, int]]:
        """Decide the linked requests at these places together: for each its code, amount and time."""
        asked = [self._asked[place] for place in group]
        for place, each in zip(group, asked, strict=True):
            self._expire(place, self._payer_of(each))
        ids = {each.id for each in asked}
        if len(ids) < len(asked):
            return [(ID_CONFLICT, 0, self._at)] * len(asked)
        if any(id in self._stored for id in ids):
            return self._again(asked)
        self._undo.clear()
        culprit, refusal = self._apply_all(asked)
        if refusal:
            for table, key, former in reversed(self._undo):
                if former is None:
                    del table[key]
                else:
                    table[key] = former
        answers = []
        for n, (place, each) in enumerate(zip(group, asked, strict=True)):
            said = "" if not refusal else refusal if n == culprit else CODES[LINKED_REFUSED]
            answers.append(self._write(place, each, said, asked[0].id, n + 1, len(asked)))
        return answers

    def expire_all(self, place: int) -> None:
        """Expire everything that is overdue: the sweep."""
        for row in list(self._overdue):
            self._expire(place, row)

    def add_deltas(self, deltas: NDArray[np.int64]) -> None:
        """Add what the counters moved by to `deltas`, a row an account."""
        for row, now in self._counters.items():
            deltas[row] += np.subtract(now, self._loaded(row))

    def pending_changes(self) -> tuple[list[bytes], list[bytes]]:
        """The ids of holds that are pending now and were not, and of those that were and are no more."""
        opened = [id for id, held in self._holds.items() if held.state == "pending" and not held.was_pending]
        resolved = [id for id, held in self._holds.items() if held.state != "pending" and held.was_pending]
        return opened, resolved

    # One group -------------------------------------------------------------------------------------------------------

    def _payer_of(self, each: _Asked) -> int:
        if each.kind <= HOLD:
            return each.debit
        held = self._holds.get(each.hold)
        return held.debit if held else -1

    def _expire(self, place: int, row: int) -> None:
        for id in self._overdue.pop(row, ()):
            held = self._holds[id]
            if held.state != "pending":
                continue
            self._holds[id] = replace(held, state="expired")
            self._release(held, 0)
            self.expired.setdefault(place, []).append(ExpiredHold(id, held))

    def _again(self, asked: list[_Asked]) -> list[tuple[int, int, int]]:
        """The answers given the first time, when the whole group is the same; a conflict of all of it when not."""
        answers = []
        for n, each in enumerate(asked, 1):
            stored = self._stored.get(each.id)
            if stored is None or not self._same(stored, each, asked[0].id, n, len(asked)):
                return [(ID_CONFLICT, 0, self._at)] * len(asked)
            answers.append((CODE_OF[stored.refusal], stored.amount_minor or 0, stored.at))
        return answers

    def _same(self, stored: Stored, each: _Asked, group: bytes, position: int, size: int) -> bool:
        place = (group, position, size) if size > 1 else (_NONE, 0, 0)
        if stored.kind != each.kind or (stored.group, stored.position, stored.size) != place:
            return False
        if each.kind <= HOLD:
            asked_up_to = each.amount_minor if each.flags & UP_TO else None
            return (
                (stored.debit, stored.credit, stored.unit, stored.code, stored.memo_ref, stored.expires_at)
                == (each.debit_id, each.credit_id, each.unit, each.code, each.memo_ref, each.expires_at)
                and stored.up_to_minor == asked_up_to
                and (asked_up_to is not None or stored.amount_minor == each.amount_minor)
            )
        held, amount = self._holds.get(each.hold), each.amount_minor or None
        return stored.hold == each.hold and (
            stored.amount_minor == (amount or (held.amount_minor if held else None))
            or (stored.refusal == "hold_not_found" and stored.amount_minor == amount)
        )

    def _apply_all(self, asked: list[_Asked]) -> tuple[int, str]:
        """Apply until one is refused; which, and why ("": none)."""
        for n, each in enumerate(asked):
            refusal = self._move(each) if each.kind <= HOLD else self._resolve(each)
            if refusal:
                return n, refusal
        return -1, ""

    # One request -----------------------------------------------------------------------------------------------------

    def _move(self, each: _Asked) -> str:
        payer, payee, accounts = each.debit, each.credit, self._accounts
        if payer < 0 or payee < 0:
            return "account_not_found"
        if not (accounts.in_lane[payer] and accounts.in_lane[payee]):
            return "wrong_lane"
        if accounts.closed[payer] or accounts.closed[payee]:
            return "account_closed"
        if accounts.units[payer] != each.unit or accounts.units[payee] != each.unit:
            return "unit_mismatch"
        if accounts.frozen[payer]:
            return "account_frozen"
        if each.kind == HOLD and each.expires_at <= self._at:
            return "hold_expired"
        spends, takes = self._count(payer), self._count(payee)
        spendable = spends.credits_posted - spends.debits_posted - spends.debits_pending - int(accounts.minimum[payer])
        room = int(accounts.maximum[payee]) - takes.credits_posted - takes.credits_pending + takes.debits_posted
        amount = max(1, min(each.amount_minor, spendable, room)) if each.flags & UP_TO else each.amount_minor
        if amount > spendable:
            return "exceeds_balance"
        if amount > room:
            return "exceeds_limit"
        most = limits.COUNTER_MINOR_MAX - amount
        if spends.debits_posted + spends.debits_pending > most or takes.credits_posted + takes.credits_pending > most:
            return "exceeds_bounds"
        if each.kind == POST:
            self._put(self._counters, payer, spends._replace(debits_posted=spends.debits_posted + amount))
            self._put(self._counters, payee, takes._replace(credits_posted=takes.credits_posted + amount))
            if each.flags & UP_TO:
                self._put(self._moved, each.id, amount)
            return ""
        self._put(self._counters, payer, spends._replace(debits_pending=spends.debits_pending + amount))
        self._put(self._counters, payee, takes._replace(credits_pending=takes.credits_pending + amount))
        held = HeldState(
            payer,
            payee,
            each.debit_id,
            each.credit_id,
            amount,
            each.expires_at,
            each.unit,
            each.code,
            each.memo_ref,
            "pending",
            was_pending=False,
        )
        self._put(self._holds, each.id, held)
        return ""

    def _resolve(self, each: _Asked) -> str:
        held = self._holds.get(each.hold)
        if held is None:
            return "hold_not_found"
        if not (self._accounts.in_lane[held.debit] and self._accounts.in_lane[held.credit]):
            return "wrong_lane"
        if held.state != "pending":
            return f"hold_{held.state}"
        if held.expires_at <= self._at:
            return "hold_expired"
        amount = each.amount_minor or held.amount_minor
        if amount > held.amount_minor:
            return "amount_exceeds_hold"
        if each.kind == POST_HOLD and self._accounts.frozen[held.debit]:
            return "account_frozen"
        self._put(self._holds, each.hold, replace(held, state="resolved"))
        self._release(held, amount if each.kind == POST_HOLD else 0)
        return ""

    def _release(self, held: HeldState, posted_minor: int) -> None:
        """Take a hold off both accounts, and move `posted_minor` of it."""
        payer, payee = self._count(held.debit), self._count(held.credit)
        self._put(
            self._counters,
            held.debit,
            payer._replace(
                debits_pending=payer.debits_pending - held.amount_minor,
                debits_posted=payer.debits_posted + posted_minor,
            ),
        )
        self._put(
            self._counters,
            held.credit,
            payee._replace(
                credits_pending=payee.credits_pending - held.amount_minor,
                credits_posted=payee.credits_posted + posted_minor,
            ),
        )

    def _write(
        self, place: int, each: _Asked, refusal: str, group: bytes, position: int, size: int
    ) -> tuple[int, int, int]:
        """Note the row that a request becomes; its answer."""
        if size == 1:
            group, position, size = _NONE, 0, 0
        amount: int | None
        if each.kind <= HOLD:
            up_to = each.amount_minor if each.flags & UP_TO else None
            amount = self._moved.get(each.id, each.amount_minor)
            texts = (each.debit_id, each.credit_id), (each.unit, each.code, each.memo_ref)
        else:
            held, up_to = self._holds.get(each.hold), None
            amount = each.amount_minor or (held.amount_minor if held else None)
            texts = ((held.debit_id, held.credit_id), (held.unit, held.code, held.memo_ref)) if held else _NOTHING
        row = Written(*texts[0], amount, up_to, *texts[1], group, position, size, refusal)
        self.written[place] = row
        self._stored[each.id] = Stored(
            each.kind, *texts[0], amount, up_to, *texts[1], each.hold, each.expires_at, group, position, size, refusal,
            self._at,
        )  # fmt: skip
        return CODE_OF[refusal], amount or 0, self._at

    # State -----------------------------------------------------------------------------------------------------------

    def _count(self, row: int) -> Counters:
        found = self._counters.get(row)
        return self._loaded(row) if found is None else found

    def _loaded(self, row: int) -> Counters:
        accounts = self._accounts
        columns = (
            accounts.debits_posted,
            accounts.credits_posted,
            accounts.debits_pending,
            accounts.credits_pending,
        )
        return Counters(*(int(column[row]) for column in columns))

    def _put(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((table, key, table.get(key)))
        table[key] = value


_NOTHING = ((_NONE, _NONE), (b"", b"", b""))
