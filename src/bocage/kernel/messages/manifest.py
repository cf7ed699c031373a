"""What the outbox holds of a person."""

from typing import Any
from uuid import UUID

from bocage.kernel.manifest import EventType
from bocage.kernel.messages.models import OutboxRow

EVENTS: tuple[EventType, ...] = ()


def export(person_id: UUID) -> dict[str, Any]:
    """Every message written to the person in the last 90 days."""
    rows = OutboxRow.objects.filter(person_id=person_id).order_by("id")
    return {"messages": list(rows.values("id", "address", "subject", "body", "created_at", "sent_at"))}


def erase(person_id: UUID) -> list[str]:
    """Delete them all; nothing is kept."""
    OutboxRow.objects.filter(person_id=person_id).delete()
    return []
