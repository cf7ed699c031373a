"""One line of the wallet: the receipt, as a page, as a PDF and as a proof, and asking for money back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel.errors import Refusal
from bocage.kernel.proofs import explorer
from bocage.services.pay import words
from bocage.services.pay.actions import refunds as refund_actions
from bocage.services.pay.documents import receipt as documents
from bocage.services.pay.pages.asking import READ, WRITE, refused_form
from bocage.services.pay.pages.forms import RefundAskForm
from bocage.services.pay.pages.showing import attachment, split_query
from bocage.services.pay.queries import receipts as queries
from bocage.services.pay.queries import wallet as wallet_queries
from bocage.services.pay.types import LineKind, Receipt
from bocage.shell.asking import page


@require_safe
@page(READ)
def line(request: HttpRequest, subject_id: UUID, line_id: UUID) -> HttpResponse:
    """The receipt of a line."""
    return _show(request, queries.receipt(wallet_queries.line(subject_id, line_id), subject_id))


@require_safe
@page(READ)
def payment(request: HttpRequest, subject_id: UUID, payment_id: UUID) -> HttpResponse:
    """The receipt of a payment that the person made or got."""
    return redirect("pay:line", wallet_queries.line_of_payment(subject_id, payment_id).id)


@require_safe
@page(READ)
def line_pdf(request: HttpRequest, subject_id: UUID, line_id: UUID) -> HttpResponse:
    """The receipt on paper."""
    receipt = queries.receipt(wallet_queries.line(subject_id, line_id), subject_id)
    return attachment(documents.receipt_pdf(receipt), "application/pdf", f"bocage-receipt-{line_id}.pdf")


@require_safe
@page(READ)
def line_proof(request: HttpRequest, subject_id: UUID, line_id: UUID) -> HttpResponse:
    """The proof that the ledger holds this line's transfer, which ./bocage verify checks without asking the town."""
    proof = wallet_queries.proof_file(subject_id, line_id)
    return attachment(proof, "application/json", f"bocage-proof-{line_id}.json")


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def ask_refund(request: HttpRequest, subject_id: UUID, payment_id: UUID) -> HttpResponse:
    """Ask the shop for money back, with the reason."""
    found = wallet_queries.line_of_payment(subject_id, payment_id)
    receipt = queries.receipt(found, subject_id)
    form = RefundAskForm(request.POST or None)
    if request.method != "POST":
        return render(request, "pay/ask_refund.html", {"form": form, "receipt": receipt})
    if not form.is_valid():
        return refused_form(request, "pay/ask_refund.html", form, {"receipt": receipt})
    try:
        refund_actions.ask_refund(subject_id, payment_id, form.cleaned_data["amount"], form.cleaned_data["reason"])
    except Refusal as refusal:
        return refused_form(request, "pay/ask_refund.html", form, {"receipt": receipt}, refusal)
    messages.success(request, _("The shop was asked. Its answer will stand on this receipt."))
    return redirect("pay:line", found.id)


def _show(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    kind = receipt.line.kind
    context = {
        "receipt": receipt,
        "line": receipt.line,
        "title": words.title_of(receipt.line),
        "kind": words.LINE_KINDS[kind],
        "icon": words.line_icon(kind, receipt.line.mcc),
        "facts": documents.facts_of(receipt),
        "numbers": documents.numbers_of(receipt),
        "split_query": split_query(receipt.line),
        "provable": wallet_queries.provable(receipt.line) and explorer.is_provable(receipt.line.transfer_id),
        "has_proof": wallet_queries.provable(receipt.line),
        "may_ask": kind is LineKind.PAID and receipt.refundable_minor > 0 and _may_ask(receipt),
        "complaint_state": words.COMPLAINT_STATES[receipt.complaint.state] if receipt.complaint else "",
        "complaint_reason": words.complaint_reason(receipt.complaint.reason) if receipt.complaint else "",
        "request_state": words.REFUND_REQUEST_STATES[receipt.request.state] if receipt.request else "",
    }
    return render(request, "pay/receipt.html", context)


def _may_ask(receipt: Receipt) -> bool:
    asked = receipt.request is not None and receipt.request.state == "open"
    return not asked and not receipt.is_kept
