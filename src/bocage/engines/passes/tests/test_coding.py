"""Base45, decompression, CBOR and COSE: round trips, and whatever is not exactly that."""

import zlib

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.passes import PassError, base45, cbor, cose, keys, limits
from bocage.engines.passes.inflating import RAW_DEFLATE, ZLIB, deflate, inflate
from bocage.engines.passes.tests import making


@given(st.binary(max_size=400))
def test_base45_round_trip(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


# RFC 9285, 4.3 and 4.4.
@pytest.mark.parametrize(
    ("data", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")]
)
def test_base45_of_the_standard(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(st.text(max_size=60))
def test_base45_takes_what_it_would_write_and_nothing_else(text: str) -> None:
    try:
        data = base45.decode(text)
    except PassError:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize("text", ["A", "ABCD", "GGW", ":::", "::", "ab8", "BB8\n", "BB8é", "BB8=", "\0\0\0"])
def test_base45_refuses(text: str) -> None:
    with pytest.raises(PassError, match="base45"):
        base45.decode(text)


@given(st.binary(max_size=2000), st.sampled_from([ZLIB, RAW_DEFLATE]))
def test_compression_round_trip(data: bytes, form: int) -> None:
    assert inflate(deflate(data, form), 2000, form) == data


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    with pytest.raises(PassError, match="more than 65536 bytes"):
        inflate(bomb, limits.INFLATED_BYTES_MAX)


@pytest.mark.parametrize(
    "spoil", [lambda d: d[:-1], lambda d: d + b"x", lambda d: d[1:], lambda d: b"", lambda d: d[:9]]
)
def test_broken_streams_are_refused(spoil: object) -> None:
    with pytest.raises(PassError):
        inflate(spoil(zlib.compress(b"a" * 100)), 1000)  # type: ignore[operator]


@pytest.mark.parametrize(
    "hexed",
    [
        "",
        "0102",  # bytes behind the item
        "a201010102",  # a key twice
        "81" * 40 + "01",  # too deep
        "9bffffffffffffffff",  # a list of 2^64 - 1
        "5b7fffffffffffffff",  # a byte string of 2^63 - 1
        "c249" + "01" + "00" * 8,  # a bignum
        "c48221196ab3",  # a decimal fraction
        "d82361612a",  # a regular expression
        "d81c81d81d00",  # a list that holds itself
        "d9010281" + "01",  # a set
        "d903e701",  # an unknown tag
        "62ffff",  # text that is not UTF-8
    ],
)
def test_cbor_that_no_pass_uses_is_refused(hexed: str) -> None:
    with pytest.raises(PassError, match="CBOR"):
        cbor.loads(bytes.fromhex(hexed))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    for read in (cbor.loads, cose.parse):
        try:
            read(data)
        except PassError as error:
            assert "\n" not in str(error)


def test_dates_stay_text() -> None:
    assert cbor.loads(cbor2.dumps(cbor2.CBORTag(0, "2021-05-03T18:00:00Z"))) == "2021-05-03T18:00:00Z"


@settings(deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_cose_round_trip(payload: bytes, tagged: bool) -> None:
    message, key = cose.signed_by(cose.sign(payload, making.dcc_signer(), tagged=tagged), making.trust())
    assert (message.payload, key.kid) == (payload, b"lab-2026")


def test_a_cwt_tag_around_the_message_is_read() -> None:
    message = cbor2.loads(cose.sign(b"x", making.dcc_signer()))
    assert cose.parse(cbor2.dumps(cbor2.CBORTag(61, message))).payload == b"x"


def _message(protected: dict[int, object], unprotected: dict[int, object], sign: object) -> bytes:
    head = cbor.dumps(protected)
    signature = sign(cbor.dumps(["Signature1", head, b"", b"payload"]))  # type: ignore[operator]
    return cbor.dumps([head, unprotected, b"payload", signature])


def test_a_wrong_key_id_in_the_protected_header_is_not_overruled_by_a_right_one() -> None:
    right, sign = b"lab-2026", making.dcc_signer().sign
    accepted = _message({1: cose.ES256}, {4: right}, sign)
    assert cose.signed_by(accepted, making.trust())[1].kid == right
    confused = _message({1: cose.ES256, 4: b"somebody"}, {4: right}, sign)
    with pytest.raises(PassError, match="no key is trusted"):
        cose.signed_by(confused, making.trust())
    with pytest.raises(PassError, match="no key id"):
        cose.signed_by(_message({1: cose.ES256}, {}, sign), making.trust())


@pytest.mark.parametrize("algorithm", [None, 0, -8, -35, -37, -257, 5, "ES256", True])
def test_an_algorithm_that_is_not_the_keys_is_refused(algorithm: object) -> None:
    message = _message({1: algorithm, 4: b"lab-2026"}, {}, making.dcc_signer().sign)
    with pytest.raises(PassError, match="is not one for this key"):
        cose.signed_by(message, making.trust())


def test_two_keys_of_one_short_id_are_both_tried() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    both = keys.trust([keys.TrustedKey(b"lab-2026", other), keys.TrustedKey(b"lab-2026", making.p256().public_key())])
    assert cose.signed_by(cose.sign(b"x", making.dcc_signer()), both)[1].public_key == making.p256().public_key()


def test_ps256_and_its_salt() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    private = rsa.generate_private_key(65537, 2048)
    trusted = keys.trust([keys.TrustedKey(b"rsa", private.public_key())])

    def signed(salt: int) -> bytes:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
        return cose.sign(b"x", cose.Signer(cose.PS256, b"rsa", lambda data: private.sign(data, pss, hashes.SHA256())))

    assert cose.signed_by(signed(32), trusted)
    with pytest.raises(PassError, match="signature"):
        cose.signed_by(signed(20), trusted)
