"""What a carrier's people look after: parcels that need somebody, and finding one."""

from uuid import UUID

from django.conf import settings
from django.db.models import Case, CharField, Q, Value, When

from bocage.kernel import clock
from bocage.services.parcel import limits
from bocage.services.parcel.actions.scanning import named_by
from bocage.services.parcel.models import ShipmentRow
from bocage.services.parcel.queries.shipments import as_shipments
from bocage.services.parcel.types import Problem, Shipment, Status


def problems(organisation_id: UUID) -> list[Problem]:
    """The carrier's parcels that need somebody, the worst kind first; each is of the first kind that fits it."""
    now = clock.now()
    running = ShipmentRow.objects.filter(carrier_id=organisation_id, is_running=True)
    today = clock.today(settings.TOWN["time_zone"])
    stuck = Q(moved_at__lt=now - limits.NO_MOVEMENT_AFTER)
    unseen = Q(status=Status.ANNOUNCED, created_at__lt=now - limits.NEVER_SEEN_AFTER)
    failed = Q(status=Status.EXCEPTION)
    warm = Q(is_cool=True, was_warm_at__isnull=False)
    kinds = (
        ("too_warm", warm),
        ("exception", failed),
        ("late", Q(due_on__lt=today)),
        ("no_movement", stuck),
        ("never_seen", unseen),
    )
    kind = Case(*(When(where, then=Value(name)) for name, where in kinds), output_field=CharField())
    worst = Case(*(When(where, then=Value(place)) for place, (_name, where) in enumerate(kinds)))
    rows = running.annotate(kind=kind, worst=worst).filter(kind__isnull=False).order_by("worst", "due_on", "id")
    listed = list(rows[: limits.LIST_ROWS_MAX])
    return [Problem(each, row.kind) for row, each in zip(listed, as_shipments(listed), strict=True)]


def counts(organisation_id: UUID) -> dict[str, int]:
    """How many of the carrier's parcels are announced, on their way, and with couriers."""
    rows = ShipmentRow.objects.filter(carrier_id=organisation_id, is_running=True)
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
