"""ISO 4217 codes and their minor units, with the currencies that old statements still name."""

from functools import cache

from iso4217 import Currency

from .types import NO_CURRENCY, FieldError

DEFAULT_EXPONENT = 2

# ISO 4217 list three (historic denominations) gives no minor units; all of these were written with two decimals
# or with none, and a reader loses nothing by keeping two.
_HISTORIC_CODES = """
    ANG ATS BEF BGN BYR CUC CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MRO MTL NLG PTE ROL SIT SKK SLL STD TRL
    VEF ZWL
"""
HISTORIC = frozenset(_HISTORIC_CODES.split())

SYMBOLS = {"€": "EUR", "£": "GBP", "EURO": "EUR", "EUROS": "EUR"}


@cache
def exponent_of(code: str) -> int:
    """Decimals of a currency; `FieldError` when ISO 4217 does not know the code."""
    if code == NO_CURRENCY or code in HISTORIC:
        return DEFAULT_EXPONENT
    try:
        exponent = Currency(code).exponent
    except ValueError:
        raise FieldError("currency-unknown", "currency", f"{code!r} is not a currency of ISO 4217.") from None
    return DEFAULT_EXPONENT if exponent is None else exponent


@cache
def currency_code(text: str) -> str:
    """The ISO 4217 code that a cell such as "eur", "EUR" or "€" names; `FieldError` when it names none."""
    code = text.strip().upper()
    code = SYMBOLS.get(code, code)
    exponent_of(code)
    return code


def is_currency(text: str) -> bool:
    """Whether a cell names a currency."""
    if not 1 <= len(text.strip()) <= len("EUROS"):
        return False
    try:
        currency_code(text)
    except FieldError:
        return False
    return True
