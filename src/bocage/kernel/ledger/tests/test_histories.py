"""Random histories: the ledger and the model give the same answers and the same balances, whatever is asked."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import actions, queries
from bocage.kernel.ledger.testing import move_ledger_time
from bocage.kernel.ledger.tests.model import Answer, Model, ModelAccount
from bocage.kernel.ledger.types import Hold, Operation, Posted, PostHold, Refused, Transfer, VoidHold

# Long beside the seconds that a history takes, so that no expiry falls between two statements of one step.
TICK = timedelta(hours=1)
AMOUNTS = st.integers(1, 60)
# Mostly the wallets 2, 3 and 4; now and then a source, an account opened later, or one that does not exist.
PLACES = st.sampled_from([2, 2, 2, 3, 3, 3, 4, 4, 4, 0, 1, 5, 6])
LIMITS = st.sampled_from([None, None, 0, 50, 100])
TICKS = st.integers(-1, 4)
DRAWS = st.tuples(
    st.sampled_from(["post", "post", "post", "hold", "hold", "post_hold", "post_hold", "void_hold"]),
    PLACES,
    PLACES,
    AMOUNTS,
    TICKS,
    st.booleans(),
)


CHANGES = st.sampled_from(
    ["amount_minor", "amount_minor", "code", "memo_ref", "unit", "credit_account_id", "expires_at"]
)


class Histories(RuleBasedStateMachine):
    """All accounts belong to one party, who acts, so that she sees every row."""

    owner: UUID

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.asked: list[tuple[list[Operation], dict[UUID, int], list[Answer]]] = []
        move_ledger_time(timedelta(0))
        with connection.cursor() as cursor:
            cursor.execute("select clock_timestamp() - interval '30 minutes'")
            self.start: datetime = cursor.fetchone()[0]

    @initialize()
    def wallets_with_money(self) -> None:
        self._open("EUR", "issuer", None, None)
        self._open("gCO2", "issuer", None, None)
        for maximum in (None, None, 100):
            self._open("EUR", "wallet", 0, maximum)
        source, _grams, *wallets = self.model.accounts
        for wallet in wallets:
            self._submit([Transfer(uuid4(), source, wallet, 70, "EUR", "opening")], {})

    @rule(unit=st.sampled_from(["EUR", "EUR", "gCO2"]), maximum=LIMITS)
    def open(self, unit: str, maximum: int | None) -> None:
        if len(self.model.accounts) < 7:
            self._open(unit, "wallet", 0, maximum)

    @rule(draws=st.lists(DRAWS, min_size=1, max_size=1))
    def one(self, draws: list[Any]) -> None:
        self._submit(*self._operations(draws))

    @rule(draws=st.lists(DRAWS, min_size=2, max_size=4))
    def linked(self, draws: list[Any]) -> None:
        self._submit(*self._operations(draws))

    @rule(place=st.integers(0, 50))
    def again(self, place: int) -> None:
        if self.asked:
            operations, expiries, answers = self.asked[place % len(self.asked)]
            assert self._submit(operations, expiries) == answers

    @rule(place=st.integers(0, 50), draw=DRAWS)
    def other_body_or_group(self, place: int, draw: Any) -> None:
        if self.asked:
            operations, expiries, _answers = self.asked[place % len(self.asked)]
            more, more_expiries = self._operations([draw])
            self._submit([*operations, *more], {**expiries, **more_expiries})

    @rule(place=st.integers(0, 50), change=CHANGES)
    def one_field_changed(self, place: int, change: str) -> None:
        if self.asked:
            operations, expiries, _answers = self.asked[place % len(self.asked)]
            other = [_changed(operations[0], change), *operations[1:]]
            same = other == operations
            assert (self._submit(other, expiries) == "id_conflict") != same

    @rule(ticks=st.integers(1, 3))
    def time_passes(self, ticks: int) -> None:
        self.model.now += ticks
        move_ledger_time(TICK * self.model.now)

    @rule()
    def sweep(self) -> None:
        actions.expire_holds()
        self.model.expire()

    @rule(place=PLACES, frozen=st.booleans())
    def freeze(self, place: int, frozen: bool) -> None:
        id = self._account(place)
        if id in self.model.accounts and not self.model.accounts[id].closed:
            (actions.freeze if frozen else actions.unfreeze)(id)
            self.model.accounts[id].frozen = frozen

    @rule(place=st.integers(2, 5))
    def close(self, place: int) -> None:
        id = self._account(place)
        account = self.model.accounts.get(id)
        if account is None or account.closed:
            return
        self.model.expire(id)
        empty = account.balance == 0 and self.model.held_from(id) == 0 and self.model.held_for(id) == 0
        if empty and not account.frozen:
            actions.close_account(id)
            account.closed = True
        else:
            with pytest.raises(Refusal, match=r"account_(not_empty|frozen)"):
                actions.close_account(id)

    @invariant()
    def balances_agree(self) -> None:
        found = queries.balances(list(self.model.accounts))
        sums = {"EUR": 0, "gCO2": 0}
        for id, account in self.model.accounts.items():
            held = self.model.held_from(id, at=self.model.now)
            assert (found[id].posted_minor, found[id].pending_minor) == (account.balance, held)
            assert found[id].available_minor == account.balance - held
            if account.minimum is not None:
                assert found[id].available_minor >= account.minimum
            sums[account.unit] += found[id].posted_minor
        assert sums == {"EUR": 0, "gCO2": 0}

    def teardown(self) -> None:
        assert queries.disagreements() == ()
        for id, account in self.model.accounts.items():
            told = [movement.amount_minor for movement in queries.history(id, limit=100)]
            assert told == account.entries[::-1][:100]

    def _open(self, unit: str, kind: str, minimum: int | None, maximum: int | None) -> None:
        id = uuid4()
        actions.open_account(id, self.owner, unit, kind, minimum_minor=minimum, maximum_minor=maximum)
        self.model.accounts[id] = ModelAccount(unit, minimum, maximum)

    def _account(self, place: int) -> UUID:
        ids = list(self.model.accounts)
        return ids[place] if place < len(ids) else UUID(int=place)

    def _operations(self, draws: list[Any]) -> tuple[list[Operation], dict[UUID, int]]:
        operations: list[Operation] = []
        expiries: dict[UUID, int] = {}
        for kind, one, two, amount, ticks, part in draws:
            id = uuid4()
            debit, credit = self._account(one), self._account(two)
            if kind in ("post", "hold"):
                if debit == credit:
                    credit = self._account((two + 1) % 7)
                account = self.model.accounts.get(debit)
                transfer = Transfer(id, debit, credit, amount, account.unit if account else "EUR", "pay", "note")
                expiries[id] = self.model.now + ticks
                expires_at = self.start + TICK * expiries[id]
                operations.append(transfer if kind == "post" else Hold(transfer, expires_at))
                continue
            known = [*self.model.holds, *(o.transfer.id for o in operations if isinstance(o, Hold))]
            hold_id = known[-1 - (one % len(known))] if known else uuid4()
            if kind == "post_hold":
                operations.append(PostHold(id, hold_id, amount if part else None))
            else:
                operations.append(VoidHold(id, hold_id))
        return operations, expiries

    def _submit(self, operations: list[Operation], expiries: dict[UUID, int]) -> list[Answer] | str:
        expected = self.model.submit(operations, expiries)
        got = _ask(operations)
        if isinstance(expected, list) and any(code for code, _amount in expected):
            culprits = [answer for answer in expected if answer[0] != "linked_refused"]
            assert got == culprits, (operations, expected)
        else:
            assert got == expected, (operations, expected)
        if isinstance(expected, list) and not any(operations == known for known, _e, _a in self.asked):
            self.asked.append((operations, expiries, expected))
        return expected


def _changed(operation: Operation, change: str) -> Operation:
    """The operation with another value in one field, or itself where it has no such field."""
    match operation:
        case Hold(transfer, expires_at):
            if change == "expires_at":
                return Hold(transfer, expires_at + timedelta(microseconds=1))
            other = _changed(transfer, change)
            assert isinstance(other, Transfer)
            return Hold(other, expires_at)
        case Transfer() if change != "expires_at":
            old = getattr(operation, change)
            new = uuid4() if isinstance(old, UUID) else old + (1 if isinstance(old, int) else "x")
            return replace(operation, **{change: new})  # type: ignore[arg-type]
        case PostHold() if change == "amount_minor":
            return replace(operation, amount_minor=(operation.amount_minor or 1_000) + 1)
        case VoidHold() | PostHold() if change == "code":
            return replace(operation, hold_id=uuid4())
    return operation


def _ask(operations: list[Operation]) -> list[Answer] | str:
    try:
        answers = actions.post_linked(operations) if len(operations) > 1 else _ask_alone(operations[0])
    except Refusal as refusal:
        return refusal.code
    return [(answers.code, 0)] if isinstance(answers, Refused) else [("", answer.amount_minor) for answer in answers]


def _ask_alone(operation: Operation) -> tuple[Posted, ...] | Refused:
    match operation:
        case Transfer():
            answer = actions.post(operation)
        case Hold(transfer, expires_at):
            answer = actions.hold(transfer, expires_at)
        case PostHold(id, hold_id, amount_minor):
            answer = actions.post_hold(id, hold_id, amount_minor)
        case VoidHold(id, hold_id):
            answer = actions.void_hold(id, hold_id)
    return (answer,) if isinstance(answer, Posted) else answer


@pytest.mark.django_db
def test_random_histories_agree_with_the_model() -> None:
    checks = settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))

    owner = uuid4()
    Histories.owner = owner
    try:
        with acting_as(Actor.for_person(owner)):
            run_state_machine_as_test(Histories, settings=checks)
    finally:
        move_ledger_time(timedelta(0))
