"""Parcels and their stories, as whoever acts may see them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import not_found
from bocage.services.parcel import limits
from bocage.services.parcel.models import CarrierRow, DeliveryCode, ShipmentRow
from bocage.services.parcel.steps import DISPOSITIONS, STEPS, error_id
from bocage.services.parcel.types import Address, Moment, PriceLine, Shipment, Speed, Status, Zone

_STORY_SQL = """
select c.event_id, c.at, c.rank, c.step, c.disposition, coalesce(p.uri, ''),
    coalesce(c.body ? 'errorDeclaration', false)
from parcel_scan c left join parcel_place p on p.id = coalesce(c.place, c.read_point)
where c.sscc = %(sscc)s and c.organisation_id = %(carrier)s::uuid and c.at >= %(since)s and c.at < %(until)s
order by c.at desc, c.rank desc, c.event_id desc limit %(limit)s
"""


def shipment(shipment_id: UUID) -> Shipment:
    """A parcel that the actor is a side of; with the delivery code, where that is the actor's to say."""
    row = ShipmentRow.objects.filter(id=shipment_id).first()
    if row is None:
        raise not_found(_("There is no such parcel."))
    held = DeliveryCode.objects.filter(shipment_id=shipment_id).first()
    found = as_shipments([row])[0]
    if held is None:
        return found
    return replace(found, code=held.code, is_code_locked=held.wrong_tries >= limits.CODE_ATTEMPTS_MAX)


def by_token(token: str) -> tuple[Shipment, list[Moment]]:
    """The parcel of a tracking link and its story, for whoever holds the link."""
    with acting_as(Actor.for_service("parcel")):
        row = ShipmentRow.objects.filter(token=token, status__gt=Status.DRAFT).first()
        if row is None:
            raise not_found(_("There is no parcel behind this link."))
        found = as_shipments([row])[0]
        return found, story(found)


def mine(person_id: UUID, before: UUID | None = None) -> tuple[list[Shipment], list[Shipment], UUID | None]:
    """Parcels to the person and from her, the latest first, and the one before which the next page begins.

    `before` is what the page before gave; a parcel that is not hers begins anew.
    """
    hers = Q(receiver_id=person_id) & ~Q(status=Status.DRAFT) | Q(sender_id=person_id)
    rows = ShipmentRow.objects.filter(hers).order_by("-created_at", "-id")
    last = ShipmentRow.objects.filter(hers, id=before).values_list("created_at", flat=True).first() if before else None
    if last is not None:
        rows = rows.filter(Q(created_at__lt=last) | Q(created_at=last, id__lt=before))
    found = as_shipments(rows[: limits.LIST_ROWS_MAX + 1])
    shown = found[: limits.LIST_ROWS_MAX]
    to_me = [each for each in shown if each.receiver_id == person_id and each.status is not Status.DRAFT]
    more = shown[-1].id if len(found) > len(shown) else None
    return to_me, [each for each in shown if each.sender_id == person_id], more


def story(found: Shipment) -> list[Moment]:
    """The scans of a parcel, the latest first; those declared an error are left out."""
    if not found.sscc:
        return []
    with connection.cursor() as cursor:
        # Between two moments that are written down, PostgreSQL looks at their days alone, not at every day kept.
        values: dict[str, Any] = {
            "sscc": int(found.sscc),
            "carrier": str(found.carrier_id),
            "since": found.created_at - limits.STORY_BEFORE,
            "until": min(clock.now() + limits.CLOCK_SLACK, found.created_at + limits.STORY_AFTER),
            "limit": limits.LIST_ROWS_MAX,
        }
        cursor.execute(_STORY_SQL, values)
        rows = cursor.fetchall()
    wrong = {event_id for event_id, *_rest, is_error in rows if is_error}
    return [
        Moment(event_id, at, Status(rank) if rank else None, STEPS[step], DISPOSITIONS[disposition], place)
        for event_id, at, rank, step, disposition, place, is_error in rows
        if not is_error and not (wrong and error_id(event_id) in wrong)
    ]


def tour(organisation_id: UUID, courier_id: UUID) -> list[Shipment]:
    """What a courier has to bring today, street by street."""
    rows = ShipmentRow.objects.filter(
        carrier_id=organisation_id,
        courier_id=courier_id,
        is_running=True,
        status__in=[Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED],
    )
    return as_shipments(rows.order_by("receiver_postcode", "receiver_street", "id")[: limits.SCANS_A_SYNC_MAX])


def before_on_tour(found: Shipment) -> tuple[int, int]:
    """How many doors and how many parcels the courier's tour has before a parcel's door, in the tour's order.

    Runs as Parcel.
    """
    mine = found.receiver
    earlier = Q(receiver_postcode__lt=mine.postcode) | Q(
        receiver_postcode=mine.postcode, receiver_street__lt=mine.street
    )
    rows = ShipmentRow.objects.filter(
        earlier,
        carrier_id=found.carrier_id,
        courier_id=found.courier_id,
        is_running=True,
        status=Status.OUT_FOR_DELIVERY,
    )
    doors = list(rows.values_list("receiver_postcode", "receiver_street")[: limits.SCANS_A_SYNC_MAX])
    return len(set(doors)), len(doors)


def as_shipments(rows: Iterable[ShipmentRow]) -> list[Shipment]:
    """Rows as everybody else sees them."""
    listed = list(rows)
    carriers = CarrierRow.objects.filter(organisation_id__in={row.carrier_id for row in listed})
    names = dict(carriers.values_list("organisation_id", "name")) if listed else {}
    places = _places({row.place_id for row in listed if row.place_id is not None})
    return [_as_shipment(row, names.get(row.carrier_id, ""), places.get(row.place_id or 0, "")) for row in listed]


def _places(ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("select id, uri from parcel_place where id = any(%s)", [sorted(ids)])
        return dict(cursor.fetchall())


def _as_shipment(row: ShipmentRow, carrier_name: str, place: str) -> Shipment:
    return Shipment(
        id=row.id,
        sender_id=row.sender_id,
        receiver_id=row.receiver_id,
        carrier_id=row.carrier_id,
        carrier_name=carrier_name,
        courier_id=row.courier_id,
        sender=Address(row.sender_name, row.sender_street, row.sender_postcode, row.sender_city),
        receiver=Address(row.receiver_name, row.receiver_street, row.receiver_postcode, row.receiver_city),
        note=row.note,
        weight_grams=row.weight_grams,
        zone=Zone(row.zone),
        speed=Speed(row.speed),
        amount_minor=row.amount_minor,
        currency=row.currency,
        lines=tuple(PriceLine(**line) for line in row.lines),
        sscc=f"{row.sscc:018}" if row.sscc is not None else "",
        s10=row.s10 or "",
        token=row.token,
        status=Status(row.status),
        step=STEPS[row.step],
        place=place,
        moved_at=row.moved_at,
        due_on=row.due_on,
        created_at=row.created_at,
        is_demo=row.is_demo,
        is_taken=row.is_taken,
        needs_identity=row.needs_identity,
        is_cool=row.is_cool,
        was_warm_at=row.was_warm_at,
        loaded_at=row.loaded_at,
        on_delivery_minor=row.on_delivery_minor,
        is_on_delivery_paid=row.is_on_delivery_paid,
    )


def coming(person_id: UUID) -> Shipment | None:
    """The parcel to the person that is due first, if one is on its way."""
    rows = ShipmentRow.objects.filter(receiver_id=person_id, is_running=True)
    return next(iter(as_shipments(rows.order_by("due_on", "id")[:1])), None)
