"""What a party has of a unit that it exchanged for, and what is exchanged here for what."""

from dataclasses import dataclass
from uuid import UUID

from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import Quote, Rate
from bocage.services.pay import words


@dataclass(frozen=True)
class Pair:
    """A rate in words ("€0.07 buys 3 points"), with the decimals of what is sold and what the party has of it."""

    rate: Rate
    says: str
    exponent: int
    held_minor: int
    held: str


def pairs(owner_id: UUID) -> tuple[Pair, ...]:
    """What may be exchanged here, with what the owner has of each."""
    found, units = payments.rates(), ledger.units()
    accounts = {each.sell_unit: _account(owner_id, each.sell_unit, units[each.sell_unit].is_money) for each in found}
    held = ledger.balances(list(accounts.values())) if accounts else {}
    answer = []
    for rate in found:
        balance = held.get(accounts[rate.sell_unit])
        held_minor = balance.available_minor if balance else 0
        sold, bought = said(rate.denominator, rate.sell_unit), said(rate.numerator, rate.buy_unit)
        says = words.rate_text(sold, bought)
        answer.append(Pair(rate, says, units[rate.sell_unit].exponent, held_minor, said(held_minor, rate.sell_unit)))
    return tuple(answer)


def said(amount_minor: int, unit: str) -> str:
    """An amount of any unit, in words of the reader's."""
    found = ledger.unit(unit)
    return words.amount_text(amount_minor, unit, found.exponent, is_money=found.is_money)


def rate_said(quote: Quote) -> str:
    """The rate of an offer, in words of the reader's."""
    return words.rate_text(said(quote.denominator, quote.sell_unit), said(quote.numerator, quote.buy_unit))


def held_minor(owner_id: UUID, unit: str) -> int:
    """What the owner may spend of it, in minor units; 0 where there is no account yet."""
    id = _account(owner_id, unit, ledger.unit(unit).is_money)
    found = ledger.balances([id]).get(id)
    return found.available_minor if found else 0


def _account(owner_id: UUID, unit: str, is_money: bool) -> UUID:
    return payments.wallet(owner_id, unit) if is_money else account_id_of(owner_id, unit, "exchanged")
