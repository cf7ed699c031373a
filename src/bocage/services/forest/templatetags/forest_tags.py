"""Masses and months on Forest's pages."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal
from django import template
from django.utils.translation import get_language

register = template.Library()

_GRAM = 1_000_000
_KILOGRAM = 1_000 * _GRAM
_TONNE = 1_000 * _KILOGRAM
_STEPS = ((_TONNE, "t", "#,##0.00"), (100 * _KILOGRAM, "kg", "#,##0"), (_KILOGRAM, "kg", "#,##0.0"), (0, "g", "#,##0"))


@register.simple_tag
def mass(micrograms: int) -> str:
    """A mass as people say it: 350 g, 1.2 kg, 2.31 t."""
    size = abs(micrograms)
    _least, unit, pattern = next(step for step in _STEPS if size >= step[0])
    divisor = {"t": _TONNE, "kg": _KILOGRAM, "g": _GRAM}[unit]
    return f"{format_decimal(micrograms / divisor, format=pattern, locale=get_language() or 'en')}\u00a0{unit}"


@register.simple_tag
def month_name(first_day: date, width: str = "wide") -> str:
    """November 2026, or Nov where `width` is "abbreviated"."""
    pattern = "LLLL y" if width == "wide" else "LLL"
    name = format_date(first_day, format=pattern, locale=get_language() or "en")
    return name[:1].upper() + name[1:]


@register.simple_tag
def smaller(first: int, second: int) -> int:
    """The smaller of two numbers."""
    return min(first, second)
