"""A small town to pay in: Ana and Wei, the Moulin Café with Marco behind the counter, money in their wallets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.utils import translation

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.services.pay.actions import bank
from bocage.services.pay.queries import wallet

PEOPLE = (("ana", "Ana Morel"), ("weilin", "Wei Lin"), ("marco", "Marco Ferri"), ("lea", "Léa Roux"))
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Town:
    """Who is there. `ana` and `wei` have 100.00 each, `marco` owns the shop `moulin`, `lea` is its cashier."""

    ana: UUID
    wei: UUID
    marco: UUID
    lea: UUID
    moulin: UUID

    def as_ana(self) -> Actor:
        return Actor.for_person(self.ana)

    def as_wei(self) -> Actor:
        return Actor.for_person(self.wei)

    def as_marco(self) -> Actor:
        return Actor.for_person(self.marco)

    def as_moulin(self) -> Actor:
        return Actor.for_person(self.marco, self.moulin)


def settle() -> Town:
    """Found the town in the present database."""
    with acting_as(Actor.nobody()):
        people = {
            handle: identity.register(
                email=f"{handle}@vallon.example",
                password=PASSWORD,
                handle=handle,
                display_name=name,
                language="en",
                time_zone="Europe/Paris",
                tier="document",
            ).id
            for handle, name in (
                ("ana", "Ana Morel"),
                ("weilin", "Wei Lin"),
                ("marco", "Marco Ferri"),
                ("lea", "Léa Roux"),
            )
        }
        moulin = identity.create_organisation(
            handle="moulin",
            name="Moulin Café",
            mcc="5814",
            country="FR",
            owner_id=people["marco"],
            verified=True,
        ).id
    with acting_as(Actor.for_person(people["marco"], moulin)):
        identity.add_member(moulin, people["lea"], "cashier", by_id=people["marco"])
    town = Town(people["ana"], people["weilin"], people["marco"], people["lea"], moulin)
    fund(town.ana, 10_000)
    fund(town.wei, 10_000)
    return town


def fund(owner_id: UUID, amount_minor: int) -> None:
    """Put money into a wallet, as if it had come from a bank."""
    with acting_as(Actor.for_service("pay")):
        bank.credit_wallet(owner_id, amount_minor, "EUR", f"TEST-{uuid7().hex[:20]}")


def available(owner_id: UUID) -> int:
    """What the owner may spend now."""
    with acting_as(Actor.for_person(owner_id)):
        return wallet.wallet(owner_id, "EUR").available_minor


@pytest.fixture(autouse=True)
def language_of_tests() -> Iterator[None]:
    """A request in French must not leave its language to the next test."""
    yield
    translation.deactivate()


@pytest.fixture
def town(db: None) -> Town:
    """The town in a database that is rolled back after the test."""
    return settle()


@pytest.fixture
def committed_town(fresh_database: str) -> Town:
    """The town in a database of its own that really commits."""
    return settle()


@pytest.fixture
def balance() -> Callable[[UUID], int]:
    """Asks for somebody's available balance."""
    return available
