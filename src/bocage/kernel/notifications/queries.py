"""A person's notifications."""

from uuid import UUID

from bocage.kernel.notifications.models import NotificationRow
from bocage.kernel.notifications.types import Notification, NotificationPage

PAGE_MAX = 100


def unread_count(person_id: UUID) -> int:
    """How many the person has not read."""
    return NotificationRow.objects.filter(person_id=person_id, read_at=None).count()


def latest(person_id: UUID, before: UUID | None = None, limit: int = 20) -> NotificationPage:
    """The newest `limit` (at most 100), older than the notification `before` when given."""
    limit = min(max(limit, 1), PAGE_MAX)
    rows = NotificationRow.objects.filter(person_id=person_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    shown = tuple(
        Notification(row.id, row.title, row.body, row.url, row.at, row.read_at is not None) for row in found[:limit]
    )
    return NotificationPage(shown, shown[-1].id if len(found) > limit else None)
