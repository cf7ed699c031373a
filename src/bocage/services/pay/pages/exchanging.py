"""Exchanging one unit for another: what is exchanged here, an offer that holds a while, and taking it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import Quote
from bocage.services.pay import inputs, limits
from bocage.services.pay.actions import exchanging as actions
from bocage.services.pay.actions.paying import needs_fresh
from bocage.services.pay.pages.asking import WRITE, has_passkey, refused_form, show_again, shown_since
from bocage.services.pay.pages.forms import AMOUNT_CHARACTERS_MAX, Form
from bocage.services.pay.queries import exchanging as queries
from bocage.services.pay.queries.exchanging import Pair
from bocage.shell.asking import page


class ExchangeForm(Form):
    """How much to give of what; each pair is named by its two units."""

    pair = forms.ChoiceField(label=gettext_lazy("What for what"), widget=forms.RadioSelect)
    amount = forms.CharField(
        label=gettext_lazy("How much you give"),
        max_length=AMOUNT_CHARACTERS_MAX,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    quote_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, pairs: tuple[Pair, ...], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field = self.fields["pair"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (_name(each), _("%(rate)s (you have %(held)s)") % {"rate": each.says, "held": each.held}) for each in pairs
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def exchange(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Choose what to give for what; the answer is an offer, and nothing has moved."""
    pairs = queries.pairs(subject_id)
    initial = {"pair": _name(pairs[0]) if pairs else "", "quote_id": uuid7()}
    form = ExchangeForm(pairs, request.POST or None, initial=initial)
    context = {"pairs": pairs}
    if request.method != "POST":
        return render(request, "pay/exchange.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/exchange.html", form, context)
    given = form.cleaned_data
    pair = next(each for each in pairs if _name(each) == given["pair"])
    try:
        sell_minor = inputs.amount(given["amount"], pair.exponent)
        made = actions.quote(subject_id, pair.rate.sell_unit, pair.rate.buy_unit, sell_minor, given["quote_id"])
    except Refusal as refusal:
        return refused_form(request, "pay/exchange.html", form, context, refusal)
    return redirect("pay:offer", made.id)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def offer(request: HttpRequest, subject_id: UUID, quote_id: UUID) -> HttpResponse:
    """The offer, also one that a program asked for: take it; above the person's limit she shows that it is her."""
    found = kernel.quote(quote_id)
    fresh = shown_since(request, clock.now() - limits.FRESH_SIGN_IN)
    if request.method != "POST":
        return _show(request, subject_id, found, fresh)
    try:
        actions.exchange(subject_id, quote_id, fresh=fresh)
    except Refusal as refusal:
        if refusal.code == "confirm_again":
            return show_again(request, reverse("pay:offer", args=[quote_id]))
        return _show(request, subject_id, found, fresh, refusal)
    messages.success(request, _("Exchanged."))
    return redirect("pay:offer", quote_id)


def _show(
    request: HttpRequest, subject_id: UUID, found: Quote, fresh: bool, refusal: Refusal | None = None
) -> HttpResponse:
    is_money = ledger.unit(found.sell_unit).is_money
    asks_again = not fresh and is_money and needs_fresh(subject_id, found.sell_minor)
    held_minor = queries.held_minor(subject_id, found.sell_unit)
    done = found.exchanged_at is not None
    context = {
        "quote": found,
        "gives": queries.said(found.sell_minor, found.sell_unit),
        "gets": queries.said(found.buy_minor, found.buy_unit),
        "rate": queries.rate_said(found),
        "held": queries.said(held_minor, found.sell_unit),
        "is_missing": not done and held_minor < found.sell_minor,
        "expired": not done and found.expires_at <= clock.now(),
        "asks_again": asks_again,
        "has_passkey": asks_again and has_passkey(request),
        "refusal": refusal,
    }
    return render(request, "pay/offer.html", context, status=refusal.status if refusal else 200)


def _name(pair: Pair) -> str:
    return f"{pair.rate.sell_unit}:{pair.rate.buy_unit}"
