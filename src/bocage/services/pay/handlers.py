"""What Pay does when it hears of something: payments that other services took belong in the wallet's lines too."""

from uuid import UUID

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events.types import Event
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import Intent, IntentKind
from bocage.services.pay.actions import complaints, elsewhere, keeping
from bocage.services.pay.types import KeptReason


def on_captured(event: Event) -> None:
    """A payment was taken. Pay's own have their lines already."""
    if event.subject_id is None or str(event.data["memo_ref"]).startswith(elsewhere.OWN):
        return
    elsewhere.write_capture(_intent(event.subject_id, event))


def on_authorised(event: Event) -> None:
    """Money was set aside. Where it left the wallet to be kept, by whichever service, the payer has her line of it."""
    if event.subject_id is not None and event.data["kind"] == IntentKind.ESCROW:
        elsewhere.write_keeping(_intent(event.subject_id, event))


def on_cancelled(event: Event) -> None:
    """A payment was given up: what was kept is back in the payer's wallet."""
    if event.subject_id is not None and event.data["kind"] == IntentKind.ESCROW:
        elsewhere.write_given_back(_intent(event.subject_id, event), int(str(event.data["amount_minor"])))


def on_keeping_lapsed(event: Event) -> None:
    """Nobody objected in time: both sides are told where the money went."""
    if event.subject_id is not None:
        intent = _intent(event.subject_id, event)
        keeping.tell_lapse(intent, int(str(event.data["amount_minor"])), to_payee=bool(event.data["to_payee"]))


def on_refunded(event: Event) -> None:
    """Money was given back. What Pay itself gave back has its lines already; a complaint's has not."""
    if event.subject_id is None:
        return
    with acting_as(Actor.for_person(event.subject_id)):
        intent = payments.intent(UUID(str(event.data["payment_id"])))
        made = next(
            (each for each in payments.refunds(intent.id) if each.id == UUID(str(event.data["refund_id"]))), None
        )
        if payments.shares(intent.id):
            return  # each of those who share it says for itself what it gave back
    if made is not None:
        elsewhere.write_refund(made)


def on_disputed(event: Event) -> None:
    """A complaint began or ended: the payer is told how it ended; both sides, where it was about kept money."""
    if event.subject_id is None:
        return
    with acting_as(Actor.for_person(event.subject_id)):
        complaint = payments.dispute(UUID(str(event.data["dispute_id"])))
    if event.data["state"] != complaint.state:
        return
    if not complaint.kept:
        complaints.tell_end(complaint)
    elif complaint.decided_at is not None:
        keeping.tell_decision(_intent(event.subject_id, event), complaint)
    elif complaint.reason == KeptReason.FROZEN:
        keeping.tell_waiting(_intent(event.subject_id, event))


def on_share_released(event: Event) -> None:
    """A party got its share of a payment among many."""
    if event.subject_id is not None:
        elsewhere.write_share(event.subject_id, event.data)


def on_share_refunded(event: Event) -> None:
    """A party gave part of its share back."""
    if event.subject_id is not None:
        elsewhere.write_share_back(event.subject_id, event.data)


def _intent(payee_id: UUID, event: Event) -> Intent:
    with acting_as(Actor.for_person(payee_id)):
        return payments.intent(UUID(str(event.data["payment_id"])))
