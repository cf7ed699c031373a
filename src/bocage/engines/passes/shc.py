"""SMART Health Cards: `shc:/` in one code or several, a JWS of ES256 over a deflated credential, a FHIR bundle.

Source: SMART Health Cards Framework (spec.smarthealth.cards), with RFC 7515 (JWS) and RFC 7638 (thumbprints).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bocage.engines.passes import cose, fhir, limits
from bocage.engines.passes.inflating import RAW_DEFLATE, deflate, inflate
from bocage.engines.passes.keys import Trust, TrustedKey, check_dates, urlsafe_bytes, urlsafe_text
from bocage.engines.passes.types import Kind, PassError, Trail, Verdict

PREFIX = "shc:/"
STEPS = ("numeric", "jws", "header", "deflate", "payload", "kid", "signature", "fhir", "time")
# One code holds a JWS of at most 1,195 characters; each of several holds at most 1,191 (the framework's "Chunking").
SINGLE_CHARACTERS_MAX = 1_195
CHUNK_CHARACTERS_MAX = 1_191
_CODE = re.compile(r"shc:/(?:([0-9]{1,2})/([0-9]{1,2})/)?([0-9]+)")
_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_OFFSET = 45
_HEADERS = frozenset({"alg", "zip", "kid", "typ", "cty"})


@dataclass(frozen=True)
class _Signed:
    header: Mapping[str, Any]
    signing_input: bytes
    payload: bytes
    signature: bytes


def verify(codes: Sequence[str] | str, trusted: Trust, now: float) -> Verdict:
    """Whether a card is valid at `now` (Unix seconds), given as the text of its code, of its codes, or as a JWS."""
    trail = Trail(Kind.SHC, STEPS)
    try:
        jws = trail.step(joined, [codes] if isinstance(codes, str) else codes)
        signed = trail.step(_parts, jws)
        kid = trail.step(_kid, signed.header)
        inflated = trail.step(inflate, signed.payload, limits.CARD_INFLATED_BYTES_MAX, RAW_DEFLATE)
        payload = trail.step(_payload, inflated)
        key = trail.step(trusted.of_issuer, payload["iss"], kid)
        trail.step(_verify, signed, key)
        subject = payload["vc"]["credentialSubject"]
        trail.step(fhir.check, subject["fhirBundle"], payload["vc"]["type"])
        trail.step(_check_time, payload, key, now)
        trail.content = _content(payload)
    except PassError:
        pass
    return trail.verdict()


def is_card(text: str) -> bool:
    """Whether the text looks like a code of a card, or like a JWS."""
    return text.startswith("shc:") or bool(_JWS.fullmatch(text))


def joined(codes: Sequence[str]) -> str:
    """The JWS that one code or all of several hold, in any order. A JWS is itself."""
    if not 0 < len(codes) <= limits.CARD_CODES_MAX or sum(map(len, codes)) > limits.CARD_CHARACTERS_MAX:
        raise PassError(f"a card is of 1 to {limits.CARD_CODES_MAX} codes")
    if len(codes) == 1 and not codes[0].startswith("shc:"):
        return codes[0]
    chunks: dict[int, str] = {}
    total = 0
    for code in codes:
        match = _CODE.fullmatch(code)
        if match is None:
            raise PassError("not shc:/ and digits, or shc:/1/2/ and digits")
        index, count, digits = match.groups()
        if index is None:
            if len(codes) > 1:
                raise PassError("a code that is whole by itself among others")
            return _text_of(digits, SINGLE_CHARACTERS_MAX)
        number, of = int(index), int(count)
        if not 1 <= number <= of or of < 2:
            raise PassError(f"code {number} of {of}: there is no such code")
        if (total and of != total) or number in chunks:
            raise PassError(f"code {number} of {of} does not go with the others")
        total = of
        chunks[number] = _text_of(digits, CHUNK_CHARACTERS_MAX)
    if len(chunks) != total:
        missing = next(number for number in range(1, total + 1) if number not in chunks)
        raise PassError(f"code {missing} of {total} is missing")
    jws = "".join(chunks[number] for number in range(1, total + 1))
    if len(jws) <= SINGLE_CHARACTERS_MAX:
        raise PassError("in several codes, where the card fits in one")
    return jws


def _text_of(digits: str, characters_max: int) -> str:
    if len(digits) % 2:
        raise PassError("an odd number of digits")
    if len(digits) // 2 > characters_max:
        raise PassError(f"more than {characters_max} characters in a code")
    values = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if max(values) > ord("z") - _OFFSET:
        raise PassError(f"{max(values)} stands for no character of a JWS")
    return bytes(value + _OFFSET for value in values).decode()


def _parts(jws: str) -> _Signed:
    if not _JWS.fullmatch(jws):
        raise PassError("not three parts of base64url with dots between (whitespace or a byte order mark around them?)")
    header, payload, signature = jws.split(".")
    held = _json(urlsafe_bytes(header))
    if not isinstance(held, Mapping):
        raise PassError("the header is not an object")
    signed = _Signed(held, f"{header}.{payload}".encode(), urlsafe_bytes(payload), urlsafe_bytes(signature))
    if len(signed.signature) != 64:
        raise PassError(f"the signature is {len(signed.signature)} bytes, not r and s of 32")
    return signed


def _kid(header: Mapping[str, Any]) -> str:
    if header.get("alg") != "ES256":
        raise PassError(f"alg: {header.get('alg')!r:.40}, where a card has ES256")
    if header.get("zip") != "DEF":
        raise PassError(f"zip: {header.get('zip')!r:.40}, where a card has DEF")
    strange = set(header) - _HEADERS
    if strange:
        raise PassError(f"{min(strange)!r:.40}: a header that is not understood")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise PassError("kid: missing")
    return kid


def _payload(data: bytes) -> Mapping[str, Any]:
    if data != data.strip():
        raise PassError("whitespace around the payload")
    held = _json(data)
    if not isinstance(held, Mapping):
        raise PassError("not an object")
    issuer = held.get("iss")
    if not isinstance(issuer, str) or not issuer.startswith("https://") or issuer.endswith("/") or len(issuer) > 2_000:
        raise PassError("iss: not an https address without a slash at its end")
    _time(held, "nbf", required=True)
    _time(held, "exp", required=False)
    vc = held.get("vc")
    subject = vc.get("credentialSubject") if isinstance(vc, Mapping) else None
    if not isinstance(vc, Mapping) or not isinstance(subject, Mapping):
        raise PassError("vc.credentialSubject: missing")
    types = vc.get("type")
    if not isinstance(types, list) or not all(isinstance(held, str) for held in types):
        raise PassError("vc.type: not a list of texts")
    if fhir.CARD_TYPE not in types:
        raise PassError(f"vc.type lacks {fhir.CARD_TYPE}")
    version = subject.get("fhirVersion")
    if not isinstance(version, str) or not re.fullmatch(r"4\.[0-9]{1,2}\.[0-9]{1,3}", version):
        raise PassError("fhirVersion: not one of FHIR R4, such as 4.0.1")
    if "fhirBundle" not in subject:
        raise PassError("fhirBundle: missing")
    return held


def _time(held: Mapping[str, Any], name: str, *, required: bool) -> None:
    value = held.get(name)
    if value is None and not required:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= limits.TIME_SECONDS_MAX:
        raise PassError(f"{name}: {value!r:.40} is not a time in seconds since 1970")


def _verify(signed: _Signed, key: TrustedKey) -> None:
    if not isinstance(key.public_key, ec.EllipticCurvePublicKey):
        raise PassError("the issuer's key is not one of P-256")
    try:
        key.public_key.verify(cose.der_signature(signed.signature), signed.signing_input, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise PassError("the signature is not by the issuer's key over this card") from None


def _check_time(payload: Mapping[str, Any], key: TrustedKey, now: float) -> None:
    not_before, expires = payload["nbf"], payload.get("exp")
    if expires is not None and expires <= not_before:
        raise PassError("the card ends before it begins")
    if now < not_before:
        raise PassError("not valid yet (nbf)")
    if expires is not None and now > expires:
        raise PassError("expired (exp)")
    check_dates(key, not_before, now)


def _content(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = [entry["resource"] for entry in payload["vc"]["credentialSubject"]["fhirBundle"]["entry"]]
    patient = next(entry for entry in entries if entry["resourceType"] == "Patient")
    name = patient["name"][0]
    given = name.get("given") or []
    return {
        "issuer": payload["iss"],
        "issued_at": payload["nbf"],
        "expires_at": payload.get("exp"),
        "name": " ".join([*map(str, given), str(name.get("family", ""))]).strip(),
        "born": patient["birthDate"],
        "resources": [entry for entry in entries if entry["resourceType"] != "Patient"],
    }


def issue(
    bundle: Mapping[str, Any],
    types: Sequence[str],
    issuer: str,
    signer: cose.Signer,
    kid: str,
    *,
    not_before: int,
    expires_at: int | None = None,
) -> str:
    """A card as JWS; the bundle is held to the rules for others' cards. Times in Unix seconds; kid: the thumbprint."""
    payload: dict[str, Any] = {"iss": issuer, "nbf": not_before}
    if expires_at is not None:
        payload["exp"] = expires_at
    payload["vc"] = {
        "type": list(types),
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": bundle},
    }
    data = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    _payload(data)
    fhir.check(bundle, list(types))
    header = json.dumps({"zip": "DEF", "alg": "ES256", "kid": kid}, separators=(",", ":")).encode()
    signing_input = f"{urlsafe_text(header)}.{urlsafe_text(deflate(data, RAW_DEFLATE))}"
    return f"{signing_input}.{urlsafe_text(signer.sign(signing_input.encode()))}"


def codes(jws: str) -> list[str]:
    """The texts of the code, or codes, that hold a card."""
    if len(jws) <= SINGLE_CHARACTERS_MAX:
        return [PREFIX + _digits(jws)]
    count = -(-len(jws) // CHUNK_CHARACTERS_MAX)
    size = -(-len(jws) // count)
    parts = [jws[at : at + size] for at in range(0, len(jws), size)]
    return [f"{PREFIX}{number}/{len(parts)}/{_digits(part)}" for number, part in enumerate(parts, start=1)]


def _digits(text: str) -> str:
    return "".join(f"{ord(character) - _OFFSET:02d}" for character in text)


def _json(data: bytes) -> Any:
    """JSON as it must be: no key twice, no NaN."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held = dict(pairs)
        if len(held) != len(pairs):
            raise PassError("JSON: a key twice")
        return held

    def refuse(name: str) -> Any:
        raise PassError(f"JSON: {name}")

    try:
        return json.loads(data.decode(), object_pairs_hook=unique, parse_constant=refuse)
    except PassError:
        raise
    except (ValueError, RecursionError):
        raise PassError("not JSON") from None
