"""What notifications show to everybody else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Notification:
    """A line for a person; `url` is a path of our own, or empty."""

    id: UUID
    title: str
    body: str
    url: str
    at: datetime
    read: bool


@dataclass(frozen=True)
class NotificationPage:
    """Notifications, newest first; pass `next_before` on for the older ones (None: no older)."""

    notifications: tuple[Notification, ...]
    next_before: UUID | None
