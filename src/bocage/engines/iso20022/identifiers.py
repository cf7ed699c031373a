"""IBAN, BIC, references and currencies: the checks that XSDs do not make."""

import re
from functools import cache

from iso4217 import Currency

from .types import Iso20022Error

# Country and total length, from SWIFT's IBAN Registry (release 99).
_LENGTHS = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
    FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
    LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24
    RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _LENGTHS.split()}

REFERENCE_CHARACTERS = 35

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
# The character set that the European Payments Council's guidelines allow in references.
_REFERENCE = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,35}", re.ASCII)


def check_iban(text: str, element: str = "IBAN") -> str:
    """The IBAN without spaces, in capitals; raises `Iso20022Error` when its form, length or check digits are wrong."""
    iban = "".join(text.split()).upper()
    if not _IBAN.fullmatch(iban):
        raise Iso20022Error("iban-wrong", f"{text[:40]!r} is not written as an IBAN.", element=element)
    length = IBAN_LENGTHS.get(iban[:2])
    if length is None:
        raise Iso20022Error("iban-wrong", f"{iban[:2]} is no country with IBANs.", element=element)
    if len(iban) != length:
        problem = f"{iban} has {len(iban)} characters; an IBAN of {iban[:2]} has {length}."
        raise Iso20022Error("iban-wrong", problem, element=element)
    if int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 != 1:
        problem = f"The check digits of {iban} do not fit: a character is wrong."
        raise Iso20022Error("iban-wrong", problem, element=element)
    return iban


def check_bic(text: str, element: str = "BICFI") -> str:
    """The BIC (ISO 9362) in capitals; raises `Iso20022Error`."""
    bic = text.strip().upper()
    if not _BIC.fullmatch(bic):
        raise Iso20022Error("bic-wrong", f"{text[:40]!r} is not a BIC of 8 or 11 characters.", element=element)
    return bic


def check_reference(text: str, element: str) -> str:
    """An id that every European bank carries unchanged; raises `Iso20022Error`."""
    if (
        not _REFERENCE.fullmatch(text)
        or text.strip() != text
        or text.startswith("/")
        or text.endswith("/")
        or "//" in text
    ):
        allowed = f"1 to {REFERENCE_CHARACTERS} letters, digits or / - ? : ( ) . , ' + and space"
        problem = f"{text[:40]!r} is not a reference of {allowed}."
        raise Iso20022Error("reference-wrong", problem, element=element)
    return text


@cache
def exponent_of(code: str, element: str = "Ccy") -> int:
    """Decimals of a currency by ISO 4217; raises `Iso20022Error` for an unknown code or one without minor units."""
    try:
        exponent = Currency(code).exponent
    except ValueError:
        raise Iso20022Error("currency-unknown", f"{code!r} is not a currency of ISO 4217.", element=element) from None
    if exponent is None:
        raise Iso20022Error("currency-unknown", f"{code!r} has no minor units in ISO 4217.", element=element)
    return exponent
