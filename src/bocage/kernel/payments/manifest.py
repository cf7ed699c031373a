"""The facts that payments puts in the log; each belongs to the payee, whose webhooks hear it. None says who paid."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType

_PAYMENT = {"payment_id": "uuid", "kind": "string", "amount_minor": "integer", "currency": "string"}

_MANDATE = {"mandate_id": "uuid", "currency": "string"}

EVENTS: tuple[EventType, ...] = (
    EventType(
        "payment.authorised",
        _("Money was set aside for a payment."),
        {**_PAYMENT, "expires_at": "datetime?", "memo_ref": "string"},
    ),
    EventType(
        "payment.captured",
        _("A payment was taken."),
        {**_PAYMENT, "fee_minor": "integer", "memo_ref": "string"},
    ),
    EventType(
        "payment.keeping_asked",
        _("One side of money that is kept asked for it; the other may object until then."),
        {**_PAYMENT, "by_payee": "boolean", "reason": "string", "lapses_at": "datetime"},
    ),
    EventType(
        "payment.keeping_lapsed",
        _("Nobody objected in time, and money that was kept went to the side that had asked."),
        {**_PAYMENT, "to_payee": "boolean"},
    ),
    EventType("payment.cancelled", _("A payment was given up before it was taken."), {**_PAYMENT, "reason": "string"}),
    EventType(
        "payment.refunded",
        _("Money of a payment was given back."),
        {**_PAYMENT, "refund_id": "uuid", "refunded_minor": "integer"},
    ),
    EventType(
        "payment.disputed",
        _("A payment was complained about, or what is kept for it is contested; or that has ended."),
        {**_PAYMENT, "dispute_id": "uuid", "state": "string", "reason": "string"},
    ),
    EventType(
        "payment.share_released",
        _("A party got its share of a payment among many."),
        {**_PAYMENT, "fee_minor": "integer", "transfer_id": "uuid"},
    ),
    EventType(
        "payment.share_refunded",
        _("A party gave part of its share of a payment back."),
        {**_PAYMENT, "fee_minor": "integer", "transfer_id": "uuid"},
    ),
    EventType("payment.mandate_granted", _("A payer agreed to recurring payments."), _MANDATE),
    EventType("payment.mandate_paused", _("A payer paused recurring payments."), _MANDATE),
    EventType("payment.mandate_resumed", _("A payer goes on with recurring payments."), _MANDATE),
    EventType("payment.mandate_revoked", _("Recurring payments were stopped."), _MANDATE),
    EventType(
        "payment.mandate_refused",
        _("A recurring payment that fell due could not be made."),
        {**_MANDATE, "due_on": "string", "amount_minor": "integer", "refusal": "string"},
    ),
)
