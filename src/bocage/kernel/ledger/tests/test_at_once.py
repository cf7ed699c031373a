"""The ledger under real threads: no overdraft, each id once, each hold once, no waiting for ever."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, queries
from bocage.kernel.ledger.testing import give, shifted
from bocage.kernel.ledger.types import Posted, Refused, Transfer
from bocage.testing import connected_as

THREADS = 16


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """What the tasks answer (or a refusal's code), each on a connection of its own, all begun together."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return task()
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def wallets(*amounts_minor: int) -> list[UUID]:
    """Accounts of one party, each with its opening money."""
    owner = uuid4()
    made = [uuid4() for _amount in amounts_minor]
    with acting_as(Actor.for_person(owner)):
        for id, amount_minor in zip(made, amounts_minor, strict=True):
            actions.open_account(id, owner, "EUR", "wallet")
            if amount_minor:
                give(id, amount_minor)
    return made


def pay(debit: UUID, credit: UUID, amount_minor: int, id: UUID | None = None) -> Posted | Refused:
    return actions.post(Transfer(id or uuid7(), debit, credit, amount_minor, "EUR", "pay"))


def balances(ids: list[UUID]) -> list[int]:
    """What is on the accounts, as the auditor sees it, having checked every counter against all transfers."""
    with connected_as("auditor"):
        assert queries.disagreements() == ()
        totals = queries.trial_balance()
        assert sum(line.debits_posted_minor - line.credits_posted_minor for line in totals) == 0
        found = queries.balances(ids)
    return [found[id].available_minor for id in ids]


def test_sixteen_threads_paying_from_one_wallet_never_overdraw(fresh_database: str) -> None:
    payer, *payees = ids = wallets(1_000, *[0] * THREADS)

    def pay_all(payee: UUID) -> list[Posted | Refused]:
        return [pay(payer, payee, 7) for _n in range(20)]

    answers = [answer for answers in at_once([partial(pay_all, payee) for payee in payees]) for answer in answers]
    posted = [answer for answer in answers if isinstance(answer, Posted)]
    assert len(posted) == 1_000 // 7
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"exceeds_balance"}
    left, *received = balances(ids)
    assert (left, sum(received)) == (1_000 % 7, 1_000 - 1_000 % 7)


def test_one_id_asked_by_all_at_once_takes_effect_once_and_all_hear_the_same(fresh_database: str) -> None:
    payer, payee = ids = wallets(1_000, 0)
    answers = at_once([partial(pay, payer, payee, 10, uuid7())] * THREADS)
    assert isinstance(answers[0], Posted)
    assert answers == [answers[0]] * THREADS
    assert balances(ids) == [990, 10]


def test_one_id_with_two_bodies_at_once_is_one_of_them(fresh_database: str) -> None:
    payer, other, payee = ids = wallets(1_000, 1_000, 0)
    id = uuid7()
    tasks = [partial(pay, payer, payee, 10, id), partial(pay, other, payee, 10, id)] * (THREADS // 2)
    answers = at_once(tasks)
    assert answers.count("id_conflict") == THREADS // 2
    assert balances(ids)[2] == 10


def test_a_retry_waits_for_the_first_attempt_and_hears_its_answer(fresh_database: str) -> None:
    payer, payee = ids = wallets(1_000, 0)
    id, posted, go_on = uuid7(), Event(), Event()

    def first() -> Posted | Refused:
        with acting_as(Actor.nobody()):
            answer = pay(payer, payee, 10, id)
            posted.set()
            assert go_on.wait(10)
        return answer

    def retry() -> Posted | Refused:
        assert posted.wait(10)
        go_on_later.submit(go_on.set)
        return pay(payer, payee, 10, id)

    with ThreadPoolExecutor(1) as go_on_later:
        one, two = at_once([first, retry])
    assert one == two
    assert balances(ids) == [990, 10]


def test_a_retry_after_a_roll_back_is_the_first(fresh_database: str) -> None:
    payer, payee = ids = wallets(1_000, 0)
    id = uuid7()
    with pytest.raises(ZeroDivisionError), acting_as(Actor.nobody()):
        pay(payer, payee, 10, id)
        _ = 1 / 0
    assert balances(ids) == [1_000, 0]
    assert isinstance(pay(payer, payee, 10, id), Posted)


def test_a_hold_is_taken_or_released_once_whoever_comes_first(fresh_database: str) -> None:
    payer, payee = ids = wallets(1_000, 0)
    taken = 0
    for _round in range(10):
        hold = Transfer(uuid7(), payer, payee, 10, "EUR", "pay")
        actions.accepted(actions.hold(hold, clock.now() + timedelta(hours=1)))
        tasks = [partial(actions.post_hold, uuid7(), hold.id, 4) for _n in range(3)]
        tasks += [partial(actions.void_hold, uuid7(), hold.id) for _n in range(3)]
        answers = at_once(tasks)
        (done,) = [answer for answer in answers if isinstance(answer, Posted)]
        assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"hold_resolved"}
        taken += 4 * (done in answers[:3])
    assert balances(ids) == [1_000 - taken, taken]


def test_taking_and_sweeping_an_overdue_hold_at_once_releases_it(fresh_database: str) -> None:
    payer, payee = ids = wallets(100, 0)
    for _round in range(5):
        hold = Transfer(uuid7(), payer, payee, 100, "EUR", "pay")
        actions.accepted(actions.hold(hold, clock.now() + timedelta(hours=1)))
        with shifted(timedelta(hours=2)):
            taken, *_swept = at_once([partial(actions.post_hold, uuid7(), hold.id)] + [actions.expire_holds] * 3)
        assert isinstance(taken, Refused) and taken.code == "hold_expired"
        assert balances(ids) == [100, 0]


def test_an_overdue_hold_blocks_nothing_before_any_sweep(fresh_database: str) -> None:
    payer, payee = wallets(100, 0)
    hold = Transfer(uuid7(), payer, payee, 100, "EUR", "pay")
    actions.accepted(actions.hold(hold, clock.now() + timedelta(hours=1)))
    assert isinstance(pay(payer, payee, 1), Refused)
    with shifted(timedelta(hours=2)):
        with connected_as("auditor"):
            assert queries.balance(payer).available_minor == 100
        assert isinstance(pay(payer, payee, 100), Posted)
        assert actions.expire_holds() == 0


def test_payments_in_a_ring_both_ways_never_wait_for_ever(fresh_database: str) -> None:
    ids = wallets(*[1_000] * 4)

    def around(step: int) -> list[Posted | Refused]:
        return [pay(ids[n % 4], ids[(n + step) % 4], 1) for n in range(40)]

    answers = at_once([partial(around, step) for step in (1, 3)] * 8)
    assert all(isinstance(answer, Posted) for part in answers for answer in part)
    assert balances(ids) == [1_000] * 4


def test_linked_groups_at_once_are_whole_or_nothing(fresh_database: str) -> None:
    one, two, three = ids = wallets(100, 100, 0)

    def both() -> Any:
        return actions.post_linked(
            [Transfer(uuid7(), one, three, 30, "EUR", "pay"), Transfer(uuid7(), two, three, 40, "EUR", "pay")]
        )

    answers = at_once([both] * 8)
    assert sum(isinstance(answer, tuple) for answer in answers) == 2
    assert balances(ids) == [40, 20, 140]


def test_locks_taken_first_keep_several_verbs_from_meeting_halfway(fresh_database: str) -> None:
    one, two = ids = wallets(10_000, 10_000)

    def there_and_back(first: UUID, second: UUID) -> None:
        for _n in range(5):
            with acting_as(Actor.nobody()):
                actions.lock_accounts([first, second, uuid4()])
                actions.post_or_refuse(Transfer(uuid7(), first, second, 3, "EUR", "pay"))
                actions.post_or_refuse(Transfer(uuid7(), second, first, 2, "EUR", "pay"))

    answers = at_once([partial(there_and_back, one, two), partial(there_and_back, two, one)] * 4)
    assert answers == [None] * 8
    assert balances(ids) == [10_000, 10_000]
