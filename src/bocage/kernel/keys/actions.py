"""The registry of signing keys: one key in force a purpose, old ones kept to verify old proofs.

A purpose signs by one algorithm: Ed25519, or ES256 where the world outside of the town asks for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import not_found
from bocage.kernel.ids import uuid7
from bocage.kernel.keys import algorithms
from bocage.kernel.keys.master import seal, unseal
from bocage.kernel.keys.models import REASON_LENGTH, SigningKeyRow
from bocage.kernel.keys.types import Algorithm, Signature, SigningKey

_LOCK_SQL = "select pg_advisory_xact_lock(hashtext('signing_key'), hashtext(%s))"


def signing_key(purpose: str, algorithm: Algorithm = Algorithm.EDDSA) -> SigningKey:
    """The key in force for `purpose`; made at first need. ValueError when the purpose signs by another algorithm."""
    return as_type(_in_force(purpose, algorithm))


def sign(purpose: str, message: bytes, algorithm: Algorithm = Algorithm.EDDSA) -> Signature:
    """Sign with the key in force. Keep the answer's `signed_at` and `key_id` beside the proof: `verify` needs them."""
    row = _in_force(purpose, algorithm)
    private_key = unseal(bytes(row.sealed_private_key), _context(row.id))
    return Signature(row.id, algorithms.sign(algorithm, private_key, message), clock.now())


def signer(purpose: str, algorithm: Algorithm = Algorithm.EDDSA) -> tuple[SigningKey, Callable[[bytes], bytes]]:
    """The key in force and what signs by it: for many messages of one moment, it is read and unsealed once."""
    row = _in_force(purpose, algorithm)
    private_key = unseal(bytes(row.sealed_private_key), _context(row.id))
    return as_type(row), lambda message: algorithms.sign(algorithm, private_key, message)


def verify(purpose: str, message: bytes, signature: Signature) -> bool:
    """Whether the signature is by a key of `purpose` that was in force, and not revoked, when it says it was made.

    The time is the signer's word: sign messages that carry it, and revoke a stolen key since a time before the theft.
    """
    row = SigningKeyRow.objects.filter(id=signature.key_id, purpose=purpose).first()
    if row is None or signature.signed_at < row.signs_from or signature.signed_at > clock.now():
        return False
    if row.signs_until is not None and signature.signed_at >= row.signs_until:
        return False
    if row.revoked_at is not None and signature.signed_at >= row.revoked_at:
        return False
    return algorithms.verifies(Algorithm(row.algorithm), bytes(row.public_key), message, signature.value)


def rotate(purpose: str, overlap: timedelta = timedelta(0)) -> SigningKey:
    """Make the next key. It is listed at once and signs after `overlap`, when whoever keeps a copy of the list has it.

    Until then the present key signs; afterwards it only verifies.
    """
    with transaction.atomic():
        _lock(purpose)
        change_at = clock.now() + overlap
        last = SigningKeyRow.objects.filter(purpose=purpose).order_by("-signs_from").first()
        for row in SigningKeyRow.objects.filter(purpose=purpose).filter(
            Q(signs_until=None) | Q(signs_until__gt=change_at)
        ):
            row.signs_until = max(change_at, row.signs_from)
            row.save(update_fields=["signs_until"])
        return as_type(_create(purpose, change_at, Algorithm(last.algorithm) if last else Algorithm.EDDSA))


def revoke(key_id: UUID, reason: str, since: datetime | None = None) -> None:
    """Stop believing the key from `since` on (now when None), and put a new one in force when it was the one."""
    with transaction.atomic():
        row = SigningKeyRow.objects.filter(id=key_id).first()
        if row is None:
            raise not_found(_("There is no signing key with this id."), field="key_id")
        _lock(row.purpose)
        now = clock.now()
        row.revoked_at = min(filter(None, (row.revoked_at, since, now)))
        row.revoked_reason = reason[:REASON_LENGTH]
        row.signs_until = max(min(row.signs_until or now, now), row.signs_from)
        row.save(update_fields=["revoked_at", "revoked_reason", "signs_until"])


def as_type(row: SigningKeyRow) -> SigningKey:
    """The row without its private half."""
    return SigningKey(
        row.id,
        row.purpose,
        bytes(row.public_key),
        row.signs_from,
        row.signs_until,
        row.revoked_at,
        Algorithm(row.algorithm),
    )


def _in_force(purpose: str, algorithm: Algorithm) -> SigningKeyRow:
    row = _find(purpose)
    if row is None:
        with transaction.atomic():
            _lock(purpose)
            row = _find(purpose) or _create(purpose, clock.now(), algorithm)
    if row.algorithm != algorithm:
        raise ValueError(f"{purpose} signs by {row.algorithm}, not by {algorithm}")
    return row


def _find(purpose: str) -> SigningKeyRow | None:
    now = clock.now()
    return (
        SigningKeyRow.objects.filter(purpose=purpose, signs_from__lte=now, revoked_at=None)
        .filter(Q(signs_until=None) | Q(signs_until__gt=now))
        .order_by("signs_from")
        .first()
    )


def _create(purpose: str, signs_from: datetime, algorithm: Algorithm) -> SigningKeyRow:
    private_key, public_key = algorithms.generate(algorithm)
    key_id = uuid7()
    # A key that waits for its turn keeps the one open place; this one then fills the gap until that turn.
    waiting = SigningKeyRow.objects.filter(purpose=purpose, signs_until=None).first()
    return SigningKeyRow.objects.create(
        id=key_id,
        purpose=purpose,
        algorithm=algorithm,
        public_key=public_key,
        sealed_private_key=seal(private_key, _context(key_id)),
        signs_from=signs_from,
        signs_until=waiting.signs_from if waiting else None,
    )


def _lock(purpose: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SQL, [purpose])


def _context(key_id: UUID) -> str:
    return f"private half of signing key {key_id}"
