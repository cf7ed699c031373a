"""From rows to what others may see of them."""

from bocage.kernel import clock
from bocage.kernel.payments import models
from bocage.kernel.payments.types import (
    Charge,
    ChargeState,
    Dispute,
    DisputeState,
    Intent,
    IntentKind,
    IntentState,
    Kept,
    Mandate,
    MandateTerms,
    Period,
    Quote,
    Refund,
    Share,
)


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
        kept=_kept(row) if row.kind == IntentKind.ESCROW else None,
    )


def _kept(row: models.Intent) -> Kept:
    return Kept(row.ask_from, row.asked_by, row.asked_at, row.asked_reason, row.lapses_at)


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
        kept=row.kept,
    )


def as_share(row: models.Share) -> Share:
    return Share(row.party_id, row.payer_id, row.total_minor, row.released_minor, row.fee_minor, row.refunded_minor)


def terms_of_mandate(row: models.Mandate) -> MandateTerms:
    return MandateTerms(
        currency=row.currency,
        period=Period(row.period),
        payment_minor=row.payment_minor,
        period_minor=row.period_minor,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        total_minor=row.total_minor,
        scheduled_minor=row.scheduled_minor,
    )


def as_mandate(row: models.Mandate) -> Mandate:
    return Mandate(
        id=row.id,
        payer_id=row.payer_id,
        payee_id=row.payee_id,
        memo=row.memo,
        terms=terms_of_mandate(row),
        next_due_on=row.next_due_on,
        taken_minor=row.taken_minor,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        paused_at=row.paused_at,
    )


def as_charge(row: models.Charge) -> Charge:
    return Charge(
        row.id,
        row.mandate_id,
        row.due_on,
        row.amount_minor,
        ChargeState(row.state),
        row.refusal,
        row.payment_id,
        row.at,
    )


def as_quote(row: models.Quote) -> Quote:
    """The row as others may see it."""
    return Quote(
        row.id,
        row.owner_id,
        row.sell_unit,
        row.sell_minor,
        row.buy_unit,
        row.buy_minor,
        row.numerator,
        row.denominator,
        row.remainder,
        row.expires_at,
        row.exchanged_at,
    )
