"""With whom one lives: named by both, taken back by either."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bocage.kernel.errors import Refusal
from bocage.kernel.work import defer
from bocage.services.health import jobs
from bocage.services.health.actions import household
from bocage.services.health.pages.asking import WRITE
from bocage.services.health.pages.forms import HousemateForm
from bocage.services.health.queries import household as homes
from bocage.services.health.queries import passes
from bocage.shell.asking import UNPROCESSABLE, page, refuse


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def show(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Those whom one named, those who named one, and a form for another."""
    form = HousemateForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            household.say(subject_id, form.cleaned_data["handle"])
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            defer(jobs.match)
            messages.success(request, _("Said. It counts while both of you say so."))
            return redirect("health:household")
    context = {
        "form": form,
        "people": homes.housemates(subject_id),
        "source": passes.source(subject_id, "health.household"),
    }
    return render(request, "health/household.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
@page(WRITE)
def take_back(request: HttpRequest, subject_id: UUID, other_id: UUID) -> HttpResponse:
    """Say it no longer."""
    household.take_back(subject_id, other_id)
    defer(jobs.match)
    return redirect("health:household")
