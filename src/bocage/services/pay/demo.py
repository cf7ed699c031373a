"""The demo city's money: wallets to begin with, and people who go on paying."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol
from uuid import UUID, uuid5

from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.services.pay.actions import bank, codes, paying, requests
from bocage.services.pay.queries import wallet

OPENING_MINOR = 48_600
# The ledger goes by its own clock, so the past reaches no further than an authorisation lives.
DAYS_OF_PAST = 6
LEFT_IN_WALLET_MINOR = 2_000
TOP_UP_MINOR = 15_000
SENT_SHARE = 0.15
FIRST_SHOP_WEIGHT = 8
PURCHASES_A_DAY = 2
_OPENINGS = UUID("0b9e7a52-64d1-5f4e-8a2b-1f0c7f0e6a11")


class City(Protocol):
    """Who is there: handles of people and of shops, with their ids."""

    @property
    def people(self) -> dict[str, UUID]: ...

    @property
    def shops(self) -> dict[str, UUID]: ...


def populate(city: City) -> None:
    """Fill the wallets, hang posters in the shops, and give the first people a few weeks of past."""
    currency = settings.TOWN["currency"]
    people, shops = list(city.people.values()), list(city.shops.values())
    with clock.shifted(timedelta(days=-DAYS_OF_PAST - 1)):
        open_demo_wallets(people, OPENING_MINOR)
        for shop_id in shops:
            with acting_as(Actor.for_person(_owner_of(shop_id), shop_id)):
                codes.make_poster(shop_id, currency, label="Till 1")
    chance = random.Random(2026)  # noqa: S311 - a story, not a secret
    spenders = people[:6]
    # The demo's merchant signs in to the first shop, which should have something to show.
    visited = [*shops, *[shops[0]] * FIRST_SHOP_WEIGHT]
    moments = [
        (days * 1_440 - chance.randrange(480, 1_260), person)
        for days in range(DAYS_OF_PAST, 0, -1)
        for person in spenders
        for _purchase in range(PURCHASES_A_DAY)
    ]
    for minutes_ago, person_id in sorted(moments, key=lambda each: -each[0]):
        with clock.shifted(timedelta(minutes=-max(minutes_ago, 5))):
            if chance.random() < SENT_SHARE:
                demo_payment(
                    person_id,
                    chance.choice([each for each in spenders if each != person_id]),
                    chance.randrange(500, 2_500, 50),
                    chance.choice(("Lunch", "Concert", "Rent of the bike", "Thank you")),
                )
            else:
                _spend(person_id, chance.choice(visited), chance)
    with acting_as(Actor.for_person(people[4])):
        requests.ask(people[4], people[0], 1_250, currency, "Concert tickets")


def tick(city: City, chance: random.Random) -> None:
    """One thing happens: mostly somebody pays a shop; at times a friend is sent money, or a wallet is filled."""
    people, shops = list(city.people.values()), list(city.shops.values())
    payer = chance.choice(people)
    with acting_as(Actor.for_person(payer)):
        available_minor = wallet.wallet(payer, settings.TOWN["currency"]).available_minor
    if available_minor < LEFT_IN_WALLET_MINOR:
        with acting_as(Actor.for_service("pay")):
            bank.credit_wallet(payer, TOP_UP_MINOR, settings.TOWN["currency"], f"DEMO-{uuid7().hex[:20]}")
    elif chance.random() < SENT_SHARE:
        payee = chance.choice([each for each in people if each != payer])
        demo_payment(payer, payee, chance.randrange(200, 1500, 10), "")
    else:
        _spend(payer, chance.choice(shops), chance)


def open_demo_wallets(person_ids: Iterable[UUID], amount_minor: int) -> None:
    """Give each person this much to begin with; once, however often it is asked."""
    for person_id in person_ids:
        with acting_as(Actor.for_service("pay")):
            reference = f"OPENING-{uuid5(_OPENINGS, str(person_id)).hex[:20]}"
            bank.credit_wallet(person_id, amount_minor, settings.TOWN["currency"], reference)


def demo_payment(payer_id: UUID, payee_id: UUID, amount_minor: int, memo: str) -> UUID:
    """Somebody pays a shop or another person, as the pages do it. The payment's id."""
    with acting_as(Actor.for_person(payer_id)):
        sheet_id = paying.lay_sheet(payer_id, payee_id, amount_minor, settings.TOWN["currency"], memo=memo)
        return paying.confirm(payer_id, sheet_id, fresh=True).payment_id


def _spend(payer_id: UUID, shop_id: UUID, chance: random.Random) -> None:
    amount_minor = chance.choice((180, 240, 320, 410, 690, 850, 1_165, 1_450))
    with acting_as(Actor.for_person(payer_id)):
        available_minor = wallet.wallet(payer_id, settings.TOWN["currency"]).available_minor
    if available_minor > amount_minor + LEFT_IN_WALLET_MINOR:
        demo_payment(payer_id, shop_id, amount_minor, "")


def _owner_of(shop_id: UUID) -> UUID:
    return next(each.person_id for each in identity.members(shop_id) if each.role == "owner")
