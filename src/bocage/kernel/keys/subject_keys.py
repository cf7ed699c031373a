"""One AES-256-GCM key a subject. Destroying it makes all that it encrypted unreadable, wherever a copy lies.

There is no cache: a key destroyed by one process is gone for all of them at once.
"""

from collections.abc import Collection
from secrets import token_bytes
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.keys.master import seal, unseal
from bocage.kernel.keys.models import SubjectKeyRow

_KEY_BITS = 256
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class Erased(Refusal):
    """The subject's key was destroyed: nothing of theirs can be read or written any more."""

    def __init__(self) -> None:
        super().__init__("erased", _("The data of this person was erased."), status=410)


class CiphertextBroken(Exception):
    """Ciphertext that its subject's key does not open: a changed byte, or another subject's."""


def ensure(subject_id: UUID) -> None:
    """Make the subject's key now. Done at registration, so that two first payments never wait for one another."""
    _key(subject_id)


def encrypt(subject_id: UUID, plaintext: bytes, context: bytes = b"") -> bytes:
    """Encrypt with the subject's key, made at first need. Raises Erased. `context` must be given again to decrypt.

    Shape: one byte of format, 12 bytes nonce, AES-256-GCM ciphertext and tag.
    """
    nonce = token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(_key(subject_id)).encrypt(nonce, plaintext, subject_id.bytes + context)


def decrypt(subject_id: UUID, ciphertext: bytes, context: bytes = b"") -> bytes:
    """What `encrypt` was given. Raises Erased, or CiphertextBroken."""
    key = read_keys([subject_id]).get(subject_id)
    if key is None:
        raise Erased
    return decrypt_with(key, subject_id, ciphertext, context)


def decrypt_with(key: bytes, subject_id: UUID, ciphertext: bytes, context: bytes = b"") -> bytes:
    """`decrypt` with a key from `read_keys`, for batches. Keep no key longer than a transaction."""
    if ciphertext[:1] != _FORMAT:
        raise CiphertextBroken("unknown format of ciphertext")
    nonce, body = ciphertext[1 : 1 + _NONCE_BYTES], ciphertext[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, subject_id.bytes + context)
    except InvalidTag as error:
        raise CiphertextBroken("the ciphertext was changed, or belongs to another subject") from error


def read_keys(subject_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """The present keys of many subjects in one query; an erased subject, or one without a key, is left out."""
    rows = SubjectKeyRow.objects.filter(subject_id__in=subject_ids, sealed_key__isnull=False)
    return {row.subject_id: unseal(bytes(row.sealed_key or b""), _context(row.subject_id)) for row in rows}


def destroy(subject_id: UUID) -> None:
    """Destroy the key for good, whether it was ever used or not. Doing it twice is the same as once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into subject_key as held (subject_id, created_at, destroyed_at) values (%s, %s, %s)"
            " on conflict (subject_id) do update set sealed_key = null,"
            " destroyed_at = coalesce(held.destroyed_at, excluded.destroyed_at)",
            [subject_id, clock.now(), clock.now()],
        )


def _key(subject_id: UUID) -> bytes:
    sealed = _sealed(subject_id)
    if sealed is None:
        fresh = seal(AESGCM.generate_key(_KEY_BITS), _context(subject_id))
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into subject_key (subject_id, sealed_key, created_at) values (%s, %s, %s)"
                " on conflict do nothing",
                [subject_id, fresh, clock.now()],
            )
        sealed = _sealed(subject_id)
    if not sealed:
        raise Erased
    return unseal(sealed, _context(subject_id))


def _sealed(subject_id: UUID) -> bytes | None:
    """The sealed key; empty when it was destroyed, None when there was never one."""
    with connection.cursor() as cursor:
        cursor.execute("select sealed_key from subject_key where subject_id = %s", [subject_id])
        row = cursor.fetchone()
    return None if row is None else bytes(row[0] or b"")


def _context(subject_id: UUID) -> str:
    return f"key of subject {subject_id}"
