"""What the blob store shows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Blob:
    """A stored file. `media_type` is what its bytes are, whatever was declared; `digest` is SHA-256 of its content."""

    id: UUID
    owner_id: UUID
    purpose: str
    media_type: str
    size_bytes: int
    digest: bytes
    created_at: datetime
    delete_after: datetime | None
