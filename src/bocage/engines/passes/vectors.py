"""The DCC test vectors (eu-digital-green-certificates/dgc-testdata): each expected step, tried and compared.

A vector is a JSON object with the certificate at each stage of its coding, and EXPECTEDRESULTS, which says which steps
shall succeed and which shall fail. Each is judged by itself, on the stage that the vector's README names for it.
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bocage.engines.passes import base45, cbor, cose, dcc, dcc_rules, keys, limits, pictures
from bocage.engines.passes.inflating import inflate
from bocage.engines.passes.types import PassError, Verdict

VECTOR_BYTES_MAX = 4 * 1_048_576


@dataclass(frozen=True)
class Outcome:
    """One expected step. `got` is None where the vector lacks what the step needs, or the step is no verifier's."""

    name: str
    expected: bool
    got: bool | None
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the step went as expected, or could not be tried."""
        return self.got is None or self.got == self.expected


class _Missing(Exception):
    """The vector has no such part."""


def is_vector(held: Any) -> bool:
    """Whether this JSON value is a test vector."""
    return isinstance(held, Mapping) and isinstance(held.get("EXPECTEDRESULTS"), Mapping)


def judge(vector: Mapping[str, Any]) -> list[Outcome]:
    """Every expected step of a vector with what came of it, in the vector's order."""
    return [
        _outcome(vector, name, expected)
        for name, expected in vector["EXPECTEDRESULTS"].items()
        if isinstance(expected, bool)
    ]


def verify(vector: Mapping[str, Any]) -> Verdict:
    """The whole chain over the vector's code, with the vector's own certificate and clock."""
    try:
        return dcc.verify(_code(vector), keys.trust([_key(vector)]), _clock(vector))
    except _Missing as missing:
        raise PassError(f"the vector has no {missing}") from None


def _outcome(vector: Mapping[str, Any], name: str, expected: bool) -> Outcome:
    if name in _OF_ISSUERS:
        return Outcome(name, expected, None, "asks about an issuer's generator, not about a verifier")
    step = _STEPS.get(name)
    if step is None:
        return Outcome(name, expected, None, "not a name that the vectors' README knows")
    try:
        step(vector)
    except _Missing as missing:
        return Outcome(name, expected, None, f"the vector has no {missing}")
    except PassError as error:
        return Outcome(name, expected, False, str(error))
    return Outcome(name, expected, True)


def _part(vector: Mapping[str, Any], name: str) -> str:
    value = vector.get(name)
    if not isinstance(value, str):
        raise _Missing(name)
    return value


def _bytes(vector: Mapping[str, Any], name: str) -> bytes:
    try:
        return binascii.unhexlify(_part(vector, name))
    except ValueError:
        raise PassError(f"{name} is not hexadecimal") from None


def _context(vector: Mapping[str, Any], name: str) -> str:
    context = vector.get("TESTCTX")
    if not isinstance(context, Mapping):
        raise _Missing("TESTCTX")
    return _part(context, name)


def _same(one: object, other: object, what: str) -> None:
    if one != other:
        raise PassError(f"differs from {what}")


def _code(vector: Mapping[str, Any]) -> str:
    """The text of the code: as printed in the picture, else as the vector spells it."""
    if isinstance(vector.get("PREFIX"), str):
        return str(vector["PREFIX"])
    return _picture(vector)


def _picture(vector: Mapping[str, Any]) -> str:
    try:
        picture = b64decode(_part(vector, "2DCODE"), validate=True)
    except ValueError:
        raise PassError("2DCODE is not base64") from None
    return pictures.read_codes(picture)[0]


def _message(vector: Mapping[str, Any]) -> cose.Sign1:
    if isinstance(vector.get("COSE"), str):
        return cose.parse(_bytes(vector, "COSE"))
    return cose.parse(inflate(base45.decode(dcc.unprefixed(_code(vector))), limits.INFLATED_BYTES_MAX))


def _key(vector: Mapping[str, Any]) -> keys.TrustedKey:
    return keys.read_certificate(_context(vector, "CERTIFICATE"))


def _expect_unprefix(vector: Mapping[str, Any]) -> None:
    _same(dcc.unprefixed(_part(vector, "PREFIX")), _part(vector, "BASE45"), "BASE45")


def _expect_base45(vector: Mapping[str, Any]) -> None:
    decoded = base45.decode(_part(vector, "BASE45"))
    if isinstance(vector.get("COMPRESSED"), str):
        _same(decoded, _bytes(vector, "COMPRESSED"), "COMPRESSED")
    else:
        _same(inflate(decoded, limits.INFLATED_BYTES_MAX), _bytes(vector, "COSE"), "COSE")


def _expect_compression(vector: Mapping[str, Any]) -> None:
    _same(inflate(_bytes(vector, "COMPRESSED"), limits.INFLATED_BYTES_MAX), _bytes(vector, "COSE"), "COSE")


def _expect_verify(vector: Mapping[str, Any]) -> None:
    message, key = _message(vector), _key(vector)
    trusted = keys.trust([key]).by_kid(cose.kid_of(message))
    cose.verify_by(message, trusted)


def _expect_decode(vector: Mapping[str, Any]) -> None:
    decoded = dcc.claims_of(_message(vector)).dcc
    if "JSON" in vector:
        _same(comparable(decoded), comparable(vector["JSON"]), "JSON")
    else:
        held = cbor.loads(_bytes(vector, "CBOR"))
        _same(comparable(decoded), comparable(held), "CBOR")


def _expect_valid_json(vector: Mapping[str, Any]) -> None:
    if "JSON" not in vector:
        raise _Missing("JSON")
    message = cose.parse(inflate(base45.decode(dcc.unprefixed(_code(vector))), limits.INFLATED_BYTES_MAX))
    _same(comparable(dcc.claims_of(message).dcc), comparable(vector["JSON"]), "JSON")


def _expect_schema(vector: Mapping[str, Any]) -> None:
    dcc_rules.check(dcc.claims_of(_message(vector)).dcc)


def _clock(vector: Mapping[str, Any]) -> float:
    try:
        now = datetime.fromisoformat(_context(vector, "VALIDATIONCLOCK"))
    except ValueError:
        raise PassError("VALIDATIONCLOCK is not a time") from None
    return (now if now.tzinfo else now.replace(tzinfo=UTC)).timestamp()


def _expect_time(vector: Mapping[str, Any]) -> None:
    dcc.check_time(dcc.claims_of(_message(vector)), _clock(vector))


def _expect_usage(vector: Mapping[str, Any]) -> None:
    dcc.check_usage(dcc.claims_of(_message(vector)).dcc, _key(vector))


def _expect_picture(vector: Mapping[str, Any]) -> None:
    _same(_picture(vector), _part(vector, "PREFIX"), "PREFIX")


def comparable(value: Any) -> Any:
    """`value` with instants as instants, so that `Z` and `+00:00` are one; lists and maps of either kind alike."""
    if isinstance(value, Mapping):
        return {key: comparable(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(held) for held in value]
    if isinstance(value, str) and len(value) > 10:
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            return value
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    return value


def read_vector(data: bytes) -> Mapping[str, Any] | None:
    """The vector in a file, or None when the JSON in it is something else. PassError when it is no JSON."""
    if len(data) > VECTOR_BYTES_MAX:
        raise PassError(f"more than {VECTOR_BYTES_MAX} bytes")
    try:
        held = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise PassError("not JSON") from None
    return held if is_vector(held) else None


# "Code Generation" in the README: what an issuer makes of JSON. The rest is "Code Validation".
_OF_ISSUERS = frozenset({"EXPECTEDVALIDOBJECT", "EXPECTEDENCODE"})
_STEPS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "EXPECTEDPICTUREDECODE": _expect_picture,
    "EXPECTEDUNPREFIX": _expect_unprefix,
    "EXPECTEDB45DECODE": _expect_base45,
    "EXPECTEDCOMPRESSION": _expect_compression,
    "EXPECTEDVERIFY": _expect_verify,
    "EXPECTEDDECODE": _expect_decode,
    "EXPECTEDVALIDJSON": _expect_valid_json,
    "EXPECTEDSCHEMAVALIDATION": _expect_schema,
    "EXPECTEDEXPIRATIONCHECK": _expect_time,
    "EXPECTEDKEYUSAGE": _expect_usage,
}
