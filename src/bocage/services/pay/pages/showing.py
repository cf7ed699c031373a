"""How pages show lines: by day, with the filters of the activity page; and files to keep."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_decimal
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.services.pay import words
from bocage.services.pay.queries.wallet import KINDS_IN, KINDS_OUT
from bocage.services.pay.types import Line, LineKind, Page
from bocage.shell.templatetags.shell import exponent_of, locale
from bocage.shell.types import ActivityRow

SHOWN_KINDS: dict[str, tuple[Promise, Collection[LineKind]]] = {
    "all": (gettext_lazy("All"), ()),
    "in": (gettext_lazy("Came in"), KINDS_IN),
    "out": (gettext_lazy("Went out"), KINDS_OUT),
    "shops": (gettext_lazy("Shops"), (LineKind.PAID, LineKind.TAKEN)),
    "people": (gettext_lazy("People"), (LineKind.SENT, LineKind.RECEIVED)),
    "refunds": (gettext_lazy("Refunds"), (LineKind.REFUND,)),
    "bank": (gettext_lazy("Bank"), (LineKind.TOP_UP, LineKind.PAY_OUT)),
}


def row_of(line: Line) -> ActivityRow:
    """A line as the shell's lists show it."""
    return ActivityRow(
        title=words.title_of(line),
        happened_at=line.at,
        icon=words.line_icon(line.kind, line.mcc),
        tint="leaf" if line.amount_minor > 0 else "",
        url=reverse("pay:line", args=[line.id]),
        note=line.memo or line.reference or (_("Refund") if line.kind is LineKind.REFUND else ""),
        amount_minor=line.amount_minor,
        currency=line.currency,
    )


def days_of(lines: Sequence[Line], rows: Sequence[ActivityRow]) -> list[tuple[date, list[ActivityRow]]]:
    """The rows of lines under the day on which they happened, in the person's zone."""
    by_day = groupby(zip(lines, rows, strict=True), key=lambda pair: timezone.localtime(pair[0].at).date())
    return [(day, [row for _line, row in group]) for day, group in by_day]


def typed_amount(amount_minor: int) -> str:
    """An amount of the town's currency as a person would type it into a form."""
    exponent = exponent_of(settings.TOWN["currency"])
    return format_decimal(
        Decimal(amount_minor).scaleb(-exponent), format="0." + "0" * exponent if exponent else "0", locale=locale()
    )


def split_query(line: Line) -> str:
    """The query string that begins a shared bill from a payment."""
    return urlencode({"amount": typed_amount(abs(line.amount_minor)), "title": line.memo or line.counterpart_name})


def next_url(found: Page[Any]) -> str:
    """The address of the page after this one; "" on the last."""
    return f"?before={found.next_id}" if found.next_id else ""


def attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    """A file to keep; `name` is ours, of letters, digits, points and hyphens."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
