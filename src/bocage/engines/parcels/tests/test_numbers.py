"""Numbers of parcels: known ones, each digit's mistake found, and round trips through every way to write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.engines.parcels import (
    NumberError,
    check_epc,
    read_elements,
    read_link,
    read_s10,
    read_sscc,
    sscc_of,
    sscc_urn,
    write_elements,
    write_link,
    write_s10,
    write_sscc,
)
from bocage.engines.parcels.gs1 import check_digit

SERVICES = st.from_regex(r"[A-Z]{2}", fullmatch=True)
SSCCS = st.integers(0, 10**17 - 1).map(lambda number: f"{number:017}{check_digit(f'{number:017}')}")
SET_82 = st.text(alphabet="ABCXYZabcxyz0123456789!\"%&'*+,-./:;<=>?_", min_size=1, max_size=20)


def test_known_numbers() -> None:
    """UPU S10-12's own example, and the SSCC of the GS1 General Specifications' figure of a logistic label."""
    assert write_s10("RR", 47312482, "DE") == "RR473124829DE"
    assert read_s10("rr 473 124 829 de") == "RR473124829DE"
    assert read_sscc("(00) 3 4012345 123456789 5") == "340123451234567895"
    assert write_sscc("4012345", 123456789, 3) == "340123451234567895"


@given(SERVICES, st.integers(0, 99_999_999), SERVICES, st.integers(2, 10), st.integers(1, 9))
def test_s10_round_trip_and_every_wrong_digit(service: str, serial: int, country: str, place: int, by: int) -> None:
    number = write_s10(service, serial, country)
    assert read_s10(number) == number
    wrong = f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"
    # Two remainders give the check digit 5 (S10, section 6.2): there alone may a wrong digit stay unseen.
    if number[10] != "5":
        with pytest.raises(NumberError, match="check digit"):
            read_s10(wrong)


@given(SSCCS, st.integers(0, 17), st.integers(1, 9), st.integers(6, 12))
def test_sscc_round_trips_and_every_wrong_digit(sscc: str, place: int, by: int, prefix: int) -> None:
    assert read_sscc(sscc) == sscc
    assert sscc_of(sscc_urn(sscc, prefix)) == sscc
    check_epc(sscc_urn(sscc, prefix))
    assert sscc_of(write_link({"00": sscc})) == sscc
    with pytest.raises(NumberError, match="check digit"):
        read_sscc(f"{sscc[:place]}{(int(sscc[place]) + by) % 10}{sscc[place + 1 :]}")


@given(SSCCS, SET_82, SET_82, st.booleans())
def test_element_strings_and_links_round_trip(sscc: str, lot: str, route: str, printed: bool) -> None:
    said = {"00": sscc, "10": lot, "403": route}
    assert read_elements(write_elements(said)) == said
    if "(" not in lot + route:
        assert read_elements(write_elements(said, printed=True)) == said
    assert read_link(write_link(said)) == said


def test_a_reader_gives_the_symbology_before_and_separators_between() -> None:
    assert read_elements("]C100340123451234567895") == {"00": "340123451234567895"}
    assert read_elements("10LOT7\x1d00340123451234567895") == {"10": "LOT7", "00": "340123451234567895"}


@pytest.mark.parametrize(
    ("read", "text", "code"),
    [
        (read_s10, "RR473124828DE", "s10-check-digit"),
        (read_s10, "RR47312482DE", "s10-form"),
        (read_s10, "RR٤73124829DE", "s10-form"),
        (read_sscc, "34012345123456789", "sscc-form"),
        (read_sscc, "٣40123451234567895", "sscc-form"),
        (read_elements, "00340123451234567895" * 2, "elements-twice"),
        (read_elements, "0034012345", "elements-value"),
        (read_elements, "99x", "elements-unknown"),
        (read_elements, "", "elements-form"),
        (read_elements, "(00)340123451234567895(", "elements-form"),
        (read_elements, "11261332", "elements-value"),
        (read_link, "https://id.gs1.org/00/340123451234567894", "gs1-check-digit"),
        (read_link, "https://id.gs1.org/parcel/1", "link-primary"),
        (read_link, "ftp://id.gs1.org/00/340123451234567895", "link-form"),
        (read_link, "https://[id.gs1.org/00/1", "link-form"),
        (check_epc, "urn:epc:id:sscc:4012345.123", "epc-digits"),
        (check_epc, "urn:epc:id:sscd:4012345.3123456789", "epc-scheme"),
        (check_epc, "urn:epc:id:sgtin:4012345.012345", "epc-serial"),
        (check_epc, "urn:epc:id:sscc:4012.3123456789123", "epc-prefix"),
    ],
)
def test_wrong_numbers(read, text: str, code: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NumberError) as caught:
        read(text)
    assert caught.value.code == code


@given(st.text(max_size=60))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (read_s10, read_sscc, read_elements, read_link, check_epc, sscc_of):
        try:
            read(text)
        except NumberError as error:
            assert error.problem.endswith(".")
