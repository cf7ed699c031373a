"""Top-ups and pay-outs as their owner sees them, and the bank's lines as an operator does."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import not_found
from bocage.services.pay import limits, models
from bocage.services.pay.types import (
    BankEntry,
    BankFile,
    EntryState,
    Page,
    PayOut,
    PayOutState,
    TopUp,
    TopUpState,
)


def top_up(owner_id: UUID, top_up_id: UUID) -> TopUp:
    """One of the owner's announcements. Raises a `Refusal` (404)."""
    row = models.TopUp.objects.filter(owner_id=owner_id, id=top_up_id).first()
    if row is None:
        raise not_found(_("There is no such top-up."))
    return as_top_up(row)


def waiting_top_ups(owner_id: UUID) -> tuple[TopUp, ...]:
    """What is announced and has not come, the newest first."""
    rows = models.TopUp.objects.filter(owner_id=owner_id, state=TopUpState.WAITING, expires_at__gt=clock.now())
    return tuple(as_top_up(row) for row in rows.order_by("-id")[: limits.TOP_UPS_OPEN_MAX])


def pay_out(owner_id: UUID, pay_out_id: UUID) -> PayOut:
    """One of the owner's pay-outs. Raises a `Refusal` (404)."""
    row = models.PayOut.objects.filter(owner_id=owner_id, id=pay_out_id).first()
    if row is None:
        raise not_found(_("There is no such pay-out."))
    return as_pay_out(row)


def pay_outs(owner_id: UUID, *, before: UUID | None = None, limit: int = limits.PAGE_ROWS) -> Page[PayOut]:
    """The owner's pay-outs, newest first."""
    rows = models.PayOut.objects.filter(owner_id=owner_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    shown = tuple(as_pay_out(row) for row in found[:limit])
    return Page(shown, shown[-1].id if len(found) > limit else None)


def known_accounts(owner_id: UUID) -> tuple[tuple[str, str], ...]:
    """Accounts that money was paid out to before: IBAN and holder's name, the latest first."""
    rows = models.PayOut.objects.filter(owner_id=owner_id).exclude(state=PayOutState.REJECTED).order_by("-id")
    pairs = rows.values_list("iban", "holder_name")[: limits.PAGE_ROWS]
    return tuple(dict.fromkeys(pairs))[:3]


def bank_entries(state: EntryState, *, before: UUID | None = None, limit: int = limits.PAGE_ROWS) -> Page[BankEntry]:
    """Lines of the bank's statements in one state, newest first; for the operator's console."""
    with acting_as(Actor.for_service("pay")):
        rows = models.BankEntry.objects.filter(state=state).select_related("file").order_by("-id")
        if before is not None:
            rows = rows.filter(id__lt=before)
        found = list(rows[: limit + 1])
    shown = tuple(as_entry(row) for row in found[:limit])
    return Page(shown, shown[-1].id if len(found) > limit else None)


def bank_entry(entry_id: UUID) -> BankEntry:
    """One line of the bank's statements; for the operator's console. Raises a `Refusal` (404)."""
    with acting_as(Actor.for_service("pay")):
        row = models.BankEntry.objects.select_related("file").filter(id=entry_id).first()
    if row is None:
        raise not_found(_("There is no such line of the bank's."))
    return as_entry(row)


def bank_files(limit: int = limits.PAGE_ROWS) -> tuple[BankFile, ...]:
    """The latest files to and from the bank; for the operator's console."""
    with acting_as(Actor.for_service("pay")):
        rows = models.BankFile.objects.defer("content").order_by("-id")[:limit]
        return tuple(
            BankFile(row.id, row.direction, row.name, row.message_type, row.entries_count, row.refusal, row.at)
            for row in rows
        )


def as_top_up(row: models.TopUp) -> TopUp:
    """The row as others may see it. One past its end counts as expired."""
    state = TopUpState(row.state)
    return TopUp(
        id=row.id,
        amount_minor=row.amount_minor,
        received_minor=row.received_minor,
        currency=row.currency,
        reference=row.reference,
        state=TopUpState.EXPIRED if state is TopUpState.WAITING and row.expires_at <= clock.now() else state,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def as_pay_out(row: models.PayOut) -> PayOut:
    """The row as others may see it."""
    return PayOut(
        id=row.id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        iban=row.iban,
        holder_name=row.holder_name,
        memo=row.memo,
        state=PayOutState(row.state),
        reason=row.reason,
        end_to_end_id=row.end_to_end_id,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def as_entry(row: models.BankEntry) -> BankEntry:
    """The row as an operator may see it."""
    return BankEntry(
        id=row.id,
        bank_reference=row.bank_reference,
        amount_minor=row.amount_minor,
        currency=row.currency,
        party_name=row.party_name,
        text=row.text,
        state=EntryState(row.state),
        file_name=row.file.name,
        at=row.at,
    )
