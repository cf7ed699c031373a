"""Recurring payments: the payer agrees within limits, either side ends it, the payee takes what was agreed."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments.types import Charge, Mandate, MandateTerms
from bocage.services.pay import inputs, limits
from bocage.services.pay.actions.paying import needs_fresh
from bocage.services.pay.queries import codes


def agree(payer_id: UUID, payee_id: UUID, terms: MandateTerms, memo: str, *, fresh: bool, mandate_id: UUID) -> Mandate:
    """Let `payee_id` be paid within `terms`; the same id agrees once.

    `fresh` says that the payer has just shown that it is her; she is asked (`confirm_again`) where one payment may be
    above her own limit, because later ones are made without her.
    """
    codes.payee(payee_id)
    memo = inputs.text(memo, "memo", limits.RECURRING_MEMO_CHARACTERS_MAX, required=True)
    inputs.bounded(terms.payment_minor)
    if terms.starts_on > clock.now().date() + limits.RECURRING_AHEAD:
        raise Refusal("starts_too_late", _("Begin within a year."), field="starts_on")
    if not fresh and needs_fresh(payer_id, terms.payment_minor):
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    return payments.grant_mandate(mandate_id, payer_id, payee_id, terms, memo)


def end(mandate_id: UUID) -> Mandate:
    """Nothing more is paid under it; by either side. Ending twice changes nothing."""
    return payments.revoke_mandate(mandate_id)


def charge(mandate_id: UUID, amount_minor: int, charge_id: UUID) -> Charge:
    """The payee takes money today, within what was agreed. Raises a `Refusal` that says which limit forbids it."""
    inputs.bounded(amount_minor)
    return payments.charge_mandate(charge_id, mandate_id, amount_minor)
