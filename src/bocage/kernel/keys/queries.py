"""Reads of the key registry."""

from base64 import urlsafe_b64encode

from bocage.kernel.keys.actions import as_type
from bocage.kernel.keys.models import SigningKeyRow
from bocage.kernel.keys.types import SigningKey


def signing_keys(purpose: str | None = None) -> list[SigningKey]:
    """Every signing key ever made (of one purpose), oldest first."""
    rows = SigningKeyRow.objects.order_by("purpose", "signs_from")
    return [as_type(row) for row in (rows.filter(purpose=purpose) if purpose else rows)]


def public_list() -> dict[str, list[dict[str, str | int]]]:
    """What anyone may fetch to check our proofs: a JSON Web Key Set (RFC 8037 OKP keys), revoked keys left out.

    `nbf` and `exp` (Unix seconds) say when the key signs; proofs older than `exp` still verify by it.
    """
    return {"keys": [_jwk(key) for key in signing_keys() if key.revoked_at is None]}


def _jwk(key: SigningKey) -> dict[str, str | int]:
    jwk: dict[str, str | int] = {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": str(key.id),
        "x": urlsafe_b64encode(key.public_key).rstrip(b"=").decode(),
        "purpose": key.purpose,
        "nbf": int(key.signs_from.timestamp()),
    }
    if key.signs_until is not None:
        jwk["exp"] = int(key.signs_until.timestamp())
    return jwk
