"""Colour tokens and paper certificates."""

import pytest

from bocage.engines import passes
from bocage.engines.passes import Kind, PassError, admission, base45, cbor, cose, tokens
from bocage.engines.passes.tests import making
from bocage.engines.passes.tests.making import DAY, NOW
from bocage.engines.passes.tokens import Colour

LIFE = 600


def batch(colour: Colour = Colour.GREEN, count: int = 4) -> list[tokens.Token]:
    return tokens.issue_batch(colour, making.token_signer(), begins_at=NOW, count=count, life_seconds=LIFE)


@pytest.mark.parametrize("colour", list(Colour))
def test_a_token_says_its_colour_and_nothing_of_its_bearer(colour: Colour) -> None:
    verdict = passes.verify(batch(colour)[0].text, making.trust(), NOW)
    assert verdict.valid, verdict.failed
    assert verdict.content is not None
    assert set(verdict.content) == {"colour", "not_before", "expires_at", "nonce"}
    assert verdict.content["colour"] == colour.name.lower()


def test_tokens_of_one_batch_share_only_what_everybodys_share() -> None:
    mine, yours = batch(count=6), batch(count=6)
    assert len({token.nonce for token in mine + yours}) == 12
    assert [token.not_before for token in mine] == [token.not_before for token in yours]
    assert all(token.not_before % LIFE == 0 for token in mine)
    for one, other in zip(mine, yours, strict=True):
        same = cose.parse(base45.decode(one.text[4:])), cose.parse(base45.decode(other.text[4:]))
        assert same[0].protected == same[1].protected
        assert same[0].unprotected == same[1].unprotected == {}


def test_a_token_fits_a_small_code() -> None:
    import segno

    assert len(batch()[0].text) <= 178
    assert segno.make_qr(batch()[0].text, error="m").designator == "7-M"


def test_each_token_has_its_own_stretch_of_time() -> None:
    first, second = batch(count=2)
    assert first.expires_at == second.not_before
    assert passes.verify(first.text, making.trust(), first.expires_at).valid, "the last second counts"
    for token, now in ((first, first.expires_at + 1), (second, second.not_before - 1)):
        verdict = passes.verify(token.text, making.trust(), now)
        assert verdict.failed is not None
        assert verdict.failed.name == "time"


def test_no_byte_can_be_changed() -> None:
    data = base45.decode(batch()[0].text[4:])
    for at in range(len(data)):
        spoilt = bytearray(data)
        spoilt[at] ^= 0x01
        assert not passes.verify(tokens.TOKEN_PREFIX + base45.encode(bytes(spoilt)), making.trust(), NOW).valid


def test_a_token_is_no_paper_and_paper_no_token() -> None:
    paper = tokens.issue_paper(
        Colour.GREEN, "Ana Martin", "1990-02-03", making.token_signer(), issued_at=NOW, expires_at=NOW + 3 * DAY
    )
    verdict = passes.verify(paper, making.trust(), NOW + 3 * DAY)
    assert verdict.valid
    assert verdict.kind is Kind.PAPER
    assert admission.admit(verdict, NOW).name == "Ana Martin"
    assert not passes.verify(tokens.TOKEN_PREFIX + paper[4:], making.trust(), NOW).valid
    assert not passes.verify(tokens.PAPER_PREFIX + batch()[0].text[4:], making.trust(), NOW).valid


@pytest.mark.parametrize(
    "claims",
    [
        {tokens.COLOUR: 3, 4: NOW + 60, 5: NOW, 7: bytes(8)},
        {tokens.COLOUR: True, 4: NOW + 60, 5: NOW, 7: bytes(8)},
        {tokens.COLOUR: 2, 4: NOW + 60, 5: NOW, 7: bytes(4)},
        {tokens.COLOUR: 2, 4: NOW + 60, 5: NOW},
        {tokens.COLOUR: 2, 4: NOW + 60, 5: NOW, 7: bytes(8), 1: "more"},
        {tokens.COLOUR: 2, 4: 1.5, 5: NOW, 7: bytes(8)},
        [],
    ],
)
def test_claims(claims: object) -> None:
    text = tokens.TOKEN_PREFIX + base45.encode(cose.sign(cbor.dumps(claims), making.token_signer(), tagged=False))
    verdict = passes.verify(text, making.trust(), NOW)
    assert verdict.failed is not None
    assert verdict.failed.name == "claims"


def test_a_key_for_certificates_signs_no_tokens() -> None:
    claims = {tokens.COLOUR: 2, 4: NOW + 60, 5: NOW, 7: bytes(8)}
    text = tokens.TOKEN_PREFIX + base45.encode(cose.sign(cbor.dumps(claims), making.dcc_signer(), tagged=False))
    verdict = passes.verify(text, making.trust(), NOW)
    assert verdict.failed is not None
    assert verdict.failed.name == "kid"


@pytest.mark.parametrize("limits", [{"count": 0}, {"count": 257}, {"life_seconds": 0}, {"life_seconds": DAY + 1}])
def test_limits_of_a_batch(limits: dict[str, int]) -> None:
    with pytest.raises(PassError):
        tokens.issue_batch(
            Colour.GREEN, making.token_signer(), begins_at=NOW, **{"count": 1, "life_seconds": 60, **limits}
        )
