"""The ledger as one page of plain Python, written apart from the SQL: what every answer and balance must be."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from bocage.kernel.ledger.types import Hold, Operation, PostHold, Transfer, UpTo, VoidHold

type Answer = tuple[str, int]  # ("", amount) when accepted, (code, 0) when refused


@dataclass
class ModelAccount:
    unit: str
    minimum: int | None
    maximum: int | None
    frozen: bool = False
    closed: bool = False
    entries: list[int] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(self.entries)


@dataclass
class ModelHold:
    debit: UUID
    credit: UUID
    amount: int
    expires: int
    state: str = "pending"


@dataclass
class Model:
    """Time is a whole number of ticks."""

    now: int = 0
    accounts: dict[UUID, ModelAccount] = field(default_factory=dict)
    holds: dict[UUID, ModelHold] = field(default_factory=dict)
    requests: dict[UUID, tuple[Any, Answer]] = field(default_factory=dict)

    def held_from(self, account: UUID, *, at: int | None = None) -> int:
        """What pending holds take off the account; with `at`, only holds that are not overdue then."""
        live = (hold for hold in self.holds.values() if hold.state == "pending" and hold.debit == account)
        return sum(hold.amount for hold in live if at is None or hold.expires > at)

    def held_for(self, account: UUID) -> int:
        return sum(h.amount for h in self.holds.values() if h.state == "pending" and h.credit == account)

    def expire(self, account: UUID | None = None) -> None:
        for hold in self.holds.values():
            if hold.state == "pending" and hold.expires <= self.now and account in (None, hold.debit):
                hold.state = "expired"

    def submit(self, operations: list[Operation], expiries: dict[UUID, int]) -> list[Answer] | str:
        """The answers in order, or "id_conflict". `expiries`: when the group's holds expire, in ticks."""
        bodies = [(operation, index, tuple(operations)) for index, operation in enumerate(operations)]
        ids = [_id(operation) for operation in operations]
        for operation in operations:
            self._touch(operation)
        if any(id in self.requests for id in ids):
            known = [self.requests.get(id) for id in ids]
            same = all(k is not None and self._same(k[0], body) for k, body in zip(known, bodies, strict=True))
            return [k[1] for k in known if k is not None] if same else "id_conflict"
        before = deepcopy((self.accounts, self.holds))
        answers: list[Answer] = []
        for operation in operations:
            answers.append(self._apply(operation, expiries))
            if answers[-1][0]:
                self.accounts, self.holds = before
                culprit = len(answers) - 1
                answers = [answers[culprit] if n == culprit else ("linked_refused", 0) for n in range(len(ids))]
                break
        self.requests.update(zip(ids, zip(bodies, answers, strict=True), strict=True))
        return answers

    def _same(self, stored: Any, asked: Any) -> bool:
        (one, place, group), (two, asked_place, asked_group) = stored, asked
        return (
            place == asked_place
            and len(group) == len(asked_group)
            and self._body(one) == self._body(two)
            and (len(group) == 1 or _id(group[0]) == _id(asked_group[0]))
        )

    def _body(self, operation: Operation) -> Any:
        if isinstance(operation, PostHold) and operation.amount_minor is None and operation.hold_id in self.holds:
            return PostHold(operation.id, operation.hold_id, self.holds[operation.hold_id].amount)
        return operation

    def _touch(self, operation: Operation) -> None:
        match operation:
            case Transfer() | UpTo() | Hold():
                self.expire(_transfer(operation).debit_account_id)
            case PostHold() | VoidHold() if operation.hold_id in self.holds:
                self.expire(self.holds[operation.hold_id].debit)

    def _apply(self, operation: Operation, expiries: dict[UUID, int]) -> Answer:
        self._touch(operation)
        match operation:
            case UpTo(transfer):
                return self._as_much_as_there_is(transfer)
            case Transfer() | Hold():
                transfer = _transfer(operation)
                expires = expiries[transfer.id] if isinstance(operation, Hold) else None
                code = self._refusal(transfer, expires)
                if not code and expires is not None:
                    self.holds[transfer.id] = ModelHold(
                        transfer.debit_account_id, transfer.credit_account_id, transfer.amount_minor, expires
                    )
                elif not code:
                    self._move(transfer.debit_account_id, transfer.credit_account_id, transfer.amount_minor)
                return (code, 0) if code else ("", transfer.amount_minor)
            case PostHold() | VoidHold():
                return self._resolve(operation)

    def _as_much_as_there_is(self, transfer: Transfer) -> Answer:
        """The largest amount up to the one asked for that would be accepted, found by trying."""
        least = self._refusal(replace(transfer, amount_minor=1), None)
        if least:
            return least, 0
        amount = next(
            each
            for each in range(transfer.amount_minor, 0, -1)
            if not self._refusal(replace(transfer, amount_minor=each), None)
        )
        self._move(transfer.debit_account_id, transfer.credit_account_id, amount)
        return "", amount

    def _refusal(self, transfer: Transfer, expires: int | None) -> str:
        payer = self.accounts.get(transfer.debit_account_id)
        payee = self.accounts.get(transfer.credit_account_id)
        if payer is None or payee is None:
            return "account_not_found"
        if payer.closed or payee.closed:
            return "account_closed"
        if payer.unit != transfer.unit or payee.unit != transfer.unit:
            return "unit_mismatch"
        if payer.frozen:
            return "account_frozen"
        if expires is not None and expires <= self.now:
            return "hold_expired"
        after = payer.balance - self.held_from(transfer.debit_account_id) - transfer.amount_minor
        if payer.minimum is not None and after < payer.minimum:
            return "exceeds_balance"
        after = payee.balance + self.held_for(transfer.credit_account_id) + transfer.amount_minor
        if payee.maximum is not None and after > payee.maximum:
            return "exceeds_limit"
        return ""

    def _resolve(self, operation: PostHold | VoidHold) -> Answer:
        hold = self.holds.get(operation.hold_id)
        if hold is None:
            return "hold_not_found", 0
        if hold.state != "pending":
            return ("hold_expired" if hold.state == "expired" else "hold_resolved"), 0
        amount = hold.amount
        if isinstance(operation, PostHold):
            amount = hold.amount if operation.amount_minor is None else operation.amount_minor
            if amount > hold.amount:
                return "amount_exceeds_hold", 0
            if self.accounts[hold.debit].frozen:
                return "account_frozen", 0
            self._move(hold.debit, hold.credit, amount)
        hold.state = "resolved"
        return "", amount

    def _move(self, debit: UUID, credit: UUID, amount: int) -> None:
        self.accounts[debit].entries.append(-amount)
        self.accounts[credit].entries.append(amount)


def _transfer(operation: Transfer | UpTo | Hold) -> Transfer:
    return operation if isinstance(operation, Transfer) else operation.transfer


def _id(operation: Operation) -> UUID:
    return operation.transfer.id if isinstance(operation, Hold | UpTo) else operation.id
