"""Paying: a sheet is laid before the payer, who confirms it; a shop charges a code that a person shows."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments.types import Intent
from bocage.services.pay import inputs, limits
from bocage.services.pay.actions import presented
from bocage.services.pay.actions.codes import refuse_unpayable, use_code
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.requests import take_request
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.models import Preference, Sheet
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.types import Code, Done, LineKind, Payee, Request


def lay_sheet(
    payer_id: UUID,
    payee_id: UUID,
    amount_minor: int,
    currency: str,
    *,
    memo: str = "",
    reference: str = "",
    code: Code | None = None,
    request: Request | None = None,
    capture_later: bool = False,
    sheet_id: UUID | None = None,
) -> UUID:
    """Lay a payment before its payer; nothing moves before she confirms it. The sheet's id, which is the payment's."""
    if payer_id == payee_id:
        raise Refusal("payee_is_payer", _("This is yourself. Choose somebody else to pay."), field="to")
    if code is not None:
        refuse_unpayable(code.state, code.expired)
        if code.amount_minor is not None and code.amount_minor != amount_minor:
            raise Refusal("amount_fixed", _("The amount is fixed by the code."), field="amount")
    code_queries.payee(payee_id)
    row = Sheet.objects.create(
        id=sheet_id or uuid7(),
        payer_id=payer_id,
        payee_id=payee_id,
        amount_minor=inputs.bounded(amount_minor),
        currency=currency,
        memo=inputs.text(memo, "memo", limits.MEMO_CHARACTERS_MAX),
        reference=inputs.text(reference, "reference", limits.REFERENCE_CHARACTERS_MAX),
        code_id=code.id if code else None,
        request_id=request.id if request else None,
        capture_later=capture_later,
        expires_at=clock.now() + limits.SHEET_LIFE,
    )
    return row.id


def confirm(payer_id: UUID, sheet_id: UUID, *, fresh: bool) -> Done:
    """Make the payment of a sheet, once: confirming again answers the same.

    `fresh` says that the payer has just shown again that it is her; above her limit a payment is refused without
    (`confirm_again`). A refusal leaves the sheet as it was, so it can be confirmed once the reason is gone.
    """
    row = Sheet.objects.select_for_update().filter(id=sheet_id, payer_id=payer_id).first()
    if row is None:
        raise not_found(_("There is no such payment to confirm."))
    if row.confirmed_at is not None:
        return Done(row.id, done=True)
    if row.expires_at <= clock.now():
        raise Refusal("sheet_expired", _("This payment waited too long. Begin again."), status=409)
    if not fresh and needs_fresh(payer_id, row.amount_minor):
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    _make(row)
    row.confirmed_at = clock.now()
    row.save(update_fields=["confirmed_at"])
    return Done(row.id, done=True)


def drop_sheet(payer_id: UUID, sheet_id: UUID) -> None:
    """The payer does not want to pay; nothing is left of an unconfirmed sheet."""
    Sheet.objects.filter(id=sheet_id, payer_id=payer_id, confirmed_at=None).delete()


def forget_sheets() -> int:
    """Delete what was never confirmed and can no longer be; how many. Run by the sweep."""
    with acting_as(Actor.for_service("pay")):
        old = Sheet.objects.filter(confirmed_at=None, expires_at__lte=clock.now() - limits.SHEETS_KEPT)
        return old.delete()[0]


def needs_fresh(payer_id: UUID, amount_minor: int) -> bool:
    """Whether a payment of this amount asks the payer to show again that it is her."""
    return amount_minor > confirm_above(payer_id)


def confirm_above(person_id: UUID) -> int:
    """The amount above which a payment asks again."""
    chosen = Preference.objects.filter(person_id=person_id).values_list("confirm_above_minor", flat=True).first()
    return limits.CONFIRM_ABOVE_MINOR_DEFAULT if chosen is None else chosen


def charge(
    payee_id: UUID,
    shown: str,
    amount_minor: int,
    currency: str,
    *,
    payment_id: UUID,
    reference: str = "",
) -> Done:
    """A till charges the code that a person shows. The code is the person's word, up to her limit.

    Above it the payment is laid before her on her own screen, and `done` is False until she confirms. Asking again with
    the same `payment_id` answers the same.
    """
    inputs.bounded(amount_minor)
    payer_id = presented.take(shown, payment_id)
    with acting_as(Actor.for_person(payer_id)):
        known = Sheet.objects.filter(id=payment_id).first()
        if known is not None:
            if (known.payee_id, known.amount_minor, known.currency) != (payee_id, amount_minor, currency):
                raise _other_payment()
            return Done(payment_id, done=known.confirmed_at is not None)
        try:
            with transaction.atomic():
                lay_sheet(payer_id, payee_id, amount_minor, currency, reference=reference, sheet_id=payment_id)
        except IntegrityError:
            # Another payer's sheet has this id: row-level security hides it, the primary key does not.
            raise _other_payment() from None
        if needs_fresh(payer_id, amount_minor):
            tell(
                payer_id,
                gettext_lazy("%(name)s asks for %(amount)s"),
                gettext_lazy("This is above your limit. Tap to confirm it is you."),
                page="pay:sheet",
                row_id=payment_id,
                amount_minor=amount_minor,
                currency=currency,
                name=code_queries.payee(payee_id).name,
            )
            return Done(payment_id, done=False)
        return confirm(payer_id, payment_id, fresh=True)


def _make(row: Sheet) -> None:
    """Move the money of a sheet and say so, all in this transaction."""
    if row.code_id is not None:
        use_code(row.code_id, row.id)
    if row.request_id is not None:
        take_request(row.payer_id, row.request_id, row.id)
    parties = code_queries.payees([row.payer_id, row.payee_id])
    payer, payee = parties[row.payer_id], parties[row.payee_id]
    if payee.is_person:
        _send(row, payer, payee)
        return
    payments.create_intent(row.id, row.payer_id, row.payee_id, row.amount_minor, row.currency, memo_ref=f"pay:{row.id}")
    intent = payments.authorise(row.id)
    if not row.capture_later:
        intent = payments.capture(row.id)
        write_payment(intent, payer, payee, row.memo, row.reference)


def write_payment(
    intent: Intent, payer: Payee, payee: Payee, memo: str, reference: str, *, left_before: bool = False
) -> None:
    """The lines and events of a captured payment to a shop, which is not told who paid.

    `left_before`: the payer has her line since the money was set aside.
    """
    about = About(memo=memo, reference=reference, payment_id=intent.id)
    amount_minor, fee_minor, transfer_id = intent.captured_minor, intent.fee_minor, intent.transfer_id
    assert transfer_id is not None, "a captured payment has moved money"
    if not left_before:
        write_line(payer.id, LineKind.PAID, -amount_minor, intent.currency, transfer_id, about, counterpart=payee)
    write_line(
        payee.id,
        LineKind.TAKEN,
        amount_minor - fee_minor,
        intent.currency,
        transfer_id,
        about,
        fee_minor=fee_minor,
    )
    paid_at = clock.now().isoformat()
    emit(
        "pay.paid",
        subject_id=payer.id,
        key=str(intent.id),
        data={
            "payment_id": str(intent.id),
            "payee_id": str(payee.id),
            "payee_name": payee.name,
            "mcc": payee.mcc,
            "country": payee.country,
            "amount_minor": amount_minor,
            "currency": intent.currency,
            "paid_at": paid_at,
            "memo": memo,
        },
    )
    emit(
        "pay.received",
        subject_id=payee.id,
        key=str(intent.id),
        data={
            "payment_id": str(intent.id),
            "amount_minor": amount_minor,
            "fee_minor": fee_minor,
            "currency": intent.currency,
            "received_at": paid_at,
            "reference": reference,
            "memo": memo,
        },
    )


def _send(row: Sheet, payer: Payee, payee: Payee) -> None:
    transfer_id = payments.transfer_between_people(
        row.id, payer.id, payee.id, row.amount_minor, row.currency, memo_ref=f"pay:{row.id}"
    )
    about = About(memo=row.memo, reference=row.reference, payment_id=row.id)
    write_line(payer.id, LineKind.SENT, -row.amount_minor, row.currency, transfer_id, about, counterpart=payee)
    write_line(payee.id, LineKind.RECEIVED, row.amount_minor, row.currency, transfer_id, about, counterpart=payer)
    sent_at = clock.now().isoformat()
    amount = {"amount_minor": row.amount_minor, "currency": row.currency, "memo": row.memo}
    payment = {"payment_id": str(row.id)}
    emit(
        "pay.sent",
        subject_id=payer.id,
        key=str(row.id),
        data={**payment, "to_id": str(payee.id), "to_name": payee.name, **amount, "sent_at": sent_at},
    )
    emit(
        "pay.received",
        subject_id=payee.id,
        key=str(row.id),
        data={
            **payment,
            "payer_id": str(payer.id),
            "payer_name": payer.name,
            **amount,
            "fee_minor": 0,
            "reference": row.reference,
            "received_at": sent_at,
        },
    )
    tell(
        payee.id,
        gettext_lazy("%(name)s sent you %(amount)s"),
        "%(memo)s",
        page="pay:payment",
        row_id=row.id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        name=payer.name,
        memo=row.memo,
    )


def _other_payment() -> Refusal:
    return conflict("id_conflict", _("This id is another payment's. Begin again."), field="payment_id")
