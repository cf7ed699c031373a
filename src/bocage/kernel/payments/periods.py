"""A mandate's periods, counted from its first day; a month that lacks the day takes its last one."""

from calendar import monthrange
from datetime import date, timedelta

from bocage.kernel.payments.types import MandateTerms, Period

_MONTHS = {Period.MONTH: 1, Period.YEAR: 12}
_DAYS = {Period.DAY: 1, Period.WEEK: 7}


def period_of(terms: MandateTerms, day: date) -> tuple[date, date]:
    """The first day of the period in which `day` (not before `starts_on`) lies, and the first day of the next."""
    place = _place(terms, day)
    return begin_of(terms, place), begin_of(terms, place + 1)


def first_after(terms: MandateTerms, day: date) -> date:
    """The first day of the period after the one in which `day` lies."""
    return begin_of(terms, _place(terms, day) + 1)


def begin_of(terms: MandateTerms, place: int) -> date:
    """The first day of the period `place`, counted from 0."""
    start = terms.starts_on
    if terms.period in _DAYS:
        return start + timedelta(days=place * _DAYS[terms.period])
    years, month = divmod(start.month - 1 + place * _MONTHS[terms.period], 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _place(terms: MandateTerms, day: date) -> int:
    start = terms.starts_on
    if terms.period in _DAYS:
        return (day - start).days // _DAYS[terms.period]
    place = ((day.year - start.year) * 12 + day.month - start.month) // _MONTHS[terms.period]
    return place if begin_of(terms, place) <= day else place - 1
