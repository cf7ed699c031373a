"""What people and programs type, read into what Pay works with; one clear refusal for what cannot be read."""

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.services.pay import limits

_SPACES = re.compile(r"\s+")
_GROUPING = re.compile(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3})")
_AMOUNT = re.compile(r"\d{1,12}(?:[.,]\d{1,4})?")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


def text(value: str, field: str, characters_max: int, *, required: bool = False) -> str:
    """`value` on one line, composed (NFC) and trimmed. Refuses control characters (NUL too) and what is too long."""
    if any(
        unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} and not character.isspace() for character in value
    ):
        raise Refusal("bad_text", _("This text has characters that cannot be shown. Type it again."), field=field)
    line = _SPACES.sub(" ", unicodedata.normalize("NFC", value)).strip()
    if len(line) > characters_max:
        raise Refusal(
            "text_too_long",
            _("This text is too long: %(count)d characters, at most %(max)d. Shorten it.")
            % {"count": len(line), "max": characters_max},
            field=field,
        )
    if required and not line:
        raise Refusal("text_missing", _("Fill this in."), field=field)
    return line


def amount(value: str, exponent: int, field: str = "amount") -> int:
    """Minor units from what a person typed: "12", "12.50", "12,5", "1 200,00". Zero, negative and unreadable refuse."""
    plain = _GROUPING.sub("", value.strip())
    if not _AMOUNT.fullmatch(plain):
        raise Refusal("bad_amount", _("Type an amount such as 12.50."), field=field)
    try:
        minor = Decimal(plain.replace(",", ".")).scaleb(exponent)
    except InvalidOperation:
        raise Refusal("bad_amount", _("Type an amount such as 12.50."), field=field) from None
    if minor != minor.to_integral_value():
        raise Refusal(
            "bad_amount",
            _("This currency has %(count)d decimals; the amount has more.") % {"count": exponent},
            field=field,
        )
    return bounded(int(minor), field)


def bounded(amount_minor: int, field: str = "amount", *, at_most: int = limits.AMOUNT_MINOR_MAX) -> int:
    """`amount_minor` when it is more than nothing and within the limit; a refusal otherwise."""
    if amount_minor <= 0:
        raise Refusal("amount_too_small", _("The amount must be more than zero."), field=field)
    if amount_minor > at_most:
        raise Refusal("amount_too_large", _("The amount is above what Pay moves at once."), field=field)
    return amount_minor


def identifier(value: str, field: str) -> UUID:
    """A UUID from an address or a form; a refusal for anything else."""
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise Refusal("not_found", _("There is nothing here that you may see."), field=field, status=404) from None


def month(value: str, field: str = "month") -> date:
    """The first day of a month written "2026-11"."""
    found = _MONTH.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)
        return date(int(found[1]), int(found[2]), 1)
    except ValueError:
        raise Refusal("bad_month", _("Write the month as 2026-11."), field=field) from None


def day(value: date, field: str = "day") -> date:
    """A business day that has begun and is not too long past."""
    today = clock.today(settings.TOWN["time_zone"])
    if value > today or value.year < today.year - limits.YEARS_BACK_MAX:
        raise Refusal("bad_day", _("Choose a day that has passed."), field=field)
    return value
