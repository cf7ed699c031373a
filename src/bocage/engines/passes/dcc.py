"""The EU Digital COVID Certificate: HC1, base45, zlib, COSE, CWT, payload. Verified offline, and issued.

Source: eHealth Network, "Technical specifications for EU digital COVID certificates", volumes 1, 3 and 5 (hcert).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bocage.engines.passes import base45, cbor, cose, dcc_rules, dcc_values, limits
from bocage.engines.passes.cose import Sign1, Signer
from bocage.engines.passes.inflating import deflate, inflate
from bocage.engines.passes.keys import Trust, TrustedKey, ago, check_dates
from bocage.engines.passes.types import Kind, PassError, Trail, Verdict

PREFIX = "HC1:"
STEPS = ("prefix", "base45", "zlib", "cose", "kid", "signature", "cbor", "schema", "values", "usage", "time")
ISS, EXP, NBF, IAT, HCERT = 1, 4, 5, 6, -260
_NAMES = {"v": "vaccination", "t": "test", "r": "recovery"}


@dataclass(frozen=True)
class Claims:
    """The claims of a CWT (RFC 8392). Times in Unix seconds; `dcc` is the certificate's own payload."""

    issuer: str
    expires_at: float | None
    not_before: float | None
    issued_at: float | None
    dcc: Any


def verify(text: str, trusted: Trust, now: float) -> Verdict:
    """Whether `text`, as a camera reads it, is a valid certificate at `now` (Unix seconds)."""
    trail = Trail(Kind.DCC, STEPS)
    try:
        compressed = trail.step(base45.decode, trail.step(unprefixed, text))
        message = trail.step(cose.parse, trail.step(inflate, compressed, limits.INFLATED_BYTES_MAX))
        keys = trail.step(_keys, message, trusted)
        key = trail.step(cose.verify_by, message, keys, reason=lambda key: key.label)
        claims = trail.step(claims_of, message)
        trail.step(dcc_rules.check, claims.dcc)
        trail.step(dcc_values.check, claims.dcc)
        trail.step(check_usage, claims.dcc, key)
        trail.step(_check_times, claims, key, now)
        trail.content = content_of(claims)
    except PassError:
        pass
    return trail.verdict()


def unprefixed(text: str) -> str:
    """The base45 behind the context identifier."""
    if len(text) > limits.TEXT_CHARACTERS_MAX:
        raise PassError(f"more than {limits.TEXT_CHARACTERS_MAX} characters")
    if not text.startswith(PREFIX):
        raise PassError(f"does not begin with {PREFIX}")
    return text[len(PREFIX) :]


def claims_of(message: Sign1) -> Claims:
    """What the payload of the message claims."""
    held = cbor.loads(message.payload)
    if not isinstance(held, Mapping):
        raise PassError("the claims are not a map")
    container = held.get(HCERT)
    if not isinstance(container, Mapping) or 1 not in container:
        raise PassError("no certificate under claim -260, 1")
    issuer = held.get(ISS, "")
    if not isinstance(issuer, str):
        raise PassError("the issuer (claim 1) is not a text")
    return Claims(issuer, _time(held, EXP), _time(held, NBF), _time(held, IAT), container[1])


def check_usage(dcc: Any, key: TrustedKey) -> None:
    """PassError unless the key may sign this kind of certificate. A key with no such usage may sign all (volume 5)."""
    if not key.usages:
        return
    for kind, name in _NAMES.items():
        if isinstance(dcc, Mapping) and dcc.get(kind) and kind not in key.usages:
            may = " and ".join(_NAMES[usage] for usage in sorted(key.usages))
            raise PassError(f"the key signs {may} certificates, and this is a {name} certificate")


def check_time(claims: Claims, now: float) -> None:
    """PassError unless `now` lies between the claims' times; the second of `exp` still belongs to them."""
    if claims.expires_at is None:
        raise PassError("no end of validity (claim 4)")
    if now > claims.expires_at:
        raise PassError(f"expired {ago(now - claims.expires_at)} ago")
    if claims.issued_at is not None and now < claims.issued_at:
        raise PassError(f"issued {ago(claims.issued_at - now)} from now")
    if claims.not_before is not None and now < claims.not_before:
        raise PassError(f"valid only {ago(claims.not_before - now)} from now")


def _check_times(claims: Claims, key: TrustedKey, now: float) -> None:
    """Its own times, and those of the key that signed it."""
    check_time(claims, now)
    check_dates(key, now if claims.issued_at is None else claims.issued_at, now)


def content_of(claims: Claims) -> Mapping[str, Any]:
    """What the certificate says, as plain values."""
    dcc = claims.dcc
    kind = dcc_values.kind_of(dcc)
    return {
        "kind": _NAMES[kind],
        "issuer": claims.issuer,
        "issued_at": claims.issued_at,
        "expires_at": claims.expires_at,
        "name": " ".join(part for part in (dcc["nam"].get("gn"), dcc["nam"].get("fn")) if part) or dcc["nam"]["fnt"],
        "born": dcc["dob"],
        "entry": dict(dcc[kind][0]),
    }


def issue(payload: Mapping[str, Any], country: str, signer: Signer, *, issued_at: int, expires_at: int) -> str:
    """The text of a certificate's code. The payload is held to the same rules as others' are; times in Unix seconds."""
    dcc_rules.check(payload)
    dcc_values.check(payload)
    if country not in dcc_values.COUNTRIES:
        raise PassError(f"{country!r} is not a country of ISO 3166-1")
    if expires_at <= issued_at:
        raise PassError("the certificate would end before it begins")
    claims = {ISS: country, EXP: expires_at, IAT: issued_at, HCERT: {1: dict(payload)}}
    return PREFIX + base45.encode(deflate(cose.sign(cbor.dumps(claims), signer)))


def _keys(message: Sign1, trusted: Trust) -> tuple[TrustedKey, ...]:
    return trusted.by_kid(cose.kid_of(message))


def _time(claims: Mapping[Any, Any], claim: int) -> float | None:
    value = claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= limits.TIME_SECONDS_MAX:
        raise PassError(f"claim {claim} is not a time in seconds since 1970")
    return float(value)
