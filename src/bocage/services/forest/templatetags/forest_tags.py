"""Masses, amounts, months and small drawings on Forest's pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from bocage.services.forest import looks
from bocage.services.forest.company_words import format_title
from bocage.services.forest.landscape import ANIMALS, Drawing
from bocage.services.forest.types import FootprintLine, MonthSum
from bocage.shell.templatetags.shell import MINUS, exponent_of, icon, locale, money

register = template.Library()

_GRAM = 1_000_000
_KILOGRAM = 1_000 * _GRAM
_TONNE = 1_000 * _KILOGRAM
_STEPS = ((_TONNE, "t", "#,##0.00"), (100 * _KILOGRAM, "kg", "#,##0"), (_KILOGRAM, "kg", "#,##0.0"), (0, "g", "#,##0"))
_BAR_UNITS = 64
_BAR_LEAST_UNITS = 3
_RANGE_UNITS = 300
_SIP_GRAMS = 200


@dataclass(frozen=True)
class Bar:
    """One month of the trend: `top` and `height` in a drawing of 64 units."""

    first_day: date
    micrograms: int
    top: int
    height: int
    is_current: bool


@register.simple_tag
def mass(micrograms: int) -> str:
    """A mass as people say it: 350 g, 1.2 kg, 2.31 t."""
    size = abs(micrograms)
    _least, unit, pattern = next(step for step in _STEPS if size >= step[0])
    divisor = {"t": _TONNE, "kg": _KILOGRAM, "g": _GRAM}[unit]
    figure = format_decimal(Decimal(micrograms) / divisor, format=pattern, locale=locale()).replace("-", MINUS)
    return f"{figure}\u00a0{unit}"


@register.simple_tag
def line_mass(line: FootprintLine) -> str:
    """What a line weighs; a dash where nothing was bought, a question mark where a figure is missing."""
    if not line.assessed:
        return "?"
    return str(mass(line.micrograms)) if line.counted else "\N{EN DASH}"


@register.simple_tag
def spent(line: FootprintLine) -> SafeString | str:
    """A line's money; with more decimals than the currency has, where the bank states finer amounts."""
    if line.exponent == exponent_of(line.currency):
        return money(line.amount_minor, line.currency)
    amount = Decimal(line.amount_minor).scaleb(-line.exponent)
    text = format_currency(amount, line.currency, locale=locale(), decimal_quantization=False)
    return format_html('<span class="money">{}</span>', str(text).replace("-", MINUS))


@register.simple_tag
def month_name(first_day: date, width: str = "wide") -> str:
    """November 2026, or Nov where `width` is "abbreviated"."""
    pattern = "LLLL y" if width == "wide" else "LLL"
    name = str(format_date(first_day, format=pattern, locale=locale()))
    return name[:1].upper() + name[1:]


@register.simple_tag
def category_icon(category: str) -> SafeString:
    """The tile with the picture of a class."""
    name, tint = looks.look(category)
    tinted = format_html(' data-tint="{}"', tint) if tint else SafeString("")
    return format_html('<span class="row-icon"{}>{}</span>', tinted, icon(name, size=19))


@register.inclusion_tag("forest/months.html")
def month_bars(trend: Sequence[MonthSum], current: date) -> dict[str, Any]:
    """The months as bars, each a link; the month `current` is marked."""
    highest = max((each.micrograms for each in trend), default=0)
    bars = []
    for each in trend:
        share = each.micrograms * _BAR_UNITS // highest if highest > 0 else 0
        height = max(_BAR_LEAST_UNITS, share)
        bars.append(Bar(each.first_day, each.micrograms, _BAR_UNITS - height, height, each.first_day == current))
    return {"bars": bars}


@register.inclusion_tag("forest/range.html")
def mass_range(low: int, middle: int, high: int) -> dict[str, Any]:
    """An interval as a band from nothing to its upper end, with the figure itself as a mark."""
    most = max(abs(low), abs(high), 1)
    places = sorted(abs(value) * _RANGE_UNITS // most for value in (low, high))
    return {
        "low": low,
        "high": high,
        "start": places[0],
        "width": max(1, places[1] - places[0]),
        "mark": abs(middle) * _RANGE_UNITS // most,
    }


@register.inclusion_tag("forest/art/landscape.html")
def landscape(drawing: Drawing) -> dict[str, Any]:
    """The drawn forest; its label tells in words what it shows."""
    trees = sum(each.species not in ANIMALS for each in drawing.standing)
    label = ngettext("%(count)s tree in a landscape", "%(count)s trees in a landscape", trees) % {"count": trees}
    return {"season": drawing.season, "standing": drawing.standing, "waits": drawing.waits, "label": label}


@register.simple_tag
def month_change(percent: int) -> str:
    """How a month stands to the same one a year before."""
    if percent < 0:
        return gettext("%(percent)s %% less than in the same month a year before") % {"percent": -percent}
    return gettext("%(percent)s %% more than in the same month a year before") % {"percent": percent}


@register.simple_tag
def sip(missing: int, giveable: int) -> int:
    """A friendly amount to water another's tree with."""
    return min(missing, giveable, _SIP_GRAMS)


@register.simple_tag
def smaller(first: int, second: int) -> int:
    """The smaller of two numbers."""
    return min(first, second)


@register.simple_tag
def paper_kind(name: str) -> str:
    """What sort of file of accounts it is."""
    return format_title(name)
