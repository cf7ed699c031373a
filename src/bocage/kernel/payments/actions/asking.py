"""The way out of an escrow whose sides do not end it: one asks, the other is heard, and silence lapses to the asker.

From the day that was agreed, the payee may ask that the money be released, or the payer that it be returned. The other
side then has `ESCROW_OBJECTION_DAYS` to object, by the ledger's clock: its objection is a dispute that two operators
decide. Without one the money goes to who asked. All of it happens under the intent's lock, and so once.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.errors import Refusal, conflict, forbidden
from bocage.kernel.identity import queries as identity
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.contesting import check_reason, same_dispute, tell_dispute
from bocage.kernel.payments.actions.escrow import no_escrow
from bocage.kernel.payments.actions.parts import ended, locked, part_id, tell
from bocage.kernel.payments.actions.settling import settle
from bocage.kernel.payments.actions.wallets import OPERATING
from bocage.kernel.payments.models import Dispute, Intent
from bocage.kernel.payments.rows import as_dispute, as_intent
from bocage.kernel.payments.types import Dispute as DisputeView
from bocage.kernel.payments.types import Intent as IntentView
from bocage.kernel.payments.types import IntentKind, IntentState

logger = logging.getLogger(__name__)

# The reason of a dispute that nobody opened: one of the two, or its wallet, is frozen, closed or dead.
FROZEN = "frozen"


@transaction.atomic
def ask_for_kept(id: UUID, reason: str) -> IntentView:
    """Ask for what is kept: the payee that it be released, the payer that it be returned. `reason` is a short slug.

    Asking twice is asking once. Refused before the day that was agreed (`escrow_not_due`), and once somebody has asked.
    """
    row = locked(id)
    asker_id = _side(row)
    if (row.asked_by, row.asked_reason) == (asker_id, reason):
        return as_intent(row)
    if row.state != IntentState.AUTHORISED:
        raise ended(row)
    if row.ask_from is None:
        raise conflict("kept_elsewhere", _("This is kept for something that is under way. It is settled there."))
    if row.asked_at is not None:
        raise conflict("asked_already", _("This money has been asked for already."))
    check_reason(reason)
    now = ledger.now()
    if now < row.ask_from:
        raise conflict("escrow_not_due", _("The day from which this may be asked for has not come yet."))
    row.asked_by, row.asked_at, row.asked_reason = asker_id, now, reason
    row.lapses_at = _heard_until(row)
    row.save(update_fields=["asked_by", "asked_at", "asked_reason", "lapses_at"])
    left_minor = row.amount_minor - row.captured_minor
    tell(
        row,
        "keeping_asked",
        amount_minor=left_minor,
        by_payee=asker_id == row.payee_id,
        reason=reason,
        lapses_at=row.lapses_at,
    )
    return as_intent(row)


@transaction.atomic
def object_to_asking(dispute_id: UUID, id: UUID, reason: str) -> DisputeView:
    """The side that did not ask objects in time: nothing lapses any more, and the dispute of this id decides.

    It ends as `end_dispute` says, or when one side gives in by `release_escrow`, `release_split` or `return_escrow`.
    """
    row = locked(id)
    side = _side(row)
    known = Dispute.objects.filter(pk=dispute_id).first()
    if known is not None:
        return same_dispute(known, id, known.amount_minor, reason)
    if row.state != IntentState.AUTHORISED:
        raise ended(row)
    if row.asked_by is None or row.asked_by == side:
        raise conflict("not_asked", _("The other side has not asked for this money."))
    if row.lapses_at is None:
        raise conflict("dispute_open", _("A dispute about this payment is open already."))
    if ledger.now() >= row.lapses_at:
        raise conflict("objection_too_late", _("The time to object is over."))
    check_reason(reason)
    return as_dispute(_contest(row, dispute_id, reason))


def lapse_next() -> bool:
    """Carry out one lapse that is due, in a transaction of its own; False where none is, or the ledger is busy.

    Whatever runs this, and however often, each money moves once: who holds the intent's lock finds it ended or not.
    While one of the two is frozen (and could not object, or should not get money) it is put off, as is what the ledger
    refuses; where that lasts for `FROZEN_WAIT` (a side stays frozen, closed or dead, or its wallet closed), it becomes
    a dispute that operators decide.
    """
    with acting_as(Actor.for_service(OPERATING)):
        due = Intent.objects.filter(state=IntentState.AUTHORISED, lapses_at__lte=ledger.now())
        row = due.select_for_update(skip_locked=True).order_by("lapses_at").first()
        if row is None:
            return False
        refused = FROZEN if identity.is_frozen(row.payer_id, row.payee_id) else _lapse(row)
        if refused == "ledger_busy":
            return False
        if refused:
            row.refresh_from_db()
            if _heard_until(row) + limits.FROZEN_WAIT <= ledger.now():
                _contest(row, part_id(row.id, FROZEN), FROZEN)
                return True
            logger.warning("what is kept for %s lapses later: %s", row.id, refused)
            row.lapses_at = ledger.now() + limits.LAPSE_AGAIN
            row.save(update_fields=["lapses_at"])
    return True


def _contest(row: Intent, dispute_id: UUID, reason: str) -> Dispute:
    """Nothing lapses any more; the dispute of this id says whose the money is."""
    row.lapses_at = None
    row.save(update_fields=["lapses_at"])
    left_minor = row.amount_minor - row.captured_minor
    made = Dispute.objects.create(
        id=dispute_id,
        intent_id=row.id,
        payer_id=row.payer_id,
        payee_id=row.payee_id,
        amount_minor=left_minor,
        secured_minor=left_minor,
        kept=True,
        currency=row.currency,
        reason=reason,
    )
    tell_dispute(row, made)
    return made


def _heard_until(row: Intent) -> datetime:
    """When the other side's time to object was over at first."""
    assert row.asked_at is not None, "what lapses was asked for"
    return row.asked_at + timedelta(days=settings.ESCROW_OBJECTION_DAYS)


def _lapse(row: Intent) -> str:
    """Give the money to who asked; "", or the code of what stood against it, with nothing changed."""
    to_payee, left_minor = row.asked_by == row.payee_id, row.amount_minor - row.captured_minor
    try:
        with transaction.atomic():
            settle(row, to_payee=to_payee, reason="lapsed")
            tell(row, "keeping_lapsed", amount_minor=left_minor, to_payee=to_payee)
    except Refusal as refusal:
        return refusal.code
    return ""


def _side(row: Intent) -> UUID:
    """Which of the two acts; a service never asks or objects for them."""
    if row.kind != IntentKind.ESCROW:
        raise no_escrow()
    actor = current_actor()
    if actor.service or actor.subject_id not in (row.payer_id, row.payee_id):
        raise forbidden(_("Only the two sides of this payment may do that."))
    return actor.subject_id
