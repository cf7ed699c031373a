"""What the key registry tells others."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class SigningKey:
    """A signing key without its private half. It signs from `signs_from` until `signs_until` (None: no end is set).

    `public_key` is the raw 32 bytes of Ed25519. Signatures dated at or after `revoked_at` are not believed.
    """

    id: UUID
    purpose: str
    public_key: bytes
    signs_from: datetime
    signs_until: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Signature:
    """64 bytes of Ed25519 over a message, by `key_id`, made at `signed_at`."""

    key_id: UUID
    value: bytes
    signed_at: datetime
