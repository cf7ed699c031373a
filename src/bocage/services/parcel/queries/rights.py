"""What a person may take with her of her parcels, and what is forgotten when she goes."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from bocage.services.parcel.models import DeliveryCode, PositionRow, ProofRow, ShipmentRow

_COLUMNS = (
    "id", "sender_id", "receiver_id", "carrier_id", "sender_name", "sender_street", "sender_postcode", "sender_city",
    "receiver_name", "receiver_street", "receiver_postcode", "receiver_city", "note", "weight_grams", "speed",
    "amount_minor", "currency", "on_delivery_minor", "is_on_delivery_paid", "needs_identity", "is_cool", "was_warm_at",
    "s10", "status", "moved_at", "due_on", "created_at",
)  # fmt: skip


def export(person_id: UUID) -> dict[str, Any]:
    """The parcels that she sent or that were sent to her, and her delivery codes."""
    rows = ShipmentRow.objects.filter(Q(sender_id=person_id) | Q(receiver_id=person_id)).order_by("id")
    return {
        "parcels": list(rows.values(*_COLUMNS)),
        "proofs_of_delivery": list(ProofRow.objects.order_by("id").values("shipment_id", "kind", "at")),
        "position": list(PositionRow.objects.filter(courier_id=person_id).values("latitude", "longitude", "at")),
        "delivery_codes": list(DeliveryCode.objects.filter(owner_id=person_id).values("shipment_id", "code")),
    }
