"""Forgetting a person: names and streets go; that a parcel was carried and paid for stays."""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel.models import DeliveryCode, PositionRow, ProofRow, ShipmentRow, TourRow
from bocage.services.parcel.types import ENDED, Status

_GONE = "-"


def erase(person_id: UUID) -> list[str]:
    """Forget the person in all parcels, in those on their way once they have arrived; what is kept and why."""
    with acting_as(Actor.for_service("parcel")):
        ShipmentRow.objects.filter(sender_id=person_id, status=Status.DRAFT).delete()
        # The pictures themselves go with the person's files.
        ProofRow.objects.filter(owner_id=person_id).delete()
        PositionRow.objects.filter(courier_id=person_id).delete()
        TourRow.objects.filter(courier_id=person_id).delete()
        sent = ShipmentRow.objects.filter(sender_id=person_id)
        received = ShipmentRow.objects.filter(receiver_id=person_id)
        running = (sent | received).exclude(status__in=ENDED).exists()
        kept = (sent | received).exists()
        sent.update(sender_erased=True)
        received.update(receiver_erased=True)
        forget_arrived()
    words = [_("That a parcel was carried and paid for stays, without names and streets.")] if kept else []
    if running:
        words.append(_("A parcel on its way keeps its address until it has arrived."))
    return words


def forget_arrived() -> int:
    """Forget those who were erased in their parcels that have arrived; in how many. Runs as Parcel."""
    arrived = ShipmentRow.objects.filter(Q(sender_erased=True) | Q(receiver_erased=True), status__in=ENDED)
    ids = list(arrived.order_by("id").select_for_update().values_list("id", flat=True))
    rows = ShipmentRow.objects.filter(id__in=ids)
    rows.filter(sender_erased=True).update(sender_name=_GONE, sender_street=_GONE, note="", sender_erased=False)
    rows.filter(receiver_erased=True).update(receiver_name=_GONE, receiver_street=_GONE, note="", receiver_erased=False)
    DeliveryCode.objects.filter(shipment_id__in=ids).delete()
    return len(ids)
