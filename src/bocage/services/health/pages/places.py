"""An organisation's places and their posters."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.errors import Refusal
from bocage.kernel.identity.types import Organisation
from bocage.services.health.actions import places
from bocage.services.health.documents import poster
from bocage.services.health.pages.asking import READ, WRITE
from bocage.services.health.pages.forms import VenueForm
from bocage.services.health.queries import venues
from bocage.shell import rails
from bocage.shell.asking import UNPROCESSABLE, organisation_page, refuse


@require_http_methods(["GET", "HEAD", "POST"])
@organisation_page(WRITE)
def show(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The places, and a form for another."""
    form = VenueForm(request.POST or None, initial={"name": organisation.name})
    if form.is_bound and form.is_valid():
        try:
            places.open_venue(organisation.id, form.cleaned_data["name"], form.cleaned_data["kind"])
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return redirect("health:places")
    context = {
        "form": form,
        "venues": venues.of(organisation.id),
        "rail": rails.merchant_rail(),
        "rail_title": organisation.name,
    }
    return render(request, "health/places.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_safe
@organisation_page(READ)
def poster_file(request: HttpRequest, organisation: Organisation, venue_id: UUID) -> HttpResponse:
    """The poster of a place, as a PDF."""
    answer = HttpResponse(poster.poster_pdf(venues.own(organisation.id, venue_id)), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="poster.pdf"'
    return answer


@require_POST
@organisation_page(WRITE)
def close(request: HttpRequest, organisation: Organisation, venue_id: UUID) -> HttpResponse:
    """Take a poster out of use."""
    places.close_venue(organisation.id, venue_id)
    return redirect("health:places")
