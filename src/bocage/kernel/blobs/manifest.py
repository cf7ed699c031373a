"""What the blob store holds of a person."""

from base64 import b64encode
from typing import Any
from uuid import UUID

from bocage.kernel.blobs import actions
from bocage.kernel.blobs.models import BlobRow
from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = ()


def export(person_id: UUID) -> dict[str, Any]:
    """Every file of the person, its content in base64."""
    files = []
    for blob_id in BlobRow.objects.filter(owner_id=person_id).order_by("id").values_list("id", flat=True):
        blob, content = actions.get(blob_id)
        files.append(
            {
                "purpose": blob.purpose,
                "media_type": blob.media_type,
                "created_at": blob.created_at,
                "content_base64": b64encode(content).decode(),
            }
        )
    return {"files": files}


def erase(person_id: UUID) -> list[str]:
    """Delete them all; nothing is kept."""
    for blob_id in BlobRow.objects.filter(owner_id=person_id).values_list("id", flat=True):
        actions.delete(blob_id)
    return []
