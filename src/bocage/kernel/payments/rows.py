"""From rows to what others may see of them."""

from bocage.kernel import clock
from bocage.kernel.payments import models
from bocage.kernel.payments.types import Dispute, DisputeState, Intent, IntentKind, IntentState, Refund


def as_intent(row: models.Intent) -> Intent:
    """An authorised intent whose time is over shows as expired, also before the sweep has been there."""
    state = IntentState(row.state)
    if state is IntentState.AUTHORISED and row.expires_at is not None and row.expires_at <= clock.now():
        state = IntentState.EXPIRED
    return Intent(
        id=row.id,
        kind=IntentKind(row.kind),
        payer_id=row.payer_id,
        payee_id=row.payee_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        state=state,
        captured_minor=row.captured_minor,
        fee_minor=row.fee_minor,
        refunded_minor=row.refunded_minor,
        memo_ref=row.memo_ref,
        service=row.service,
        transfer_id=row.transfer_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        captured_at=row.captured_at,
    )


def as_refund(row: models.Refund) -> Refund:
    return Refund(
        row.id,
        row.intent_id,
        row.payer_id,
        row.payee_id,
        row.amount_minor,
        row.currency,
        row.transfer_id,
        row.created_at,
    )


def as_dispute(row: models.Dispute) -> Dispute:
    return Dispute(
        id=row.id,
        intent_id=row.intent_id,
        payer_id=row.payer_id,
        payee_id=row.payee_id,
        amount_minor=row.amount_minor,
        secured_minor=row.secured_minor,
        currency=row.currency,
        reason=row.reason,
        state=DisputeState(row.state),
        opened_at=row.opened_at,
        decided_at=row.decided_at,
    )
