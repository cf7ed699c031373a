"""The officials' pages: the scheme, appeals, colours set by hand, laboratories."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bocage.kernel.approvals import actions as approvals
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.services.health import rules, verbs
from bocage.services.health.actions import appeals, manual, scheme
from bocage.services.health.pages.forms import AnswerForm, LaboratoryForm, ManualForm, SchemeForm
from bocage.services.health.queries import cases
from bocage.services.health.queries import scheme as schemes
from bocage.shell.asking import UNPROCESSABLE, official_page, refuse

# Proposals are kept for longer than 14 days, so the reason itself stands in the request alone.
NEUTRAL_REASON = "The reasons stand in the request, which is deleted after 14 days."


@require_http_methods(["GET", "HEAD", "POST"])
@official_page
def show_scheme(request: HttpRequest, official_id: UUID) -> HttpResponse:
    """The scheme in force, and a proposal to begin or change one."""
    found = schemes.in_force()
    initial: dict[str, Any] = {}
    if found:
        last_day = (found.sunset_at - timedelta(seconds=1)).astimezone(ZoneInfo(settings.TOWN["time_zone"])).date()
        initial = {"title": found.title, "legal_basis": found.legal_basis, "rules": found.rules}
        initial |= {"budget_days": found.budget_days, "sunset": last_day}
    form = SchemeForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        after = datetime.combine(given["sunset"] + timedelta(days=1), time(), ZoneInfo(settings.TOWN["time_zone"]))
        payload = {name: str(given[name]) for name in ("title", "legal_basis", "rules", "budget_days")}
        payload["sunset_at"] = after.isoformat()
        try:
            terms = scheme.terms_of(payload)
            kind = verbs.CHANGE if found else verbs.BEGIN
            approvals.propose(kind, terms.as_payload(), official_id, reason=given["reason"])
        except Refusal as refusal:
            refuse(
                form,
                Refusal(
                    refusal.code, refusal.message, field="sunset" if refusal.field == "sunset_at" else refusal.field
                ),
            )
        else:
            messages.success(request, _("Proposed. A second official decides."))
            return redirect("health:console")
    by_budget = found is not None and found.rules in rules.BY_BUDGET
    context = {"scheme": found, "form": form, "laboratories": cases.laboratories(), "by_budget": by_budget}
    return render(request, "health/console/scheme.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
@official_page
def end_scheme(request: HttpRequest, official_id: UUID) -> HttpResponse:
    """Propose to end the scheme now."""
    approvals.propose(verbs.END, {}, official_id, reason=request.POST.get("reason", ""))
    messages.success(request, _("Proposed. A second official decides."))
    return redirect("health:console")


@require_http_methods(["GET", "HEAD", "POST"])
@official_page
def show_appeals(request: HttpRequest, official_id: UUID) -> HttpResponse:
    """Appeals by number; an answer with reasons, which the person reads."""
    form = AnswerForm(request.POST or None)
    case_id = _id(request.POST.get("case", "")) if form.is_bound else None
    if case_id and form.is_valid():
        try:
            agree = request.POST.get("verdict") == "uphold"
            appeals.decide(case_id, official_id, agree=agree, answer=form.cleaned_data["answer"])
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Answered. The person has been told."))
            return redirect("health:appeals")
    listed = cases.appeals()
    # What was written to a case that is no longer open stands above the list: nothing typed is lost.
    lost = form.is_bound and not any(each.id == case_id and each.state == "open" for each in listed)
    context = {"cases": listed, "form": form, "answered": case_id, "lost": lost}
    return render(request, "health/console/appeals.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@official_page
def by_hand(request: HttpRequest, official_id: UUID) -> HttpResponse:
    """Colours set by hand: what is asked for and in force, and a form to ask."""
    form = ManualForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        person = identity.person_by_handle(given["handle"])
        try:
            if person is None:
                raise Refusal("unknown", _("Nobody has this handle."), field="handle")
            request_id = manual.request(person.id, given["colour"], given["reason"], given["days"])
            approvals.propose(verbs.SET, {"request_id": str(request_id)}, official_id, reason=NEUTRAL_REASON)
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Asked for. A second official decides."))
            return redirect("health:by-hand")
    context = {"form": form, "requests": cases.requests(), "count": schemes.manual_count()}
    return render(request, "health/console/by_hand.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
@official_page
def lift(request: HttpRequest, official_id: UUID, request_id: UUID) -> HttpResponse:
    """Propose to lift a colour set by hand."""
    approvals.propose(verbs.LIFT, {"request_id": str(request_id)}, official_id, reason=NEUTRAL_REASON)
    messages.success(request, _("Proposed. A second official decides."))
    return redirect("health:by-hand")


@require_http_methods(["GET", "HEAD", "POST"])
@official_page
def laboratory(request: HttpRequest, official_id: UUID) -> HttpResponse:
    """Propose a laboratory and its key."""
    form = LaboratoryForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        payload = {"handle": given["handle"].removeprefix("@"), "public_key": given["public_key"]}
        try:
            approvals.propose(verbs.LABORATORY, payload, official_id, reason=given["reason"])
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Proposed. A second official decides."))
            return redirect("health:console")
    return render(
        request, "health/console/laboratory.html", {"form": form}, status=UNPROCESSABLE if form.is_bound else 200
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise not_found(_("There is no such appeal, or its 14 days are over.")) from None
