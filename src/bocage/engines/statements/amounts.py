"""Amounts as banks write them, read exactly: a whole number of units at a scale of ten, never a float."""

import re
from collections.abc import Iterable

from .types import DECIMALS_LIMIT, Decimal, FieldError

LENGTH_LIMIT = 40

_SPACES = str.maketrans(dict.fromkeys(" \u00a0\u202f\u2009'\u2019", ""))
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+", re.ASCII)
_DRESSED = re.compile(
    r"(?P<open>\()?(?P<before>[-+\u2212])?(?:[A-Z]{3}|[$€£¥₣₹₺₽zł]{1,2})?(?P<inner>[-+\u2212])?"
    r"(?P<digits>[\d.,]+)(?:[A-Z]{3}|[$€£¥₣₹₺₽zł]{1,2})?(?P<after>[-+\u2212]|CR|DR|Cr|Dr)?(?P<close>\))?",
    re.ASCII,
)
_GROUPED = {
    ".": re.compile(r"(\d+|\d{1,3}(?:,\d{2,3})*,\d{3})?(?:\.(\d*))?", re.ASCII),
    ",": re.compile(r"(\d+|\d{1,3}(?:\.\d{2,3})*\.\d{3})?(?:,(\d*))?", re.ASCII),
}
_NEGATIVE = {"-", "\u2212", "DR", "Dr"}

type Amount = tuple[int, int]
"""(units, decimals): (1250, 2) is 12.50."""


def _fail(text: str, field: str) -> FieldError:
    if not text.strip():
        return FieldError("amount-missing", field, "The amount is missing.")
    return FieldError("amount-unreadable", field, f"{text[:LENGTH_LIMIT]!r} is not an amount.")


def trimmed(units: int, decimals: int, keep: int = 0) -> Amount:
    """The same amount without useless zeros at the end, but with at least `keep` decimals."""
    while decimals > keep and units % 10 == 0:
        units //= 10
        decimals -= 1
    return units, decimals


def at_scale(amount: Amount, decimals: int) -> int:
    """The amount as whole units at a greater or equal scale."""
    return int(amount[0] * 10 ** (decimals - amount[1]))


def parse_amount(text: str, decimal: Decimal, field: str) -> Amount:
    """Signed amount in `text`, whose decimal sign is known.

    Takes a sign before, after or as brackets, a currency before or after, and groups of thousands; refuses all else
    with `FieldError`, above all groups that are none ("1,23,4").
    """
    if len(text) > LENGTH_LIMIT:
        raise _fail(text, field)
    if decimal == "." and _PLAIN.fullmatch(text):
        whole, _, part = text.partition(".")
        return _checked(int(whole + part), len(part), text, field)
    dressed = _DRESSED.fullmatch(text.translate(_SPACES))
    if dressed is None or bool(dressed["open"]) != bool(dressed["close"]):
        raise _fail(text, field)
    signs = [sign for sign in (dressed["before"], dressed["inner"], dressed["after"]) if sign]
    if len(signs) + bool(dressed["open"]) > 1:
        raise _fail(text, field)
    number = _GROUPED[decimal].fullmatch(dressed["digits"])
    if number is None or not (number[1] or number[2]):
        raise _fail(text, field)
    whole = re.sub(r"[.,]", "", number[1] or "0")
    part = number[2] or ""
    negative = bool(dressed["open"]) or bool(signs and signs[0] in _NEGATIVE)
    units = int(whole + part)
    return _checked(-units if negative else units, len(part), text, field)


def _checked(units: int, decimals: int, text: str, field: str) -> Amount:
    if decimals > DECIMALS_LIMIT:
        units, decimals = trimmed(units, decimals, DECIMALS_LIMIT)
        if decimals > DECIMALS_LIMIT:
            problem = f"{text!r} has more than {DECIMALS_LIMIT} decimals."
            raise FieldError("amount-too-fine", field, problem)
    return units, decimals


def decimal_sign(texts: Iterable[str]) -> tuple[Decimal | None, bool]:
    """The decimal sign that a column of amounts shows, and whether the column proves it.

    A sign proves itself when it comes last of two kinds, or stands before other than three digits; a sign
    that is repeated in one amount groups thousands. The majority wins; (None, False) when no amount has a sign at all,
    (sign, False) when all have just one sign before three digits.
    """
    points = commas = 0
    doubtful: Decimal | None = None
    for text in texts:
        point, comma = text.rfind("."), text.rfind(",")
        if point < 0 and comma < 0:
            continue
        if point >= 0 and comma >= 0:
            points, commas = (points + 1, commas) if point > comma else (points, commas + 1)
            continue
        sign: Decimal = "." if point >= 0 else ","
        tail = len(text) - max(point, comma) - 1
        digits = sum(map(str.isdigit, text[-tail:])) if tail else 0
        if text.count(sign) > 1:
            if digits == 3:
                points, commas = (points, commas + 1) if sign == "." else (points + 1, commas)
        elif digits != 3:
            points, commas = (points + 1, commas) if sign == "." else (points, commas + 1)
        else:
            doubtful = sign
    if points or commas:
        return ("." if points >= commas else ","), not (points and commas)
    return doubtful, False
