"""EU certificates: issued and verified, and refused at the step that is wrong."""

from typing import Any

import pytest

from bocage.engines import passes
from bocage.engines.passes import PassError, base45, cbor, cose, dcc, dcc_rules, limits
from bocage.engines.passes.inflating import deflate, inflate
from bocage.engines.passes.tests import making
from bocage.engines.passes.tests.making import DAY, NOW


def failed(text: str, now: float = NOW, trusted: object = None) -> str:
    verdict = passes.verify(text, trusted or making.trust(), now)  # type: ignore[arg-type]
    assert verdict.failed is not None, "accepted"
    assert verdict.content is None
    assert [step.passed for step in verdict.steps].count(False) == 1
    return verdict.failed.name


def test_what_is_issued_verifies_and_says_whose_it_is() -> None:
    verdict = passes.verify(making.certificate(), making.trust(), NOW)
    assert verdict.valid
    assert [step.name for step in verdict.steps] == list(dcc.STEPS)
    assert verdict.content is not None
    assert (verdict.content["name"], verdict.content["kind"]) == ("Ana Martin", "vaccination")


def test_the_last_second_still_counts() -> None:
    text = making.certificate(expires_at=NOW)
    assert passes.verify(text, making.trust(), NOW).valid
    assert failed(text, NOW + 1) == "time"
    assert passes.verify(text, making.trust(), NOW - DAY).valid, "the second of issue counts too"
    assert failed(text, NOW - DAY - 1) == "time"


def test_no_byte_can_be_changed() -> None:
    signed = inflate(base45.decode(dcc.unprefixed(making.certificate())), limits.INFLATED_BYTES_MAX)
    for at in range(len(signed)):
        for flip in (0x01, 0x80):
            spoilt = bytearray(signed)
            spoilt[at] ^= flip
            text = dcc.PREFIX + base45.encode(deflate(bytes(spoilt)))
            assert failed(text) in ("cose", "kid", "signature")


def test_no_character_can_be_changed() -> None:
    text = making.certificate()
    for at in range(0, len(text), 3):
        other = "0" if text[at] != "0" else "1"
        assert failed(text[:at] + other + text[at + 1 :]) in ("prefix", "base45", "zlib", "cose", "kid", "signature")


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("HC1:", "zlib"),
        ("HC2:NCF", "prefix"),
        ("HC1:ncf", "base45"),
        ("HC1:" + "0" * limits.TEXT_CHARACTERS_MAX, "prefix"),
        ("HC1:" + base45.encode(b"not compressed"), "zlib"),
        ("HC1:" + base45.encode(deflate(b"\x01")), "cose"),
        ("HC1:" + base45.encode(deflate(bytes(5_000_000))), "zlib"),
        ("", "prefix"),
        ("\0", "prefix"),
    ],
)
def test_hostile_text(text: str, step: str) -> None:
    assert failed(text) == step


def test_keys_sign_only_what_they_may() -> None:
    assert passes.verify(making.certificate(), making.trust(frozenset({"v"})), NOW).valid
    assert failed(making.certificate(), trusted=making.trust(frozenset({"t", "r"}))) == "usage"


def test_nobodys_key() -> None:
    assert failed(making.certificate(), trusted=passes.Trust()) == "kid"


def _signed(claims: Any) -> str:
    return dcc.PREFIX + base45.encode(deflate(cose.sign(cbor.dumps(claims), making.dcc_signer())))


@pytest.mark.parametrize(
    ("claims", "step"),
    [
        ([], "cbor"),
        ({4: NOW + 1}, "cbor"),
        ({4: NOW + 1, -260: {2: {}}}, "cbor"),
        ({4: "soon", -260: {1: {}}}, "cbor"),
        ({4: 10**15, -260: {1: {}}}, "cbor"),
        ({4: float("nan"), -260: {1: {}}}, "cbor"),
        ({4: NOW + 1, -260: {1: {}}}, "schema"),
        ({-260: {1: making.vaccination()}}, "time"),
        ({4: NOW + 1, 5: NOW + 1, -260: {1: making.vaccination()}}, "time"),
        ({4: NOW + 1, -260: {1: making.vaccination(dt="2026-02-30")}}, "values"),
        ({4: NOW + 1, -260: {1: making.vaccination(co="XY")}}, "values"),
        ({4: NOW + 1, -260: {1: making.vaccination(ma="ORG-99999999")}}, "values"),
    ],
)
def test_claims(claims: object, step: str) -> None:
    assert failed(_signed(claims)) == step


def _with(version: str, **changes: Any) -> dict[str, Any]:
    payload = making.vaccination()
    return {**payload, "ver": version, **changes}


ENTRY = making.vaccination()["v"][0]


@pytest.mark.parametrize(
    "payload",
    [
        _with("1.0.0"),
        _with("1.0.1"),
        _with("1.1.0", dob="1963"),
        _with("1.2.1", dob="1963-00"),
        _with("1.3.0", dob=""),
        _with("1.3.0", v=[{**ENTRY, "dn": 10, "sd": 10}]),
        _with("1.3.2"),
        _with("1.9.0"),
        _with("1.3.0", nam={"fnt": ""}),
        _with("1.3.0", v=[{**ENTRY, "extra": 1}]),
        _with("1.2.1", v=[ENTRY, ENTRY]),
    ],
)
def test_schema_of_each_version_accepts(payload: object) -> None:
    dcc_rules.check(payload)


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (None, "payload"),
        (_with("1.0.0", dob="1963"), "dob"),
        (_with("1.2.1", dob=""), "dob"),
        (_with("2.0.0"), "ver"),
        (_with("1.3"), "ver"),
        (_with("١.٣.٠"), "ver"),
        (_with("1.2.1", v=[{**ENTRY, "dn": 10}]), "dn"),
        (_with("1.3.0", v=[{**ENTRY, "dn": 0}]), "dn"),
        (_with("1.3.0", v=[{**ENTRY, "dn": True}]), "dn"),
        (_with("1.3.0", v=[{**ENTRY, "dn": "2"}]), "dn"),
        (_with("1.3.0", v=[{**ENTRY, "dn": 1.5}]), "dn"),
        (_with("1.3.0", v=[ENTRY, ENTRY]), "v"),
        (_with("1.3.0", v=[]), "v"),
        (_with("1.3.0", v=None), "v"),
        (_with("1.3.0", v=[None]), "v"),
        (_with("1.3.0", v=[{name: held for name, held in ENTRY.items() if name != "ci"}]), "ci"),
        (_with("1.2.1", v=[{**ENTRY, "is": "x" * 51}]), "is"),
        (_with("1.3.0", v=[{**ENTRY, "is": "x" * 81}]), "is"),
        (_with("1.3.0", v=[{**ENTRY, "co": ""}]), "co"),
        (_with("1.3.0", nam={"fn": "Martin"}), "fnt"),
        (_with("1.3.0", nam={"fnt": "Martin"}), "fnt"),
        (_with("1.3.0", nam=[]), "nam"),
        (_with("1.3.0", t=[]), "t"),
        ({"ver": "1.3.0", "nam": {"fnt": "A"}, "dob": ""}, "one of v, t and r"),
    ],
)
def test_schema_of_each_version_refuses(payload: object, field: str) -> None:
    with pytest.raises(PassError, match=field):
        dcc_rules.check(payload)


def test_nothing_is_issued_that_would_be_refused() -> None:
    with pytest.raises(PassError, match="country"):
        making.certificate(making.vaccination(co="ZZ"))
    with pytest.raises(PassError, match="end before"):
        making.certificate(expires_at=NOW - 2 * DAY)
