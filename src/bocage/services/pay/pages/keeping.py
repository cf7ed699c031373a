"""Kept money: the list, setting some aside, one of them with all that its two sides may do; and what is reserved."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.pay import inputs, limits, words
from bocage.services.pay.actions import keeping as actions
from bocage.services.pay.pages.asking import READ, WRITE, currency, refused_form, show_again, shown_since
from bocage.services.pay.pages.forms import HANDLE_CHARACTERS_MAX, AmountField, Form
from bocage.services.pay.queries import codes
from bocage.services.pay.queries import keeping as queries
from bocage.services.pay.queries.keeping import Keeping
from bocage.services.pay.queries.wallet import wallet
from bocage.services.pay.types import KeptState
from bocage.shell.asking import page

_DATE = {"type": "date"}


class KeepForm(Form):
    """What to set aside, for whom, and from which day either side may ask for it."""

    to = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=HANDLE_CHARACTERS_MAX,
        help_text=gettext_lazy("A name such as @wei, of a person or a shop."),
    )
    amount = AmountField()
    memo = forms.CharField(label=gettext_lazy("What for"), max_length=limits.MEMO_CHARACTERS_MAX)
    ask_from = forms.DateField(
        label=gettext_lazy("When you should have it"),
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        help_text=gettext_lazy("From this day either of you may ask for the money. The other one may object."),
    )
    escrow_id = forms.UUIDField(widget=forms.HiddenInput)


class ReasonForm(Form):
    """Why one asks for what is kept, or objects; what each side may say."""

    reason = forms.ChoiceField(label=gettext_lazy("Why"))
    objection_id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, pays: bool, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        says = words.PAYER_SAYS if pays else words.PAYEE_SAYS
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.value, words.complaint_reason(each.value)) for each in says]


@require_safe
@page(READ)
def kept(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What is kept of the party's money and for it, and what has ended."""
    found = [_row(each) for each in queries.keepings(subject_id)]
    running = [row for row in found if _runs(row)]
    context = {
        "paying": [row for row in running if row["keeping"].pays],
        "taking": [row for row in running if not row["keeping"].pays],
        "over": [row for row in found if not _runs(row)],
    }
    return render(request, "pay/kept.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def new(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Set money aside; above the person's limit she shows again that it is her, and finds what she typed."""
    day = clock.today(settings.TOWN["time_zone"]) + timedelta(days=limits.KEPT_DAYS_DEFAULT)
    initial: dict[str, Any] = {"ask_from": day, "escrow_id": uuid7()}
    initial |= {name: request.GET[name] for name in KeepForm.base_fields if name in request.GET}
    form = KeepForm(request.POST or None, initial=initial)
    context = {"currency": currency(), "days": settings.ESCROW_OBJECTION_DAYS}
    if request.method != "POST":
        return render(request, "pay/kept_new.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/kept_new.html", form, context)
    given = form.cleaned_data
    try:
        made = actions.keep(
            subject_id,
            codes.payee_by_handle(given["to"]).id,
            given["amount"],
            currency(),
            (),
            memo=given["memo"],
            fresh=shown_since(request, clock.now() - limits.FRESH_SIGN_IN),
            escrow_id=given["escrow_id"],
            ask_from=given["ask_from"],
        )
    except Refusal as refusal:
        if refusal.code == "confirm_again":
            typed = {name: request.POST.get(name, "") for name in form.fields}
            return show_again(request, f"{reverse('pay:kept-new')}?{urlencode(typed)}")
        return refused_form(request, "pay/kept_new.html", form, context, refusal)
    messages.success(request, _("Set aside. It stays yours to pay out when you have received."))
    return redirect("pay:kept-one", made.id)


@require_safe
@page(READ)
def one(request: HttpRequest, subject_id: UUID, escrow_id: UUID) -> HttpResponse:
    """What is kept, what has happened to it, and what the viewer may do now."""
    return _show(request, subject_id, escrow_id)


@require_POST
@page(WRITE)
def release(request: HttpRequest, subject_id: UUID, escrow_id: UUID) -> HttpResponse:
    """The payer has received."""
    given = request.POST.get("release_id", "")
    release_id = inputs.identifier(given, "release_id") if given else uuid7()
    return _done(
        request,
        subject_id,
        escrow_id,
        lambda: actions.release(escrow_id, None, release_id),
        _("Paid out. Thank you for saying so."),
    )


@require_POST
@page(WRITE)
def give_back(request: HttpRequest, subject_id: UUID, escrow_id: UUID) -> HttpResponse:
    """The payee gives it back."""
    return _done(
        request,
        subject_id,
        escrow_id,
        lambda: actions.give_back(escrow_id),
        _("Given back. The other side was told."),
    )


@require_POST
@page(WRITE)
def ask(request: HttpRequest, subject_id: UUID, escrow_id: UUID) -> HttpResponse:
    """Ask for it, with the reason."""
    reason = request.POST.get("reason", "")
    return _done(
        request,
        subject_id,
        escrow_id,
        lambda: actions.ask(escrow_id, reason),
        _("Asked for. The other side was told, and until when it may object."),
    )


@require_POST
@page(WRITE)
def contest(request: HttpRequest, subject_id: UUID, escrow_id: UUID) -> HttpResponse:
    """Object, with the reason."""
    given, reason = request.POST.get("objection_id", ""), request.POST.get("reason", "")
    objection_id = inputs.identifier(given, "objection_id") if given else uuid7()
    return _done(
        request,
        subject_id,
        escrow_id,
        lambda: actions.contest(escrow_id, reason, objection_id),
        _("You objected. Nothing moves until two people of the town have decided, or one of you gives in."),
    )


@require_safe
@page(READ)
def reserved(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What of the wallet cannot be spent now: for whom, how much, until when."""
    found = queries.reserved(subject_id, currency())
    context = {
        "rows": [(each, *words.RESERVED[each.kind]) for each in found],
        "currency": currency(),
        # Of all that is reserved, where there is more than is listed.
        "sum_minor": wallet(subject_id, currency()).held_minor,
    }
    return render(request, "pay/reserved.html", context)


def _done(
    request: HttpRequest, subject_id: UUID, escrow_id: UUID, verb: Callable[[], object], says: str
) -> HttpResponse:
    """Do it and say so; what is refused is said on the page itself, and whatever the action began is rolled back."""
    try:
        verb()
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return _show(request, subject_id, escrow_id, refusal)
    messages.success(request, says)
    return redirect("pay:kept-one", escrow_id)


def _show(request: HttpRequest, subject_id: UUID, escrow_id: UUID, refusal: Refusal | None = None) -> HttpResponse:
    found, contested, shares = queries.keeping(subject_id, escrow_id)
    row = _row(found)
    form = ReasonForm(found.pays, initial={"objection_id": uuid7()}, auto_id="why-%s")
    assert found.intent.kept is not None, "what is kept says what is to become of it"
    context = {
        **row,
        "kept": found.intent.kept,
        "asked_reason": words.complaint_reason(found.intent.kept.asked_reason),
        "contested": contested,
        "contested_reason": words.complaint_reason(contested.reason) if contested else "",
        "end": words.KEPT_ENDS.get((found.state, found.pays), ""),
        "shares": shares,
        "form": form,
        "release_id": uuid7(),
        "days": settings.ESCROW_OBJECTION_DAYS,
        "refusal": refusal,
    }
    return render(request, "pay/kept_one.html", context, status=refusal.status if refusal else 200)


def _row(found: Keeping) -> dict[str, Any]:
    state, tone, icon = words.KEPT_STATES[found.state]
    return {"keeping": found, "intent": found.intent, "state": state, "tone": tone, "icon": icon}


def _runs(row: dict[str, Any]) -> bool:
    return row["keeping"].state not in (KeptState.PAID_OUT, KeptState.CAME_BACK)
