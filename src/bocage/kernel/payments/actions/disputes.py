"""Disputes: the payer complains, the money is set aside, and goes back to one of the two (a charge-back, or not)."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.identity.queries import party
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import Posted, Transfer
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.contesting import check_reason, same_dispute, tell_dispute, write_end
from bocage.kernel.payments.actions.intents import write_refund
from bocage.kernel.payments.actions.parts import check_amount, locked, part_id, require_party
from bocage.kernel.payments.actions.settling import settle
from bocage.kernel.payments.actions.shares import locked_shares
from bocage.kernel.payments.actions.wallets import OPERATING
from bocage.kernel.payments.models import Dispute, Intent
from bocage.kernel.payments.queries import wallet
from bocage.kernel.payments.rows import as_dispute
from bocage.kernel.payments.types import Dispute as DisputeView
from bocage.kernel.payments.types import DisputeState, IntentState


@transaction.atomic
def open_dispute(id: UUID, intent_id: UUID, amount_minor: int, reason: str) -> DisputeView:
    """The payer complains about `amount_minor` of a captured payment, within `DISPUTE_WINDOW`.

    `reason` is a short slug. As much is set aside of the payee's money, where the payee has it: `secured_minor` says.
    """
    row = locked(intent_id)
    known = Dispute.objects.filter(pk=id).first()
    if known is not None:
        return same_dispute(known, intent_id, amount_minor, reason)
    require_party(row, row.payer_id)
    check_amount(amount_minor)
    if party(row.payee_id).kind != "organisation":
        raise Refusal("dispute_between_people", _("This went to a person, not to a shop. Ask them to send it back."))
    if row.state != IntentState.CAPTURED or row.captured_at is None:
        raise conflict("payment_not_captured", _("Nothing was taken for this payment, so nothing can be disputed."))
    if clock.now() > row.captured_at + limits.DISPUTE_WINDOW:
        raise conflict("dispute_too_late", _("This payment is too long ago. Ask the other side directly."))
    if amount_minor > row.captured_minor - row.refunded_minor:
        raise Refusal("dispute_too_large", _("This is more than is left of the payment."), field="amount")
    check_reason(reason)
    if Dispute.objects.filter(intent_id=intent_id, state=DisputeState.OPEN).exists():
        raise conflict("dispute_open", _("A dispute about this payment is open already."))
    secured_minor = amount_minor if _set_aside(row, id, amount_minor) else 0
    made = Dispute.objects.create(
        id=id,
        intent_id=intent_id,
        payer_id=row.payer_id,
        payee_id=row.payee_id,
        amount_minor=amount_minor,
        secured_minor=secured_minor,
        currency=row.currency,
        reason=reason,
    )
    tell_dispute(row, made)
    return as_dispute(made)


@transaction.atomic
def end_dispute(id: UUID, state: DisputeState) -> DisputeView:
    """End a dispute: WITHDRAWN by the payer, FOR_PAYER by the payee who gives in, either way by an operator.

    FOR_PAYER gives the money back, as a refund with the dispute's id or out of what is kept; what is kept is the
    payee's otherwise. Ending it the same way twice changes nothing.
    """
    found = Dispute.objects.filter(pk=id).values_list("intent_id", flat=True).first()
    if found is None:
        raise not_found(_("There is no such dispute."))
    row = locked(found)
    dispute = Dispute.objects.select_for_update().get(pk=id)
    if dispute.state == state:
        return as_dispute(dispute)
    if dispute.state != DisputeState.OPEN or state == DisputeState.OPEN:
        raise conflict("dispute_ended", _("This dispute has ended another way."))
    if state == DisputeState.FOR_PAYEE and current_actor().service != OPERATING:
        raise forbidden(_("An operator decides this."))
    require_party(dispute, dispute.payer_id if state == DisputeState.WITHDRAWN else dispute.payee_id)
    write_end(row, dispute, state)
    if dispute.kept:
        settle(row, to_payee=state != DisputeState.FOR_PAYER, reason="decided")
        return as_dispute(dispute)
    overdue = dispute.opened_at + limits.DISPUTE_LIFE <= clock.now()
    hold_id = part_id(id, "hold") if dispute.secured_minor and not overdue else None
    if state == DisputeState.FOR_PAYER:
        write_refund(row, id, dispute.amount_minor, hold_id)
    elif hold_id is not None:
        ledger.accepted(ledger.void_hold(part_id(id, "void"), hold_id))
    return as_dispute(dispute)


def _set_aside(row: Intent, dispute_id: UUID, amount_minor: int) -> bool:
    if locked_shares(row):
        return False  # the money is with many; deciding for the payer takes it back in proportion
    movement = Transfer(
        part_id(dispute_id, "hold"),
        wallet(row.payee_id, row.currency),
        wallet(row.payer_id, row.currency),
        amount_minor,
        row.currency,
        "payment.dispute",
        str(row.id),
    )
    return isinstance(ledger.hold(movement, clock.now() + limits.DISPUTE_LIFE), Posted)
