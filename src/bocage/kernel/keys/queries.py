"""Reads of the key registry."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

from bocage.kernel.keys.actions import as_type
from bocage.kernel.keys.models import SigningKeyRow
from bocage.kernel.keys.types import Algorithm, SigningKey


def signing_keys(purpose: str | None = None) -> list[SigningKey]:
    """Every signing key ever made (of one purpose), oldest first."""
    rows = SigningKeyRow.objects.order_by("purpose", "signs_from")
    return [as_type(row) for row in (rows.filter(purpose=purpose) if purpose else rows)]


def public_list() -> dict[str, list[dict[str, str | int]]]:
    """What anyone may fetch to check our proofs: a JSON Web Key Set (RFC 7518, RFC 8037), revoked keys left out.

    `nbf` and `exp` (Unix seconds) say when the key signs; proofs older than `exp` still verify by it.
    """
    return {"keys": [jwk_of(key) for key in signing_keys() if key.revoked_at is None]}


def jwk_of(key: SigningKey) -> dict[str, str | int]:
    """A key as others read it; the id of an ES256 key is its thumbprint (RFC 7638), as SMART Health Cards want it."""
    jwk: dict[str, str | int] = {"use": "sig", "purpose": key.purpose, "nbf": int(key.signs_from.timestamp())}
    if key.algorithm is Algorithm.EDDSA:
        jwk |= {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": str(key.id), "x": _text(key.public_key)}
    else:
        point = {"crv": "P-256", "kty": "EC", "x": _text(key.public_key[1:33]), "y": _text(key.public_key[33:])}
        thumbprint = sha256(json.dumps(point, sort_keys=True, separators=(",", ":")).encode()).digest()
        jwk |= point | {"alg": "ES256", "kid": _text(thumbprint)}
    if key.signs_until is not None:
        jwk["exp"] = int(key.signs_until.timestamp())
    return jwk


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
