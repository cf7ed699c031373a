"""A wallet's month as a PDF and as CSV."""

import csv
import io
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from bocage.services.pay import words
from bocage.services.pay.types import Line, Statement, Takings
from bocage.shell.paper import Paper
from bocage.shell.templatetags.shell import exponent_of, locale, money_text

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def title_of(statement: Statement) -> str:
    """The month in words."""
    return month_title(statement.first_day)


def month_title(first_day: date) -> str:
    """A month in words, as a title."""
    text = str(format_date(first_day, format="LLLL y", locale=locale()))
    return text[:1].upper() + text[1:]


def statement_pdf(statement: Statement) -> bytes:
    """The month's opening balance, each line, and the closing balance."""
    paper = Paper(_("Statement"), _("Wallet %(id)s") % {"id": statement.account_id})
    paper.write_brand(settings.TOWN["name"])
    paper.write_text(_("Statement"), size=20, bold=True)
    paper.write_text(f"{statement.owner_name} · {title_of(statement)}", size=11, colour=(86, 101, 93), gap_mm=5)
    currency = statement.currency
    paper.write_facts(
        [
            (_("Balance at the beginning"), money_text(statement.opening_minor, currency)),
            (_("Came in"), money_text(statement.in_minor, currency, "always")),
            (_("Went out"), money_text(statement.out_minor, currency)),
            (_("Balance at the end"), money_text(statement.closing_minor, currency)),
        ]
    )
    paper.ln(6)
    if not statement.lines:
        paper.write_text(_("Nothing moved in this month."), colour=(86, 101, 93))
    else:
        head = [_("Day"), _("With whom"), _("What for"), _("Amount")]
        paper.write_table(head, [_cells(line) for line in statement.lines], (14, 32, 36, 18), right=1)
    return paper.as_bytes()


def statement_csv(statement: Statement) -> str:
    """A line a row, in the order of time, after a row for the opening balance; amounts with a point, no grouping."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["at", "kind", "counterparty", "memo", "reference", "amount", "fee", "currency", "balance", "transfer_id"]
    )
    balance = statement.opening_minor
    exponent = exponent_of(statement.currency)
    opening = _plain(balance, exponent)
    writer.writerow([statement.first_day.isoformat(), "opening", "", "", "", "", "", statement.currency, opening, ""])
    for line in statement.lines:
        balance += line.amount_minor
        writer.writerow(
            [
                line.at.isoformat(),
                line.kind.value,
                cell(line.counterpart_name),
                cell(line.memo),
                cell(line.reference),
                _plain(line.amount_minor, exponent),
                _plain(line.fee_minor, exponent),
                line.currency,
                _plain(balance, exponent),
                str(line.transfer_id),
            ]
        )
    return out.getvalue()


def takings_csv(takings: Takings, lines: tuple[Line, ...]) -> str:
    """A shop's day: each payment and refund, then the sums."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "kind", "reference", "memo", "amount", "fee", "currency", "payment_id"])
    exponent = exponent_of(takings.currency)
    for line in lines:
        amount, fee = _plain(line.amount_minor, exponent), _plain(line.fee_minor, exponent)
        what = [line.at.isoformat(), line.kind.value, cell(line.reference), cell(line.memo)]
        writer.writerow([*what, amount, fee, line.currency, str(line.payment_id)])
    for name, amount_minor in (
        ("taken", takings.taken_minor),
        ("refunded", -takings.refunded_minor),
        ("fees", -takings.fees_minor),
        ("kept", takings.kept_minor),
    ):
        amount = _plain(amount_minor, exponent)
        writer.writerow([takings.day.isoformat(), name, "", "", amount, "", takings.currency, ""])
    return out.getvalue()


def cell(text: str) -> str:
    """`text` so that a spreadsheet shows it and never runs it."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _cells(line: Line) -> list[str]:
    day = format_date(timezone.localtime(line.at).date(), format="d MMM", locale=locale())
    what = line.memo or str(words.LINE_KINDS[line.kind])
    return [str(day), words.title_of(line), what, money_text(line.amount_minor, line.currency, "always")]


def plain_amount(amount_minor: int, currency: str) -> str:
    """An amount for programs and charts: a point, no grouping, whatever the language."""
    return _plain(amount_minor, exponent_of(currency))


def _plain(amount_minor: int, exponent: int) -> str:
    return f"{Decimal(amount_minor).scaleb(-exponent):.{exponent}f}"
