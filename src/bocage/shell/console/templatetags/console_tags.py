"""Amounts of any unit on the console's pages."""

from decimal import Decimal

from babel.numbers import format_decimal
from django import template
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def units(amount_minor: int, exponent: int) -> str:
    """`amount_minor` as a number of whole units with the unit's own decimals."""
    pattern = "#,##0" + ("." + "0" * exponent if exponent else "")
    return format_decimal(Decimal(amount_minor).scaleb(-exponent), format=pattern, locale=get_language() or "en")
