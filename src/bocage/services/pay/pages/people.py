"""Sending to and asking people, and sharing a bill."""

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.errors import Refusal
from bocage.services.pay import inputs
from bocage.services.pay.actions import paying
from bocage.services.pay.actions import requests as request_actions
from bocage.services.pay.pages.asking import READ, WRITE, currency, refused_form
from bocage.services.pay.pages.forms import AskForm, SendForm, SplitForm
from bocage.services.pay.pages.showing import next_url
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.queries import requests as queries
from bocage.services.pay.queries import wallet as wallet_queries
from bocage.services.pay.types import Payee
from bocage.shell.asking import page
from bocage.shell.templatetags.shell import exponent_of

_SEPARATORS = re.compile(r"[\n;]+")
_AMOUNT_AFTER = re.compile(r"^(?P<who>\S+)(?:[\s:]+(?P<part>[\d.,\u00a0\u202f ]+))?$")


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def send(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Whom, how much, what for; then the sheet to confirm."""
    form = SendForm(request.POST or None, initial={"to": request.GET.get("to", "")[:40].replace("\0", "")})
    context = {
        "people": wallet_queries.recent_people(subject_id),
        "wallet": wallet_queries.wallet(subject_id, currency()),
    }
    if request.method != "POST":
        return render(request, "pay/send.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/send.html", form, context)
    try:
        payee = code_queries.payee_by_handle(form.cleaned_data["to"])
        sheet_id = paying.lay_sheet(
            subject_id, payee.id, form.cleaned_data["amount"], currency(), memo=form.cleaned_data["memo"]
        )
    except Refusal as refusal:
        return refused_form(request, "pay/send.html", form, context, refusal)
    return redirect("pay:sheet", sheet_id)


@require_safe
@page(READ)
def requests(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What waits for an answer, and what was asked before."""
    before = request.GET.get("before")
    found = queries.mine(subject_id, before=inputs.identifier(before, "before") if before else None)
    context = {
        "to_answer": queries.to_answer(subject_id),
        "rows": found.rows,
        "next_url": next_url(found),
        "subject_id": subject_id,
    }
    return render(request, "pay/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def ask(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Ask one person for money."""
    form = AskForm(request.POST or None, initial={"to": request.GET.get("to", "")[:40].replace("\0", "")})
    context = {"people": wallet_queries.recent_people(subject_id)}
    if request.method != "POST":
        return render(request, "pay/ask.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/ask.html", form, context)
    try:
        payer = _person(form.cleaned_data["to"], "to")
        request_actions.ask(subject_id, payer.id, form.cleaned_data["amount"], currency(), form.cleaned_data["memo"])
    except Refusal as refusal:
        return refused_form(request, "pay/ask.html", form, context, refusal)
    messages.success(request, _("%(name)s was asked.") % {"name": payer.name})
    return redirect("pay:requests")


@require_POST
@page(WRITE)
def pay_request(request: HttpRequest, subject_id: UUID, request_id: UUID) -> HttpResponse:
    """Lay the payment of a request before the person."""
    found = queries.request(subject_id, request_id)
    sheet_id = paying.lay_sheet(
        subject_id, found.payee_id, found.amount_minor, found.currency, memo=found.memo, request=found
    )
    return redirect("pay:sheet", sheet_id)


@require_POST
@page(WRITE)
def decline(request: HttpRequest, subject_id: UUID, request_id: UUID) -> HttpResponse:
    """Say no."""
    request_actions.decline(subject_id, request_id)
    messages.success(request, _("Declined. They were told."))
    return redirect("pay:requests")


@require_POST
@page(WRITE)
def cancel(request: HttpRequest, subject_id: UUID, request_id: UUID) -> HttpResponse:
    """Take an own request back."""
    request_actions.cancel_request(subject_id, request_id)
    messages.success(request, _("Taken back."))
    return redirect("pay:requests")


@require_safe
@page(READ)
def bills(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The bills that the person shared."""
    before = request.GET.get("before")
    found = queries.splits(subject_id, before=inputs.identifier(before, "before") if before else None)
    return render(request, "pay/bills.html", {"rows": found.rows, "next_url": next_url(found)})


@require_safe
@page(READ)
def bill(request: HttpRequest, subject_id: UUID, split_id: UUID) -> HttpResponse:
    """How far one bill has been paid back."""
    found = queries.split(subject_id, split_id)
    owed_minor = sum(each.amount_minor for each in found.requests)
    return render(request, "pay/bill.html", {"bill": found, "owed_minor": owed_minor})


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def split(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Share a bill among people."""
    initial = {
        "amount": request.GET.get("amount", "")[:16],
        "title": request.GET.get("title", "")[:140],
        "owner_shares": True,
    }
    form = SplitForm(request.POST or None, initial=initial)
    context = {"people": wallet_queries.recent_people(subject_id)}
    if request.method != "POST":
        return render(request, "pay/split.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/split.html", form, context)
    try:
        split_id = _split(subject_id, form.cleaned_data)
    except Refusal as refusal:
        return refused_form(request, "pay/split.html", form, context, refusal)
    messages.success(request, _("Everybody was asked for their part."))
    return redirect("pay:bill", split_id)


def _split(owner_id: UUID, given: dict[str, Any]) -> UUID:
    """Equal parts where no line names an amount; else each line names one and the rest is the owner's."""
    total_minor = given["amount"]
    parts = _parts(given["people"])
    if all(part is None for part in parts.values()):
        return request_actions.split_equally(
            owner_id, given["title"], total_minor, currency(), list(parts), owner_shares=given["owner_shares"]
        )
    named = {person: part for person, part in parts.items() if part is not None}
    if len(named) != len(parts):
        raise Refusal("split_mixed", _("Give an amount to each person, or to nobody for equal parts."), field="people")
    own = total_minor - sum(named.values()) if given["owner_shares"] else 0
    if own < 0:
        raise Refusal("split_does_not_add_up", _("The parts are more than the bill. Lower one."), field="people")
    return request_actions.split_by_amount(owner_id, given["title"], total_minor, currency(), {owner_id: own, **named})


def _parts(text: str) -> dict[UUID, int | None]:
    exponent = exponent_of(currency())
    found: dict[UUID, int | None] = {}
    for line in filter(None, (each.strip() for each in _SEPARATORS.split(text.replace("\r", "")))):
        read = _AMOUNT_AFTER.match(line)
        if read is None:
            raise Refusal(
                "split_line",
                _("“%(line)s” is not a name, or a name and an amount.") % {"line": line[:40]},
                field="people",
            )
        person = _person(read["who"].rstrip(":,"), "people")
        if person.id in found:
            raise Refusal("split_twice", _("%(name)s is there twice.") % {"name": person.name}, field="people")
        found[person.id] = inputs.amount(read["part"], exponent, "people") if read["part"] else None
    return found


def _person(handle: str, field: str) -> Payee:
    try:
        found = code_queries.payee_by_handle(handle)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, field=field) from None
    if not found.is_person:
        raise Refusal("not_a_person", _("%(name)s is not a person.") % {"name": found.name}, field=field)
    return found
