"""Payments that wait for their payer's word."""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import not_found
from bocage.services.pay import models
from bocage.services.pay.types import Sheet


def sheet(payer_id: UUID, sheet_id: UUID) -> Sheet:
    """A payment laid before this payer. Raises a `Refusal` (404)."""
    row = models.Sheet.objects.filter(id=sheet_id, payer_id=payer_id).first()
    if row is None:
        raise not_found(_("There is no such payment to confirm."))
    return as_sheet(row)


def as_sheet(row: models.Sheet) -> Sheet:
    """The row as others may see it."""
    return Sheet(
        id=row.id,
        payer_id=row.payer_id,
        payee_id=row.payee_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        memo=row.memo,
        reference=row.reference,
        code_id=row.code_id,
        request_id=row.request_id,
        capture_later=row.capture_later,
        expired=row.expires_at <= clock.now(),
        confirmed=row.confirmed_at is not None,
        created_at=row.created_at,
    )


def waiting(party_id: UUID, payment_id: UUID) -> Sheet | None:
    """A payment that still waits for its payer's word, where the party is to pay it or to be paid; else None."""
    with acting_as(Actor.for_service("pay")):
        row = models.Sheet.objects.filter(
            Q(payer_id=party_id) | Q(payee_id=party_id), id=payment_id, confirmed_at=None
        ).first()
    return as_sheet(row) if row else None


def sheet_for_payee(payee_id: UUID, payment_id: UUID) -> Sheet:
    """A payment laid before somebody by this payee's till. Raises a `Refusal` (404)."""
    found = waiting(payee_id, payment_id)
    if found is None:
        raise not_found(_("There is no such payment to confirm."))
    return found
