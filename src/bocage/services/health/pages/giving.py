"""What a person gives: symptoms, results by code, check-ins."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.ids import uuid7
from bocage.kernel.work import defer
from bocage.services.health import jobs
from bocage.services.health.actions import results, sources
from bocage.services.health.pages.asking import READ, WRITE
from bocage.services.health.pages.forms import ClaimForm, SymptomsForm, since_bounds
from bocage.services.health.queries import passes, scheme
from bocage.shell.asking import UNPROCESSABLE, page, refuse
from bocage.shell.policy import scanning_page


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def symptoms(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Say how one feels."""
    form = since_bounds(SymptomsForm(request.POST or None))
    if form.is_bound and form.is_valid():
        try:
            sources.report(subject_id, form.cleaned_data["symptoms"], form.cleaned_data["since"])
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Thank you. Your colour is worked out with it."))
            return redirect("health:home")
    context = {
        "form": form,
        "reports": passes.reports(subject_id),
        "source": passes.source(subject_id, "health.report"),
    }
    return render(request, "health/symptoms.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def tests(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Results, and the code that brings one."""
    form = ClaimForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            results.claim(subject_id, form.cleaned_data["code"])
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            defer(jobs.match)
            messages.success(request, _("Your result is in your pass."))
            return redirect("health:tests")
    context = {"form": form, "results": passes.results(subject_id), "source": passes.source(subject_id, "health.tests")}
    return render(request, "health/tests.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_safe
@page(READ)
def visits(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Check-ins, on this phone and in the 14-day store."""
    context = {"visits": passes.visits(subject_id), "source": passes.source(subject_id, "health.checkins")}
    return render(request, "health/visits.html", context)


@scanning_page
@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def scan(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The camera on a poster; what was read leads to the place."""
    text = request.POST.get("code", "").strip()[:600]
    if request.method == "POST":
        token = text.rstrip("/").rpartition("/")[2].lower()
        if token and passes.venue_by_token(token):
            return redirect("health:check-in", token)
        return render(request, "health/scan.html", {"wrong": True}, status=UNPROCESSABLE)
    return render(request, "health/scan.html", {"source": passes.source(subject_id, "health.checkins")})


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def check_in(request: HttpRequest, subject_id: UUID, token: str) -> HttpResponse:
    """The place whose poster was scanned, and one tap to be there."""
    venue = passes.venue_by_token(token)
    if venue is None:
        raise not_found(_("This poster is no longer in use."))
    if request.method == "POST":
        if request.POST.get("agree") == "yes":
            sources.answer(subject_id, "health.checkins", yes=True)
        try:
            key = UUID(request.POST.get("key", ""))
        except ValueError:
            raise Refusal("bad_key", _("Open the page of the place again."), field="key", status=400) from None
        sources.check_in(subject_id, token, key)
        messages.success(request, _("You are checked in at %(place)s.") % {"place": venue.name})
        return redirect(f"{reverse('health:visits')}?new=1")
    source = passes.source(subject_id, "health.checkins")
    context = {"venue": venue, "key": uuid7(), "source": source, "scheme": scheme.in_force()}
    return render(request, "health/check_in.html", context)


@require_POST
@page(WRITE)
def leave(request: HttpRequest, subject_id: UUID, check_in_id: UUID) -> HttpResponse:
    """Be gone from a place."""
    sources.leave(subject_id, check_in_id)
    return redirect("health:visits")


@require_POST
@page(WRITE)
def forget(request: HttpRequest, subject_id: UUID, check_in_id: UUID) -> HttpResponse:
    """Delete one check-in."""
    sources.forget(subject_id, check_in_id)
    return redirect("health:visits")
