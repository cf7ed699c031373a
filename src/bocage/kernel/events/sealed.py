"""How an event lies in its row: payload, and the digest that the chain covers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from bocage.kernel.keys import subject_keys

CONTEXT = b"event"
GENESIS = bytes(32)


def payload_of(subject_id: UUID | None, event_id: UUID, data: Mapping[str, Any]) -> bytes:
    """JSON of `data`, encrypted with the subject's key when there is a subject. Raises subject_keys.Erased."""
    plain = json.dumps(data, cls=DjangoJSONEncoder, separators=(",", ":"), ensure_ascii=False).encode()
    return plain if subject_id is None else subject_keys.encrypt(subject_id, plain, CONTEXT + event_id.bytes)


def open_payload(key: bytes | None, subject_id: UUID | None, event_id: UUID, payload: bytes) -> dict[str, Any]:
    """The data of a payload. `key` is the subject's. Raises CiphertextBroken, and Erased when the key is None."""
    if subject_id is not None:
        if key is None:
            raise subject_keys.Erased
        payload = subject_keys.decrypt_with(key, subject_id, payload, CONTEXT + event_id.bytes)
    data: dict[str, Any] = json.loads(payload)
    return data


def digest_of(
    event_id: UUID, event_type: str, version: int, source: str, subject_id: UUID | None, time: datetime, payload: bytes
) -> bytes:
    """SHA-256 over the whole row as stored: the payload as ciphertext, so that it holds after an erasure as well."""
    parts = (
        event_id.bytes,
        event_type.encode(),
        str(version).encode(),
        source.encode(),
        subject_id.bytes if subject_id else b"",
        time.astimezone(UTC).isoformat(timespec="microseconds").encode(),
        payload,
    )
    return sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).digest()


def link_of(previous: bytes, position: int, digest: bytes) -> bytes:
    """The chain's next link: SHA-256 over the one before, the position and the event's digest."""
    return sha256(previous + position.to_bytes(8) + digest).digest()
