"""Merchant-presented codes, beside the sample of EMVCo's specification."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.emvco import (
    GUID,
    AccountTemplate,
    AdditionalData,
    EmvError,
    LocalName,
    MerchantCode,
    SchemeAccount,
    Tip,
    common_text,
    decode,
    encode,
    payee_account,
    payee_of,
)
from bocage.engines.emvco.objects import checksum

# EMVCo, QR Code Specification for Payment Systems: Merchant-Presented Mode, Annex B.
SPECIFICATION = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
    "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME"
    "91320016A0112233449988770708123456786304A13A"
)
CAFE = MerchantCode(
    accounts=(payee_account("0192f7e0c0ffee0192f7e0c0ffee0192", "c0de"),),
    mcc="5812",
    currency="EUR",
    country="FR",
    name="Cafe de la Haie",
    city="Aubepine",
    dynamic=True,
    amount_minor=1250,
    tip=Tip("prompt"),
    postal_code="69000",
    additional=AdditionalData(bill_number="B-1", store_label="Halles", reference_label="***", terminal_label="T1"),
    local_name=LocalName("fr", "Café de la Haie", "Aubépine"),
)


def signed(body: str) -> str:
    return f"{body}6304{checksum(body + '6304')}"


def test_the_sample_of_the_specification() -> None:
    assert SPECIFICATION.endswith("6304A13A")
    code = decode(SPECIFICATION)
    assert decode(SPECIFICATION.encode()) == code
    assert code == MerchantCode(
        accounts=(
            AccountTemplate(29, "D15600000000", ((5, "A93FO3230Q"),)),
            AccountTemplate(31, "D15600000001", ((3, "12345678"),)),
        ),
        mcc="4111",
        currency="CNY",
        country="CN",
        name="BEST TRANSPORT",
        city="BEIJING",
        dynamic=True,
        amount_minor=2372,
        tip=Tip("prompt"),
        additional=AdditionalData(
            store_label="1234", customer_label="***", terminal_label="A6008667", consumer_data_request="ME"
        ),
        local_name=LocalName("ZH", "最佳运输", "北京"),
        others=((91, "0016A011223344998877070812345678"),),
    )
    assert decode(encode(code)) == code


def test_our_code_reads_back_and_names_its_payee() -> None:
    text = encode(CAFE)
    assert decode(text) == CAFE
    assert payee_of(decode(text)) == ("0192f7e0c0ffee0192f7e0c0ffee0192", "c0de")
    assert text.startswith("000201010212")
    assert GUID in text
    with pytest.raises(EmvError) as caught:
        payee_of(decode(SPECIFICATION))
    assert caught.value.code == "code-foreign"


@pytest.mark.parametrize(
    ("code", "minor", "text"), [("JPY", 1000, "54041000"), ("TND", 1, "54050.001"), ("EUR", 5, "54040.05")]
)
def test_amounts_have_their_currencys_decimals(code: str, minor: int, text: str) -> None:
    written = encode(replace(CAFE, currency=code, amount_minor=minor))
    assert text in written
    assert decode(written).amount_minor == minor


ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=15)
WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=15)
TIPS = st.one_of(
    st.none(),
    st.just(Tip("prompt")),
    st.integers(1, 10**9).map(lambda minor: Tip("fixed", amount_minor=minor)),
    st.integers(1, 9_999).map(lambda points: Tip("percentage", basis_points=points)),
)
CODES = st.builds(
    MerchantCode,
    accounts=st.one_of(
        st.builds(payee_account, st.uuids().map(lambda found: found.hex), st.none() | ASCII).map(
            lambda found: (found,)
        ),
        st.tuples(st.builds(SchemeAccount, st.integers(2, 25), ASCII), st.builds(payee_account, ASCII)),
    ),
    mcc=st.integers(0, 9999).map(lambda number: f"{number:04}"),
    currency=st.sampled_from(["EUR", "USD", "JPY", "TND", "CLF", "CHF"]),
    country=st.sampled_from(["FR", "DE", "JP"]),
    name=ASCII,
    city=ASCII,
    dynamic=st.sampled_from([None, True, False]),
    amount_minor=st.none() | st.integers(1, 10**8),
    tip=TIPS,
    postal_code=st.none() | ASCII.map(lambda text: text[:10]),
    additional=st.none() | st.builds(AdditionalData, reference_label=WORDS, purpose=st.none() | WORDS),
    local_name=st.none() | st.builds(LocalName, st.sampled_from(["fr", "zh"]), WORDS, st.none() | WORDS),
    others=st.just(()) | ASCII.map(lambda text: ((80, text),)),
)


@given(CODES)
@settings(max_examples=300, deadline=None)
def test_every_code_reads_back_the_same(code: MerchantCode) -> None:
    assert decode(encode(code)) == code


@given(CODES, st.data())
@settings(max_examples=300, deadline=None)
def test_one_changed_character_never_gives_another_amount_or_payee(code: MerchantCode, data: st.DataObject) -> None:
    text = encode(code)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=0x2FFF).filter(lambda found: found != text[at]))
    try:
        found = decode(text[:at] + other + text[at + 1 :])
    except EmvError as error:
        assert error.problem
    else:
        assert (found.amount_minor, found.currency, found.accounts) == (code.amount_minor, code.currency, code.accounts)


@given(CODES, st.data())
@settings(max_examples=100, deadline=None)
def test_swapped_digits_and_cut_codes_are_refused(code: MerchantCode, data: st.DataObject) -> None:
    text = encode(code)
    with pytest.raises(EmvError):
        decode(text[: data.draw(st.integers(0, len(text) - 1))])
    at = data.draw(st.integers(0, len(text) - 2))
    if text[at] != text[at + 1]:
        with pytest.raises(EmvError):
            decode(text[:at] + text[at + 1] + text[at] + text[at + 2 :])


@given(st.text(max_size=600) | st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_random_text_is_refused_and_nothing_else(text: Any) -> None:
    with pytest.raises(EmvError):
        decode(text)


@given(st.text("0123456789ABC.", max_size=120))
@settings(max_examples=300, deadline=None)
def test_random_objects_under_a_right_checksum_are_read_or_refused(body: str) -> None:
    try:
        decode(signed(f"000201{body}"))
    except EmvError as error:
        assert error.offset is not None


BODY = "000201010211" + "26100006ABCDEF" + "52045812" + "5303978" + "5802FR" + "5904Cafe" + "6004Lyon"


def with_object(tag: str, value: str) -> str:
    return signed(f"{BODY}{tag}{len(value):02}{value}")


def swapped(old: str, new: str) -> str:
    assert old in BODY
    return signed(BODY.replace(old, new))


@pytest.mark.parametrize(
    ("text", "code", "tag", "offset"),
    [
        (signed(BODY)[:-1] + "g", "checksum-wrong", "63", len(BODY) + 4),
        (signed(BODY)[:-4] + signed(BODY)[-4:].lower(), "checksum-wrong", "63", len(BODY) + 4),
        (BODY, "checksum-missing", "63", len(BODY) - 8),
        ("", "format-unknown", "00", 0),
        ("https://example.org/pay", "format-unknown", "00", 0),
        (swapped("5303978", "5303999"), "currency-unknown", "53", 38),
        (swapped("5303978", "5303000"), "currency-unknown", "53", 38),
        (swapped("5303978", ""), "object-missing", "53", len(BODY) - 7),
        (swapped("26100006ABCDEF", ""), "account-missing", "02", len(BODY) - 14),
        (swapped("26100006ABCDEF", "26100106ABCDEF"), "object-missing", "26-00", 16),
        (swapped("26100006ABCDEF", "26100008ABCDEF"), "object-cut", "26-00", 16),
        (swapped("52045812", "520458a2"), "digits-wrong", "52", 30),
        (swapped("5802FR", "5802fr"), "country-wrong", "58", 45),
        (swapped("5904Cafe", "5904Café"), "text-wrong", "59", 51),
        (swapped("5904Cafe", "5904Ca\0e"), "text-wrong", "", 53),
        (swapped("5904Cafe", f"5926{'x' * 26}"), "text-too-long", "59", 51),
        (swapped("010211", "010213"), "method-unknown", "01", 10),
        (with_object("54", "-5.00"), "amount-wrong", "54", len(BODY) + 4),
        (with_object("54", "0.00"), "amount-wrong", "54", len(BODY) + 4),
        (with_object("54", "1.005"), "amount-wrong", "54", len(BODY) + 4),
        (with_object("54", "1,00"), "amount-wrong", "54", len(BODY) + 4),
        (with_object("54", "9223372036854775808"), "amount-wrong", "54", len(BODY) + 4),
        (with_object("54", "1e5"), "amount-wrong", "54", len(BODY) + 4),
        (with_object("54", "٣.00"), "amount-wrong", "54", len(BODY) + 4),
        (with_object("55", "02"), "tip-wrong", "55", len(BODY) + 4),
        (with_object("56", "1.00"), "tip-wrong", "55", len(BODY) + 4),
        (with_object("55", "09"), "tip-wrong", "55", len(BODY) + 4),
        (with_object("59", "Twice"), "object-twice", "59", len(BODY)),
        (with_object("62", "0102A"), "object-cut", "62-01", len(BODY) + 4),
        (with_object("62", "0101A0101B"), "object-twice", "62-01", len(BODY) + 9),
        (with_object("62", f"0126{'x' * 26}"), "text-too-long", "62-01", len(BODY) + 8),
        (with_object("64", "0002fr"), "object-missing", "64-01", len(BODY) + 4),
        (signed(f"{BODY}5400"), "object-empty", "54", len(BODY)),
        (signed(f"{BODY}54"), "object-unreadable", "", len(BODY)),
        (signed(f"{BODY}5499"), "object-cut", "54", len(BODY)),
        (signed(BODY) + "x" * 500, "code-too-long", "", 512),
    ],
)
def test_what_is_wrong_is_named_by_tag_and_offset(text: str, code: str, tag: str, offset: int) -> None:
    with pytest.raises(EmvError) as caught:
        decode(text)
    assert (caught.value.code, caught.value.tag, caught.value.offset) == (code, tag, offset)
    assert caught.value.problem in str(caught.value)


def test_bytes_that_are_not_utf_8_are_refused_where_they_stand() -> None:
    with pytest.raises(EmvError) as caught:
        decode(b"000201" + b"\xff\xfe")
    assert (caught.value.code, caught.value.offset) == ("text-wrong", 6)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"accounts": ()}, "account-missing"),
        ({"accounts": (payee_account("a"), payee_account("b"))}, "object-twice"),
        ({"accounts": (AccountTemplate(25, "x"),)}, "tag-wrong"),
        ({"accounts": (SchemeAccount(26, "x"),)}, "tag-wrong"),
        ({"accounts": (payee_account("x" * 90),)}, "text-too-long"),
        ({"amount_minor": 0}, "amount-wrong"),
        ({"amount_minor": -1}, "amount-wrong"),
        ({"amount_minor": 2**63}, "amount-wrong"),
        ({"amount_minor": 10**13}, "amount-wrong"),
        ({"currency": "XXX"}, "currency-unknown"),
        ({"currency": "gCO2"}, "currency-unknown"),
        ({"name": "Café"}, "text-wrong"),
        ({"name": "x" * 26}, "text-too-long"),
        ({"city": ""}, "text-wrong"),
        ({"mcc": "58"}, "digits-wrong"),
        ({"country": "France"}, "country-wrong"),
        ({"tip": Tip("percentage", basis_points=10_000)}, "tip-wrong"),
        ({"others": ((63, "0000"),)}, "tag-wrong"),
        ({"additional": AdditionalData(purpose="nul\0")}, "text-wrong"),
        ({"additional": AdditionalData("x" * 25, "x" * 25, "x" * 25, "x" * 25)}, "text-too-long"),
    ],
)
def test_what_no_reader_would_take_is_not_written(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(EmvError) as caught:
        encode(replace(CAFE, **changes))
    assert caught.value.code == code


def test_common_text_takes_accents_off_and_cuts() -> None:
    assert common_text("Crêperie «Œuf & Straße» 最", 25) == "Creperie OEuf & Strasse"
    assert common_text("Ångström-Łódź Øst", 13) == "Angstrom-Lodz"
