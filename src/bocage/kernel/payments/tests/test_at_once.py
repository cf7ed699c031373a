"""Every verb runs at the same time as itself, and takes effect once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.testing import give
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, operator_acts
from bocage.kernel.payments.types import Quote

THREADS = 8


def at_once(actor: Actor, *tasks: Callable[[], Any]) -> list[Any]:
    """What the tasks answer (or the code of their refusal), each in its own transaction, begun together."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            with acting_as(actor):
                return task()
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def test_two_tabs_confirm_one_payment_once(fresh_database: str) -> None:
    town = scene.make(10_000)
    id = uuid7()

    def confirm() -> Any:
        actions.create_intent(id, town.buyer, town.shop, 4_000, CURRENCY)
        actions.authorise(id)
        return actions.capture(id)

    answers = at_once(Actor.for_person(town.buyer), *[confirm] * THREADS)
    assert all(answer == answers[0] for answer in answers)
    assert (town.balance(town.buyer), town.balance(town.shop)) == (6_000, 3_976)


def test_refunds_at_once_never_pass_what_was_taken(fresh_database: str) -> None:
    town = scene.make(10_000)
    paid = town.paid(1_000)
    with town.shop_acts():
        give(queries.wallet(town.shop, CURRENCY), 10_000)
    actor = Actor.for_person(town.owner, town.shop)
    answers = at_once(actor, *[lambda: actions.refund(uuid7(), paid.id, 300)] * THREADS)
    assert answers.count("refund_too_large") == THREADS - 3
    assert town.balance(town.buyer) == 9_900


def test_capture_and_cancel_at_once_end_one_way(fresh_database: str) -> None:
    town = scene.make(10_000)
    actor = Actor.for_person(town.owner, town.shop)
    for _round in range(5):
        before = town.balance(town.buyer)
        id = town.intent(100)
        with town.buyer_acts():
            actions.authorise(id)
        taken, cancelled = at_once(actor, partial(actions.capture, id), partial(actions.cancel, id))
        assert isinstance(taken, str) != isinstance(cancelled, str)
        assert town.balance(town.buyer) == before - (0 if isinstance(taken, str) else 100)


def test_the_days_limit_holds_against_payments_at_once(fresh_database: str) -> None:
    town = scene.make(1_000_000, "none")
    answers = at_once(
        Actor.for_person(town.buyer),
        *[lambda: actions.transfer_between_people(uuid7(), town.buyer, town.owner, 4_000, CURRENCY)] * THREADS,
    )
    assert answers.count("exceeds_day_limit") == THREADS - 3
    assert town.balance(town.owner) == 12_000


def test_instant_and_later_captures_at_one_shop_never_meet_halfway(fresh_database: str) -> None:
    town = scene.make(100_000)
    later = [town.intent(100) for _n in range(THREADS)]
    with town.buyer_acts():
        for id in later:
            actions.authorise(id)

    def instant() -> Any:
        id = uuid7()
        actions.create_intent(id, town.buyer, town.shop, 100, CURRENCY)
        actions.authorise(id)
        return actions.capture(id)

    tasks: list[Callable[[], Any]] = []
    for id in later:
        tasks += [partial(actions.capture, id), instant]
    answers = at_once(Actor.for_person(town.buyer), *tasks)
    assert [answer for answer in answers if isinstance(answer, str)] == []
    assert town.balance(town.buyer) == 100_000 - 2 * THREADS * 100


def test_sending_both_ways_at_once_never_waits_for_ever(fresh_database: str) -> None:
    town = scene.make(50_000)
    with town.buyer_acts():
        actions.transfer_between_people(uuid7(), town.buyer, town.owner, 20_000, CURRENCY)

    def there() -> Any:
        with acting_as(Actor.for_person(town.buyer)):
            return actions.transfer_between_people(uuid7(), town.buyer, town.owner, 10, CURRENCY)

    def back() -> Any:
        with acting_as(Actor.for_person(town.owner)):
            return actions.transfer_between_people(uuid7(), town.owner, town.buyer, 10, CURRENCY)

    answers = at_once(Actor.nobody(), *[there, back] * THREADS)
    assert [answer for answer in answers if isinstance(answer, str)] == []
    assert (town.balance(town.buyer), town.balance(town.owner)) == (30_000, 20_000)


def test_two_taps_ask_for_one_offer_and_its_id_is_no_other_partys(fresh_database: str) -> None:
    town, id = scene.make(10_000), uuid7()
    with operator_acts():
        actions.set_rate(CURRENCY, "points", 3, 7)

    def ask(owner_id: UUID) -> Quote:
        points = account_id_of(owner_id, "points", "points")
        ledger.open_account(points, owner_id, "points", "points")
        return actions.quote(id, actions.wallet_of(owner_id, CURRENCY), points, 1_000)

    answers = at_once(Actor.for_person(town.buyer), *[partial(ask, town.buyer)] * 4)
    assert len(set(answers)) == 1 and answers[0].id == id
    with acting_as(Actor.for_person(town.owner)), pytest.raises(Refusal, match="id_conflict"):
        ask(town.owner)
