"""Dates as banks write them; the order of day and month is decided by a whole column, never by one cell."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from .types import FIRST_DATE, LAST_DATE, DateOrder, FieldError

LENGTH_LIMIT = 40
CENTURY_PIVOT = 70

_TIME = r"(?:[T ,]+\d{1,2}[:.h]\d{2}.{0,24})?\.?"
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME, re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T ]?\d{4,6})?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2}) ?[-/. ] ?(\d{1,2}) ?[-/. '] ?(\d{4}|\d{2})" + _TIME, re.ASCII)
_DAY_NAME = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er)?[-/. ]{1,2}(?:de )?([^\W\d_]{3,10})\.?,?[-/. ]{1,2}(?:de )?(\d{4}|\d{2})" + _TIME
)
_NAME_DAY = re.compile(r"([^\W\d_]{3,10})\.?[-/. ](\d{1,2})(?:st|nd|rd|th)?,?[-/. ]{1,2}(\d{4})" + _TIME)

_MONTHS: dict[str, int] = {}
for _names in (
    "january february march april may june july august september october november december",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
):
    for _number, _name in enumerate(_names.split(), start=1):
        _MONTHS[_name] = _number
        _MONTHS.setdefault(_name[:3], _number)
        _MONTHS.setdefault(_name[:4], _number)
_MONTHS |= {
    "jui": 6,
    "juil": 7,
    "fevr": 2,
    "fev": 2,
    "aout": 8,
    "decembre": 12,
    "fevrier": 2,
    "mrt": 3,
    "sept": 9,
    "marz": 3,
    "mrz": 3,
}


def _fail(text: str, field: str) -> FieldError:
    if not text.strip():
        return FieldError("date-missing", field, "The date is missing.")
    return FieldError("date-unreadable", field, f"{text[:LENGTH_LIMIT]!r} is not a date.")


def full_year(year: int) -> int:
    """A year of two digits, taken as 1970 to 2069."""
    return year + (1900 if year >= CENTURY_PIVOT else 2000)


def checked_date(year: int, month: int, day: int, text: str, field: str) -> date:
    """The date, or `FieldError` when there is no such day or it lies outside 1970 to 2100."""
    try:
        found = date(year, month, day)
    except ValueError:
        raise _fail(text, field) from None
    if not FIRST_DATE <= found <= LAST_DATE:
        raise FieldError("date-out-of-range", field, f"{text[:LENGTH_LIMIT]!r} is not between 1970 and 2100.")
    return found


def _parts(text: str) -> tuple[int, int, int] | tuple[int, int, int, None] | None:
    """(year, month, day) where that is plain; (first, second, year, None) where the order is open; else None."""
    if len(text) > LENGTH_LIMIT:
        return None
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _YEAR_LAST.fullmatch(text):
        year = int(match[3])
        return int(match[1]), int(match[2]), full_year(year) if len(match[3]) == 2 else year, None
    if match := _DAY_NAME.fullmatch(text):
        month, day, years = match[2], match[1], match[3]
    elif match := _NAME_DAY.fullmatch(text):
        month, day, years = match[1], match[2], match[3]
    else:
        return None
    number = _MONTHS.get(month.casefold())
    if number is None:
        return None
    return full_year(int(years)) if len(years) == 2 else int(years), number, int(day)


def parse_date(text: str, order: DateOrder, field: str) -> date:
    """The date in `text`; a time after it is left out. Raises `FieldError`."""
    text = text.strip()
    parts = _parts(text)
    if parts is None:
        raise _fail(text, field)
    if len(parts) == 3:
        return checked_date(*parts, text, field)
    first, second, year, _ = parts
    return (
        checked_date(year, first, second, text, field)
        if order == "mdy"
        else checked_date(year, second, first, text, field)
    )


def looks_like_date(text: str) -> bool:
    """Whether a cell could be a date in some order."""
    parts = _parts(text.strip())
    if parts is None:
        return False
    if len(parts) == 3:
        return 1 <= parts[1] <= 12 and 1 <= parts[2] <= 31 and 1970 <= parts[0] <= 2100
    return 1 <= min(parts[:2]) <= 12 and max(parts[:2]) <= 31 and 1970 <= parts[2] <= 2100


def _turns(days: Sequence[tuple[int, int, int]]) -> int:
    """How often a column of days changes direction: 0 for a sorted one."""
    direction = turns = 0
    for before, after in pairwise(days):
        step = (after > before) - (after < before)
        if step and direction and step != direction:
            turns += 1
        direction = step or direction
    return turns


def date_order(texts: Sequence[str], fallback: DateOrder) -> tuple[DateOrder, bool]:
    """The order of day and month in a column, and whether the column itself proves it.

    A first number above 12 is a day, a second one above 12 too; else the order in which the rows are sorted is the
    right one; else, and with (fallback, False), nothing in the column tells.
    """
    open_dates = [parts for parts in (_parts(text.strip()) for text in texts) if parts is not None and len(parts) == 4]
    if not open_dates:
        return "ymd", True
    day_first = sum(1 for first, second, *_ in open_dates if first > 12 >= second)
    month_first = sum(1 for first, second, *_ in open_dates if second > 12 >= first)
    if day_first or month_first:
        return ("dmy" if day_first >= month_first else "mdy"), not (day_first and month_first)
    as_dmy = _turns([(year, second, first) for first, second, year, *_ in open_dates])
    as_mdy = _turns([(year, first, second) for first, second, year, *_ in open_dates])
    if as_dmy == 0 and as_mdy > 0:
        return "dmy", True
    if as_mdy == 0 and as_dmy > 0:
        return "mdy", True
    if all(first == second for first, second, *_ in open_dates):
        return fallback, True
    return fallback, False
