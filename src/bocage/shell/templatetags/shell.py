"""Money, grams, times, icons, codes and scenes, as a page shows them."""

import copy
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2s
from typing import Any
from urllib.parse import urlencode

import lucide
import segno
from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol
from django import template
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from iso4217 import Currency

from bocage.kernel import clock
from bocage.shell import scenes
from bocage.shell.types import Place, Tree

register = template.Library()

MAX_QR_CHARACTERS = 2000
FIRST_SERVER_ERROR = 500
# Plain "en" means the United States to CLDR; a European town tells the time by 24 hours and the day before the month.
REGION_OF = {"en": "en_GB"}
MINUS = "\N{MINUS SIGN}"
TINTS = ("leaf", "sky", "clay", "plum", "rose", "sun")
_NUMBER = re.compile(r"[\d٠-٩].*[\d٠-٩]|[\d٠-٩]")
_CODE_BESIDE_DIGIT = re.compile(r"([A-Z])(\d)")
_GRAMS_PER_KG = 1000
_GRAMS_SHOWN_AS_KG_FROM = 10_000


def locale() -> Locale:
    """Babel's locale for the language of this request."""
    language = get_language() or "en"
    return Locale.parse(REGION_OF.get(language, to_locale(language)))


# -- Icons ------------------------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, size: int = 20, label: str = "", css: str = "") -> SafeString:
    """A Lucide icon; hidden from screen readers unless it has a `label` of its own."""
    return _icon(str(name), int(size), str(label), str(css))


@lru_cache(maxsize=1024)
def _icon(name: str, size: int, label: str, css: str) -> SafeString:
    described: dict[str, object] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    if css:
        described["class"] = css
    return mark_safe(lucide._render_icon(name, size, **described))  # noqa: S308 (an icon file, attributes escaped)


# -- Money and other quantities ---------------------------------------------------------------------------------------
@register.simple_tag
def money(amount_minor: int, currency: str, sign: str = "", parts: bool = False) -> SafeString:
    """`amount_minor` of `currency` in the person's locale, e.g. `€248.60` or `248,60 €`.

    `sign="always"` puts a plus before what comes in. `parts=True` wraps symbol and cents, for large figures.
    """
    text = money_text(amount_minor, currency, sign)
    if not parts:
        return format_html('<span class="money">{}</span>', text)
    found = _NUMBER.search(text)
    assert found is not None, text
    number, before, after = found.group(), text[: found.start()], text[found.end() :]
    whole, separator, cents = number, "", ""
    if exponent_of(currency):
        at = max(number.rfind(mark) for mark in (".", ",", "٫"))
        whole, separator, cents = number[:at], number[at], number[at + 1 :]
    return format_html(
        '<span class="money">{}{}{}{}{}</span>',
        MINUS if MINUS in before else "",
        _wrapped("currency", before.replace(MINUS, "").strip()),
        whole,
        _wrapped("cents", separator + cents),
        _wrapped("currency", after.strip()),
    )


def money_text(amount_minor: int, currency: str, sign: str = "") -> str:
    """The same as plain text, for titles, attributes and messages."""
    exponent = exponent_of(currency)
    amount = Decimal(abs(amount_minor)).scaleb(-exponent)
    spoken = locale()
    text = str(_currency_pattern(spoken, exponent).apply(amount, spoken, currency=currency, currency_digits=False))
    # CLDR sets a code apart from the figure, a sign not; Babel sets neither apart.
    text = _CODE_BESIDE_DIGIT.sub("\\1\N{NO-BREAK SPACE}\\2", text)
    mark = MINUS if amount_minor < 0 else "+" if sign == "always" and amount_minor > 0 else ""
    return mark + text


@lru_cache(maxsize=64)
def _currency_pattern(spoken: Locale, exponent: int) -> NumberPattern:
    pattern: NumberPattern = copy.copy(spoken.currency_formats["standard"])
    pattern.frac_prec = (exponent, exponent)
    return pattern


@lru_cache(maxsize=512)
def exponent_of(currency: str) -> int:
    """Decimals of an ISO 4217 currency (2 for euros, 0 for yen); ValueError for a code that is none."""
    return Currency(currency).exponent or 0


def _wrapped(css: str, text: str) -> SafeString:
    return format_html('<span class="{}">{}</span>', css, text) if text else SafeString("")


@register.simple_tag
def currency_symbol(currency: str) -> str:
    """The sign people write before or after an amount."""
    return str(get_currency_symbol(currency, locale=locale()))


@register.simple_tag
def grams(amount_g: float, unit: str = "") -> SafeString:
    """A mass: grams, or kilograms from ten of them on; `unit="CO2"` adds what it is of."""
    amount = Decimal(str(amount_g))
    in_kg = abs(amount) >= _GRAMS_SHOWN_AS_KG_FROM
    shown = amount / _GRAMS_PER_KG if in_kg else amount
    figure = format_decimal(shown, format="#,##0.#" if in_kg else "#,##0", locale=locale()).replace("-", MINUS)
    of = mark_safe(" CO<sub>2</sub>") if unit == "CO2" else format_html(" {}", unit) if unit else SafeString("")
    return format_html('<span class="num nowrap">{}\N{NO-BREAK SPACE}{}{}</span>', figure, "kg" if in_kg else "g", of)


@register.simple_tag
def number(amount: Any, decimals: int = 0) -> str:
    """A number with the locale's separators and at most `decimals` decimals."""
    pattern = "#,##0" + ("." + "#" * int(decimals) if decimals else "")
    return str(format_decimal(amount, format=pattern, locale=locale())).replace("-", MINUS)


# -- Time -------------------------------------------------------------------------------------------------------------
@register.simple_tag
def when(instant: datetime | date, style: str = "short") -> SafeString:
    """An instant in the person's zone: `short` ("Today, 08:12"), `day`, `weekday`, `full`, `time` or `ago`.

    `ago` is live: the page's script keeps "5 minutes ago" right while it stays open.
    """
    if not isinstance(instant, datetime):
        return format_html('<time datetime="{}">{}</time>', instant.isoformat(), day_text(instant))
    local = timezone.localtime(instant)
    if style == "ago":
        return format_html(
            '<relative-time><time datetime="{}">{}</time></relative-time>', instant.isoformat(), when_text(instant)
        )
    shown = {
        "short": lambda: when_text(instant),
        "day": lambda: day_text(local.date()),
        "weekday": lambda: _capital(format_date(local, format="EEEE d MMMM", locale=locale())),
        "time": lambda: format_time(local, format="short", locale=locale(), tzinfo=local.tzinfo),
        "full": lambda: format_datetime(local, format="long", locale=locale(), tzinfo=local.tzinfo),
    }[style]()
    return format_html('<time datetime="{}">{}</time>', instant.isoformat(), shown)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def when_text(instant: datetime) -> str:
    """Day and time, the day in words where it is near."""
    local = timezone.localtime(instant)
    time = format_time(local, format="short", locale=locale(), tzinfo=local.tzinfo)
    return _("%(day)s, %(time)s") % {"day": day_text(local.date()), "time": time}


def day_text(day: date) -> str:
    """A day of the calendar: today, yesterday, tomorrow, else day and month, with the year when it is another."""
    today = timezone.localtime(clock.now()).date()
    near = {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow")}.get((day - today) // timedelta(days=1))
    if near:
        return near
    text = str(format_date(day, format="d MMMM" if day.year == today.year else "d MMMM y", locale=locale()))
    # CLDR writes "1 décembre"; French alone says the first of a month, and no other day, as an ordinal.
    return f"1er{text[1:]}" if day.day == 1 and str(locale()).startswith("fr") else text


# -- Codes, scenes, people --------------------------------------------------------------------------------------------
@register.simple_tag
def qr(text: str, label: str) -> SafeString:
    """`text` as a QR code: inline SVG with no style of its own, named `label` for who cannot see it.

    A text of more than 2,000 characters is a ValueError: no phone's camera reads such a code.
    """
    if len(text) > MAX_QR_CHARACTERS:
        raise ValueError(f"a QR code takes {MAX_QR_CHARACTERS} characters here, and this text has {len(text)}")
    drawing = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(drawing, kind="svg", border=2, xmldecl=False, svgns=False, omitsize=True, svgclass="qr", lineclass=None)
    body = drawing.getvalue().decode().strip()
    opening = format_html('<svg role="img" aria-label="{}" shape-rendering="crispEdges" ', label)
    return mark_safe(body.replace("<svg ", opening, 1))  # noqa: S308 (segno's own drawing, the label escaped)


@register.inclusion_tag("shell/forest_scene.html")
def forest_scene(trees: Sequence[Tree], label: str = "", tall: bool = False) -> dict[str, Any]:
    """A landscape with these trees in it; without a tree, a marked spot where the first one will stand."""
    return {"trees": scenes.place(trees), "label": label, "tall": tall}


@register.simple_tag
def initials(name: str) -> str:
    """The letters on somebody's badge: first of the first and of the last word."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@register.simple_tag
def tint_of(key: object) -> str:
    """One of the tints, always the same for the same key."""
    return TINTS[blake2s(str(key).encode(), digest_size=1).digest()[0] % len(TINTS)]


# -- Errors -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ErrorWords:
    """What an error page says: what happened, what to do next, and its picture."""

    title: str
    advice: str
    art: str


@register.simple_tag
def error_words(status: int) -> ErrorWords:
    """The words for an HTTP status."""
    known = {
        400: (
            _("That did not read well"),
            _("Something in the address or the form is damaged. Go back and try again."),
            "lost",
        ),
        401: (_("Sign in first"), _("This page is yours alone, so Bocage must know that it is you."), "gate"),
        403: (
            _("This gate is closed"),
            _("Your account may not open this page. Ask who runs it to let you in."),
            "gate",
        ),
        404: (
            _("No such path"),
            _("The page has moved or never was. Search for it, or start again from home."),
            "lost",
        ),
        409: (
            _("Somebody was faster"),
            _("This has changed meanwhile. Load the page again and look before you go on."),
            "document",
        ),
        413: (_("Too large"), _("Send a smaller file, or split it in parts."), "document"),
        422: (_("That cannot be done"), _("Look at what you entered and try again."), "document"),
        429: (_("Slow down a little"), _("That was a lot in a short time. Wait a minute, then try again."), "seedling"),
    }
    stormy = (
        _("Something broke on our side"),
        _("Nothing was changed: what you began was undone as a whole. Try again in a moment."),
        "storm",
    )
    return ErrorWords(*known.get(int(status), known[400] if int(status) < FIRST_SERVER_ERROR else stormy))


# -- Small parts of pages ---------------------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def current(context: template.Context, place: Place) -> SafeString:
    """`aria-current="page"` for the link of the place this page belongs to."""
    request = context.get("request")
    here = isinstance(request, HttpRequest) and place.is_current(request.path)
    return SafeString('aria-current="page"' if here else "")


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """This page's query string with some parameters changed; one set to nothing is left out."""
    request: HttpRequest = context["request"]
    kept = [(key, value) for key, values in request.GET.lists() if key not in changes for value in values]
    kept += [(key, str(value)) for key, value in changes.items() if value not in (None, "")]
    return "?" + urlencode(kept)


@register.simple_tag
def attributes(**given: object) -> SafeString:
    """HTML attributes from what is given; `_` becomes `-`, nothing and False are left out, True has no value."""
    shown = [
        (key.rstrip("_").replace("_", "-"), value) for key, value in given.items() if value not in (None, "", False)
    ]
    return format_html_join(
        " ", "{}", ((name if value is True else format_html('{}="{}"', name, value),) for name, value in shown)
    )
