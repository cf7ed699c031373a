"""Consumer-presented codes, beside the two examples of EMVCo's specification."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.emvco import Application, ConsumerCode, EmvError, decode_consumer, encode_consumer, read_consumer

# EMVCo, QR Code Specification for Payment Systems: Consumer-Presented Mode, Annex A.
FIRST = "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8="
SECOND = (
    "hQVDUFYwMWETTwegAAAAVVVVUAhQcm9kdWN0MWETTwegAAAAZmZmUAhQcm9kdWN0MmJJWggSNFZ4kBI0WF8gDkNBUkRIT0xERVIvRU1WXy0IcnVl"
    "c2RlZW5kIZ8QBwYBCgMAAACfJghYT9OF+iNLzJ82AgABnzcEbVjvEw=="
)

# 30 bytes (40 characters) of format, identifier and label come before our token.
BEFORE_TOKEN = 40


def test_the_first_example_of_the_specification() -> None:
    track = bytes.fromhex("1234567890123458D191220112345F")
    application = Application(bytes.fromhex("A0000000555555"), None, (("57", track),))
    assert read_consumer(FIRST) == ConsumerCode((application,))


def test_the_second_example_of_the_specification() -> None:
    code = read_consumer(SECOND)
    assert [(found.aid.hex().upper(), found.label) for found in code.applications] == [
        ("A0000000555555", "Product1"),
        ("A0000000666666", "Product2"),
    ]
    assert code.common == (
        ("5A", bytes.fromhex("1234567890123458")),
        ("5F20", b"CARDHOLDER/EMV"),
        ("5F2D", b"ruesdeen"),
    )
    assert [tag for tag, _ in code.common_transparent] == ["9F10", "9F26", "9F36", "9F37"]


def test_codes_of_others_are_foreign() -> None:
    for text in (FIRST, SECOND):
        with pytest.raises(EmvError) as caught:
            decode_consumer(text)
        assert caught.value.code == "code-foreign"


@given(st.binary(min_size=1, max_size=64))
def test_every_token_comes_back(token: bytes) -> None:
    text = encode_consumer(token)
    assert text.startswith("hQVDUFYwMWE")
    assert decode_consumer(text) == token


@given(st.binary(min_size=16, max_size=32), st.data())
@settings(max_examples=300, deadline=None)
def test_one_changed_character_is_refused_or_another_token(token: bytes, data: st.DataObject) -> None:
    text = encode_consumer(token)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-é\0 "))
    if other != text[at]:
        try:
            assert decode_consumer(text[:at] + other + text[at + 1 :]) != token or at < BEFORE_TOKEN
        except EmvError as error:
            assert error.problem


@given(st.text(max_size=900) | st.binary(max_size=400).map(lambda data: base64.b64encode(data).decode()))
@settings(max_examples=300, deadline=None)
def test_random_text_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(EmvError):
        decode_consumer(text)


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_random_objects_after_the_right_beginning_are_read_or_refused(body: bytes) -> None:
    try:
        read_consumer(base64.b64encode(bytes.fromhex("8505") + b"CPV01" + body).decode())
    except EmvError as error:
        assert error.offset is not None


def packed(*parts: str) -> str:
    return base64.b64encode(bytes.fromhex("".join(parts))).decode()


HEAD = "85054350563031"
AID = "4F07A0000000555555"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "format-unknown"),
        ("not base64!", "text-wrong"),
        (encode_consumer(b"x")[:-1], "text-wrong"),
        (encode_consumer(b"x") + "\n", "text-wrong"),
        (encode_consumer(b"x" * 3)[:-4], "object-cut"),
        ("QUJD" * 200, "code-too-long"),
        (packed("85054350563032", "6109", AID), "format-unknown"),
        (packed("6109", AID), "format-unknown"),
        (packed(HEAD), "application-missing"),
        (packed(HEAD, "6102", "5000"), "aid-wrong"),
        (packed(HEAD, "6105", "4F03A00000"), "aid-wrong"),
        (packed(HEAD, "6112", AID, AID), "object-twice"),
        (packed(HEAD, "610C", AID, "500107"), "text-wrong"),
        (packed(HEAD, "610D", AID, "6302C17F"), "object-cut"),
        (packed(HEAD, "618109", AID), "object-unreadable"),
        (packed(HEAD, "6180", AID), "object-unreadable"),
        (packed(HEAD, "1F"), "object-unreadable"),
        (packed(HEAD, "1F81818101", "00"), "object-unreadable"),
        (packed(HEAD, "6109", AID, "9F0100"), "tag-wrong"),
        (packed(HEAD, *(["6109", AID] * 9)), "application-missing"),
        (packed(HEAD, "610B", "4F07F0424F43414745", "6300"), "token-wrong"),
    ],
)
def test_what_is_wrong_has_one_clear_error(text: str, code: str) -> None:
    with pytest.raises(EmvError) as caught:
        decode_consumer(text)
    assert caught.value.code == code


@pytest.mark.parametrize("token", [b"", b"x" * 65])
def test_tokens_are_limited(token: bytes) -> None:
    with pytest.raises(EmvError) as caught:
        encode_consumer(token)
    assert caught.value.code == "token-wrong"
