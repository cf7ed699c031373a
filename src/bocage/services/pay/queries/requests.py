"""Requests for money, shared bills and wishes for a refund."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import not_found
from bocage.kernel.identity import queries as identity
from bocage.services.pay import limits, models
from bocage.services.pay.types import (
    Page,
    RefundRequest,
    RefundRequestState,
    Request,
    RequestState,
    Split,
)


def to_answer(payer_id: UUID) -> tuple[Request, ...]:
    """Open requests that wait for this person, the oldest first."""
    rows = models.Request.objects.filter(payer_id=payer_id, state=RequestState.OPEN, expires_at__gt=clock.now())
    return as_requests(rows.order_by("id")[: limits.OPEN_REQUESTS_PER_PERSON_MAX])


def waiting_count(payer_id: UUID) -> int:
    """How many requests wait for this person."""
    rows = models.Request.objects.filter(payer_id=payer_id, state=RequestState.OPEN, expires_at__gt=clock.now())
    return rows.count()


def mine(party_id: UUID, *, before: UUID | None = None, limit: int = limits.PAGE_ROWS) -> Page[Request]:
    """Requests that the person made or was asked by, whatever became of them, newest first."""
    rows = models.Request.objects.filter(Q(payee_id=party_id) | Q(payer_id=party_id)).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    shown = as_requests(found[:limit])
    return Page(shown, shown[-1].id if len(found) > limit else None)


def request(party_id: UUID, request_id: UUID) -> Request:
    """A request that the person made or was asked by. Raises a `Refusal` (404)."""
    rows = models.Request.objects.filter(Q(payee_id=party_id) | Q(payer_id=party_id), id=request_id)
    found = as_requests(rows[:1])
    if not found:
        raise not_found(_("There is no such request."))
    return found[0]


def splits(owner_id: UUID, *, before: UUID | None = None, limit: int = limits.PAGE_ROWS) -> Page[Split]:
    """The person's shared bills, newest first, each with its requests."""
    rows = models.Split.objects.filter(owner_id=owner_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = _splits(rows[: limit + 1])
    shown = found[:limit]
    return Page(shown, shown[-1].id if len(found) > limit else None)


def split(owner_id: UUID, split_id: UUID) -> Split:
    """One of the person's shared bills. Raises a `Refusal` (404)."""
    found = _splits(models.Split.objects.filter(owner_id=owner_id, id=split_id)[:1])
    if not found:
        raise not_found(_("There is no such bill."))
    return found[0]


def refund_request(payment_id: UUID, party_id: UUID) -> RefundRequest | None:
    """The latest wish for a refund of this payment, where the party paid it or was paid."""
    rows = models.RefundRequest.objects.filter(Q(payee_id=party_id) | Q(payer_id=party_id), payment_id=payment_id)
    row = rows.order_by("-id").first()
    return as_refund_request(row) if row else None


def refund_requests(payee_id: UUID, *, open_only: bool = True) -> tuple[RefundRequest, ...]:
    """What payers ask this payee to give back, the oldest first."""
    rows = models.RefundRequest.objects.filter(payee_id=payee_id).order_by("id")
    if open_only:
        rows = rows.filter(state=RefundRequestState.OPEN)
    return tuple(as_refund_request(row) for row in rows[: limits.OPEN_REQUESTS_PER_PERSON_MAX])


def as_requests(rows: Iterable[models.Request]) -> tuple[Request, ...]:
    """The rows as others may see them, with the names of both sides. One past its end counts as expired."""
    found = list(rows)
    names = identity.party_names({row.payee_id for row in found} | {row.payer_id for row in found}) if found else {}
    now = clock.now()
    return tuple(
        Request(
            id=row.id,
            payee_id=row.payee_id,
            payee_name=names[row.payee_id],
            payer_id=row.payer_id,
            payer_name=names[row.payer_id],
            amount_minor=row.amount_minor,
            currency=row.currency,
            memo=row.memo,
            state=RequestState.EXPIRED
            if row.state == RequestState.OPEN and row.expires_at <= now
            else RequestState(row.state),
            split_id=row.split_id,
            payment_id=row.payment_id,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in found
    )


def as_refund_request(row: models.RefundRequest) -> RefundRequest:
    """The row as others may see it."""
    return RefundRequest(
        id=row.id,
        payment_id=row.payment_id,
        payer_name=row.payer_name,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reason=row.reason,
        answer=row.answer,
        state=RefundRequestState(row.state),
        created_at=row.created_at,
    )


def _splits(rows: QuerySet[models.Split]) -> tuple[Split, ...]:
    found = list(rows)
    asked = as_requests(models.Request.objects.filter(split_id__in=[row.id for row in found]).order_by("id"))
    shown = []
    for row in found:
        requests = tuple(each for each in asked if each.split_id == row.id)
        shown.append(
            Split(
                id=row.id,
                title=row.title,
                total_minor=row.total_minor,
                own_part_minor=row.own_part_minor,
                paid_minor=sum(each.amount_minor for each in requests if each.state is RequestState.PAID),
                currency=row.currency,
                created_at=row.created_at,
                requests=requests,
            )
        )
    return tuple(shown)
