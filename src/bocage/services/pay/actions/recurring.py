"""Recurring payments: the payer agrees within limits, either side ends it, the payee takes what was agreed."""

from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import Charge, Mandate, MandateTerms
from bocage.services.pay import inputs, limits
from bocage.services.pay.actions.paying import needs_fresh
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.queries import codes


def agree(payer_id: UUID, payee_id: UUID, terms: MandateTerms, memo: str, *, fresh: bool, mandate_id: UUID) -> Mandate:
    """Let `payee_id` be paid within `terms`; the same id agrees once.

    `fresh` says that the payer has just shown that it is her; she is asked (`confirm_again`) where a period's payments
    together may be above her own limit, because they are made without her. She is told that she agreed.
    """
    payee = codes.payee(payee_id)
    memo = inputs.text(memo, "memo", limits.RECURRING_MEMO_CHARACTERS_MAX, required=True)
    inputs.bounded(terms.payment_minor)
    if terms.starts_on > clock.now().date() + limits.RECURRING_AHEAD:
        raise Refusal("starts_too_late", _("Begin within a year."), field="starts_on")
    if not fresh and needs_fresh(payer_id, max(terms.payment_minor, terms.period_minor)):
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    again = any(each.id == mandate_id for each in kernel.mandates(payer_id, taken=False))
    made = payments.grant_mandate(mandate_id, payer_id, payee_id, terms, memo)
    if again:
        return made
    tell(
        payer_id,
        gettext_lazy("You let %(name)s take up to %(amount)s at a time"),
        "%(memo)s",
        page="pay:recurring-one",
        row_id=made.id,
        amount_minor=terms.payment_minor,
        currency=terms.currency,
        name=payee.name,
        memo=memo,
    )
    return made


def end(mandate_id: UUID) -> Mandate:
    """Nothing more is paid under it; by either side, and the other one is told. Ending twice changes nothing."""
    before, found = kernel.mandate(mandate_id), payments.revoke_mandate(mandate_id)
    if before.revoked_at is not None:
        return found
    if current_actor().subject_id == found.payer_id:
        _tell(found, found.payee_id, found.payer_id, gettext_lazy("%(name)s ended a recurring payment to you"))
    else:
        _tell(found, found.payer_id, found.payee_id, gettext_lazy("%(name)s ended a recurring payment of yours"))
    return found


def pause(mandate_id: UUID) -> Mandate:
    """Nothing is paid until the payer goes on, and the other side is told. Pausing twice changes nothing."""
    before, found = kernel.mandate(mandate_id), payments.pause_mandate(mandate_id)
    if before.paused_at is None:
        _tell(found, found.payee_id, found.payer_id, gettext_lazy("%(name)s paused a recurring payment to you"))
    return found


def resume(mandate_id: UUID) -> Mandate:
    """Go on, and tell the other side; what fell due meanwhile is not paid. Twice is once."""
    before, found = kernel.mandate(mandate_id), payments.resume_mandate(mandate_id)
    if before.paused_at is not None:
        _tell(found, found.payee_id, found.payer_id, gettext_lazy("%(name)s goes on with a recurring payment to you"))
    return found


def _tell(found: Mandate, party_id: UUID, by_id: UUID, title: Promise) -> None:
    tell(
        party_id,
        title,
        "%(memo)s",
        page="pay:recurring-one",
        row_id=found.id,
        amount_minor=found.terms.payment_minor,
        currency=found.terms.currency,
        name=codes.payee(by_id).name,
        memo=found.memo,
    )


def charge(mandate_id: UUID, amount_minor: int, charge_id: UUID) -> Charge:
    """The payee takes money today, within what was agreed. Raises a `Refusal` that says which limit forbids it."""
    inputs.bounded(amount_minor)
    return payments.charge_mandate(charge_id, mandate_id, amount_minor)
