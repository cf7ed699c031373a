"""Recurring payments: a payer's mandate to take money within limits, and the payments taken under it.

A mandate never widens what a payment may be: each charge is a payment like any other (fee, day's limit, freeze), only
that the payer agreed to it beforehand, within the mandate, and until she revokes it.
"""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.notifications.actions import notify
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.intents import capture, set_aside
from bocage.kernel.payments.actions.parts import check_amount, part_id, require_able, write_intent
from bocage.kernel.payments.actions.wallets import OPERATING, wallet_of
from bocage.kernel.payments.models import Charge, Mandate
from bocage.kernel.payments.periods import first_after, period_of
from bocage.kernel.payments.rows import as_charge, as_mandate, terms_of_mandate
from bocage.kernel.payments.types import Charge as ChargeView
from bocage.kernel.payments.types import ChargeState, IntentKind, IntentState, MandateTerms
from bocage.kernel.payments.types import Mandate as MandateView


@transaction.atomic
def grant_mandate(id: UUID, payer_id: UUID, payee_id: UUID, terms: MandateTerms, memo: str = "") -> MandateView:
    """The payer lets `payee_id` take money within `terms`. The payer's own verb; the same id grants once."""
    known = Mandate.objects.filter(pk=id).first()
    if known is not None:
        if (known.payer_id, known.payee_id, known.memo, terms_of_mandate(known)) != (payer_id, payee_id, memo, terms):
            raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
        return as_mandate(known)
    actor = current_actor()
    if actor.service or actor.subject_id != payer_id:
        raise forbidden(_("Only who pays can agree to this payment."))
    _check_terms(terms)
    if payer_id == payee_id:
        raise Refusal("payee_is_payer", _("This is yourself. Choose somebody else to pay."), field="payee_id")
    if len(memo) > limits.MEMO_CHARACTERS_MAX or "\0" in memo:
        raise Refusal("memo_invalid", _("Say in short what it is for."), field="memo")
    if Mandate.objects.filter(payer_id=payer_id, revoked_at=None, ends_on__gte=_today()).count() >= (
        limits.MANDATES_A_PAYER_MAX
    ):
        raise Refusal("too_many_mandates", _("You have too many recurring payments. Stop one of them first."))
    wallet_of(payer_id, terms.currency)
    wallet_of(payee_id, terms.currency)
    require_able(payer_id, payee_id, terms.currency)
    row = Mandate.objects.create(
        id=id,
        payer_id=payer_id,
        payee_id=payee_id,
        memo=memo,
        next_due_on=terms.starts_on if terms.scheduled_minor else None,
        **vars(terms),
    )
    _tell(row, "mandate_granted")
    return as_mandate(row)


@transaction.atomic
def revoke_mandate(id: UUID) -> MandateView:
    """Nothing is taken under it from this moment on. By the payer or the payee; revoking twice changes nothing."""
    row = _locked(id)
    if row.revoked_at is not None:
        return as_mandate(row)
    actor = current_actor()
    if actor.subject_id not in (row.payer_id, row.payee_id) or actor.service:
        raise forbidden(_("Only the two sides of this agreement may end it."))
    row.revoked_at, row.next_due_on = clock.now(), None
    row.save(update_fields=["revoked_at", "next_due_on"])
    _tell(row, "mandate_revoked")
    return as_mandate(row)


@transaction.atomic
def pause_mandate(id: UUID) -> MandateView:
    """Nothing is taken under it until the payer goes on. The payer's own verb; pausing twice changes nothing."""
    row = _payer_s_own(id)
    if row.paused_at is None:
        row.paused_at = clock.now()
        row.save(update_fields=["paused_at"])
        _tell(row, "mandate_paused", moment=row.paused_at.isoformat())
    return as_mandate(row)


@transaction.atomic
def resume_mandate(id: UUID) -> MandateView:
    """Go on: what fell due meanwhile is not paid, the next due date is today's or a later one. Twice is once."""
    row = _payer_s_own(id)
    if row.paused_at is None:
        return as_mandate(row)
    moment, row.paused_at = row.paused_at, None
    if row.next_due_on is not None and row.next_due_on < _today():
        begin, following = period_of(terms_of_mandate(row), _today())
        due_on = begin if begin == _today() else following
        row.next_due_on = due_on if due_on <= row.ends_on else None
    row.save(update_fields=["paused_at", "next_due_on"])
    _tell(row, "mandate_resumed", moment=moment.isoformat())
    return as_mandate(row)


def _payer_s_own(id: UUID) -> Mandate:
    row, actor = _locked(id), current_actor()
    if actor.service or actor.subject_id != row.payer_id:
        raise forbidden(_("Only who pays may pause this agreement or go on with it."))
    if row.revoked_at is not None:
        raise conflict("mandate_revoked", _("The payer has ended this agreement."))
    return row


@transaction.atomic
def charge_mandate(id: UUID, mandate_id: UUID, amount_minor: int) -> ChargeView:
    """The payee takes `amount_minor` today. Refused, it leaves nothing behind; the same id charges once."""
    row = _locked(mandate_id)
    known = Charge.objects.filter(pk=id).first()
    if known is not None:
        if (known.mandate_id, known.amount_minor) != (mandate_id, amount_minor):
            raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
        return as_charge(known)
    actor = current_actor()
    if actor.service or actor.subject_id != row.payee_id:
        raise forbidden(_("Only the other side of this payment may do that."))
    check_amount(amount_minor)
    with acting_as(Actor.for_service(OPERATING)):
        return as_charge(_take(row, id, amount_minor, _today()))


def pay_due() -> int:
    """Pay what is due by its mandates, at most `DUE_A_TRANSACTION_MAX` due dates in this transaction; how many.

    Each due date is paid once, however often and by however many this runs: its charge's id follows from mandate and
    date. After a pause the missed dates are paid one by one, the oldest first. What cannot be paid is told to both;
    what only met others at the same account stays due, and is not counted.
    """
    with acting_as(Actor.for_service(OPERATING)):
        due = Mandate.objects.filter(next_due_on__lte=_today(), revoked_at=None, paused_at=None)
        rows = list(due.select_for_update(skip_locked=True).order_by("next_due_on")[: limits.DUE_A_TRANSACTION_MAX])
        return sum([_pay_date(row) for row in rows])


def _pay_date(row: Mandate) -> bool:
    """Pay one due date, or note why it cannot be; False where it stays due, because the ledger was busy."""
    due_on, amount_minor = row.next_due_on, row.scheduled_minor
    assert due_on is not None and amount_minor is not None, "only what is scheduled has a due date"
    charge_id = part_id(row.id, due_on.isoformat())
    if not Charge.objects.filter(pk=charge_id).exists() and not _try(row, charge_id, amount_minor, due_on):
        return False
    following = first_after(terms_of_mandate(row), due_on)
    row.next_due_on = following if following <= row.ends_on else None
    row.save(update_fields=["next_due_on"])
    return True


def _try(row: Mandate, charge_id: UUID, amount_minor: int, due_on: date) -> bool:
    try:
        with transaction.atomic():
            _take(row, charge_id, amount_minor, due_on)
    except Refusal as refusal:
        row.refresh_from_db()
        if refusal.code == "ledger_busy":
            return False
        _write_charge(row, charge_id, amount_minor, due_on, refusal.code)
        _tell(row, "mandate_refused", due_on=due_on.isoformat(), amount_minor=amount_minor, refusal=refusal.code)
        _tell_payer(row, refusal)
    return True


def _take(row: Mandate, charge_id: UUID, amount_minor: int, due_on: date) -> Charge:
    """One payment under the locked mandate. Raises `Refusal` where a limit, or anything about a payment, forbids it."""
    if row.revoked_at is not None:
        raise conflict("mandate_revoked", _("The payer has ended this agreement."))
    if row.paused_at is not None:
        raise conflict("mandate_paused", _("The payer has paused this agreement."))
    if not row.starts_on <= due_on <= row.ends_on:
        raise conflict("mandate_not_valid", _("This agreement does not cover this day."))
    begin, end = period_of(terms_of_mandate(row), due_on)
    charges = Charge.objects.filter(mandate_id=row.id, state=ChargeState.PAID, due_on__gte=begin, due_on__lt=end)
    taken_minor = charges.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    if amount_minor > row.payment_minor or taken_minor + amount_minor > row.period_minor:
        raise Refusal("exceeds_mandate", _("This is more than the payer agreed to at once or in this period."))
    if row.total_minor is not None and row.taken_minor + amount_minor > row.total_minor:
        raise Refusal("exceeds_mandate", _("This is more than the payer agreed to in all."))
    payment_id = part_id(charge_id, "payment")
    intent = write_intent(
        IntentKind.PAYMENT,
        payment_id,
        row.payer_id,
        row.payee_id,
        amount_minor,
        row.currency,
        f"mandate:{row.id}",
        OPERATING,
    )
    if intent.state == IntentState.CREATED:
        set_aside(intent)
    capture(payment_id)
    row.taken_minor += amount_minor
    row.save(update_fields=["taken_minor"])
    return _write_charge(row, charge_id, amount_minor, due_on, payment_id=payment_id)


def _write_charge(
    row: Mandate, id: UUID, amount_minor: int, due_on: date, refusal: str = "", payment_id: UUID | None = None
) -> Charge:
    return Charge.objects.create(
        id=id,
        mandate_id=row.id,
        payer_id=row.payer_id,
        payee_id=row.payee_id,
        due_on=due_on,
        amount_minor=amount_minor,
        state=ChargeState.REFUSED if refusal else ChargeState.PAID,
        refusal=refusal,
        payment_id=payment_id,
    )


def _check_terms(terms: MandateTerms) -> None:
    check_amount(terms.payment_minor)
    check_amount(terms.period_minor)
    if terms.period_minor < terms.payment_minor:
        raise Refusal("period_below_payment", _("Allow at least one payment a period."), field="period_minor")
    if terms.total_minor is not None and terms.total_minor < terms.payment_minor:
        raise Refusal("total_below_payment", _("Allow at least one payment in all."), field="total_minor")
    if terms.scheduled_minor is not None:
        check_amount(terms.scheduled_minor)
        if terms.scheduled_minor > terms.payment_minor:
            raise Refusal("scheduled_above_payment", _("This is more than you allow at once."), field="scheduled_minor")
    if terms.starts_on < _today():
        raise Refusal("starts_in_the_past", _("Begin today or on a later day."), field="starts_on")
    if not terms.starts_on <= terms.ends_on <= terms.starts_on + limits.MANDATE_LIFE:
        raise Refusal("ends_out_of_range", _("End on a later day, within five years."), field="ends_on")


def _locked(id: UUID) -> Mandate:
    row = Mandate.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise not_found(_("There is no such agreement."))
    return row


def _tell(row: Mandate, what: str, *, moment: str = "", **more: object) -> None:
    """`moment` tells apart what may happen to one mandate again and again."""
    key = f"{row.id}:{moment or more.get('due_on', '')}"
    data = {"mandate_id": str(row.id), "currency": row.currency, **more}
    emit(f"payment.{what}", subject_id=row.payee_id, key=key, data=data)


def _tell_payer(row: Mandate, refusal: Refusal) -> None:
    person = identity.persons([row.payer_id]).get(row.payer_id)
    if person is not None:
        with translation.override(person.language):
            title = _("A recurring payment to %(name)s was not made") % {"name": identity.party_name(row.payee_id)}
            notify(row.payer_id, title, str(refusal.message))


def _today() -> date:
    return clock.today(settings.TOWN["time_zone"])
