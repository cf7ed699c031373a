"""A carrier's desk: parcels in trouble, and looking for one."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.errors import Refusal
from bocage.kernel.identity.types import Organisation
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import DisputeState
from bocage.services.parcel.actions import capturing, claims
from bocage.services.parcel.actions import lockers as locker_actions
from bocage.services.parcel.actions.capturing import is_carrier
from bocage.services.parcel.actions.shipping import payment_of
from bocage.services.parcel.pages.asking import CARRY
from bocage.services.parcel.pages.forms import LockerForm
from bocage.services.parcel.pages.showing import as_story
from bocage.services.parcel.queries import desk as queries
from bocage.services.parcel.queries import lockers as locker_queries
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.types import Size
from bocage.services.parcel.words import claim_title, problem_title, size_title, speed_title, status_title
from bocage.shell import rails
from bocage.shell.asking import UNPROCESSABLE, organisation_page


@require_safe
@organisation_page(CARRY)
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


@require_http_methods(["GET", "HEAD", "POST"])
@organisation_page(CARRY)
def lockers(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The carrier's lockers, and putting up one more."""
    capturing.require_carrier(organisation.id)
    form = LockerForm(request.POST or None, initial={"city": settings.TOWN["name"], "key": uuid7()})
    if form.is_bound and form.is_valid():
        try:
            locker_actions.put_up(organisation.id, form.cleaned_data["key"], form.where(), form.counts())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("parcel:desk-lockers")
    context = {
        "form": form,
        "lockers": [
            (each, [(size_title(size), each.free[size], each.total[size]) for size in Size if each.total[size]])
            for each in locker_queries.lockers(organisation.id)
        ],
        "rail": rails.merchant_rail(),
        "rail_title": organisation.name,
    }
    return render(request, "parcel/desk_lockers.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
@organisation_page(CARRY)
def set_open(request: HttpRequest, organisation: Organisation, locker_id: UUID) -> HttpResponse:
    """Let a locker take parcels, or no more of them."""
    locker_actions.set_open(organisation.id, locker_id, request.POST.get("open") == "yes")
    return redirect("parcel:desk-lockers")


@require_safe
@organisation_page(CARRY)
def parcel(request: HttpRequest, organisation: Organisation, shipment_id: UUID) -> HttpResponse:
    """One parcel, as its carrier sees it."""
    found = shipments.shipment(shipment_id)
    held = payments.dispute_about(payment_of(shipment_id))
    context = {
        "parcel": found,
        "status": status_title(found.status),
        "speed": speed_title(found.speed),
        "story": as_story(shipments.story(found)),
        "claim": claim_title(held.state) if held else "",
        "can_grant": held is not None and held.state == DisputeState.OPEN,
        "compartment": locker_queries.compartments([found.id]).get(found.id),
        "rail": rails.merchant_rail(),
        "rail_title": organisation.name,
    }
    return render(request, "parcel/desk_parcel.html", context)


@require_POST
@organisation_page(CARRY)
def grant(request: HttpRequest, organisation: Organisation, shipment_id: UUID) -> HttpResponse:
    """Give a sender the price back."""
    claims.grant_claim(organisation.id, shipment_id)
    return redirect("parcel:desk-parcel", shipment_id)
