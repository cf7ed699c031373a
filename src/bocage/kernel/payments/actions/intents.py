"""An intent's way: created, authorised (money set aside), captured (in full or part), cancelled; and refunds."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import Operation, PostHold, Transfer
from bocage.kernel.payments import limits
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
from bocage.kernel.payments.actions.shares import claw_back, locked_shares
from bocage.kernel.payments.actions.wallets import OPERATING, fees_id
from bocage.kernel.payments.allowances import give_back, spend
from bocage.kernel.payments.fees import fee_of, terms_of
from bocage.kernel.payments.models import Dispute, Intent
from bocage.kernel.payments.models import Refund as RefundRow
from bocage.kernel.payments.queries import wallet
from bocage.kernel.payments.rows import as_intent, as_refund
from bocage.kernel.payments.types import DisputeState, IntentKind, IntentState, Refund
from bocage.kernel.payments.types import Intent as IntentView


@transaction.atomic
def create_intent(
    id: UUID,
    payer_id: UUID,
    payee_id: UUID,
    amount_minor: int,
    currency: str,
    *,
    memo_ref: str = "",
    service: str = "",
) -> IntentView:
    """A payment asked for; nothing moves yet. `service` names the service it is made for, which may then act on it."""
    return as_intent(
        write_intent(IntentKind.PAYMENT, id, payer_id, payee_id, amount_minor, currency, memo_ref, service)
    )


@transaction.atomic
def authorise(id: UUID) -> IntentView:
    """The payer agrees: the money is set aside for `AUTHORISATION_LIFE`. Agreeing twice sets it aside once."""
    row = locked(id)
    if row.kind != IntentKind.PAYMENT or row.state in (IntentState.AUTHORISED, IntentState.CAPTURED):
        return as_intent(row)
    if row.state != IntentState.CREATED:
        raise ended(row)
    require_payer(row)
    set_aside(row)
    return as_intent(row)


@transaction.atomic
def capture(id: UUID, amount_minor: int | None = None) -> IntentView:
    """Take an authorised payment, in full or `amount_minor` of it with the rest released; the fee goes with it."""
    row = locked(id)
    taken_minor = row.amount_minor if amount_minor is None else amount_minor
    check_amount(taken_minor)
    if row.state == IntentState.CAPTURED:
        if row.captured_minor != taken_minor:
            raise conflict("payment_captured", _("This payment was taken already, with another amount."))
        return as_intent(row)
    if row.kind != IntentKind.PAYMENT or row.state == IntentState.CREATED:
        raise conflict("payment_not_authorised", _("The payer has not agreed to this payment yet."))
    if row.state != IntentState.AUTHORISED:
        raise ended(row)
    require_party(row, row.payee_id, row.payer_id)
    if taken_minor > row.amount_minor:
        raise Refusal("amount_exceeds_hold", _("This is more than the payer agreed to."), field="amount")
    fee_minor = fee_of(taken_minor, terms_of(row.payee_id))
    transfer_id = part_id(id, "capture")
    steps: list[Operation] = [PostHold(transfer_id, part_id(id, "hold"), taken_minor)]
    if fee_minor:
        payee_wallet, fees = wallet(row.payee_id, row.currency), fees_id(row.payee_id, row.currency)
        steps.append(Transfer(part_id(id, "fee"), payee_wallet, fees, fee_minor, row.currency, "payment.fee", str(id)))
    write_captured(row, taken_minor, fee_minor, transfer_id)
    ledger.accepted(ledger.post_linked(steps))
    return as_intent(row)


@transaction.atomic
def cancel(id: UUID, reason: str = "") -> IntentView:
    """Give an intent up, releasing what was set aside: the payer before she agreed, the payee until she takes it.

    `reason` is a short slug. Cancelling twice changes nothing.
    """
    row = locked(id)
    if row.state == IntentState.CANCELLED:
        return as_intent(row)
    if row.kind != IntentKind.PAYMENT or row.state not in (IntentState.CREATED, IntentState.AUTHORISED):
        raise ended(row)
    agreed = row.state == IntentState.AUTHORISED
    require_party(row, row.payee_id, *(() if agreed else (row.payer_id,)))
    row.state = IntentState.CANCELLED
    row.save(update_fields=["state"])
    if agreed:
        unspend(row, row.amount_minor)
        tell(row, "cancelled", amount_minor=row.amount_minor, reason=reason[: limits.REASON_CHARACTERS_MAX])
        ledger.accepted(ledger.void_hold(part_id(id, "void"), part_id(id, "hold")))
    return as_intent(row)


@transaction.atomic
def refund(refund_id: UUID, intent_id: UUID, amount_minor: int | None = None) -> Refund:
    """Give back `amount_minor` of a captured intent, or all that is left of it. The same `refund_id` refunds once.

    All refunds together never pass what was taken. The fee stays. What is in dispute is not refunded before that ends.
    """
    row = locked(intent_id)
    known = RefundRow.objects.filter(pk=refund_id).first()
    if known is not None:
        if known.intent_id != intent_id or amount_minor not in (None, known.amount_minor):
            raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
        return as_refund(known)
    require_party(row, row.payee_id)
    # What is contested while it is kept was not taken yet.
    disputes = Dispute.objects.filter(intent_id=intent_id, state=DisputeState.OPEN, kept=False)
    disputed = disputes.values_list("amount_minor")
    left_minor = row.captured_minor - row.refunded_minor - sum(minor for (minor,) in disputed)
    back_minor = left_minor if amount_minor is None else amount_minor
    if amount_minor is not None:
        check_amount(amount_minor)
    if back_minor > left_minor or left_minor <= 0:
        raise Refusal("refund_too_large", _("This is more than is left of the payment."), field="amount")
    if RefundRow.objects.filter(intent_id=intent_id).count() >= limits.REFUNDS_A_PAYMENT_MAX:
        raise Refusal("too_many_refunds", _("This payment was refunded too many times. Send the rest as a transfer."))
    return write_refund(row, refund_id, back_minor)


@transaction.atomic
def transfer_between_people(
    id: UUID, payer_id: UUID, payee_id: UUID, amount_minor: int, currency: str, *, memo_ref: str = "", service: str = ""
) -> UUID:
    """Money from one party's wallet to another's, at once and without a fee. The id of the ledger's transfer."""
    row = write_intent(IntentKind.TRANSFER, id, payer_id, payee_id, amount_minor, currency, memo_ref, service)
    transfer_id = part_id(id, "transfer")
    if row.state == IntentState.CAPTURED:
        return transfer_id
    require_payer(row)
    require_able(payer_id, payee_id, currency)
    row.spent_on = spend(payer_id, amount_minor, currency)
    write_captured(row, amount_minor, 0, transfer_id)
    ledger.accepted(ledger.post(_movement(row, "transfer", amount_minor)))
    return transfer_id


def expire_overdue() -> int:
    """Mark authorised intents whose time is over, at most `EXPIRED_A_TRANSACTION_MAX`; how many there were.

    The ledger has released their money by its own time; the sweep calls this until it answers less than the most.
    """
    with acting_as(Actor.for_service(OPERATING)):
        rows = Intent.objects.filter(state=IntentState.AUTHORISED, expires_at__lte=clock.now())
        found = list(
            rows.select_for_update(skip_locked=True).order_by("expires_at")[: limits.EXPIRED_A_TRANSACTION_MAX]
        )
        for row in found:
            row.state = IntentState.EXPIRED
            row.save(update_fields=["state"])
            unspend(row, row.amount_minor)
            tell(row, "cancelled", amount_minor=row.amount_minor, reason="expired")
    return len(found)


def set_aside(row: Intent) -> None:
    """Set the locked intent's money aside; the caller has seen that the payer agrees, now or by a mandate."""
    require_able(row.payer_id, row.payee_id, row.currency)
    row.spent_on = spend(row.payer_id, row.amount_minor, row.currency)
    row.state, row.expires_at = IntentState.AUTHORISED, clock.now() + limits.AUTHORISATION_LIFE
    row.save(update_fields=["state", "expires_at", "spent_on"])
    tell(row, "authorised", amount_minor=row.amount_minor, expires_at=row.expires_at, memo_ref=row.memo_ref)
    movement = _movement(row, "hold", row.amount_minor)
    # Where the capture follows in this transaction, it will need the fees' account too: locked now, in one order.
    ledger.lock_accounts([movement.debit_account_id, movement.credit_account_id, fees_id(row.payee_id, row.currency)])
    ledger.accepted(ledger.hold(movement, row.expires_at))


def write_captured(row: Intent, taken_minor: int, fee_minor: int, transfer_id: UUID) -> None:
    """Note what was taken and say so; the caller moves the money in the same transaction."""
    row.state, row.captured_at = IntentState.CAPTURED, clock.now()
    row.captured_minor, row.fee_minor, row.transfer_id = taken_minor, fee_minor, transfer_id
    row.save(update_fields=["state", "captured_at", "captured_minor", "fee_minor", "transfer_id", "spent_on"])
    unspend(row, row.amount_minor - taken_minor)
    tell(row, "captured", amount_minor=taken_minor, fee_minor=fee_minor, memo_ref=row.memo_ref)


def write_refund(row: Intent, refund_id: UUID, back_minor: int, hold_id: UUID | None = None) -> Refund:
    """Give `back_minor` of the locked intent back: out of `hold_id` where a dispute set it aside."""
    shares = locked_shares(row) if row.kind == IntentKind.ESCROW else []
    transfer_id = part_id(refund_id, "refund")
    row.refunded_minor += back_minor
    row.save(update_fields=["refunded_minor"])
    RefundRow.objects.bulk_create(
        [
            RefundRow(
                id=refund_id,
                intent_id=row.id,
                payer_id=row.payer_id,
                payee_id=row.payee_id,
                amount_minor=back_minor,
                currency=row.currency,
                transfer_id=transfer_id,
            )
        ],
        ignore_conflicts=True,
    )
    made = RefundRow.objects.filter(pk=refund_id, intent_id=row.id).first()
    if made is None:
        raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
    tell(
        row,
        "refunded",
        key=str(refund_id),
        refund_id=str(refund_id),
        amount_minor=back_minor,
        refunded_minor=row.refunded_minor,
    )
    if hold_id is not None:
        ledger.accepted(ledger.post_hold(transfer_id, hold_id, back_minor))
    elif shares:
        claw_back(row, shares, refund_id, back_minor)
    else:
        payee, payer = wallet(row.payee_id, row.currency), wallet(row.payer_id, row.currency)
        movement = Transfer(transfer_id, payee, payer, back_minor, row.currency, "payment.refund", str(row.id))
        ledger.accepted(ledger.post(movement))
    return as_refund(made)


def unspend(row: Intent, amount_minor: int) -> None:
    """Take what was not spent after all out of the payer's day. The payer's row: asked in the payer's name."""
    if amount_minor and row.spent_on is not None:
        with acting_as(Actor.for_service(OPERATING)):
            give_back(row.payer_id, amount_minor, row.currency, row.spent_on)


def _movement(row: Intent, part: str, amount_minor: int) -> Transfer:
    payer, payee = wallet(row.payer_id, row.currency), wallet(row.payee_id, row.currency)
    return Transfer(
        part_id(row.id, part), payer, payee, amount_minor, row.currency, f"payment.{part}", row.memo_ref or str(row.id)
    )
