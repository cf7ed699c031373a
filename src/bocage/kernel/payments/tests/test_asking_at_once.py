"""Both sides, operators and three workers at one escrow at once: its money moves exactly once."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.testing import shifted
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.tests import scene
from bocage.kernel.payments.tests.scene import CURRENCY, Scene
from bocage.kernel.payments.tests.test_at_once import at_once
from bocage.kernel.payments.types import DisputeState, IntentState

KEPT, FEE = 400, 2
DAYS = timedelta(days=40)


def race(town: Scene, chance: random.Random, begins: int) -> None:
    """One escrow that is asked for (and objected to); then some of seven verbs that would each end it."""
    before = {party: town.balance(party) for party in (town.buyer, town.shop)}
    buyer, shop = Actor.for_person(town.buyer), Actor.for_person(town.owner, town.shop)
    operators, nobody = Actor.for_service("payments"), Actor.nobody()
    id, objection = uuid7(), uuid7()

    def as_(actor: Actor, verb: Callable[[], Any]) -> Any:
        with acting_as(actor):
            return verb()

    by_payee = chance.random() < 0.5
    asker, other = (shop, buyer) if by_payee else (buyer, shop)
    as_(buyer, partial(actions.open_escrow, id, town.buyer, town.shop, KEPT, CURRENCY))
    # What lapses was asked for in its own time; the ledger's clock is moved for all threads.
    with shifted(DAYS):
        as_(asker, partial(actions.ask_for_kept, id, "delivered"))
        if begins == 1:
            as_(other, partial(actions.object_to_asking, objection, id, "not_received"))
    lapsed = shifted(2 * DAYS) if begins == 2 else shifted(DAYS + timedelta(days=1))
    with lapsed:
        tasks: list[Callable[[], Any]] = [
            partial(as_, buyer, partial(actions.release_escrow, id)),
            partial(as_, shop, partial(actions.return_escrow, id)),
            partial(as_, other, partial(actions.object_to_asking, objection, id, "not_received")),
            partial(as_, operators, partial(actions.end_dispute, objection, DisputeState.FOR_PAYER)),
            partial(as_, operators, partial(actions.end_dispute, objection, DisputeState.FOR_PAYEE)),
            actions.lapse_next,
            actions.lapse_next,
        ]
        at_once(nobody, *chance.sample(tasks, chance.randint(3, len(tasks))))
        while actions.lapse_next():
            pass
        if _is_open(id, buyer):
            as_(shop, partial(actions.return_escrow, id))
    with acting_as(buyer):
        found, disputes = queries.intent(id), queries.dispute_about(id)
    paid, back = found.state is IntentState.CAPTURED, found.state is IntentState.CANCELLED
    assert paid != back, found
    assert as_(buyer, partial(queries.is_kept_for, town.buyer)) is False
    assert disputes is None or disputes.state is not DisputeState.OPEN
    assert town.balance(town.buyer) == before[town.buyer] - (KEPT if paid else 0)
    assert town.balance(town.shop) == before[town.shop] + (KEPT - FEE if paid else 0)
    assert all(
        line.credits_posted_minor == line.debits_posted_minor
        for line in ledger.trial_balance()
        if line.kind == "escrow"
    ), "nothing is kept any more"


def _is_open(id: Any, buyer: Actor) -> bool:
    with acting_as(buyer):
        return queries.intent(id).state is IntentState.AUTHORISED


def rounds(seed: int, count: int) -> None:
    town, chance = scene.make(100_000), random.Random(seed)
    for number in range(count):
        race(town, chance, number % 3)


def test_kept_money_moves_exactly_once_whoever_is_first(fresh_database: str) -> None:
    rounds(1, 6)


@pytest.mark.heavy
def test_kept_money_moves_exactly_once_in_many_orders(fresh_database: str) -> None:
    rounds(2, 200)
