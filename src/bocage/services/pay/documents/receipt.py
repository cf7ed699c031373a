"""The receipt of one line of a wallet, as a PDF."""

from babel.dates import format_datetime
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from bocage.services.pay import words
from bocage.services.pay.types import Receipt
from bocage.shell.paper import Paper
from bocage.shell.templatetags.shell import locale, money_text


def receipt_pdf(receipt: Receipt) -> bytes:
    """One page: amount, with whom, when, and each reference by which the line can be found again."""
    line = receipt.line
    paper = Paper(_("Receipt"), _("Receipt %(id)s") % {"id": line.id})
    paper.write_brand(settings.TOWN["name"])
    paper.write_text(str(words.LINE_KINDS[line.kind]), size=11, colour=(86, 101, 93), end="centre")
    paper.write_text(words.title_of(line), size=16, bold=True, end="centre")
    paper.write_text(money_text(line.amount_minor, line.currency), size=30, bold=True, end="centre", gap_mm=8)
    paper.write_facts([*facts_of(receipt), *numbers_of(receipt)])
    if receipt.refunds:
        paper.ln(6)
        paper.write_text(_("Refunds"), size=11, bold=True, gap_mm=2)
        paper.write_facts(
            [(_moment(each.at), money_text(each.amount_minor, line.currency)) for each in receipt.refunds]
        )
    return paper.as_bytes()


def facts_of(receipt: Receipt) -> list[tuple[str, str]]:
    """What the receipt says, name and value; the page and the PDF say the same."""
    line = receipt.line
    facts = [(_("Date"), _moment(line.at)), (_("State"), receipt.state), (_("Wallet of"), receipt.owner_name)]
    if receipt.category:
        facts.append((_("Category"), f"{receipt.category} ({line.mcc})"))
    if line.memo:
        facts.append((_("Note"), line.memo))
    if line.reference:
        facts.append((_("Reference"), line.reference))
    if line.fee_minor:
        facts.append((_("Fee, borne by who was paid"), money_text(line.fee_minor, line.currency)))
    return facts


def numbers_of(receipt: Receipt) -> list[tuple[str, str]]:
    """The numbers by which the line can be found again: the payment's, and the ledger's."""
    line = receipt.line
    payment = [(_("Payment"), str(line.payment_id))] if line.payment_id else []
    return [*payment, (_("Ledger transfer"), str(line.transfer_id))]


def _moment(instant: object) -> str:
    local = timezone.localtime(instant)  # type: ignore[arg-type]
    return str(format_datetime(local, format="long", locale=locale(), tzinfo=local.tzinfo))
