"""What the outbox shows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """Where a message is: kept here (no mail server is set), waiting to be sent, sent, or given up."""

    KEPT = "kept"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True)
class Message:
    """A message that leaves, or would leave, the town."""

    id: UUID
    person_id: UUID | None
    channel: str
    address: str
    subject: str
    body: str
    state: State
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    error: str
