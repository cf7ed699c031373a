"""Reads of the blob store."""

from uuid import UUID

from bocage.kernel.blobs.actions import as_blob
from bocage.kernel.blobs.models import BlobRow
from bocage.kernel.blobs.types import Blob

PAGE_MAX = 100


def blobs_of(owner_id: UUID, purpose: str | None = None, before: UUID | None = None, limit: int = 50) -> list[Blob]:
    """The owner's newest `limit` (at most 100) files, for one purpose and older than `before` when given."""
    rows = BlobRow.objects.filter(owner_id=owner_id).order_by("-id")
    if purpose is not None:
        rows = rows.filter(purpose=purpose)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [as_blob(row) for row in rows[: min(max(limit, 1), PAGE_MAX)]]
