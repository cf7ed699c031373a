"""What a person may take with her, what her other services may ask, and what is forgotten when she goes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from bocage.kernel.ports import GivenBack, PaymentRecord
from bocage.services.pay import models
from bocage.services.pay.queries import codes
from bocage.services.pay.types import LineKind
from bocage.shell.templatetags.shell import exponent_of


class History:
    """The port `PaymentHistory`: the payments that the subject made to shops."""

    def payments(self, subject_id: UUID, since: datetime, until: datetime) -> list[PaymentRecord]:
        """Those paid from `since` up to, not including, `until`; oldest first."""
        rows = list(
            models.Line.objects.filter(owner_id=subject_id, kind=LineKind.PAID, at__gte=since, at__lt=until).order_by(
                "id"
            )
        )
        back: dict[UUID | None, list[GivenBack]] = {}
        refunds = models.Line.objects.filter(
            owner_id=subject_id, kind=LineKind.REFUND, payment_id__in=[row.payment_id for row in rows]
        )
        for made in refunds.order_by("id"):
            back.setdefault(made.payment_id, []).append(
                GivenBack(made.refund_id or made.id, made.at, made.amount_minor)
            )
        payees = codes.payees({row.counterpart_id for row in rows if row.counterpart_id})
        return [
            PaymentRecord(
                id=row.payment_id or row.id,
                paid_at=row.at,
                payee_id=row.counterpart_id or row.id,
                payee_name=row.counterpart_name,
                mcc=row.mcc,
                country=payees[row.counterpart_id].country if row.counterpart_id in payees else "",
                amount_minor=-row.amount_minor,
                currency=row.currency,
                exponent=exponent_of(row.currency),
                memo=row.memo,
                refunds=tuple(back.get(row.payment_id, ())) if row.payment_id else (),
            )
            for row in rows
        ]


def export(person_id: UUID) -> dict[str, Any]:
    """Everything that Pay holds about the person."""
    return {
        "lines": _values(models.Line.objects.filter(owner_id=person_id)),
        "codes": _values(models.Code.objects.filter(payee_id=person_id)),
        "requests_made": _values(models.Request.objects.filter(payee_id=person_id)),
        "requests_received": _values(models.Request.objects.filter(payer_id=person_id)),
        "shared_bills": _values(models.Split.objects.filter(owner_id=person_id)),
        "refunds_asked": _values(models.RefundRequest.objects.filter(payer_id=person_id)),
        "top_ups": _values(models.TopUp.objects.filter(owner_id=person_id)),
        "pay_outs": _values(models.PayOut.objects.filter(owner_id=person_id)),
        "unconfirmed_payments": _values(models.Sheet.objects.filter(payer_id=person_id)),
        "preferences": _values(models.Preference.objects.filter(person_id=person_id)),
    }


def _values(rows: Any) -> list[dict[str, Any]]:
    return list(rows.order_by("pk").values())
