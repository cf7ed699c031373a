"""A town where Vélo carries parcels: Ana sends, Wei receives, Marco owns the carrier, Léa is its courier."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import translation

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import queries as balances
from bocage.kernel.ledger.testing import give
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments.queries import wallet
from bocage.services.parcel.actions import carriers, shipping
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.types import Address, Shipment

PASSWORD = "correct horse battery staple"
ANAS = Address("Ana Morel", "1 Rue du Pont", "38120", "Vallon")
WEIS = Address("Wei Lin", "7 Rue Haute", "38120", "Vallon")


@dataclass(frozen=True)
class Town:
    """Who is there. `velo` carries parcels, `autre` does too; `marco` owns both, `lea` is a cashier of `velo`."""

    ana: UUID
    wei: UUID
    marco: UUID
    lea: UUID
    velo: UUID
    autre: UUID

    def sent(self, *, handle: str = "@weilin", receiver: Address = WEIS) -> Shipment:
        """A parcel that Ana sent and paid for, as its sender sees it."""
        shipment_id = uuid7()
        with acting_as(Actor.for_person(self.ana)):
            shipping.draft(self.ana, shipment_id, ANAS, receiver, 1_500, receiver_handle=handle)
            found = shipments.shipment(shipment_id)
            shipping.choose(self.ana, shipment_id, self.velo, found.speed)
            found = shipments.shipment(shipment_id)
            shipping.pay(self.ana, shipment_id, found.amount_minor)
            return shipments.shipment(shipment_id)

    def code_of(self, shipment_id: UUID) -> str:
        """The code that Wei says at his door."""
        with acting_as(Actor.for_person(self.wei)):
            return shipments.shipment(shipment_id).code

    def as_lea(self) -> Actor:
        return Actor.for_person(self.lea, self.velo)


def event(sscc: str, step: str = "arriving", **changed: Any) -> dict[str, Any]:
    """An EPCIS event of one parcel, now."""
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid4()}",
        "eventTime": clock.now().isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "bizStep": step,
        "epcList": [f"https://id.gs1.org/00/{sscc}"],
        "readPoint": {"id": "https://depot.example/Depot-South"},
        **changed,
    }


def document(*events: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-07-22T10:30:00Z",
        "epcisBody": {"eventList": list(events)},
    }


def fund(owner_id: UUID, amount_minor: int) -> None:
    """Put money into a wallet."""
    with acting_as(Actor.for_person(owner_id)):
        give(payments.wallet_of(owner_id, "EUR"), amount_minor)


def available(owner_id: UUID) -> int:
    """What the owner may spend now."""
    with acting_as(Actor.for_person(owner_id)):
        return balances.balance(wallet(owner_id, "EUR")).available_minor


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
            for handle, name in (("ana", "Ana Morel"), ("weilin", "Wei Lin"), ("marco", "Marco"), ("lea", "Léa Roux"))
        }
        velo, autre = (
            identity.create_organisation(
                handle=handle, name=name, mcc="4215", country="FR", owner_id=people["marco"], verified=True
            ).id
            for handle, name in (("velo", "Vélo Post"), ("autre", "Autre Post"))
        )
        carriers.register_carrier("velo", "4012345", "LX")
        carriers.register_carrier("autre", "9521141", "LY")
    with acting_as(Actor.for_person(people["marco"], velo)):
        identity.add_member(velo, people["lea"], "cashier", by_id=people["marco"])
    fund(people["ana"], 100_000)
    return Town(people["ana"], people["weilin"], people["marco"], people["lea"], velo, autre)


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
