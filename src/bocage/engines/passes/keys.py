"""Whose signatures are believed: keys by key id for COSE, keys by issuer for SMART Health Cards."""

import binascii
import json
import math
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from bocage.engines.passes import limits
from bocage.engines.passes.types import PassError

type PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey

KID_BYTES = 8
RSA_BITS_MIN = 2048
# What a signer may sign, by extended key usage (eHealth Network, "Technical specifications for digital COVID
# certificates", volume 5). The arc with a 0 in it stood in an early version of that text and in real certificates.
USAGES = MappingProxyType(
    {f"1.3.6.1.4.1.{arc}.{number}": kind for arc in ("1847.2021.1", "0.1847.2021.1") for number, kind in
     ((1, "t"), (2, "v"), (3, "r"))}
)  # fmt: skip


@dataclass(frozen=True)
class TrustedKey:
    """A public key. `usages` is what it may sign ("v", "t", "r"); empty means anything. Times in Unix seconds.

    It signs from `valid_from` until `valid_until`. What it signed then is believed later too, unless `expires` is
    set: a certificate (X.509) that is over proves nothing any more, a key of a list that was followed by another does.
    """

    kid: bytes
    public_key: PublicKey
    usages: frozenset[str] = frozenset()
    valid_from: float | None = None
    valid_until: float | None = None
    label: str = ""
    expires: bool = False


@dataclass(frozen=True)
class IssuerKeys:
    """The keys of an issuer of SMART Health Cards by key id. `issuer` is its URL; "" where nobody named it."""

    issuer: str
    keys: Mapping[str, TrustedKey]


@dataclass(frozen=True)
class Trust:
    """All keys that are believed."""

    cose: Mapping[bytes, tuple[TrustedKey, ...]] = field(default_factory=dict)
    issuers: tuple[IssuerKeys, ...] = ()

    def by_kid(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """The keys of this id; ids are short, so there may be more than one. PassError when there is none."""
        found = self.cose.get(kid, ())
        if not found:
            raise PassError(f"no key is trusted under the key id {kid.hex()}")
        return found

    def of_issuer(self, issuer: str, kid: str) -> TrustedKey:
        """The issuer's key of this id. Keys that name no issuer serve those that no other set of keys names."""
        named = [entry for entry in self.issuers if entry.issuer == issuer]
        unnamed = [] if named else [entry for entry in self.issuers if not entry.issuer]
        if not named and not unnamed:
            raise PassError(f"the issuer {issuer[:200]!r} is not trusted")
        for entry in named or unnamed:
            if kid in entry.keys:
                return entry.keys[kid]
        raise PassError(f"the issuer has no key {kid[:64]!r}")

    def __add__(self, other: "Trust") -> "Trust":
        cose = dict(self.cose)
        for kid, keys in other.cose.items():
            cose[kid] = cose.get(kid, ()) + keys
        return Trust(cose, self.issuers + other.issuers)


def trust(keys: Iterable[TrustedKey], issuers: Iterable[IssuerKeys] = ()) -> Trust:
    """Trust in these."""
    cose: dict[bytes, tuple[TrustedKey, ...]] = {}
    for key in keys:
        cose[key.kid] = (*cose.get(key.kid, ()), key)
    return Trust(cose, tuple(issuers))


def check_dates(key: TrustedKey, signed_at: float, now: float, ahead: float = 0) -> None:
    """PassError unless the key signed at `signed_at`, which may lie `ahead` seconds after it did, and is believed now.

    Times in Unix seconds; `signed_at` is the signer's word, so that a stolen key must be taken off the list of keys. It
    is a whole second where `valid_from` may not be: what is signed in the second in which a key begins is the key's.
    """
    if key.valid_from is not None and signed_at + ahead < math.floor(key.valid_from):
        raise PassError(f"signed {ago(key.valid_from - signed_at)} before its key was valid")
    if key.valid_until is not None and signed_at - ahead > key.valid_until:
        raise PassError(f"signed {ago(signed_at - key.valid_until)} after its key was over")
    if key.expires and key.valid_until is not None and now > key.valid_until:
        raise PassError(f"the certificate of its key expired {ago(now - key.valid_until)} ago")


def ago(seconds: float) -> str:
    """A length of time, in days or seconds."""
    days, rest = divmod(int(seconds), 86_400)
    return f"{days} days" if days else f"{rest} s"


def of_certificate(certificate: x509.Certificate) -> TrustedKey:
    """The key of a document signer: its id is the first 8 bytes of SHA-256 over the certificate (hcert, 3.3.2)."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        named = frozenset(USAGES[oid.dotted_string] for oid in usages if oid.dotted_string in USAGES)
    except (x509.ExtensionNotFound, ValueError):
        named = frozenset()
    return TrustedKey(
        kid=sha256(certificate.public_bytes(Encoding.DER)).digest()[:KID_BYTES],
        public_key=_usable(certificate.public_key()),
        usages=named,
        valid_from=certificate.not_valid_before_utc.timestamp(),
        valid_until=certificate.not_valid_after_utc.timestamp(),
        label=certificate.subject.rfc4514_string(),
        expires=True,
    )


def read_certificate(text: str) -> TrustedKey:
    """A certificate as PEM, or as the base64 of its DER."""
    try:
        if "-----BEGIN" in text:
            return of_certificate(x509.load_pem_x509_certificate(text.encode()))
        return of_certificate(x509.load_der_x509_certificate(b64decode("".join(text.split()), validate=True)))
    except (ValueError, binascii.Error) as error:
        raise error if isinstance(error, PassError) else PassError("not an X.509 certificate") from None


def read_trust(data: bytes, issuer: str = "") -> Trust:
    """A file of keys: certificates as PEM, or a JSON Web Key Set, whose issuer may be given.

    A key set without a given issuer is that of the URL in the certificate of one of its keys (x5c), if there is one.
    """
    if len(data) > limits.TRUST_FILE_BYTES_MAX:
        raise PassError(f"more than {limits.TRUST_FILE_BYTES_MAX} bytes")
    if b"-----BEGIN CERTIFICATE" in data:
        try:
            certificates = x509.load_pem_x509_certificates(data)
        except ValueError:
            raise PassError("not whole PEM certificates") from None
        return trust(of_certificate(certificate) for certificate in certificates[: limits.TRUST_KEYS_MAX])
    try:
        held = json.loads(data)
    except (ValueError, RecursionError):
        raise PassError("neither certificates (PEM) nor a key set (JSON)") from None
    if not isinstance(held, dict) or not isinstance(held.get("keys"), list):
        raise PassError('a key set has a list "keys"')
    if len(held["keys"]) > limits.TRUST_KEYS_MAX:
        raise PassError(f"more than {limits.TRUST_KEYS_MAX} keys")
    return _key_set(held["keys"], issuer or held.get("iss", ""))


def _key_set(keys: list[Any], issuer: Any) -> Trust:
    cards: dict[str, TrustedKey] = {}
    own: list[TrustedKey] = []
    for number, jwk in enumerate(keys, start=1):
        if not isinstance(jwk, dict):
            raise PassError(f"key {number}: not an object")
        if jwk.get("kty") == "OKP":
            own.append(_ed25519(jwk, number))
        elif jwk.get("use") == "sig":
            kid, key = _p256(jwk, number)
            begins, ends = _dates(jwk, number)
            cards[kid] = TrustedKey(key_id(point_of(key)), key, valid_from=begins, valid_until=ends, label=kid)
            own.append(cards[kid])
            issuer = issuer or _named_in(jwk, key)
    if not own:
        raise PassError("no signing key in the key set")
    return trust(own, [IssuerKeys(str(issuer), cards)] if cards else [])


def _p256(jwk: Mapping[str, Any], number: int) -> tuple[str, ec.EllipticCurvePublicKey]:
    # SMART Health Cards, "Determining keys": EC, P-256, ES256, and the id is the thumbprint (RFC 7638) of the key.
    if (jwk.get("kty"), jwk.get("crv"), jwk.get("alg")) != ("EC", "P-256", "ES256"):
        raise PassError(f"key {number}: not an ES256 key on P-256")
    try:
        x, y = (urlsafe_bytes(str(jwk.get(name, ""))) for name in ("x", "y"))
        if len(x) != 32 or len(y) != 32:
            raise PassError(f"key {number}: its coordinates are not 32 bytes")
        point = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError as error:
        raise error if isinstance(error, PassError) else PassError(f"key {number}: not a point of P-256") from None
    if jwk.get("kid") != thumbprint(point):
        raise PassError(f"key {number}: its id is not the thumbprint of the key")
    return jwk["kid"], point


def _ed25519(jwk: Mapping[str, Any], number: int) -> TrustedKey:
    try:
        raw = urlsafe_bytes(str(jwk.get("x", "")))
        key = Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise PassError(f"key {number}: not an Ed25519 key") from None
    begins, ends = _dates(jwk, number)
    return TrustedKey(key_id(raw), key, valid_from=begins, valid_until=ends, label=str(jwk.get("kid", "")))


def of_ed25519(raw: bytes, valid_from: float | None = None, valid_until: float | None = None) -> TrustedKey:
    """An Ed25519 key by its 32 bytes, and when it signs (Unix seconds)."""
    return TrustedKey(key_id(raw), Ed25519PublicKey.from_public_bytes(raw), frozenset(), valid_from, valid_until)


def of_p256(point: bytes, valid_from: float | None = None, valid_until: float | None = None) -> TrustedKey:
    """A P-256 key by its uncompressed point (65 bytes), and when it signs (Unix seconds)."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return TrustedKey(key_id(point), key, frozenset(), valid_from, valid_until, thumbprint(key))


def key_id(raw: bytes) -> bytes:
    """The id under which our passes name a key: the first 8 bytes of SHA-256 over its 32 bytes, or its point."""
    return sha256(raw).digest()[:KID_BYTES]


def _dates(jwk: Mapping[str, Any], number: int) -> tuple[float | None, float | None]:
    """When a key of a set signs (`nbf`, `exp` in Unix seconds, as this town's list has them), where it says so."""
    found: list[float | None] = []
    for name in ("nbf", "exp"):
        value = jwk.get(name)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= limits.TIME_SECONDS_MAX
        ):
            raise PassError(f"key {number}: {name} is not a time in seconds since 1970")
        found.append(None if value is None else float(value))
    return found[0], found[1]


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """The JWK thumbprint (RFC 7638) of a P-256 key."""
    numbers = key.public_numbers()
    x, y = (urlsafe_text(value.to_bytes(32)) for value in (numbers.x, numbers.y))
    members = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return urlsafe_text(sha256(members.encode()).digest())


_URLSAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def urlsafe_bytes(text: str) -> bytes:
    """Base64url without padding (RFC 7515, 2), strictly: Python's own decoder drops what is not in the alphabet."""
    if not text.isascii() or not _URLSAFE.issuperset(text.encode()):
        raise PassError("base64url: a character that is not in its alphabet")
    if len(text) % 4 == 1:
        raise PassError("base64url: one character is left over")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if urlsafe_text(data) != text:
        raise PassError("base64url: bits are set behind the last byte")
    return data


def urlsafe_text(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point of a P-256 key, 65 bytes."""
    numbers = key.public_numbers()
    return b"\x04" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)


def _named_in(jwk: Mapping[str, Any], key: ec.EllipticCurvePublicKey) -> str:
    chain = jwk.get("x5c")
    if not isinstance(chain, list) or not chain:
        return ""
    try:
        certificate = x509.load_der_x509_certificate(b64decode(str(chain[0])))
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return ""
    if certificate.public_key() != key:
        raise PassError("the certificate of a key (x5c) is for another key")
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "")


def _usable(key: Any) -> PublicKey:
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS_MIN:
        return key
    # No Ed25519: a certificate's key would else sign tokens of a colour, which is for keys of the town alone.
    raise PassError(
        "a key that no certificate of health is signed with (P-256, P-384, P-521, RSA of 2048 bits or more)"
    )
