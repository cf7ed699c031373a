"""Escrow: the buyer's money is kept on an account of its own until receipt, then goes to the seller, or back."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger import queries as accounts
from bocage.kernel.ledger.types import Operation, Transfer, account_id_of
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.contesting import open_objection, write_end
from bocage.kernel.payments.actions.intents import unspend, write_captured
from bocage.kernel.payments.actions.parts import (
    check_amount,
    ended,
    locked,
    part_id,
    require_able,
    require_party,
    require_payer,
    tell,
    write_intent,
)
from bocage.kernel.payments.actions.shares import locked_shares
from bocage.kernel.payments.actions.wallets import fees_id
from bocage.kernel.payments.allowances import spend
from bocage.kernel.payments.fees import fee_of, terms_of
from bocage.kernel.payments.models import Intent
from bocage.kernel.payments.queries import wallet
from bocage.kernel.payments.rows import as_intent
from bocage.kernel.payments.types import DisputeState, IntentKind, IntentState
from bocage.kernel.payments.types import Intent as IntentView


@transaction.atomic
def open_escrow(
    id: UUID,
    buyer_id: UUID,
    seller_id: UUID,
    amount_minor: int,
    currency: str,
    *,
    memo_ref: str = "",
    service: str = "",
    ask_from: datetime | None = None,
) -> IntentView:
    """The buyer pays, and the money is kept until `release_escrow` or `return_escrow`.

    From `ask_from` on (in `KEPT_FOR_DEFAULT` unless said, within `KEPT_FOR_MAX`) either side may ask for it
    (`ask_for_kept`). What a service keeps has no such day: that one alone knows what has to happen.
    """
    row = write_intent(IntentKind.ESCROW, id, buyer_id, seller_id, amount_minor, currency, memo_ref, service)
    if row.state != IntentState.CREATED:
        if ask_from is not None and row.ask_from != ask_from:
            raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
        return as_intent(row)
    row.ask_from = None if service else _day_of_asking(ask_from)
    require_payer(row)
    require_able(buyer_id, seller_id, currency)
    row.spent_on = spend(buyer_id, amount_minor, currency)
    row.state = IntentState.AUTHORISED
    row.save(update_fields=["state", "spent_on", "ask_from"])
    kept_on = _account(row)
    ledger.open_account(kept_on, None, currency, "escrow")
    tell(row, "authorised", amount_minor=amount_minor, memo_ref=memo_ref)
    ledger.accepted(ledger.post(_step(row, "keep", wallet(buyer_id, currency), kept_on, amount_minor)))
    return as_intent(row)


@transaction.atomic
def release_escrow(id: UUID, amount_minor: int | None = None) -> IntentView:
    """The buyer has received: the seller gets the money less the fee; or `amount_minor`, and the buyer the rest."""
    row = locked(id)
    taken_minor = row.amount_minor if amount_minor is None else amount_minor
    check_amount(taken_minor)
    if row.kind != IntentKind.ESCROW:
        raise no_escrow()
    if row.state == IntentState.CAPTURED and row.captured_minor == taken_minor:
        return as_intent(row)
    if row.state != IntentState.AUTHORISED:
        raise ended(row)
    require_party(row, row.payer_id)
    if locked_shares(row):
        raise conflict("split_escrow", _("This payment is shared among several: release it to all of them."))
    if taken_minor > row.amount_minor:
        raise Refusal("amount_exceeds_hold", _("This is more than is kept for the seller."), field="amount")
    objection = open_objection(row)
    if taken_minor < row.amount_minor and row.asked_at is not None:
        raise conflict("release_whole", _("This money was asked for: release all of it, or let that be decided."))
    if objection is not None:
        write_end(row, objection, DisputeState.WITHDRAWN)
    pay_out(row, taken_minor)
    return as_intent(row)


def pay_out(row: Intent, taken_minor: int) -> None:
    """The locked escrow's money goes to the seller less the fee, what is above `taken_minor` to the buyer."""
    fee_minor = fee_of(taken_minor, terms_of(row.payee_id))
    seller, buyer = wallet(row.payee_id, row.currency), wallet(row.payer_id, row.currency)
    steps: list[Operation] = []
    if taken_minor > fee_minor:
        steps.append(_step(row, "release", _account(row), seller, taken_minor - fee_minor))
    if fee_minor:
        steps.append(_step(row, "fee", _account(row), fees_id(row.payee_id, row.currency), fee_minor))
    if taken_minor < row.amount_minor:
        steps.append(_step(row, "rest", _account(row), buyer, row.amount_minor - taken_minor))
    write_captured(row, taken_minor, fee_minor, part_id(row.id, "release"))
    ledger.accepted(ledger.post_linked(steps))


@transaction.atomic
def return_escrow(id: UUID, reason: str = "") -> IntentView:
    """The seller gives the deal up: all that is still kept goes back to the buyer. `reason` is a short slug.

    What was released to those who share a payment stays theirs; it then ends as taken in part.
    """
    row = locked(id)
    if row.kind != IntentKind.ESCROW:
        raise no_escrow()
    if row.state == IntentState.CANCELLED:
        return as_intent(row)
    if row.state != IntentState.AUTHORISED:
        raise ended(row)
    require_party(row, row.payee_id)
    objection = open_objection(row)
    if objection is not None:
        write_end(row, objection, DisputeState.FOR_PAYER)
    give_back(row, reason)
    return as_intent(row)


def give_back(row: Intent, reason: str) -> None:
    """All that the locked escrow still keeps goes back to the buyer."""
    back_minor = row.amount_minor - row.captured_minor
    row.state = IntentState.CAPTURED if row.captured_minor else IntentState.CANCELLED
    row.captured_at = clock.now() if row.captured_minor else None
    row.save(update_fields=["state", "captured_at"])
    unspend(row, back_minor)
    tell(row, "cancelled", amount_minor=back_minor, reason=reason)
    ledger.accepted(ledger.post(_step(row, "return", _account(row), wallet(row.payer_id, row.currency), back_minor)))


def _day_of_asking(wanted: datetime | None) -> datetime:
    now = accounts.now()
    if wanted is None:
        return now + limits.KEPT_FOR_DEFAULT
    if not now < wanted <= now + limits.KEPT_FOR_MAX:
        raise Refusal("ask_from_out_of_range", _("Choose a later day, within a year."), field="ask_from")
    return wanted


def _account(row: Intent) -> UUID:
    return account_id_of(row.id, row.currency, "escrow")


def _step(row: Intent, part: str, debit_id: UUID, credit_id: UUID, amount_minor: int) -> Transfer:
    return Transfer(
        part_id(row.id, part), debit_id, credit_id, amount_minor, row.currency, f"escrow.{part}", str(row.id)
    )


def no_escrow() -> Refusal:
    """The refusal for a verb of escrow about another payment."""
    return conflict("not_escrow", _("No money is kept for this payment."))
