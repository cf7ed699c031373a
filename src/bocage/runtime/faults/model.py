"""The ledger as it must be, in plain Python and apart from the code that posts: a second opinion on every row.

It is told the rows in the order in which they took effect and says of each what the answer had to be. It keeps every
answer that a caller was given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID


@dataclass(frozen=True)
class Row:
    """A stored transfer, as it lies in the table."""

    seq: int
    id: UUID
    kind: str
    debit: UUID | None
    credit: UUID | None
    amount: int | None
    unit: str
    hold: UUID | None
    expires_at: datetime | None
    group: UUID | None
    position: int | None
    size: int | None
    refusal: str | None
    at: datetime


@dataclass
class Purse:
    """One account: what came, what went, what is set aside."""

    maximum: int | None
    may_owe: bool
    came: int = 0
    went: int = 0
    coming: int = 0
    going: int = 0

    @property
    def free(self) -> int:
        return self.came - self.went - self.going


@dataclass
class Reserved:
    """A hold: from whom, for whom, how much, and what became of it."""

    debit: UUID
    credit: UUID
    amount: int
    expires_at: datetime
    state: str = "pending"
    taken: int = 0


@dataclass
class Model:
    """`faults` are sentences about what is not as it must be; none is what must be."""

    purses: dict[UUID, Purse]
    holds: dict[UUID, Reserved] = field(default_factory=dict)
    accepted: dict[UUID, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def replay(self, rows: Sequence[Row]) -> None:
        """Follow the rows in order; a linked group takes effect where its first row stands."""
        groups = {key: list(members) for key, members in groupby(sorted_by_group(rows), key=lambda row: row.group)}
        done: set[UUID] = set()
        for row in rows:
            if row.group is None:
                self._follow([row])
            elif row.group not in done:
                done.add(row.group)
                self._follow(groups[row.group])

    def _follow(self, rows: list[Row]) -> None:
        if len(rows) != (rows[0].size or 1):
            self.faults.append(f"the group {rows[0].group} has {len(rows)} rows of {rows[0].size}")
        undo: list[tuple[object, dict[str, object]]] = []
        expected: list[str | None] = []
        for row in rows:
            code = self._apply(row, undo)
            expected.append(code)
            if code is not None:
                break
        if expected[-1] is not None:
            for thing, before in reversed(undo):
                thing.__dict__.update(before)
            culprit = len(expected) - 1
            expected = [expected[-1] if n == culprit else "linked_refused" for n in range(len(rows))]
        for row, code in zip(rows, expected, strict=True):
            if row.refusal != code:
                self.faults.append(f"transfer {row.id} (seq {row.seq}) was answered {row.refusal}; it had to be {code}")
            if row.refusal is None and row.kind != "expire_hold":
                self.accepted[row.id] = row.amount or 0
        for row in rows:
            self._check_bounds(row)

    def _apply(self, row: Row, undo: list[tuple[object, dict[str, object]]]) -> str | None:
        if row.kind in ("post", "hold"):
            return self._move(row, undo)
        hold = self.holds.get(row.hold) if row.hold else None
        if hold is None or row.refusal == "hold_not_found":
            # Who resolves a hold that is not there yet locks no account, and may be numbered behind the hold it missed.
            return "hold_not_found"
        if row.kind == "expire_hold":
            if hold.state != "pending" or hold.expires_at > row.at:
                self.faults.append(f"hold {row.hold} was {hold.state} when it was expired (seq {row.seq})")
        elif hold.state == "expired":
            return "hold_expired"
        elif hold.state != "pending":
            return "hold_resolved"
        elif hold.expires_at <= row.at:
            return "hold_expired"
        elif (row.amount or 0) > hold.amount:
            return "amount_exceeds_hold"
        payer, payee = self.purses[hold.debit], self.purses[hold.credit]
        undo += [(thing, dict(thing.__dict__)) for thing in (hold, payer, payee)]
        hold.state = {"post_hold": "taken", "void_hold": "released", "expire_hold": "expired"}[row.kind]
        payer.going -= hold.amount
        payee.coming -= hold.amount
        if row.kind == "post_hold":
            hold.taken += row.amount or 0
            payer.went += row.amount or 0
            payee.came += row.amount or 0
        return None

    def _move(self, row: Row, undo: list[tuple[object, dict[str, object]]]) -> str | None:
        payer = self.purses.get(row.debit) if row.debit else None
        payee = self.purses.get(row.credit) if row.credit else None
        if payer is None or payee is None or row.amount is None:
            return "account_not_found"
        if row.kind == "hold" and row.expires_at is not None and row.expires_at <= row.at:
            return "hold_expired"
        if not payer.may_owe and payer.free < row.amount:
            return "exceeds_balance"
        if payee.maximum is not None and payee.came - payee.went + payee.coming + row.amount > payee.maximum:
            return "exceeds_limit"
        undo += [(thing, dict(thing.__dict__)) for thing in (payer, payee)]
        if row.kind == "hold" and row.debit and row.credit and row.expires_at:
            self.holds[row.id] = Reserved(row.debit, row.credit, row.amount, row.expires_at)
            payer.going += row.amount
            payee.coming += row.amount
        else:
            payer.went += row.amount
            payee.came += row.amount
        return None

    def _check_bounds(self, row: Row) -> None:
        for id in (row.debit, row.credit):
            purse = self.purses.get(id) if id else None
            if purse is not None and purse.free < 0 and not purse.may_owe:
                self.faults.append(f"account {id} was overdrawn by transfer {row.id} (seq {row.seq})")

    def check_holds(self) -> None:
        """Each hold has been taken once at most, and for no more than was set aside."""
        for id, hold in self.holds.items():
            if hold.taken > hold.amount or (hold.taken and hold.state != "taken"):
                self.faults.append(f"hold {id}: {hold.taken} taken of {hold.amount}, and it is {hold.state}")


def sorted_by_group(rows: Iterable[Row]) -> list[Row]:
    """The rows of linked groups, group by group, in the order of each group."""
    return sorted((row for row in rows if row.group is not None), key=lambda row: (str(row.group), row.position or 0))
