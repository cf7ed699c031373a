"""The published vectors, where they are at hand beside the repository; the product does not ship them."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from bocage.engines import passes
from bocage.engines.passes import PassError, dcc_rules, keys, shc, vectors
from bocage.engines.passes.tests.bad_vectors import REASONS

SHARED = Path(__file__).parents[6] / "shared" / "data" / "health"
DGC, SHC = SHARED / "dgc", SHARED / "shc"
needs_dgc = pytest.mark.skipif(not DGC.is_dir(), reason="dgc-testdata is not at ../shared/data/health/dgc")
needs_shc = pytest.mark.skipif(not SHC.is_dir(), reason="health-cards is not at ../shared/data/health/shc")
NOW = 1_780_000_000


def _name(path: Path) -> str:
    name = str(path.relative_to(DGC)).replace("/2DCode/raw", "").removesuffix(".json")
    numbered = re.fullmatch(r"NL/(\d{3})-.*", name)
    return f"NL/{numbered.group(1)}" if numbered else name


@needs_dgc
def test_every_vector_is_as_expected_but_those_that_contradict_the_standard() -> None:
    disagree, tried = set(), Counter[tuple[str, bool]]()
    for path in sorted(DGC.rglob("*.json")):
        vector = vectors.read_vector(path.read_bytes())
        assert vector is not None, path
        for outcome in vectors.judge(vector):
            if outcome.got is not None:
                tried[outcome.name, outcome.expected] += 1
            if not outcome.agrees:
                disagree.add((_name(path), outcome.name))
    bad = [each for group in REASONS.values() for each in group]
    assert len(bad) == len(set(bad))
    assert disagree == set(bad)
    assert tried["EXPECTEDVERIFY", False] == 7
    assert tried["EXPECTEDVERIFY", True] > 400
    assert tried["EXPECTEDPICTUREDECODE", True] > 400


@needs_dgc
def test_what_must_fail_is_refused_by_the_whole_chain() -> None:
    accepted = []
    for path in sorted(DGC.rglob("*.json")):
        vector = vectors.read_vector(path.read_bytes())
        assert vector is not None
        refused = [name for name, expected in vector["EXPECTEDRESULTS"].items() if expected is False]
        if refused and refused != ["EXPECTEDPICTUREDECODE"]:
            try:
                verdict = vectors.verify(vector)
            except PassError:
                continue
            if verdict.valid:
                accepted.append(_name(path))
    # Forenames of emoji, and 9999 for a test device: nothing in the standard refuses them (bad_vectors.py).
    assert accepted == ["NL/208", "NL/212", "NL/213", "PL/1.0.0/7", "PL/1.2.1/7", "PL/1.3.0/7"]


@needs_dgc
def test_the_rules_are_those_of_the_published_schemas() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    published = {
        path.stem: jsonschema.Draft202012Validator(json.loads(path.read_text()))
        for path in (SHARED / "dccschema").glob("*.json")
    }
    compared = 0
    for path in sorted(DGC.rglob("*.json")):
        payload = json.loads(path.read_text(encoding="utf-8-sig")).get("JSON")
        if not isinstance(payload, dict):
            continue
        for version, validator in published.items():
            claimed = {**payload, "ver": version}
            groups = sum(name in claimed for name in ("v", "t", "r"))
            expected = validator.is_valid(claimed) and groups == 1
            try:
                dcc_rules.check(claimed)
                accepted = True
            except PassError:
                accepted = False
            assert accepted == expected, (path, version)
            compared += 1
    assert compared > 2500


@needs_shc
def test_negative_health_cards_are_refused_and_good_ones_are_not() -> None:
    jwks = SHC / "generate-examples" / "issuer" / ".well-known" / "jwks.json"
    trusted = keys.read_trust(jwks.read_bytes())
    assert trusted.issuers[0].issuer == "https://spec.smarthealth.cards/examples/issuer"
    refused = {}
    for path in sorted((SHC / "testdata").glob("*-d-jws-*.txt")):
        verdict = shc.verify(path.read_text(), trusted, NOW)
        assert verdict.failed is not None, path.name
        refused[path.name.removeprefix("test-example-00-d-jws-").removesuffix(".txt")] = verdict.failed.name
    assert len(refused) == 16
    assert refused["bad-fhir-metadata"] == "fhir"
    assert refused["issuer-kid-mismatch"] == refused["issuer-not-valid-with-smart-key"] == "kid"
    assert refused["invalid-signature"] == "signature"
    for path in sorted((SHC / "testdata").glob("*-f-qr-code-numeric-*.txt")):
        assert shc.verify(path.read_text().removesuffix("\n"), trusted, NOW).failed is not None, path.name
    chunks = [path.read_text().strip() for path in (SHC / "testdata").glob("*-00-*qr_chunk_too_small.txt")]
    assert passes.verify(chunks, trusted, NOW).failed == passes.Step(
        "numeric", False, "in several codes, where the card fits in one"
    )
    good = json.loads((SHC / "testdata" / "test-example-00-e-file-multi-jws.smart-health-card").read_text())
    good = [
        *good["verifiableCredential"],
        (SHC / "testdata" / "test-example-1195-byte-qrnumeric.txt").read_text().strip(),
    ]
    assert all(passes.verify(card, trusted, NOW).valid for card in good)


@needs_shc
@pytest.mark.parametrize("name", ["wrong_kid", "wrong_use", "wrong_kty", "wrong_alg", "wrong_curve"])
def test_keys_that_are_wrong_are_not_trusted(name: str) -> None:
    with pytest.raises(PassError):
        keys.read_trust((SHC / "testdata" / f"{name}_key.json").read_bytes())
