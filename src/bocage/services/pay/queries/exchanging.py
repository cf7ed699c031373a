"""What a party has of a unit that it exchanged for."""

from uuid import UUID

from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import queries as payments


def held_minor(owner_id: UUID, unit: str) -> int:
    """What the owner may spend of it, in minor units; 0 where there is no account yet."""
    is_money = ledger.unit(unit).is_money
    id = payments.wallet(owner_id, unit) if is_money else account_id_of(owner_id, unit, "exchanged")
    found = ledger.balances([id]).get(id)
    return found.available_minor if found else 0
