"""Forgetting a person: names and streets go; that a parcel was carried and paid for stays."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel.models import DeliveryCode, ShipmentRow
from bocage.services.parcel.types import ENDED, Status

_GONE = "-"


def erase(person_id: UUID) -> list[str]:
    """Forget the person in all parcels that have arrived; what is kept and why, in words."""
    with acting_as(Actor.for_service("parcel")):
        ShipmentRow.objects.filter(sender_id=person_id, status=Status.DRAFT).delete()
        sent = ShipmentRow.objects.filter(sender_id=person_id)
        received = ShipmentRow.objects.filter(receiver_id=person_id)
        running = (sent | received).exclude(status__in=ENDED).exists()
        kept = (sent | received).exists()
        sent.filter(status__in=ENDED).update(sender_name=_GONE, sender_street=_GONE, note="")
        received.filter(status__in=ENDED).update(receiver_name=_GONE, receiver_street=_GONE, note="")
        DeliveryCode.objects.filter(owner_id=person_id, shipment_id__in=sent.filter(status__in=ENDED)).delete()
    words = [_("That a parcel was carried and paid for stays, without names and streets.")] if kept else []
    if running:
        words.append(_("A parcel on its way keeps its address until it has arrived."))
    return words
