"""COSE_Sign1 (RFC 9052): one signature over one payload. ES256 and PS256 as in DCC, EdDSA for our own tokens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bocage.engines.passes import cbor
from bocage.engines.passes.keys import PublicKey, Trust, TrustedKey
from bocage.engines.passes.types import PassError

ALGORITHM, KID = 1, 4
ES256, EDDSA, PS256 = -7, -8, -37
_P256_BYTES = 32
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
_SHA256 = hashes.SHA256()


@dataclass(frozen=True)
class Sign1:
    """A signed message, taken apart. `protected` is the bytes that the signature covers."""

    protected: bytes
    headers: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes
    signature: bytes

    def header(self, label: int) -> Any:
        """The protected header, else the unprotected one. A wrong protected header is never overruled."""
        return self.headers[label] if label in self.headers else self.unprotected.get(label)


@dataclass(frozen=True)
class Signer:
    """Who signs: the COSE algorithm, the id of the key, and what signs bytes (its private half stays outside).

    For ES256 `sign` returns the 64 bytes r || s.
    """

    algorithm: int
    kid: bytes
    sign: Callable[[bytes], bytes]


def parse(data: bytes) -> Sign1:
    """A COSE_Sign1 message, with or without its tag, and the tag of a CWT (RFC 8392, 6) around that."""
    message = cbor.untagged(cbor.loads(data), cbor.CWT_TAG, cbor.COSE_SIGN1_TAG)
    if not isinstance(message, list | tuple) or len(message) != 4:
        raise PassError("COSE: not a list of four")
    protected, unprotected, payload, signature = message
    if not isinstance(protected, bytes) or not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise PassError("COSE: protected header, payload and signature are byte strings")
    if not isinstance(unprotected, Mapping):
        raise PassError("COSE: the unprotected header is a map")
    headers = cbor.loads(protected) if protected else {}
    if not isinstance(headers, Mapping):
        raise PassError("COSE: the protected header is a map")
    return Sign1(protected, headers, unprotected, payload, signature)


def kid_of(message: Sign1) -> bytes:
    """The id of the key that is said to have signed."""
    kid = message.header(KID)
    if not isinstance(kid, bytes) or not kid:
        raise PassError("the message names no key id")
    return kid


def verify(message: Sign1, key: PublicKey) -> None:
    """PassError unless `key` signed the message by the algorithm it names, which must be one for this kind of key.

    ES256 is ECDSA with SHA-256; COSE, other than JOSE, leaves the curve to the key (RFC 9053, 2.1).
    """
    algorithm = message.header(ALGORITHM)
    signed = cbor.dumps(["Signature1", message.protected, b"", message.payload])
    try:
        if algorithm == ES256 and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(der_signature(message.signature, (key.key_size + 7) // 8), signed, ec.ECDSA(_SHA256))
        elif algorithm == PS256 and isinstance(key, rsa.RSAPublicKey):
            key.verify(message.signature, signed, _PSS, _SHA256)
        elif algorithm == EDDSA and isinstance(key, Ed25519PublicKey):
            key.verify(message.signature, signed)
        else:
            raise PassError(f"algorithm {algorithm!r:.20} is not one for this key")
    except InvalidSignature:
        raise PassError("the signature is not by this key over these bytes") from None


def verify_by(message: Sign1, keys: tuple[TrustedKey, ...]) -> TrustedKey:
    """The one of `keys` that signed. PassError with the first key's reason when none did."""
    reason: PassError | None = None
    for key in keys:
        try:
            verify(message, key.public_key)
        except PassError as error:
            reason = reason or error
        else:
            return key
    raise reason or PassError("no key is trusted for this message")


def signed_by(data: bytes, trusted: Trust) -> tuple[Sign1, TrustedKey]:
    """The message in `data`, and the trusted key that signed it."""
    message = parse(data)
    return message, verify_by(message, trusted.by_kid(kid_of(message)))


def sign(payload: bytes, signer: Signer, *, tagged: bool = True) -> bytes:
    """`payload` signed; algorithm and key id go into the protected header."""
    protected = cbor.dumps({ALGORITHM: signer.algorithm, KID: signer.kid})
    signature = signer.sign(cbor.dumps(["Signature1", protected, b"", payload]))
    message = [protected, {}, payload, signature]
    return cbor.dumps(cbor.tagged(cbor.COSE_SIGN1_TAG, message) if tagged else message)


def der_signature(raw: bytes, number_bytes: int = _P256_BYTES) -> bytes:
    """r || s as DER. PassError unless each is as long as the curve says: DER where raw is meant is refused."""
    if len(raw) != 2 * number_bytes:
        raise PassError(f"this key's signatures are {2 * number_bytes} bytes, not {len(raw)}")
    return utils.encode_dss_signature(int.from_bytes(raw[:number_bytes]), int.from_bytes(raw[number_bytes:]))


def raw_signature(der: bytes) -> bytes:
    """A DER signature of P-256 as r || s."""
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(_P256_BYTES) + s.to_bytes(_P256_BYTES)


def es256_signer(private_key: ec.EllipticCurvePrivateKey, kid: bytes) -> Signer:
    """A signer with a P-256 key that is at hand."""
    return Signer(ES256, kid, lambda data: raw_signature(private_key.sign(data, ec.ECDSA(_SHA256))))
