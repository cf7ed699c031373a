"""Proof of a delivery: a photo at the door and a signature, for its sender and its receiver, and for nobody else.

A picture is a file of the receiver (of the sender, where the receiver has no account), encrypted with that person's
key: erased with the person, and gone after `kernel.blobs.rules`' time in any case.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.blobs import actions as blobs
from bocage.kernel.errors import conflict, not_found
from bocage.kernel.keys.subject_keys import Erased
from bocage.services.parcel import limits, steps
from bocage.services.parcel.actions.capturing import require_carrier
from bocage.services.parcel.actions.scanning import is_near, named_by
from bocage.services.parcel.models import ProofRow, ShipmentRow
from bocage.services.parcel.types import ProofKind

PURPOSE = "delivery"


@dataclass(frozen=True)
class Picture:
    """A picture of the delivery by the scan `scan_id`, whose parcel (`number`) and time (`at`) are said as they were
    when the scan was synced.
    """

    scan_id: UUID
    number: str
    at: datetime
    kind: ProofKind
    content: bytes


@transaction.atomic
def keep(organisation_id: UUID, picture: Picture) -> bool:
    """Keep a picture of a delivery; of a scan and kind the first one, so that sending it again changes nothing.

    False where it is kept for nobody, because its owner was erased. Raises `Refusal` for a delivery that is not there
    (it is synced before its pictures), and for what is no picture or too large.
    """
    require_carrier(organisation_id)
    with acting_as(Actor.for_service("parcel")):
        row = _delivered(organisation_id, picture)
        if ProofRow.objects.filter(event_id=picture.scan_id, kind=picture.kind).exists():
            return True
        if ProofRow.objects.filter(shipment_id=row.id).count() >= limits.PROOFS_A_PARCEL_MAX:
            raise conflict("too_many_proofs", _("This parcel has as many pictures as one may have."))
        owner_id = row.receiver_id or row.sender_id
    try:
        with acting_as(Actor(subject_id=owner_id)):
            blob = blobs.put(owner_id, PURPOSE, picture.content)
    except Erased:
        return False
    assert blob.delete_after is not None, "the rule of this purpose has an end"
    with acting_as(Actor.for_service("parcel")):
        ProofRow.objects.create(
            shipment_id=row.id,
            owner_id=owner_id,
            event_id=picture.scan_id,
            kind=picture.kind,
            blob_id=blob.id,
            at=picture.at,
            delete_after=blob.delete_after,
        )
    return True


def forget_old() -> int:
    """Forget what the store of files has deleted; of how many. Runs as Parcel."""
    return int(ProofRow.objects.filter(delete_after__lte=clock.now()).delete()[0])


def _delivered(organisation_id: UUID, picture: Picture) -> ShipmentRow:
    """The parcel that the scan handed over, locked: two who send the same picture wait for each other."""
    named = named_by(picture.number)
    row = None
    if named is not None and is_near(picture.at, clock.now()):
        parcels = ShipmentRow.objects.select_for_update().filter(carrier_id=organisation_id, status__gt=0)
        row = parcels.filter(**{named[0]: named[1]}).first()
    if row is None or not _is_scanned(row, picture):
        raise not_found(_("There is no such delivery. Send the scan before its pictures."), field="scan_id")
    return row


def _is_scanned(row: ShipmentRow, picture: Picture) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from parcel_scan where sscc = %s and at = %s and event_id = %s"
            " and organisation_id = %s and step = %s)",
            [row.sscc, picture.at, picture.scan_id, row.carrier_id, steps.STEP_NUMBERS[steps.DELIVERED]],
        )
        return bool(cursor.fetchone()[0])
