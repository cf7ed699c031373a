"""The differential test: lane A, lane B and the model give the same answers and balances to the same histories.

Hundreds of histories run side by side on accounts of their own, in two copies, one in each lane. Lane B takes one step
of all of them as one batch, so that what it decides at once and what it decides in order stand mixed in it.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import actions, queries, sealer, wire
from bocage.kernel.ledger.poster import Poster, Submission
from bocage.kernel.ledger.testing import move_ledger_time
from bocage.kernel.ledger.tests.model import Answer, Model, ModelAccount
from bocage.kernel.ledger.tests.test_histories import CHANGES, _ask, _changed
from bocage.kernel.ledger.types import Hold, Operation, PostHold, Transfer, UpTo, VoidHold
from bocage.kernel.postgres.roles import POSTER, password_of
from bocage.testing import connected_as, settle

TICK = timedelta(hours=1)
STEPS = 16
SIDE_BY_SIDE = 250
# Mostly the wallets, one of them with a maximum; now and then a source, one of another unit, or one that is not there.
PLACES = (2, 2, 2, 3, 3, 3, 4, 4, 4, 0, 1, 5)
KINDS = ("post", "post", "post", "post", "up_to", "hold", "hold", "post_hold", "void_hold")


def other(id: UUID) -> UUID:
    """The same thing in lane B's copy of a history."""
    return UUID(int=id.int ^ 1)


def mirrored(operation: Operation) -> Operation:
    match operation:
        case Transfer(id, debit, credit):
            return replace(operation, id=other(id), debit_account_id=other(debit), credit_account_id=other(credit))
        case UpTo(transfer):
            return UpTo(mirrored(transfer))  # type: ignore[arg-type]
        case Hold(transfer, expires_at):
            return Hold(mirrored(transfer), expires_at)  # type: ignore[arg-type]
        case PostHold(id, hold_id, amount_minor):
            return PostHold(other(id), other(hold_id), amount_minor)
        case VoidHold(id, hold_id):
            return VoidHold(other(id), other(hold_id))


@dataclass
class History:
    """One random history and its model; `seed` makes it again."""

    seed: int
    start: datetime
    model: Model = field(default_factory=Model)
    asked: list[tuple[list[Operation], dict[UUID, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = Random(self.seed)
        for unit, minimum, maximum in (
            ("EUR", None, None),
            ("gCO2", None, None),
            ("EUR", 0, None),
            ("EUR", 0, None),
            ("EUR", 0, 100),
        ):
            self.model.accounts[self.id()] = ModelAccount(unit, minimum, maximum)

    def id(self) -> UUID:
        return UUID(int=self.draw.getrandbits(127) << 1)

    def opening(self) -> list[list[Operation]]:
        source, _grams, *wallets = self.model.accounts
        groups: list[list[Operation]] = [[Transfer(self.id(), source, to, 70, "EUR", "opening")] for to in wallets]
        for group in groups:
            assert self.model.submit(group, {}) == [("", 70)]
        return groups

    def step(self) -> tuple[list[Operation], list[Answer] | str]:
        """What is asked next, and what the model answers."""
        if self.asked and self.draw.random() < 0.2:
            operations, expiries = self.draw.choice(self.asked)
            if self.draw.random() < 0.4:
                operations = [_changed(operations[0], self.draw.choice(CHANGES)), *operations[1:]]
        else:
            operations, expiries = self.operations(self.draw.choice((1, 1, 1, 1, 2, 3)))
        expected = self.model.submit(operations, expiries)
        if not any(operations == known for known, _expiries in self.asked):
            self.asked.append((operations, expiries))
        return operations, expected

    def operations(self, count: int) -> tuple[list[Operation], dict[UUID, int]]:
        draw, operations, expiries = self.draw, list[Operation](), dict[UUID, int]()
        ids = [*self.model.accounts, UUID(int=2)]
        for _n in range(count):
            id, kind, amount = self.id(), draw.choice(KINDS), draw.randint(1, 60)
            if kind in ("post_hold", "void_hold"):
                known = [*self.model.holds, *(o.transfer.id for o in operations if isinstance(o, Hold))][-8:]
                hold_id = draw.choice(known) if known and draw.random() < 0.95 else self.id()
                part = draw.choice((None, amount, amount // 4 + 1))
                operations.append(PostHold(id, hold_id, part) if kind == "post_hold" else VoidHold(id, hold_id))
                continue
            debit, credit = (ids[draw.choice(PLACES)] for _side in range(2))
            if debit == credit:
                credit = next(each for each in ids[2:4] if each != debit)
            account = self.model.accounts.get(debit)
            transfer = Transfer(id, debit, credit, amount, account.unit if account else "EUR", "pay", "né")
            expiries[id] = self.model.now + draw.choice((0, 1, 2, 2, 3, 4))
            hold = Hold(transfer, self.start + TICK * expiries[id])
            made: dict[str, Operation] = {"post": transfer, "up_to": UpTo(transfer)}
            operations.append(made.get(kind, hold))
        return operations, expiries


class LaneB:
    """The poster on a thread of its own, whose connection is the poster's."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self.poster = Poster()

    def run(self, act: Any, *arguments: Any) -> Any:
        return self._thread.submit(act, *arguments).result()

    def start(self) -> None:
        def become() -> None:
            kept = connection.settings_dict
            password = password_of(POSTER, settings.SECRET_KEY)
            connection.settings_dict = {**kept, "USER": POSTER, "PASSWORD": password}
            assert self.poster.take()

        self.run(become)

    def stop(self) -> None:
        self.run(lambda: connection.close())
        self._thread.shutdown()

    def post(self, groups: Sequence[Sequence[Operation]]) -> list[list[Answer]]:
        """The answers to each group, all groups in one batch."""
        submission = Submission("", wire.unpack(wire.pack(groups)))
        (answers,) = self.run(self.poster.post, [submission])
        said = [(wire.CODES[code], 0 if code else amount) for code, amount, _at in answers.tolist()]
        return [[said.pop(0) for _operation in group] for group in groups]


@pytest.fixture
def lane_b(fresh_database: str) -> Iterator[LaneB]:
    lane = LaneB()
    lane.start()
    try:
        yield lane
    finally:
        lane.stop()
        move_ledger_time(timedelta(0))


def open_accounts(histories: list[History], owner: UUID) -> None:
    batch = []
    for history in histories:
        for id, account in history.model.accounts.items():
            kind = "wallet" if account.minimum == 0 else "issuer"
            for each in (id, other(id)):
                actions.open_account(
                    each,
                    owner,
                    account.unit,
                    kind,
                    minimum_minor=account.minimum,
                    maximum_minor=account.maximum,
                )
            batch.append(other(id))
    with connection.cursor() as cursor:
        cursor.execute("select ledger_set_lane(%s, 'B')", [batch])
        assert cursor.fetchone() == (None,)


def change_accounts(histories: list[History]) -> None:
    """Now and then an account is frozen, or closed, in both lanes."""
    for history in histories:
        id = history.draw.choice([*history.model.accounts])
        account, chance = history.model.accounts[id], history.draw.random()
        if account.closed:
            continue
        if chance < 0.10:
            account.frozen = chance < 0.04
            for each in (id, other(id)):
                (actions.freeze if account.frozen else actions.unfreeze)(each)
        elif chance < 0.14:
            history.model.expire(id)
            held = history.model.held_from(id) or history.model.held_for(id)
            account.closed = account.balance == 0 and not held and not account.frozen
            for each in (id, other(id)):
                assert closes(each) == account.closed, f"seed {history.seed}"


def closes(id: UUID) -> bool:
    try:
        actions.close_account(id)
    except Refusal:
        return False
    return True


def balances_agree(histories: list[History]) -> None:
    ids = [each for history in histories for id in history.model.accounts for each in (id, other(id))]
    found = queries.balances(ids)
    for history in histories:
        for id, account in history.model.accounts.items():
            held = history.model.held_from(id, at=history.model.now)
            expected = (account.balance, account.balance - held, held)
            for each in (id, other(id)):
                balance = found[each]
                told = (balance.posted_minor, balance.available_minor, balance.pending_minor)
                assert told == expected, f"seed {history.seed}"


def run_histories(lane_b: LaneB, seeds: Sequence[int]) -> int:
    """Run these histories side by side; how many answers were compared."""
    owner, compared = UUID(int=Random(seeds[0]).getrandbits(128)), 0
    move_ledger_time(timedelta(0))
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp() - interval '30 minutes'")
        (start,) = cursor.fetchone()
    histories = [History(seed, start) for seed in seeds]
    actor = Actor.for_person(owner)
    with acting_as(actor):
        open_accounts(histories, owner)
        openings = [group for history in histories for group in history.opening()]
        assert all(_ask(group) == [("", 70)] for group in openings)
    lane_b.post([[mirrored(each) for each in group] for group in openings])
    for step in range(STEPS):
        move_ledger_time(TICK * step)
        with acting_as(actor):
            if step % 4 == 3:
                change_accounts(histories)
            for history in histories:
                history.model.now = step
            asked = [history.step() for history in histories]
            in_lane_a = [_ask(operations) for operations, _expected in asked]
        in_lane_b = lane_b.post([[mirrored(each) for each in operations] for operations, _expected in asked])
        for history, (operations, expected), a, b in zip(histories, asked, in_lane_a, in_lane_b, strict=True):
            agree(f"seed {history.seed}, step {step}: {operations}", expected, a, b)
            compared += len(operations)
    with acting_as(actor):
        balances_agree(histories)
    return compared


def agree(where: str, expected: list[Answer] | str, a: list[Answer] | str, b: list[Answer]) -> None:
    if isinstance(expected, str):
        assert (a, {code for code, _amount in b}) == (expected, {expected}), where
        return
    assert b == expected, where
    culprits = [answer for answer in expected if answer[0] and answer[0] != "linked_refused"]
    assert a == (culprits or expected), where


def whole() -> None:
    """Every counter is the fold of its transfers, in both lanes, and both chains hold every transfer."""
    with connected_as("deliverer"):
        settle()
        sealer.seal_all()
    with connected_as("auditor"), connection.cursor() as cursor:
        assert queries.disagreements() == ()
        cursor.execute(
            "select (select count(*) from ledger_transfer), sum(count), count(distinct lane) from ledger_batch"
        )
        transfers, sealed, lanes = cursor.fetchone()
        assert (transfers, lanes) == (sealed, 2)


def test_both_lanes_and_the_model_agree_on_every_answer(lane_b: LaneB) -> None:
    assert run_histories(lane_b, range(30)) > 30 * STEPS
    whole()


@pytest.mark.heavy
def test_ten_thousand_histories(lane_b: LaneB) -> None:
    """`BOCAGE_HISTORIES` names another number."""
    total, compared = int(os.environ.get("BOCAGE_HISTORIES", "10000")), 0
    for first in range(1000, 1000 + total, SIDE_BY_SIDE):
        compared += run_histories(lane_b, range(first, min(first + SIDE_BY_SIDE, 1000 + total)))
    whole()
    print(f"{total} histories, {compared} answers compared: both lanes and the model agree")
