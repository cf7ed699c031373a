"""Telling a person something in the app, and their reading it."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from bocage.kernel import clock
from bocage.kernel.ids import uuid7
from bocage.kernel.notifications.models import BODY_LENGTH, TITLE_LENGTH, URL_LENGTH, NotificationRow

KEPT_DAYS = 400


def notify(person_id: UUID, title: str, body: str = "", url: str = "") -> UUID:
    """Tell `person_id` something, in words already in their language; longer text is cut with an ellipsis. Its id.

    `url` is where a tap leads: a path of ours beginning with "/". Raises ValueError for another.
    """
    if url and (not url.startswith("/") or url.startswith("//") or len(url) > URL_LENGTH):
        raise ValueError(f"a notification leads to a path of ours of at most {URL_LENGTH} characters, not {url!r}")
    notification_id = uuid7()
    # Not by the ORM: its RETURNING would need the right to see another person's row.
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into notification (id, person_id, title, body, url, at) values (%s, %s, %s, %s, %s, %s)",
            [notification_id, person_id, _cut(title, TITLE_LENGTH), _cut(body, BODY_LENGTH), url, clock.now()],
        )
    return notification_id


def mark_read(person_id: UUID, ids: Collection[UUID] | None = None) -> int:
    """The person has read these notifications, or all of them (None); how many were unread."""
    unread = NotificationRow.objects.filter(person_id=person_id, read_at=None)
    if ids is not None:
        unread = unread.filter(id__in=ids)
    return unread.update(read_at=clock.now())


def sweep() -> int:
    """Forget notifications older than 400 days; how many."""
    with connection.cursor() as cursor:
        cursor.execute("select bocage_sweep_notifications(%s)", [KEPT_DAYS])
        return int(cursor.fetchone()[0])


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
