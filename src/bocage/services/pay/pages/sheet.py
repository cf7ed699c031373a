"""The payment sheet: who is paid, how much, from what; confirm; done."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.errors import Refusal
from bocage.services.pay import home
from bocage.services.pay.actions import paying
from bocage.services.pay.pages.asking import READ, WRITE, has_passkey, show_again, shown_since
from bocage.services.pay.pages.showing import split_query
from bocage.services.pay.queries import codes, sheets
from bocage.services.pay.queries import wallet as wallet_queries
from bocage.services.pay.types import Line, LineKind, Sheet
from bocage.shell.asking import page


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def sheet(request: HttpRequest, subject_id: UUID, sheet_id: UUID) -> HttpResponse:
    """Show the payment; on POST make it. Two tabs that confirm one payment both end on its one receipt."""
    found = sheets.sheet(subject_id, sheet_id)
    if found.confirmed:
        return redirect("pay:done", sheet_id)
    fresh = shown_since(request, found.created_at)
    if request.method != "POST":
        return _show(request, found, fresh, None)
    try:
        paying.confirm(subject_id, sheet_id, fresh=fresh)
    except Refusal as refusal:
        if refusal.code == "confirm_again":
            return show_again(request, reverse("pay:sheet", args=[sheet_id]))
        return _show(request, found, fresh, refusal)
    return redirect("pay:done", sheet_id)


@require_POST
@page(WRITE)
def again(request: HttpRequest, subject_id: UUID, sheet_id: UUID) -> HttpResponse:
    """Go and show that it is you, then come back to the sheet."""
    return show_again(request, reverse("pay:sheet", args=[sheet_id]))


@require_POST
@page(WRITE)
def drop(request: HttpRequest, subject_id: UUID, sheet_id: UUID) -> HttpResponse:
    """Do not pay."""
    paying.drop_sheet(subject_id, sheet_id)
    return redirect("pay:home")


@require_safe
@page(READ)
def done(request: HttpRequest, subject_id: UUID, payment_id: UUID) -> HttpResponse:
    """The payment was made: the tick, the amount, the receipt."""
    found = wallet_queries.line_of_payment(subject_id, payment_id)
    wallet = wallet_queries.wallet(subject_id, found.currency)
    context = {
        "line": found,
        "amount_minor": -found.amount_minor,
        "wallet": wallet,
        "split_query": split_query(found),
        "waits_for_grams": grams_wanted(subject_id, found),
    }
    return render(request, "pay/done.html", context)


@require_safe
@page(READ)
def grams(request: HttpRequest, subject_id: UUID, payment_id: UUID) -> HttpResponse:
    """The card with a payment's grams, as soon as Forest has worked them out."""
    found = home.grams_of(subject_id, [payment_id])
    context = {"payment_id": payment_id, "grams": found.get(payment_id)}
    return render(request, "pay/parts/grams.html", context)


def grams_wanted(subject_id: UUID, line: Line) -> bool:
    """Whether the person agreed to see what her payments weigh; Forest works it out a moment after a payment."""
    return line.kind is LineKind.PAID and home.shows_grams(subject_id)


def _show(request: HttpRequest, found: Sheet, fresh: bool, refusal: Refusal | None) -> HttpResponse:
    wallet = wallet_queries.wallet(found.payer_id, found.currency)
    asks_again = not fresh and paying.needs_fresh(found.payer_id, found.amount_minor)
    context = {
        "sheet": found,
        "payee": codes.payee(found.payee_id),
        "wallet": wallet,
        "left_minor": wallet.available_minor - found.amount_minor,
        "missing_minor": max(0, found.amount_minor - wallet.available_minor),
        "asks_again": asks_again,
        "has_passkey": asks_again and has_passkey(request),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "pay/sheet.html", context, status=status)
