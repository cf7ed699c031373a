"""Pictures of a delivery, as whoever acts may see them: its sender and its receiver."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.blobs import actions as blobs
from bocage.kernel.errors import not_found
from bocage.services.parcel.models import ProofRow
from bocage.services.parcel.types import ProofKind


def kinds(shipment_id: UUID) -> list[ProofKind]:
    """Of which kinds there is a picture."""
    rows = ProofRow.objects.filter(shipment_id=shipment_id, delete_after__gt=clock.now())
    return sorted({ProofKind(kind) for kind in rows.values_list("kind", flat=True)})


def picture(shipment_id: UUID, kind: ProofKind) -> tuple[str, bytes]:
    """Media type and content of the latest picture of a kind."""
    rows = ProofRow.objects.filter(shipment_id=shipment_id, kind=kind, delete_after__gt=clock.now())
    row = rows.order_by("-at").first()
    if row is None:
        raise not_found(_("There is no such picture."))
    # The file is encrypted with its owner's key, and read as the owner; that the actor may see it, the row said.
    with acting_as(Actor(subject_id=row.owner_id)):
        blob, content = blobs.get(row.blob_id)
    return blob.media_type, content
