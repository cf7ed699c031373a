"""SMART Health Cards: issued and verified, in one code and in several, and refused at the step that is wrong."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from bocage.engines import passes
from bocage.engines.passes import PassError, fhir, keys, limits, shc
from bocage.engines.passes.inflating import RAW_DEFLATE, deflate
from bocage.engines.passes.tests import making
from bocage.engines.passes.tests.making import DAY, NOW


def failed(codes: str | list[str], now: float = NOW) -> str:
    verdict = passes.verify(codes, making.trust(), now)
    assert verdict.failed is not None, "accepted"
    return verdict.failed.name


def signed(payload: bytes, header: dict[str, Any] | None = None) -> str:
    kid = keys.thumbprint(making.p256().public_key())
    head = {"zip": "DEF", "alg": "ES256", "kid": kid} if header is None else header
    text = f"{keys.urlsafe_text(json.dumps(head).encode())}.{keys.urlsafe_text(deflate(payload, RAW_DEFLATE))}"
    return f"{text}.{keys.urlsafe_text(making.dcc_signer().sign(text.encode()))}"


def payload(**changes: Any) -> dict[str, Any]:
    subject = {"fhirVersion": "4.0.1", "fhirBundle": making.bundle()}
    vc = {"type": list(making.TYPES), "credentialSubject": subject}
    return {"iss": making.ISSUER, "nbf": NOW - DAY, "vc": vc, **changes}


def test_one_code() -> None:
    (code,) = shc.codes(making.card())
    verdict = passes.verify(code, making.trust(), NOW)
    assert verdict.valid, verdict.failed
    assert verdict.content is not None
    assert verdict.content["name"] == "Ana Martin"
    assert shc.joined([code]) == making.card() or verdict.valid


def long_card() -> str:
    held = making.bundle()
    for number in range(2, 40):
        dose = copy.deepcopy(held["entry"][1])
        dose["fullUrl"] = f"resource:{number}"
        dose["resource"]["lotNumber"] = f"{number * 7919:08x}{number * 104729:08x}"
        held["entry"].append(dose)
    return making.card(held)


def test_several_codes_in_any_order() -> None:
    card = long_card()
    codes = shc.codes(card)
    assert len(codes) > 1
    assert shc.joined(codes[::-1]) == card
    assert passes.verify(codes, making.trust(), NOW).valid
    for wrong in (codes[1:], [*codes, codes[0]], [codes[0], codes[0]], [*codes[:-1], shc.codes(making.card())[0]]):
        assert failed(wrong) == "numeric"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("shc:/1234567", "odd"),
        ("shc:/78", "stands for no character"),
        ("shc:1234", "not shc:/"),
        ("shc:/1/1/1234", "no such code"),
        ("shc:/3/2/1234", "no such code"),
        ("shc:/0/2/1234", "no such code"),
        ("shc:/1/2/1234", "missing"),
        ("shc:/١٢", "not shc:/"),
        ("shc:/" + "00" * 1196, "more than 1195"),
        ("shc:/1/2/" + "00" * 1192, "more than 1191"),
        ("shc:/" + "1" * limits.CARD_CHARACTERS_MAX, "1 to 32 codes"),
    ],
)
def test_codes_that_are_wrong(code: str, reason: str) -> None:
    with pytest.raises(PassError, match=reason):
        shc.joined([code])


def test_codes_where_one_would_do() -> None:
    digits = shc.codes(making.card())[0].removeprefix("shc:/")
    half = len(digits) // 4 * 2
    assert failed([f"shc:/1/2/{digits[:half]}", f"shc:/2/2/{digits[half:]}"]) == "numeric"


def test_no_character_of_the_jws_can_be_changed() -> None:
    card = making.card()
    for at in range(len(card)):
        other = "A" if card[at] != "A" else "B"
        assert failed(card[:at] + other + card[at + 1 :]) != "time"


@pytest.mark.parametrize("around", [" {}", "{} ", "\ufeff{}", "{}\n", "{}=", "{}.x"])
def test_nothing_stands_around_the_jws(around: str) -> None:
    text = around.format(making.card())
    assert not passes.verify(text, making.trust(), NOW).valid
    assert not shc.verify(text, making.trust(), NOW).valid


@pytest.mark.parametrize("text", ["a", "AB", "A=", "A+/_", "AA\n", "ÀAAA"])
def test_base64url_is_strict(text: str) -> None:
    with pytest.raises(PassError, match="base64url"):
        keys.urlsafe_bytes(text)


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": None},
        {"zip": None},
        {"zip": "GZ"},
        {"kid": None},
        {"kid": 7},
        {"crit": ["exp"]},
        {"jwk": {}},
    ],
)
def test_headers(change: dict[str, Any]) -> None:
    kid = keys.thumbprint(making.p256().public_key())
    header = {"zip": "DEF", "alg": "ES256", "kid": kid, **change}
    data = json.dumps(payload()).encode()
    assert failed(signed(data, {name: held for name, held in header.items() if held is not None})) == "header"


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"iss": "http://laboratory.example/cards"}, "payload"),
        ({"iss": making.ISSUER + "/"}, "payload"),
        ({"iss": None}, "payload"),
        ({"iss": "https://somebody.example"}, "kid"),
        ({"nbf": None}, "payload"),
        ({"nbf": NOW * 1000}, "payload"),
        ({"nbf": NOW + 1}, "time"),
        ({"exp": NOW - 1}, "time"),
        ({"exp": NOW - 2 * DAY}, "time"),
        ({"exp": (NOW + 1) * 1000}, "payload"),
        ({"vc": {}}, "payload"),
    ],
)
def test_payloads(changes: dict[str, Any], step: str) -> None:
    assert failed(signed(json.dumps(payload(**changes)).encode())) == step


def test_the_last_second_still_counts() -> None:
    assert passes.verify(making.card(expires_at=NOW), making.trust(), NOW).valid
    assert failed(making.card(expires_at=NOW), NOW + 1) == "time"


@pytest.mark.parametrize(
    "data", [b"[]", b"{", b'{"iss":1,"iss":2}', b'{"nbf":NaN}', b"\xef\xbb\xbf{}", b" {}", b"[" * 100_000]
)
def test_payloads_that_are_no_json_object(data: bytes) -> None:
    assert failed(signed(data)) == "payload"


def test_a_bomb() -> None:
    assert failed(signed(bytes(20_000_000))) == "deflate"


def test_a_key_of_another_issuer_is_not_believed() -> None:
    key = making.card_key()
    stranger = keys.IssuerKeys("https://somebody.example", {key.label: key})
    other = keys.Trust({}, (stranger, keys.IssuerKeys(making.ISSUER, {})))
    verdict = passes.verify(making.card(), other, NOW)
    assert verdict.failed is not None
    assert verdict.failed.name == "kid"
    unnamed = keys.Trust({}, (keys.IssuerKeys("", {key.label: key}),))
    assert passes.verify(making.card(), unnamed, NOW).valid
    assert not passes.verify(making.card(), unnamed + keys.Trust({}, (keys.IssuerKeys(making.ISSUER, {}),)), NOW).valid


def _dose(held: dict[str, Any]) -> dict[str, Any]:
    return held["entry"][1]["resource"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda b: b.update(type="batch"), "collection"),
        (lambda b: b.update(entry=[]), "entry"),
        (lambda b: b["entry"].append(b["entry"][0]), "fullUrl"),
        (lambda b: b["entry"][1].update(fullUrl="http://example.org/1"), "fullUrl"),
        (lambda b: _dose(b).update(id="7"), "id is not for a card"),
        (lambda b: _dose(b).update(meta={"security": [{"code": "IAL1"}], "versionId": "1"}), "meta"),
        (lambda b: _dose(b).update(meta={"versionId": "1"}), "meta"),
        (lambda b: _dose(b).update(meta={"security": [{"display": "IAL1"}]}), "security"),
        (lambda b: _dose(b).update(status="entered-in-error"), "completed"),
        (lambda b: _dose(b).update(vaccineCode={"coding": []}), "empty"),
        (lambda b: _dose(b).update(vaccineCode={"coding": [{"system": "s"}]}), "code has a system and a code"),
        (lambda b: _dose(b)["vaccineCode"]["coding"][0].update(code="covid"), "CVX"),
        (lambda b: _dose(b).update(patient={"reference": "resource:1"}), "Patient"),
        (lambda b: _dose(b).update(patient={"reference": "resource:9"}), "does not hold"),
        (lambda b: _dose(b).update(occurrenceDateTime="15-01-2026"), "is not a date"),
        (lambda b: _dose(b).update(occurrenceString="in January"), "not both"),
        (lambda b: _dose(b).pop("occurrenceDateTime"), "or none"),
        (lambda b: _dose(b).update(lotNumber=""), "empty"),
        (lambda b: _dose(b).update(location="here"), "location"),
        (lambda b: b["entry"][0]["resource"].update(birthDate="3 Feb 1990"), "birthDate"),
        (lambda b: b["entry"][0]["resource"].update(name=[]), "empty"),
        (lambda b: b["entry"].pop(0), "exactly one Patient"),
    ],
)
def test_bundles(spoil: Callable[[dict[str, Any]], object], reason: str) -> None:
    held = making.bundle()
    spoil(held)
    with pytest.raises(PassError, match=reason):
        fhir.check(held, list(making.TYPES))


def test_a_card_says_what_it_holds() -> None:
    with pytest.raises(PassError, match="immunization"):
        fhir.check(making.bundle(), [making.TYPES[0], making.TYPES[2]])
    with pytest.raises(PassError, match="covid19"):
        fhir.check(making.bundle(), list(making.TYPES[:2]))
