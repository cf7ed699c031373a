"""A key is believed for what it signed between its dates: certificates, cards, tokens and papers alike."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from bocage.engines import passes
from bocage.engines.passes import PassError, base45, cbor, cose, dcc, keys, tokens
from bocage.engines.passes.tests import making
from bocage.engines.passes.tests.making import DAY, NOW
from bocage.engines.passes.tokens import Colour

RAW = making.ed25519().public_key().public_bytes_raw()
# Certificate, card and paper are signed a day ago; the token's stretch begins now.
SIGNED = NOW - DAY


def paper() -> str:
    return tokens.issue_paper(
        Colour.GREEN, "Ana", "1990-02-03", making.token_signer(), issued_at=SIGNED, expires_at=NOW + DAY
    )


def token() -> str:
    batch = tokens.issue_batch(Colour.GREEN, making.token_signer(), begins_at=NOW, count=1, life_seconds=600)
    return batch[0].text


def certificate() -> str:
    point = keys.point_of(making.p256().public_key())
    signer = cose.es256_signer(making.p256(), keys.key_id(point))
    return dcc.issue(making.vaccination(), "FR", signer, issued_at=SIGNED, expires_at=NOW + DAY)


def trust(begins: float | None, ends: float | None) -> keys.Trust:
    card_key = making.card_key(begins, ends)
    issuers = [keys.IssuerKeys(making.ISSUER, {card_key.label: card_key})]
    return keys.trust([card_key, keys.of_ed25519(RAW, begins, ends)], issuers)


@pytest.mark.parametrize("make", [certificate, making.card, paper])
def test_what_was_signed_outside_of_the_dates_of_its_key_is_refused_and_inside_is_not(make: object) -> None:
    text = make()  # type: ignore[operator]
    for begins, ends, valid in (
        (None, None, True),
        (SIGNED, SIGNED, True),
        (SIGNED - DAY, SIGNED + 1, True),
        (SIGNED + 1, None, False),
        (None, SIGNED - 1, False),
    ):
        verdict = passes.verify(text, trust(begins, ends), NOW)
        assert verdict.valid is valid, (begins, ends, verdict.failed)
        if not valid:
            assert verdict.failed is not None
            assert (verdict.failed.name, verdict.valid) == ("time", False)
            assert "its key" in verdict.failed.reason


def test_a_token_may_begin_after_it_was_signed_but_not_days_after() -> None:
    ahead = tokens.AHEAD_SECONDS_MAX
    start = NOW - NOW % 600
    assert passes.verify(token(), trust(NOW, None), NOW).valid, "the grid begins before the key does"
    assert passes.verify(token(), trust(None, start - ahead), NOW).valid
    assert not passes.verify(token(), trust(None, start - ahead - 1), NOW).valid
    assert not passes.verify(token(), trust(start + ahead + 1, None), NOW).valid
    with pytest.raises(PassError, match="ahead"):
        tokens.issue_batch(Colour.GREEN, making.token_signer(), begins_at=NOW, count=26, life_seconds=600)


def test_a_pass_that_says_it_is_valid_for_years_is_refused_whoever_signed_it() -> None:
    for claims, prefix in (
        ({tokens.COLOUR: 2, 4: NOW + 90 * DAY, 5: NOW, 7: bytes(8)}, "BC1:"),
        ({tokens.COLOUR: 2, 4: NOW + 31 * DAY, 6: NOW, 7: bytes(8), tokens.NAME: "A", tokens.BORN: ""}, "BP1:"),
        ({tokens.COLOUR: 2, 4: NOW, 5: NOW, 7: bytes(8)}, "BC1:"),
    ):
        signed = cose.sign(cbor.dumps(claims), making.token_signer(), tagged=False)
        verdict = passes.verify(prefix + base45.encode(signed), trust(None, None), NOW)
        assert verdict.failed is not None
        assert verdict.failed.name == "claims"


@pytest.mark.parametrize(("days", "valid"), [((-9, 9), True), ((-9, -0.5), False), ((-0.5, 9), False)])
def test_a_certificate_that_is_over_proves_nothing_any_more(days: tuple[float, float], valid: bool) -> None:
    now = datetime.fromtimestamp(NOW, UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Laboratory")])
    begins, ends = (now + timedelta(days=each) for each in days)
    builder = x509.CertificateBuilder(name, name, making.p256().public_key(), 1, begins, ends)
    key = keys.of_certificate(builder.sign(making.p256(), hashes.SHA256()))
    signer = cose.es256_signer(making.p256(), key.kid)
    text = dcc.issue(making.vaccination(), "FR", signer, issued_at=SIGNED, expires_at=NOW + DAY)
    verdict = passes.verify(text, keys.trust([key]), NOW)
    assert verdict.valid is valid, verdict.failed


def test_a_key_set_says_when_its_keys_sign_and_nonsense_is_named() -> None:
    numbers = making.p256().public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": making.card_key().label}
    jwk |= {"x": keys.urlsafe_text(numbers.x.to_bytes(32)), "y": keys.urlsafe_text(numbers.y.to_bytes(32))}
    own = {"kty": "OKP", "crv": "Ed25519", "x": keys.urlsafe_text(RAW)}

    def read(**dates: object) -> keys.Trust:
        held = {"iss": making.ISSUER, "keys": [jwk | dates, own | dates]}
        return keys.read_trust(json.dumps(held).encode())

    for text in (certificate(), making.card(), paper()):
        assert passes.verify(text, read(nbf=SIGNED, exp=SIGNED), NOW).valid
        assert not passes.verify(text, read(nbf=SIGNED + 1), NOW).valid
        assert not passes.verify(text, read(exp=SIGNED - 1), NOW).valid
    for wrong in ("soon", -1, True, 1e20):
        with pytest.raises(PassError, match="key 1: nbf"):
            read(nbf=wrong)


def test_what_is_signed_in_the_second_in_which_a_key_begins_is_its_own() -> None:
    # The signer writes whole seconds, the key's beginning has a fraction.
    assert passes.verify(certificate(), trust(SIGNED + 0.7, None), NOW).content is not None
    assert passes.verify(certificate(), trust(SIGNED + 1, None), NOW).content is None
