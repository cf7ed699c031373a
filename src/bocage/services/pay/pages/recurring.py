"""Recurring payments: the list, a new one with its limits, one of them, and its end."""

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
from bocage.kernel.payments.types import MandateTerms, Period
from bocage.services.pay import inputs, limits, words
from bocage.services.pay.actions import recurring as actions
from bocage.services.pay.pages.asking import READ, WRITE, currency, refused_form, show_again, shown_since
from bocage.services.pay.pages.forms import HANDLE_CHARACTERS_MAX, AmountField, Form
from bocage.services.pay.queries import codes
from bocage.services.pay.queries import recurring as queries
from bocage.shell.asking import page

BY_ITSELF, WHEN_ASKED = "by_itself", "when_asked"
YEAR = timedelta(days=365)
_DATE = {"type": "date"}


class RecurringForm(Form):
    """What the payer agrees to; what it means for the ledger is `terms`."""

    to = forms.CharField(
        label=gettext_lazy("To"),
        max_length=HANDLE_CHARACTERS_MAX,
        help_text=gettext_lazy("A name such as @wei, of a person or a shop."),
    )
    amount = AmountField(label=gettext_lazy("At most, at once"))
    period = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=[(each.value, title) for each, title in words.PERIODS.items()]
    )
    how = forms.ChoiceField(
        label=gettext_lazy("Who begins it"),
        widget=forms.RadioSelect,
        choices=[
            (BY_ITSELF, gettext_lazy("It is paid by itself, this amount each time")),
            (WHEN_ASKED, gettext_lazy("They take what is due, up to this amount each time")),
        ],
        initial=BY_ITSELF,
    )
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    memo = forms.CharField(label=gettext_lazy("What for"), max_length=limits.RECURRING_MEMO_CHARACTERS_MAX)
    mandate_id = forms.UUIDField(widget=forms.HiddenInput)

    def terms(self) -> MandateTerms:
        """The agreement: one payment a period at most, of the amount at most."""
        given = self.cleaned_data
        return MandateTerms(
            currency=currency(),
            period=Period(given["period"]),
            payment_minor=given["amount"],
            period_minor=given["amount"],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            scheduled_minor=given["amount"] if given["how"] == BY_ITSELF else None,
        )

    def refuse(self, refusal: Refusal) -> None:
        """The kernel names its own fields; here there is one amount."""
        if refusal.field in {"payment_minor", "period_minor", "scheduled_minor"}:
            refusal.field = "amount"
        super().refuse(refusal)


@require_safe
@page(READ)
def recurring(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Every agreement of the party's, on either side."""
    found = queries.agreements(subject_id)
    context = {
        "paying": [each for each in found if each.pays],
        "taking": [each for each in found if not each.pays],
        "periods": words.PERIODS,
    }
    return render(request, "pay/recurring.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def new(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Agree to one; above the person's limit she shows again that it is her, and finds what she typed."""
    today = clock.today(settings.TOWN["time_zone"])
    initial: dict[str, Any] = {"starts_on": today, "ends_on": today + YEAR, "period": Period.MONTH, "how": BY_ITSELF}
    initial |= {"mandate_id": uuid7()}
    initial |= {name: request.GET[name] for name in RecurringForm.base_fields if name in request.GET}
    form = RecurringForm(request.POST or None, initial=initial)
    context = {"currency": currency()}
    if request.method != "POST":
        return render(request, "pay/recurring_new.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/recurring_new.html", form, context)
    given = form.cleaned_data
    try:
        payee = codes.payee_by_handle(given["to"])
        made = actions.agree(
            subject_id,
            payee.id,
            form.terms(),
            given["memo"],
            fresh=shown_since(request, clock.now() - limits.FRESH_SIGN_IN),
            mandate_id=given["mandate_id"],
        )
    except Refusal as refusal:
        if refusal.code == "confirm_again":
            typed = {name: request.POST.get(name, "") for name in form.fields}
            return show_again(request, f"{reverse('pay:recurring-new')}?{urlencode(typed)}")
        return refused_form(request, "pay/recurring_new.html", form, context, refusal)
    messages.success(request, _("Agreed. You can end it here at any time."))
    return redirect("pay:recurring-one", made.id)


@require_safe
@page(READ)
def one(request: HttpRequest, subject_id: UUID, mandate_id: UUID) -> HttpResponse:
    """One agreement: its limits, what was paid, and the button that ends it."""
    found, charges = queries.agreement(subject_id, mandate_id)
    context = {
        "each": found,
        "mandate": found.mandate,
        "terms": found.mandate.terms,
        "period": words.PERIODS[found.mandate.terms.period],
        "charges": charges,
    }
    return render(request, "pay/recurring_one.html", context)


@require_POST
@page(WRITE)
def end(request: HttpRequest, subject_id: UUID, mandate_id: UUID) -> HttpResponse:
    """End it now."""
    queries.agreement(subject_id, inputs.identifier(str(mandate_id), "mandate_id"))
    actions.end(mandate_id)
    messages.success(request, _("Ended. Nothing more is paid under it."))
    return redirect("pay:recurring-one", mandate_id)


@require_POST
@page(WRITE)
def pause(request: HttpRequest, subject_id: UUID, mandate_id: UUID) -> HttpResponse:
    """Let it rest."""
    queries.agreement(subject_id, mandate_id)
    actions.pause(mandate_id)
    messages.success(request, _("Paused. Nothing is paid until you go on."))
    return redirect("pay:recurring-one", mandate_id)


@require_POST
@page(WRITE)
def resume(request: HttpRequest, subject_id: UUID, mandate_id: UUID) -> HttpResponse:
    """Go on with it."""
    queries.agreement(subject_id, mandate_id)
    actions.resume(mandate_id)
    messages.success(request, _("It goes on. What fell due meanwhile is not paid."))
    return redirect("pay:recurring-one", mandate_id)
