"""Sending a parcel in three steps: what and where, how soon, pay."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.services.parcel.actions import shipping
from bocage.services.parcel.pages.asking import WRITE
from bocage.services.parcel.pages.forms import ParcelForm
from bocage.services.parcel.queries import quotes, shipments
from bocage.services.parcel.types import Shipment, Speed, Status
from bocage.services.parcel.words import line_title, speed_title
from bocage.shell.asking import UNPROCESSABLE, page


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def send(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The first step: to whom, how heavy, from where."""
    town = settings.TOWN["name"]
    initial = {"sender_name": identity.party_name(subject_id), "sender_city": town, "receiver_city": town}
    form = ParcelForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        shipment_id = uuid7()
        try:
            shipping.draft(
                subject_id,
                shipment_id,
                form.address("sender"),
                form.address("receiver"),
                form.grams(),
                receiver_handle=form.cleaned_data["to"],
                note=form.cleaned_data["note"],
                needs_identity=form.cleaned_data["needs_identity"],
                is_cool=form.cleaned_data["is_cool"],
                on_delivery_minor=form.on_delivery_minor(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("parcel:speed", shipment_id)
    return render(request, "parcel/send.html", {"form": form}, status=UNPROCESSABLE if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def speed(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """The second step: how soon, each with its price and how that comes about."""
    found = _draft(subject_id, shipment_id)
    offered = quotes.quotes(found.sender.postcode, found.receiver.postcode, found.weight_grams)
    if request.method == "POST":
        for place, each in enumerate(offered):
            if request.POST.get("quote") == str(place):
                shipping.choose(subject_id, shipment_id, each.carrier_id, each.speed)
                return redirect("parcel:pay", shipment_id)
    shown = [
        {
            "quote": each,
            "speed": speed_title(each.speed),
            "lines": [(line_title(line), line.amount_minor) for line in each.lines],
            "chosen": (each.carrier_id, each.speed) == (found.carrier_id, Speed(found.speed)),
        }
        for each in offered
    ]
    return render(request, "parcel/speed.html", {"parcel": found, "quotes": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def pay(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """The third step: look at it once more, and pay from the wallet."""
    found = shipments.shipment(shipment_id)
    if found.sender_id == subject_id and found.status is not Status.DRAFT:
        return redirect("parcel:shipment", shipment_id)
    found = _draft(subject_id, shipment_id)
    refusal: Refusal | None = None
    if request.method == "POST":
        amount = request.POST.get("amount_minor", "")
        try:
            shipping.pay(subject_id, shipment_id, int(amount) if amount.isascii() and amount.isdigit() else 0)
        except Refusal as refused:
            refusal = refused
        else:
            return redirect("parcel:shipment", shipment_id)
    context = {
        "parcel": found,
        "speed": speed_title(found.speed),
        "lines": [(line_title(line), line.amount_minor) for line in found.lines],
        "refusal": refusal,
    }
    return render(request, "parcel/pay.html", context, status=refusal.status if refusal else 200)


def _draft(sender_id: UUID, shipment_id: UUID) -> Shipment:
    found = shipments.shipment(shipment_id)
    if found.sender_id != sender_id or found.status is not Status.DRAFT:
        raise not_found(_("There is no such parcel."))
    return found
