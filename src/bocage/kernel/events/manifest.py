"""The facts that the log puts in itself, and what it holds of a person."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from bocage.kernel.events import queries
from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = (
    EventType(
        "events.replayed",
        _("An operator had events delivered to a service again."),
        {"service": "string", "from_position": "integer", "by": "uuid?"},
    ),
    EventType(
        "events.dead_retried",
        _("An operator had an event tried again that a service had failed on."),
        {"service": "string", "position": "integer", "by": "uuid?"},
    ),
    EventType(
        "events.dead_discarded",
        _("An operator gave up an event that a service had failed on."),
        {"service": "string", "position": "integer", "reason": "string", "by": "uuid?"},
    ),
    EventType(
        "events.webhook_disabled",
        _("A webhook failed for five days, and nothing is sent to it any more."),
        {"webhook_id": "uuid", "url": "string", "failing_since": "datetime"},
    ),
)


def export(person_id: UUID) -> dict[str, Any]:
    """Every event about the person."""
    return {"events": [asdict(event) for event in queries.events_about(person_id)]}
