"""What the key registry tells others."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Algorithm(StrEnum):
    """How a key signs, by its name in JOSE (RFC 7518, RFC 8037)."""

    EDDSA = "EdDSA"
    ES256 = "ES256"


@dataclass(frozen=True)
class SigningKey:
    """A signing key without its private half. It signs from `signs_from` until `signs_until` (None: no end is set).

    `public_key` is the raw 32 bytes of Ed25519, or the uncompressed point of P-256 (65 bytes) for ES256. Signatures
    dated at or after `revoked_at` are not believed.
    """

    id: UUID
    purpose: str
    public_key: bytes
    signs_from: datetime
    signs_until: datetime | None
    revoked_at: datetime | None
    algorithm: Algorithm = Algorithm.EDDSA


@dataclass(frozen=True)
class Signature:
    """64 bytes over a message (Ed25519, or r || s of ES256), by `key_id`, made at `signed_at`."""

    key_id: UUID
    value: bytes
    signed_at: datetime
