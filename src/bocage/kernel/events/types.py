"""What the event log shows to everybody else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

CLOUDEVENTS_VERSION = "1.0"


@dataclass(frozen=True)
class Event:
    """A fact, in the present version of its type. `position` is its gapless place in the log (0: not placed yet).

    `source` is the service or kernel package whose fact it is; `subject_id` whom it is about, None for nobody.
    """

    position: int
    id: UUID
    type: str
    version: int
    subject_id: UUID | None
    time: datetime
    data: dict[str, Any]
    source: str


@dataclass(frozen=True)
class Placed:
    """A line of the log as an operator sees it: that something happened, not to whom nor what."""

    position: int
    type: str
    time: datetime


@dataclass(frozen=True)
class SubscriptionState:
    """How far a service has heard the log. `behind` counts positions, `skipped` events for want of consent."""

    service: str
    position: int
    behind: int
    delivered: int
    skipped: int
    waiting: int
    dead: int


@dataclass(frozen=True)
class DeadLetter:
    """An event that a service's handler failed on (`waiting`: to be tried again; else given up). `error` in words."""

    service: str
    position: int
    type: str
    subject_id: UUID | None
    attempts: int
    error: str
    dead: bool
    first_failed_at: datetime
    next_attempt_at: datetime | None


@dataclass(frozen=True)
class ChainFault:
    """Where the log does not match what was sealed: `position` and what is wrong there."""

    position: int
    what: str


@dataclass(frozen=True)
class ChainReport:
    """An examination of the chain up to `last_position`, whose link is `last_link`; no faults means it is whole."""

    last_position: int
    last_link: bytes
    faults: tuple[ChainFault, ...]


def to_cloudevent(event: Event) -> dict[str, Any]:
    """The event in the JSON format of CloudEvents 1.0, with the log's position as the extension `sequence`."""
    envelope: dict[str, Any] = {
        "specversion": CLOUDEVENTS_VERSION,
        "id": str(event.id),
        "source": f"/bocage/{event.source}",
        "type": event.type,
        "time": event.time.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"/api/v1/events/{event.type}/{event.version}",
        "sequence": str(event.position),
        "data": event.data,
    }
    if event.subject_id is not None:
        envelope["subject"] = str(event.subject_id)
    return envelope


@dataclass(frozen=True)
class Webhook:
    """An address that an organisation has its events sent to."""

    id: UUID
    organisation_id: UUID
    url: str
    description: str
    types: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str
    failing_since: datetime | None


@dataclass(frozen=True)
class WebhookDelivery:
    """One event on its way to one address. `state`: waiting, sent or dead."""

    id: UUID
    event_id: UUID
    type: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str
    duration_ms: int | None
