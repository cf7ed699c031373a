"""Simulated adversaries gain nothing, and simulated honest people lose nothing by what keeps them out.

Each life is drawn from a seed and lived through the very verbs that the deliverer and the pages call.
"""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.services.forest import limits, queries
from bocage.services.forest.actions import earning, friends, giving, importing, planting, taking
from bocage.services.forest.acts import ACT_BY_SLUG
from bocage.services.forest.tests.conftest import make_person
from bocage.services.forest.weighing import Purchase

pytestmark = pytest.mark.django_db

METRO, RECEIPT = ACT_BY_SLUG["metro"], ACT_BY_SLUG["e_receipt"]
SEEDS = (1, 2, 3)
LATER = limits.RIPENING + timedelta(days=2)


def make_shop(owner: UUID, handle: str = "tram", *, verified: bool = True) -> UUID:
    with acting_as(Actor.nobody()):
        return identity.create_organisation(
            handle=handle, name="Tramway", kind="merchant", mcc="4111", country="FR", owner_id=owner, verified=verified
        ).id


def pay(person: UUID, shop: UUID, at: datetime, cents: int = 180) -> UUID:
    payment = uuid7()
    bought = Purchase(f"payment:{payment}", at.date(), -cents, "EUR", 2, "Tramway", "4111", "FR")
    with clock.frozen(at), acting_as(Actor.for_person(person)):
        importing.keep_payment(person, payment, bought, payee_id=shop, paid_at=at)
    return payment


def give_back(person: UUID, payment: UUID, at: datetime, cents: int = 180) -> None:
    with clock.frozen(at), acting_as(Actor.for_person(person)):
        importing.refund_payment(person, payment, uuid4(), cents, at.date())


def harvest(person: UUID) -> int:
    """Collect all that has ripened by now; grams in hand."""
    with acting_as(Actor.for_person(person)):
        try:
            while True:
                earning.collect(person)
        except Refusal as refusal:
            assert refusal.code == "nothing_ripe"
        return queries.grove(person).grams


def begin() -> datetime:
    return (clock.now() - LATER).replace(hour=7, minute=0)


@pytest.fixture
def shop() -> UUID:
    """A checked shop of somebody else's."""
    return make_shop(make_person("Karim Benali"))


@pytest.mark.parametrize("seed", SEEDS)
def test_buying_and_giving_back_in_a_loop_gains_nothing(ana: UUID, shop: UUID, seed: int) -> None:
    chance, at = random.Random(seed), begin()
    for _round in range(12):
        at += timedelta(minutes=chance.randrange(1, 90))
        cents = chance.choice((180, 400, 900))
        payment = pay(ana, shop, at, cents)
        first = chance.randrange(1, cents)
        give_back(ana, payment, at + timedelta(minutes=1), first)
        give_back(ana, payment, at + timedelta(minutes=2), cents - first)
    assert harvest(ana) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ticket_paid_in_parts_earns_what_the_whole_one_does(ana: UUID, wei: UUID, shop: UUID, seed: int) -> None:
    chance, at = random.Random(seed), begin()
    pay(wei, shop, at, 540)
    left = 540
    while left:
        part = min(left, chance.randrange(20, 200))
        pay(ana, shop, at, part)
        left -= part
        at += timedelta(minutes=chance.randrange(0, 4))
    assert harvest(ana) <= harvest(wei) + RECEIPT.grams * (RECEIPT.per_day_max - 1)


def test_many_payments_a_day_never_earn_more_than_the_days_caps(ana: UUID, shop: UUID) -> None:
    at = begin()
    for hour in range(14):
        pay(ana, shop, at + timedelta(hours=hour), 9_000)
    caps = sum(act.grams * act.per_day_max for act in (METRO, RECEIPT))
    assert harvest(ana) == caps


def test_money_to_oneself_and_to_ones_own_shop_earns_nothing(ana: UUID) -> None:
    own, at = make_shop(ana, "anas"), begin()
    for day in range(3):
        pay(ana, own, at + timedelta(hours=day))
    assert harvest(ana) == 0


def test_a_bot_that_collects_all_day_has_what_anybody_has(ana: UUID, wei: UUID, shop: UUID) -> None:
    for person in (ana, wei):
        for day in range(2):
            pay(person, shop, begin() - timedelta(days=day))
    once = harvest(wei)
    with acting_as(Actor.for_person(ana)):
        tries = 0
        for _try in range(50):
            try:
                earning.collect(ana)
            except Refusal:
                tries += 1
    assert (tries, harvest(ana)) == (49, once)


def test_a_hundred_accounts_that_forge_statements_feed_their_master_nothing(ana: UUID) -> None:
    """They may grow trees of their own, and nothing of it reaches anybody else: neither by gifts nor by taking."""
    day = begin().date()
    rows = "".join(f"{day - timedelta(days=n):%d/%m/%Y};RATP METRO PARIS;-2,50;EUR\n" for n in range(4))
    forged = f"Date;Libelle;Montant;Devise\n{rows}".encode()
    tree = uuid4()
    with acting_as(Actor.for_person(ana)):
        consent.grant(ana, "forest.grow")
        friends.choose_taking(ana, takes=True)
        planting.sow(ana, tree, "oak")
    for number in range(5):
        fake = make_person(f"Fake {number}")
        with acting_as(Actor.for_person(fake)):
            consent.grant(fake, "forest.grow")
            friends.choose_taking(fake, takes=True)
            upload = importing.receive(fake, uuid7(), "x.csv", forged, "FR").id
            importing.confirm(fake, upload, rewarded=True)
            friendship = friends.ask(fake, "ana.morel")
        with acting_as(Actor.for_person(ana)):
            friends.accept(ana, friendship)
            with pytest.raises(Refusal) as refused:
                taking.take(ana, fake)
            assert refused.value.code == "nothing_to_take"
        assert harvest(fake) > 0
        with acting_as(Actor.for_person(fake)), pytest.raises(Refusal) as refused:
            giving.water_friends_tree(fake, uuid4(), tree, ana, 1)
        assert refused.value.code == "not_givable"
    with acting_as(Actor.for_person(ana)):
        grove = queries.grove(ana)
        assert (grove.grams, grove.ripe_grams, grove.trees[0].grams) == (0, 0, 0)


def test_a_shop_that_nobody_checked_earns_grams_that_stay_where_they_are(ana: UUID, wei: UUID) -> None:
    pay(ana, make_shop(wei, "fake", verified=False), begin())
    assert harvest(ana) == METRO.grams
    with acting_as(Actor.for_person(ana)):
        assert giving.giveable_grams(ana) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_an_honest_commuter_loses_nothing(ana: UUID, shop: UUID, seed: int) -> None:
    """Two rides a day at ordinary hours, one now and then given back and bought anew: each kept ride earns."""
    chance, at, kept = random.Random(seed), begin(), 0
    for day in range(4):
        for hour in (0, 10):
            then = at - timedelta(days=day) + timedelta(hours=hour, minutes=chance.randrange(0, 50))
            payment = pay(ana, shop, then, chance.choice((130, 180, 250)))
            if chance.random() < 0.3:
                pay(ana, shop, then + timedelta(minutes=2), 180)
                give_back(ana, payment, then + timedelta(minutes=5), 250)
            kept += 1
    receipts = RECEIPT.grams * RECEIPT.per_day_max * 4
    assert harvest(ana) == kept * METRO.grams + receipts
    with acting_as(Actor.for_person(ana)):
        assert giving.giveable_grams(ana) == kept * METRO.grams + receipts


def test_grams_are_neither_made_nor_lost(ana: UUID, wei: UUID, shop: UUID) -> None:
    for person, handle in ((ana, "wei.lin"), (wei, "ana.morel")):
        pay(person, shop, begin())
        with acting_as(Actor.for_person(person)):
            consent.grant(person, "forest.grow")
            friends.choose_taking(person, takes=True)
            friends.ask(person, handle)
    with acting_as(Actor.for_person(wei)):
        tree = planting.sow(wei, uuid4(), "oak")
    all_of_it = 2 * (METRO.grams + RECEIPT.grams)
    with acting_as(Actor.for_person(ana)):
        taking.take(ana, wei)
    hers = harvest(ana)
    with acting_as(Actor.for_person(ana)):
        giving.water_friends_tree(ana, uuid4(), tree, wei, hers // 2)
    with acting_as(Actor.for_person(wei)):
        drunk = queries.grove(wei).trees[0].grams
    assert harvest(ana) + harvest(wei) + drunk == all_of_it
