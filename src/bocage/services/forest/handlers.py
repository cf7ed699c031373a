"""What Forest does when it hears of something. Each runs once, in the transaction that moves the cursor."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.events.types import Event
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ports import PaymentHistory, port
from bocage.services.forest import limits
from bocage.services.forest.actions import earning, importing
from bocage.services.forest.models import Line
from bocage.services.forest.weighing import Purchase

PURPOSE = "forest.grow"


def on_paid(event: Event) -> None:
    """Somebody who agreed has paid: weigh it, and award its act."""
    person_id = _person(event)
    importing.keep_payment(
        person_id,
        UUID(str(event.data["payment_id"])),
        _purchase(event.data),
        payee_id=UUID(str(event.data["payee_id"])),
        paid_at=datetime.fromisoformat(str(event.data["paid_at"])),
    )


def on_refunded(event: Event) -> None:
    """Money came back: its footprint and its grams go."""
    data = event.data
    importing.refund_payment(
        _person(event),
        UUID(str(data["payment_id"])),
        UUID(str(data["refund_id"])),
        int(data["amount_minor"]),
        _day(data["refunded_at"]),
    )


def on_agreed(event: Event) -> None:
    """Somebody agreed to `forest.grow`: weigh the payments of the last weeks, and award the acts of her statements."""
    if event.data["purpose"] != PURPOSE:
        return
    person_id = _person(event)
    now = clock.now()
    history = port(PaymentHistory, needed_by="forest")
    for payment in history.payments(person_id, now - timedelta(days=limits.BACKFILL_DAYS), now):
        importing.keep_payment(
            person_id,
            payment.id,
            Purchase(
                fingerprint=f"payment:{payment.id}",
                booked_on=_day(payment.paid_at),
                amount_minor=-payment.amount_minor,
                currency=payment.currency,
                exponent=payment.exponent,
                text=payment.payee_name[: limits.TEXT_CHARACTERS_MAX],
                mcc=payment.mcc or None,
                country=payment.country or None,
            ),
            payee_id=payment.payee_id,
            paid_at=payment.paid_at,
        )
        for back in payment.refunds:
            importing.refund_payment(person_id, payment.id, back.id, back.amount_minor, _day(back.refunded_at))
    oldest = now.date() - timedelta(days=limits.REWARDED_DAYS)
    lines = list(
        Line.objects.filter(
            person_id=person_id, origin="statement", booked_on__gte=oldest, share_to_percent=100, share_from_percent=0
        ).order_by("id")
    )
    earning.award_for(lines)
    # What was bought and sent back before she agreed earns nothing either.
    earning.take_back_refunded(lines)


def _person(event: Event) -> UUID:
    if event.subject_id is None:
        raise ValueError(f"{event.type} without a person")
    return event.subject_id


def _purchase(data: dict[str, Any]) -> Purchase:
    return Purchase(
        fingerprint=f"payment:{data['payment_id']}",
        booked_on=_day(data["paid_at"]),
        amount_minor=-int(data["amount_minor"]),
        currency=str(data["currency"]),
        exponent=ledger.unit(str(data["currency"])).exponent,
        text=str(data["payee_name"])[: limits.TEXT_CHARACTERS_MAX],
        mcc=str(data.get("mcc") or "") or None,
        country=str(data.get("country") or "") or None,
    )


def _day(instant: str | datetime) -> date:
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return at.astimezone(ZoneInfo(settings.TOWN["time_zone"])).date()
