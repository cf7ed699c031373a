"""Money that is kept until its payer says that she has received: for one seller, or shared among many.

Where neither side ends it, either may ask for it from the day that was agreed; the other objects in time, or it lapses.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import StaffRole
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import Dispute, DisputeState, Intent, SharePart
from bocage.services.pay import inputs, limits, words
from bocage.services.pay.actions import elsewhere
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.paying import needs_fresh
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.queries import codes
from bocage.services.pay.types import LineKind

_HEAR = (StaffRole.OWNER, StaffRole.MANAGER)


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
    ask_from: date | None = None,
) -> Intent:
    """Set money aside for `payee_id`, or for those who share it, until the payer releases it; the same id keeps once.

    `fresh` says that the payer has just shown that it is her, which is asked above her own limit (`confirm_again`).
    `ask_from` is the day, in the town's zone, from which either side may ask for it; in 30 days where none is said.
    """
    payee = codes.payee(payee_id)
    inputs.bounded(amount_minor)
    memo = inputs.text(memo, "memo", limits.MEMO_CHARACTERS_MAX)
    if not fresh and needs_fresh(payer_id, amount_minor):
        raise Refusal("confirm_again", _("Confirm with your passkey or password that it is you."), status=403)
    begins = None if ask_from is None else _begin_of(ask_from)
    if shares:
        made = payments.open_split(escrow_id, payer_id, payee_id, amount_minor, currency, shares, ask_from=begins)
    else:
        made = payments.open_escrow(escrow_id, payer_id, payee_id, amount_minor, currency, ask_from=begins)
    transfer_id = kernel.transfer_of(made.id, "keep")
    if elsewhere.has_line(payer_id, transfer_id):
        return made
    about = About(memo=memo, payment_id=made.id)
    write_line(payer_id, LineKind.PAID, -amount_minor, currency, transfer_id, about, counterpart=payee)
    _tell(made, payee_id, gettext_lazy("%(name)s set %(amount)s aside for you"), "%(memo)s", memo=memo)
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
    back_minor = after.amount_minor - after.captured_minor
    elsewhere.write_return(after, transfer_id, back_minor, codes.payee(after.payee_id))
    title = gettext_lazy("%(name)s gave back %(amount)s that was set aside")
    _tell(after, after.payer_id, title, amount_minor=back_minor)
    return after


def ask(escrow_id: UUID, reason: str) -> Intent:
    """The payee asks that it be released, or the payer that it be returned; both are told until when to object."""
    before = _own(escrow_id)
    _check_reason(before, reason)
    asked = payments.ask_for_kept(escrow_id, reason)
    if asked.kept == before.kept or asked.kept is None:
        return asked
    asker_id, until = asked.kept.asked_by, asked.kept.lapses_at
    for party_id in (asked.payer_id, asked.payee_id):
        if party_id == asker_id:
            title = gettext_lazy("You asked for %(amount)s that is set aside")
            body = gettext_lazy("%(name)s may object until %(until)s. Else it is yours then.")
        else:
            title = gettext_lazy("%(name)s asks for %(amount)s that is set aside")
            body = gettext_lazy("Object until %(until)s if that is not right. Else it goes to them then.")
        _tell(asked, party_id, title, body, until=until)
    return asked


def contest(escrow_id: UUID, reason: str, objection_id: UUID) -> Dispute:
    """The other side objects: nothing lapses any more, and two people of the town decide. The same id objects once."""
    before = _own(escrow_id)
    _check_reason(before, reason)
    made = payments.object_to_asking(objection_id, escrow_id, reason)
    if before.kept is None or before.kept.lapses_at is None:
        return made
    by_id = current_actor().subject_id
    for party_id in (made.payer_id, made.payee_id):
        if party_id == by_id:
            title = gettext_lazy("You objected: %(amount)s stays set aside")
        else:
            title = gettext_lazy("%(name)s objects: %(amount)s stays set aside")
        _tell(before, party_id, title, gettext_lazy("Two people of the town decide whose it is."))
    return made


def tell_lapse(kept: Intent, amount_minor: int, *, to_payee: bool) -> None:
    """Tell both sides that nobody objected in time."""
    winner = kept.payee_id if to_payee else kept.payer_id
    for party_id in (kept.payer_id, kept.payee_id):
        if party_id == winner:
            title = gettext_lazy("%(amount)s that was set aside is yours: nobody objected")
        else:
            title = gettext_lazy("%(amount)s that was set aside went to %(name)s: nobody objected")
        _tell(kept, party_id, title, amount_minor=amount_minor)


def tell_waiting(kept: Intent) -> None:
    """Tell both sides that the town decides, as one of them could not be heard or paid for long."""
    title = gettext_lazy("%(amount)s stays set aside: the town was asked to decide")
    for party_id in (kept.payer_id, kept.payee_id):
        _tell(kept, party_id, title, gettext_lazy("Two people of the town decide whose it is."))


def tell_decision(kept: Intent, ended: Dispute) -> None:
    """Tell both sides how an objection ended."""
    winner = ended.payer_id if ended.state == DisputeState.FOR_PAYER else ended.payee_id
    for party_id in (ended.payer_id, ended.payee_id):
        if party_id == winner:
            title = gettext_lazy("It is decided: %(amount)s that was set aside is yours")
        else:
            title = gettext_lazy("It is decided: %(amount)s that was set aside went to %(name)s")
        _tell(kept, party_id, title, amount_minor=ended.amount_minor)


def _tell(
    kept: Intent,
    party_id: UUID,
    title: Promise,
    body: str | Promise = "",
    *,
    amount_minor: int | None = None,
    memo: str = "",
    until: datetime | None = None,
) -> None:
    """Tell one of the two; `name` is the other one's. For a shop, who owns or runs it hears: the days to object run."""
    other_id = kept.payee_id if party_id == kept.payer_id else kept.payer_id
    parties = codes.payees([party_id, other_id])
    is_shop = not parties[party_id].is_person
    staff = [each.person_id for each in identity.members(party_id) if each.role in _HEAR] if is_shop else []
    for person_id in staff or [party_id]:
        tell(
            person_id,
            title,
            body,
            page="pay:till" if is_shop else "pay:kept-one",
            row_id=None if is_shop else kept.id,
            amount_minor=kept.amount_minor - kept.captured_minor if amount_minor is None else amount_minor,
            currency=kept.currency,
            name=parties[other_id].name,
            memo=memo,
            until=until,
            shop=parties[party_id].name if is_shop else "",
        )


def _check_reason(kept: Intent, reason: str) -> None:
    pays = current_actor().subject_id == kept.payer_id
    if reason not in {each.value for each in (words.PAYER_SAYS if pays else words.PAYEE_SAYS)}:
        raise Refusal("reason_invalid", _("Choose one of the reasons."), field="reason")


def _begin_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(settings.TOWN["time_zone"]))


def _own(escrow_id: UUID) -> Intent:
    """What is kept, unless another service keeps it: that one knows what has to happen before it is anybody's."""
    found = kernel.intent(escrow_id)
    if found.service:
        raise conflict("kept_elsewhere", _("This is kept for something that is under way. It is settled there."))
    return found
