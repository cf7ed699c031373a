"""A buyer with money, a shop, and somebody else: what the tests of payments begin with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.testing import give
from bocage.kernel.payments import actions, queries
from bocage.kernel.payments.types import Intent

CURRENCY = "EUR"


@dataclass(frozen=True)
class Scene:
    buyer: UUID
    owner: UUID
    shop: UUID

    def balance(self, party_id: UUID) -> int:
        """What the party may spend now, as it sees it itself."""
        with acting_as(Actor.for_person(party_id)):
            return ledger.balance(queries.wallet(party_id, CURRENCY)).available_minor

    def intent(self, amount_minor: int = 1_000, *, service: str = "") -> UUID:
        """A payment of the buyer's to the shop, asked for."""
        with self.buyer_acts():
            return actions.create_intent(uuid7(), self.buyer, self.shop, amount_minor, CURRENCY, service=service).id

    def paid(self, amount_minor: int = 1_000) -> Intent:
        """A payment of the buyer's to the shop, made."""
        id = self.intent(amount_minor)
        with self.buyer_acts():
            actions.authorise(id)
            return actions.capture(id)

    @contextmanager
    def buyer_acts(self) -> Iterator[None]:
        with acting_as(Actor.for_person(self.buyer)):
            yield

    @contextmanager
    def shop_acts(self) -> Iterator[None]:
        with acting_as(Actor.for_person(self.owner, self.shop)):
            yield


@contextmanager
def operator_acts() -> Iterator[None]:
    with acting_as(Actor.for_service("payments")):
        yield


def make(money_minor: int = 100_000, tier: str = "document") -> Scene:
    """The scene; the buyer's wallet holds `money_minor`."""
    with acting_as(Actor.nobody()):
        buyer = identity.register(display_name="Nour", email="nour@example.org", tier=tier)
        owner = identity.register(display_name="Ana", email="ana@example.org", tier="contact")
    with acting_as(Actor.for_person(owner.id)):
        shop = identity.create_organisation(name="Moulin", owner_id=owner.id, country="FR", mcc="5814")
    with acting_as(Actor.for_person(buyer.id)):
        give(actions.wallet_of(buyer.id, CURRENCY), money_minor)
        actions.wallet_of(shop.id, CURRENCY)
    return Scene(buyer.id, owner.id, shop.id)
