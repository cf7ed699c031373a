"""Amounts of any unit, and facts in words, on the console's pages."""

from decimal import Decimal

from babel.numbers import format_decimal, get_currency_name
from django import template
from django.utils.translation import gettext as _

from bocage.kernel.events.queries import says
from bocage.kernel.events.registry import UndeclaredEvent
from bocage.shell.templatetags.shell import MINUS, locale

register = template.Library()


@register.simple_tag
def units(amount_minor: int, exponent: int) -> str:
    """`amount_minor` as a number of whole units with the unit's own decimals."""
    pattern = "#,##0" + ("." + "0" * exponent if exponent else "")
    return format_decimal(Decimal(amount_minor).scaleb(-exponent), format=pattern, locale=locale()).replace("-", MINUS)


@register.simple_tag
def unit_name(unit: str, is_money: bool) -> str:
    """What a unit counts, in words: "Euro", "Grams of CO₂"."""
    if is_money:
        name = str(get_currency_name(unit, locale=locale()))
        return name[:1].upper() + name[1:]
    words = {"gCO2": _("Grams of CO₂"), "points": _("Points"), "trees": _("Trees"), "kWh": _("Kilowatt hours")}
    return words.get(unit, unit)


@register.simple_tag
def movement_words(kind: str) -> str:
    """What became of an amount that was set aside; nothing for one that simply moved."""
    words = {
        "hold": _("set aside"),
        "post_hold": _("taken of what was set aside"),
        "void_hold": _("released"),
        "expire_hold": _("released when its time was over"),
    }
    return words.get(kind, "")


@register.simple_tag
def event_words(event_type: str) -> str:
    """What an event of this type says; its name when its service is no longer there."""
    try:
        return says(event_type)
    except UndeclaredEvent:
        return event_type
