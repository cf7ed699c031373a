"""A person's parcels: those to her and from her, one of them, its label; and the page behind a tracking link."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bocage.kernel.consent.queries import is_granted
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import DisputeState
from bocage.services.parcel.actions import claims, on_delivery, shipping
from bocage.services.parcel.actions.lockers import CHOOSABLE, choose
from bocage.services.parcel.actions.shipping import payment_of
from bocage.services.parcel.documents.label import label_pdf, label_zpl, tracking_url
from bocage.services.parcel.pages.asking import READ, WRITE
from bocage.services.parcel.pages.showing import as_story, stage_of
from bocage.services.parcel.queries import live as positions
from bocage.services.parcel.queries import lockers, proofs, shipments
from bocage.services.parcel.queries.arrival import arrival
from bocage.services.parcel.town import drawn
from bocage.services.parcel.types import ProofKind, Shipment, Status
from bocage.services.parcel.words import CLAIM_REASONS, claim_title, line_title, proof_title, speed_title, status_title
from bocage.shell.asking import page

AMOUNT_DIGITS_MAX = 12


@require_safe
@page(READ)
def home(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Parcels to me, and parcels from me."""
    to_me, from_me, more = shipments.mine(subject_id, _uuid(request.GET.get("before", "")))
    context = {
        "to_me": [(each, status_title(each.status)) for each in to_me],
        "from_me": [(each, status_title(each.status)) for each in from_me],
        "more": f"?before={more}" if more else "",
        "is_first": "before" not in request.GET,
        "asks": bool(to_me) and not is_granted(subject_id, "parcel.notify"),
    }
    return render(request, "parcel/home.html", context)


@require_safe
@page(READ)
def shipment(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """One parcel: where it is, when it comes, the code for the door."""
    return _page(request, subject_id, shipment_id)


def _page(request: HttpRequest, subject_id: UUID, shipment_id: UUID, refusal: Refusal | None = None) -> HttpResponse:
    found = shipments.shipment(shipment_id)
    if found.status is Status.DRAFT:
        return redirect("parcel:speed", shipment_id)
    is_sender = found.sender_id == subject_id
    context = {
        **_shown(found),
        "is_sender": is_sender,
        "link": tracking_url(found) if is_sender else "",
        "track": reverse("parcel:track", args=[found.token]),
        "lines": [(line_title(line), line.amount_minor) for line in found.lines] if is_sender else [],
        "arrival": arrival(found),
        **_live(found, subject_id),
        **_locker(found),
        **(_claim(found) if is_sender else {}),
        "proofs": [(kind, proof_title(kind)) for kind in proofs.kinds(found.id)],
        "owes": found.receiver_id == subject_id and not found.is_on_delivery_paid and not found.ended,
        "refusal": refusal,
        "can_cancel": is_sender and found.status is Status.ANNOUNCED and not found.is_taken,
    }
    return render(request, "parcel/shipment.html", context, status=refusal.status if refusal else 200)


@require_safe
@page(READ)
def live(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """Where it is just now, as a part of its page; once it is on no tour any more, the page is to be loaded anew."""
    found = shipments.shipment(shipment_id)
    shown = _live(found, subject_id)
    if not shown["can_follow"]:
        return HttpResponse(headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
    answer = render(request, "parcel/live.html", {"parcel": found, "arrival": arrival(found), **shown})
    answer["Cache-Control"] = "no-store"
    return answer


def _live(found: Shipment, subject_id: UUID) -> dict[str, object]:
    """Where the courier is who has it, and that on the town's map."""
    if not positions.can_follow(found, subject_id):
        return {"can_follow": False}
    seen = positions.live(found, subject_id)
    sheet = drawn(seen.latitude, seen.longitude, found.receiver.street) if seen else None
    return {"can_follow": True, "live": seen, "map": sheet}


@require_POST
@page(WRITE)
def pay_on_delivery(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """Pay what the sender asks before the door opens."""
    amount = request.POST.get("amount_minor", "")
    try:
        on_delivery.pay_on_delivery(subject_id, shipment_id, int(amount) if _is_amount(amount) else 0)
    except Refusal as refusal:
        return _page(request, subject_id, shipment_id, refusal)
    return redirect("parcel:shipment", shipment_id)


@require_POST
@page(WRITE)
def waive(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """As its sender, ask the receiver for nothing after all."""
    try:
        on_delivery.waive(subject_id, shipment_id)
    except Refusal as refusal:
        return _page(request, subject_id, shipment_id, refusal)
    return redirect("parcel:shipment", shipment_id)


def _is_amount(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= AMOUNT_DIGITS_MAX


@require_safe
def track(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a tracking link, for whoever was given it: no name, no street, no code."""
    found, moments = shipments.by_token(token)
    answer = render(request, "parcel/track.html", {**_shown(found), "story": as_story(moments)})
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_safe
@page(READ)
def label(request: HttpRequest, subject_id: UUID, shipment_id: UUID, kind: str) -> HttpResponse:
    """The label, as a PDF or for a label printer."""
    found = shipments.shipment(shipment_id)
    if not found.sscc or subject_id not in (found.sender_id, found.carrier_id):
        raise not_found(_("There is no such parcel."))
    if kind == "zpl":
        answer = HttpResponse(label_zpl(found), content_type="text/plain; charset=utf-8")
    else:
        answer = HttpResponse(label_pdf(found), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{found.s10}.{kind}"'
    return answer


@require_safe
@page(READ)
def proof(request: HttpRequest, subject_id: UUID, shipment_id: UUID, kind: str) -> HttpResponse:
    """A picture of its delivery."""
    if kind not in set(ProofKind):
        raise not_found(_("There is no such picture."))
    media_type, content = proofs.picture(shipment_id, ProofKind(kind))
    answer = HttpResponse(content, content_type=media_type)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _claim(found: Shipment) -> dict[str, object]:
    """How its sender's claim stands, or what she may claim."""
    held = payments.dispute_about(payment_of(found.id)) if found.is_taken else None
    if held is None:
        return {"reasons": CLAIM_REASONS.items() if found.is_taken else ()}
    return {"claim": claim_title(held.state), "can_withdraw": held.state == DisputeState.OPEN}


@require_POST
@page(WRITE)
def claim(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """Claim the price back, or take the claim back."""
    try:
        if request.POST.get("withdraw"):
            claims.withdraw_claim(subject_id, shipment_id)
        else:
            claims.claim(subject_id, shipment_id, request.POST.get("reason", ""))
    except Refusal as refusal:
        return _page(request, subject_id, shipment_id, refusal)
    return redirect("parcel:shipment", shipment_id)


def _locker(found: Shipment) -> dict[str, object]:
    """Where it lies or will lie, and for who has its code the lockers that she may choose."""
    kept = lockers.compartments([found.id]).get(found.id)
    can_choose = bool(found.code) and found.status in CHOOSABLE and not (kept and kept.is_filled)
    return {"compartment": kept, "lockers": lockers.choices(found) if can_choose else [], "can_choose": can_choose}


@require_POST
@page(WRITE)
def locker(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """Have it brought to a locker, or to the door after all."""
    choose(subject_id, shipment_id, _uuid(request.POST.get("locker", "")))
    return redirect("parcel:shipment", shipment_id)


@require_POST
@page(WRITE)
def code(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """A new code for the door, once the old one was said wrongly too often."""
    shipping.renew_code(subject_id, shipment_id)
    return redirect("parcel:shipment", shipment_id)


@require_POST
@page(WRITE)
def cancel(request: HttpRequest, subject_id: UUID, shipment_id: UUID) -> HttpResponse:
    """Take a parcel back before it is handed over."""
    shipping.cancel(subject_id, shipment_id)
    return redirect("parcel:home")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(found: Shipment) -> dict[str, object]:
    return {
        "parcel": found,
        "status": status_title(found.status),
        "speed": speed_title(found.speed),
        "stage": stage_of(found.status),
        "story": as_story(shipments.story(found)) if found.sscc else [],
    }
