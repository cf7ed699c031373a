"""Money that is kept until its payer says that she has received: for one seller, or shared among many."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import Intent, SharePart
from bocage.services.pay import inputs, limits
from bocage.services.pay.actions import elsewhere
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.paying import needs_fresh
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.queries import codes
from bocage.services.pay.types import LineKind


def keep(
    payer_id: UUID,
    payee_id: UUID,
    amount_minor: int,
    currency: str,
    shares: Sequence[SharePart],
    *,
    memo: str,
    fresh: bool,
    escrow_id: UUID,
) -> Intent:
    """Set money aside for `payee_id`, or for those who share it, until the payer releases it; the same id keeps once.

    `fresh` says that the payer has just shown that it is her, which is asked above her own limit (`confirm_again`).
    """
    payee = codes.payee(payee_id)
    inputs.bounded(amount_minor)
    memo = inputs.text(memo, "memo", limits.MEMO_CHARACTERS_MAX)
    if not fresh and needs_fresh(payer_id, amount_minor):
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    if shares:
        made = payments.open_split(escrow_id, payer_id, payee_id, amount_minor, currency, shares)
    else:
        made = payments.open_escrow(escrow_id, payer_id, payee_id, amount_minor, currency)
    about = About(memo=memo, payment_id=made.id)
    transfer_id = kernel.transfer_of(made.id, "keep")
    write_line(payer_id, LineKind.PAID, -amount_minor, currency, transfer_id, about, counterpart=payee)
    tell(
        payee_id,
        gettext_lazy("%(name)s set %(amount)s aside for you"),
        "%(memo)s",
        page="pay:home",
        amount_minor=amount_minor,
        currency=currency,
        name=codes.payee(payer_id).name,
        memo=memo,
    )
    return made


def release(escrow_id: UUID, amount_minor: int | None, release_id: UUID) -> Intent:
    """The payer has received: the seller gets it all; those who share it, their parts of all or of this much, as often
    as there is something left."""
    kept = _own(escrow_id)
    if kernel.shares(escrow_id):
        return payments.release_split(release_id, escrow_id, amount_minor)
    # The kernel gives what is not released back to the payer; that is the seller's to decide, not hers.
    if amount_minor not in (None, kept.amount_minor):
        whole = _("Release all of it: what is too much, the seller gives back.")
        raise Refusal("release_whole", whole, field="amount_minor")
    released = payments.release_escrow(escrow_id, amount_minor)
    elsewhere.write_capture(released)
    return released


def give_back(escrow_id: UUID) -> Intent:
    """The seller gives the deal up: what is still kept is the payer's again. Twice is once."""
    _own(escrow_id)
    after = payments.return_escrow(escrow_id)
    transfer_id = kernel.transfer_of(after.id, "return")
    if elsewhere.has_line(after.payer_id, transfer_id):
        return after
    payee, back_minor = codes.payee(after.payee_id), after.amount_minor - after.captured_minor
    elsewhere.write_return(after, transfer_id, back_minor, payee)
    tell(
        after.payer_id,
        gettext_lazy("%(name)s gave back %(amount)s that was set aside"),
        "",
        page="pay:home",
        amount_minor=back_minor,
        currency=after.currency,
        name=payee.name,
    )
    return after


def _own(escrow_id: UUID) -> Intent:
    """What is kept, unless another service keeps it: that one knows what has to happen before it is anybody's."""
    found = kernel.intent(escrow_id)
    if found.service:
        raise conflict("kept_elsewhere", _("This is kept for something that is under way. It is settled there."))
    return found
