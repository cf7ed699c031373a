"""What a carrier's people look after: parcels that need somebody, and finding one."""

from uuid import UUID

from django.conf import settings
from django.db.models import Q

from bocage.kernel import clock
from bocage.services.parcel import limits
from bocage.services.parcel.actions.scanning import named_by
from bocage.services.parcel.models import ShipmentRow
from bocage.services.parcel.queries.shipments import as_shipments
from bocage.services.parcel.types import ENDED, Problem, Shipment, Status

KINDS = ("exception", "late", "no_movement", "never_seen")


def problems(organisation_id: UUID) -> list[Problem]:
    """The carrier's parcels that need somebody, the worst kind first; each is of the first kind that fits it."""
    now = clock.now()
    running = ShipmentRow.objects.filter(carrier_id=organisation_id).exclude(status__in=[*ENDED, Status.DRAFT])
    today = clock.today(settings.TOWN["time_zone"])
    stuck = Q(moved_at__lt=now - limits.NO_MOVEMENT_AFTER)
    unseen = Q(status=Status.ANNOUNCED, created_at__lt=now - limits.NEVER_SEEN_AFTER)
    failed = Q(status=Status.EXCEPTION)
    rows = running.filter(failed | Q(due_on__lt=today) | stuck | unseen).order_by("due_on", "id")
    found = as_shipments(rows[: limits.LIST_ROWS_MAX])
    named = [Problem(each, _kind(each)) for each in found]
    return sorted(named, key=lambda each: (KINDS.index(each.kind), each.shipment.due_on, each.shipment.id))


def counts(organisation_id: UUID) -> dict[str, int]:
    """How many of the carrier's parcels are announced, on their way, and with couriers."""
    rows = ShipmentRow.objects.filter(carrier_id=organisation_id)
    return {
        "announced": rows.filter(status=Status.ANNOUNCED).count(),
        "on_the_way": rows.filter(status__in=[Status.ACCEPTED, Status.IN_TRANSIT, Status.EXCEPTION]).count(),
        "with_couriers": rows.filter(status__in=[Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED]).count(),
    }


def search(organisation_id: UUID, text: str) -> list[Shipment]:
    """The carrier's parcels with this number, or whose receiver's name or street begins with these letters."""
    text = text.strip()[: limits.STREET_CHARACTERS_MAX]
    if not text or "\x00" in text:
        return []
    rows = ShipmentRow.objects.filter(carrier_id=organisation_id, status__gt=Status.DRAFT)
    named = named_by(text)
    if named is not None:
        rows = rows.filter(**{named[0]: named[1]})
    else:
        rows = rows.filter(Q(receiver_name__istartswith=text) | Q(receiver_street__istartswith=text))
    return as_shipments(rows.order_by("-created_at")[: limits.LIST_ROWS_MAX])


def _kind(found: Shipment) -> str:
    now = clock.now()
    if found.status is Status.EXCEPTION:
        return "exception"
    if found.due_on is not None and found.due_on < clock.today(settings.TOWN["time_zone"]):
        return "late"
    if found.moved_at is not None and found.moved_at < now - limits.NO_MOVEMENT_AFTER:
        return "no_movement"
    return "never_seen"
