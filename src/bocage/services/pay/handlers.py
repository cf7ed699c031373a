"""What Pay does when it hears of something: payments that other services took belong in the wallet's lines too."""

from uuid import UUID

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events.types import Event
from bocage.kernel.payments import queries as payments
from bocage.services.pay.actions import complaints, elsewhere


def on_captured(event: Event) -> None:
    """A payment was taken. Pay's own have their lines already."""
    if event.subject_id is None or str(event.data["memo_ref"]).startswith(elsewhere.OWN):
        return
    with acting_as(Actor.for_person(event.subject_id)):
        intent = payments.intent(UUID(str(event.data["payment_id"])))
    elsewhere.write_capture(intent)


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
    """A complaint began or ended: the payer is told how it ended."""
    if event.subject_id is None:
        return
    with acting_as(Actor.for_person(event.subject_id)):
        complaint = payments.dispute(UUID(str(event.data["dispute_id"])))
    if event.data["state"] == complaint.state:
        complaints.tell_end(complaint)


def on_share_released(event: Event) -> None:
    """A party got its share of a payment among many."""
    if event.subject_id is not None:
        elsewhere.write_share(event.subject_id, event.data)


def on_share_refunded(event: Event) -> None:
    """A party gave part of its share back."""
    if event.subject_id is not None:
        elsewhere.write_share_back(event.subject_id, event.data)
