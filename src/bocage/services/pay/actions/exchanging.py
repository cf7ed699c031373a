"""Exchanging what one has for another unit, at a rate that the operators set: money for points, euros for francs."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import queries as accounts
from bocage.kernel.ledger.types import account_id_of
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import Quote
from bocage.services.pay.actions.elsewhere import has_line
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.paying import needs_fresh
from bocage.services.pay.types import LineKind


def quote(owner_id: UUID, sell_unit: str, buy_unit: str, sell_minor: int, quote_id: UUID) -> Quote:
    """What `sell_minor` of the owner's `sell_unit` buys; it holds until it expires. The same id quotes once."""
    return payments.quote(quote_id, account_of(owner_id, sell_unit), account_of(owner_id, buy_unit), sell_minor)


def exchange(owner_id: UUID, quote_id: UUID, *, fresh: bool) -> Quote:
    """Do what the quote says, once, and write the wallet's lines of it.

    `fresh` says that the owner has just shown that it is her, which is asked for money above her own limit.
    """
    known = kernel.quote(quote_id)
    if known.exchanged_at is not None:
        return known
    is_money = {unit: accounts.unit(unit).is_money for unit in (known.sell_unit, known.buy_unit)}
    if not fresh and is_money[known.sell_unit] and needs_fresh(owner_id, known.sell_minor):
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    done = payments.exchange(quote_id)
    sold = kernel.transfer_of(done.id, "sell")
    if is_money[done.sell_unit] and not has_line(owner_id, sold):
        write_line(owner_id, LineKind.EXCHANGE, -done.sell_minor, done.sell_unit, sold, About())
    bought = kernel.transfer_of(done.id, "buy")
    if is_money[done.buy_unit] and not has_line(owner_id, bought):
        write_line(owner_id, LineKind.EXCHANGE, done.buy_minor, done.buy_unit, bought, About())
    return done


def account_of(owner_id: UUID, unit: str) -> UUID:
    """The owner's wallet in a currency, her account in any other unit; opened at first need."""
    if accounts.unit(unit).is_money:
        return payments.wallet_of(owner_id, unit)
    id = account_id_of(owner_id, unit, "exchanged")
    ledger.open_account(id, owner_id, unit, "exchanged")
    return id
