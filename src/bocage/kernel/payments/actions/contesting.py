"""What complaints and objections share: their reason, their repetition, how they are told, and giving in."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.parts import tell
from bocage.kernel.payments.models import Dispute, Intent
from bocage.kernel.payments.rows import as_dispute
from bocage.kernel.payments.types import Dispute as DisputeView
from bocage.kernel.payments.types import DisputeState


def check_reason(reason: str) -> None:
    """Raises `Refusal` for a reason that is none, or too long."""
    if not 1 <= len(reason) <= limits.REASON_CHARACTERS_MAX or "\0" in reason:
        raise Refusal("reason_invalid", _("Say in short what is wrong."), field="reason")


def same_dispute(known: Dispute, intent_id: UUID, amount_minor: int, reason: str) -> DisputeView:
    """The dispute that was opened under this id before. Raises `Refusal` where it was another."""
    if (known.intent_id, known.amount_minor, known.reason) != (intent_id, amount_minor, reason):
        raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
    return as_dispute(known)


def open_objection(row: Intent) -> Dispute | None:
    """The open dispute about what the locked intent keeps, locked too."""
    found = Dispute.objects.select_for_update().filter(intent_id=row.id, state=DisputeState.OPEN)
    return found.first()


def write_end(row: Intent, dispute: Dispute, state: DisputeState) -> None:
    """Note how the locked dispute ended, and say so; the caller moves the money in the same transaction."""
    dispute.state, dispute.decided_at = state, clock.now()
    dispute.save(update_fields=["state", "decided_at"])
    tell_dispute(row, dispute)


def tell_dispute(row: Intent, dispute: Dispute) -> None:
    tell(
        row,
        "disputed",
        key=f"{dispute.id}:{dispute.state}",
        dispute_id=str(dispute.id),
        amount_minor=dispute.amount_minor,
        state=str(dispute.state),
        reason=dispute.reason,
    )
