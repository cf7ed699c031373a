"""What notifications hold of a person."""

from typing import Any
from uuid import UUID

from bocage.kernel.manifest import EventType
from bocage.kernel.notifications.models import NotificationRow

EVENTS: tuple[EventType, ...] = ()


def export(person_id: UUID) -> dict[str, Any]:
    """Every notification of the person."""
    rows = NotificationRow.objects.filter(person_id=person_id).order_by("id")
    return {"notifications": list(rows.values("id", "title", "body", "url", "at", "read_at"))}


def erase(person_id: UUID) -> list[str]:
    """Delete them all; nothing is kept."""
    NotificationRow.objects.filter(person_id=person_id).delete()
    return []
