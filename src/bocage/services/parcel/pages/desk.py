"""A carrier's desk: parcels in trouble, and looking for one."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bocage.kernel.identity.types import Organisation
from bocage.services.parcel.actions.capturing import is_carrier
from bocage.services.parcel.pages.asking import carrier_page
from bocage.services.parcel.pages.showing import as_story
from bocage.services.parcel.queries import desk as queries
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.words import problem_title, speed_title, status_title
from bocage.shell import rails


@require_safe
@carrier_page
def desk(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """What needs somebody, and what was looked for."""
    frame = {"rail": rails.merchant_rail(), "rail_title": organisation.name}
    if not is_carrier(organisation.id):
        return render(request, "parcel/desk_closed.html", frame)
    asked = request.GET.get("q", "").strip()
    context = {
        "problems": [
            (each.shipment, problem_title(each), status_title(each.shipment.status))
            for each in queries.problems(organisation.id)
        ],
        "counts": queries.counts(organisation.id),
        "q": asked,
        "found": [(each, status_title(each.status)) for each in queries.search(organisation.id, asked)],
        **frame,
    }
    return render(request, "parcel/desk.html", context)


@require_safe
@carrier_page
def parcel(request: HttpRequest, organisation: Organisation, shipment_id: UUID) -> HttpResponse:
    """One parcel, as its carrier sees it."""
    found = shipments.shipment(shipment_id)
    context = {
        "parcel": found,
        "status": status_title(found.status),
        "speed": speed_title(found.speed),
        "story": as_story(shipments.story(found)),
        "rail": rails.merchant_rail(),
        "rail_title": organisation.name,
    }
    return render(request, "parcel/desk_parcel.html", context)
