"""The facts that payments puts in the log; each belongs to the payee, whose webhooks hear it. None says who paid."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType

_PAYMENT = {"payment_id": "uuid", "kind": "string", "amount_minor": "integer", "currency": "string"}

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
    EventType("payment.cancelled", _("A payment was given up before it was taken."), {**_PAYMENT, "reason": "string"}),
    EventType(
        "payment.refunded",
        _("Money of a payment was given back."),
        {**_PAYMENT, "refund_id": "uuid", "refunded_minor": "integer"},
    ),
    EventType(
        "payment.disputed",
        _("The payer of a payment complained, or the complaint ended."),
        {**_PAYMENT, "dispute_id": "uuid", "state": "string", "reason": "string"},
    ),
)
