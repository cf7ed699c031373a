"""The courier's phone: the page is the same for everybody and kept on the phone; the tour comes to who is signed in."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bocage.kernel.acting import current_actor
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.services.parcel.actions.capturing import require_carrier
from bocage.services.parcel.actions.positions import SHOW
from bocage.services.parcel.pages.asking import CARRY
from bocage.services.parcel.queries import lockers, shipments
from bocage.services.parcel.types import Compartment, Shipment
from bocage.services.parcel.words import status_title
from bocage.shell.policy import scanning_page
from bocage.shell.pwa import PRECACHED, page_worker

_FILES = (
    *PRECACHED,
    "js/elements/qr-scanner.js",
    "vendor/zxing/reader/index.js",
    "vendor/zxing/share.js",
    "vendor/zxing/zxing_reader.wasm",
    "parcel/courier-place.js",
    "parcel/courier-tour.js",
    "parcel/pictures.js",
    "parcel/scan-queue.js",
    "parcel/signature-pad.js",
    "parcel/parcel.css",
)


@scanning_page
@require_safe
def courier(request: HttpRequest) -> HttpResponse:
    """The page: scan, then today's tour."""
    doors = {"scans_url": reverse("api:sync"), "proofs_url": reverse("api:prove")}
    doors["position_url"] = reverse("api:say_position")
    return render(request, "parcel/courier.html", doors)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The courier's own service worker, for this page alone."""
    return page_worker(request, "courier", (reverse("parcel:courier"),), _FILES)


@never_cache
@require_safe
def tour(request: HttpRequest) -> JsonResponse:
    """Whom the signed-in person carries for, what she has to bring, and the token with which the page sends."""
    try:
        organisation_id = identity.require_scope(CARRY) if request.user.is_authenticated else None
        if organisation_id is not None:
            require_carrier(organisation_id)
    except Refusal:
        organisation_id = None
    person_id = current_actor().person_id
    if organisation_id is None or person_id is None:
        return JsonResponse({"carrier": None, "csrf": "", "stops": []})
    tour = shipments.tour(organisation_id, person_id)
    kept = lockers.compartments(each.id for each in tour)
    stops = [
        {
            "id": str(each.id),
            "number": each.s10,
            "sscc": each.sscc,
            "token": each.token,
            "name": each.receiver.name,
            **_goal(each, kept.get(each.id)),
            "status": status_title(each.status),
        }
        for each in tour
    ]
    carrier = {"id": str(organisation_id), "name": identity.party_name(organisation_id)}
    shares = is_granted(person_id, SHOW)
    return JsonResponse({"carrier": carrier, "csrf": get_token(request), "stops": stops, "shares": shares})


def _goal(found: Shipment, kept: Compartment | None) -> dict[str, str]:
    """Where a courier brings it: to the receiver's door, or to a compartment."""
    if kept is None:
        where, notes = found.receiver, [found.note] if found.note else []
        if found.needs_identity:
            notes.insert(0, _("Look at a document"))
        return {"street": where.street, "city": f"{where.postcode} {where.city}", "note": " · ".join(notes)}
    said = _("Locker %(name)s, compartment %(number)d") % {"name": kept.locker.name, "number": kept.number}
    return {"street": kept.locker.street, "city": f"{kept.locker.postcode} {kept.locker.city}", "note": said}
