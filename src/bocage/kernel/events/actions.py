"""Putting facts into the log, and the operator's verbs over their delivery."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import psycopg
from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.errors import not_found
from bocage.kernel.events.models import ParkedRow, SubscriptionRow
from bocage.kernel.events.registry import MAX_DATA_BYTES, UndeclaredEvent, check_data, find
from bocage.kernel.events.sealed import digest_of, payload_of
from bocage.kernel.ids import uuid7

_KEY_SPACE = UUID("5d5a1f0e-2f0b-5c41-9a43-0f6a7f6d6b01")

# What a console does to the delivery, it does as this service: the rows of parked events show to no person.
OPERATING = "events"

_INSERT_SQL = """
insert into event (id, type, version, source, subject_id, time, payload, digest)
values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""
_INSERT_ALL_SQL = """
insert into event (id, type, version, source, subject_id, time, payload, digest)
select id, %b::text, %b::int, %b::text, null, %b::timestamptz, payload, digest
from unnest(%b::uuid[], %b::bytea[], %b::bytea[]) d (id, payload, digest)
"""


def emit(
    type: str,
    *,
    subject_id: UUID | None,
    data: dict[str, Any],
    version: int = 1,
    key: str | None = None,
) -> UUID:
    """Put a fact in the log, in the caller's transaction; it is delivered after the commit. Its id.

    `data` is encrypted with the subject's key. With `key`, the first event of this type and key stands, and emitting it
    again changes nothing. Raises UndeclaredEvent for what no manifest declares, subject_keys.Erased for an erased
    subject. Defers no job and notifies nobody: it may stand on the payment path.
    """
    source, event_type = find(type)
    check_data(event_type, version, data)
    event_id = uuid7() if key is None else uuid5(_KEY_SPACE, f"{type}\0{key}")
    time = clock.now()
    payload = payload_of(subject_id, event_id, data)
    if len(payload) > MAX_DATA_BYTES:
        raise UndeclaredEvent(f"{type} carries {len(payload)} bytes; an event may carry {MAX_DATA_BYTES}")
    digest = digest_of(event_id, type, version, source, subject_id, time, payload)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_SQL, [event_id, type, version, source, subject_id, time, payload, digest])
    return event_id


def emit_all(cursor: "psycopg.Cursor[tuple[Any, ...]]", type: str, data: Sequence[dict[str, Any]]) -> None:
    """As `emit` each of these facts, which are about nobody, by one statement of the caller's own cursor.

    For who tells thousands at once: a row that is quoted into a statement costs its writer more than its insertion.
    Within a pipeline an error is raised where the pipeline ends.
    """
    if not data:
        return
    source, event_type = find(type)
    time, version, ids, payloads, digests = clock.now(), event_type.version, [], [], []
    for each in data:
        check_data(event_type, version, each)
        ids.append(uuid7())
        payloads.append(payload_of(None, ids[-1], each))
        if len(payloads[-1]) > MAX_DATA_BYTES:
            raise UndeclaredEvent(f"{type} carries {len(payloads[-1])} bytes; an event may carry {MAX_DATA_BYTES}")
        digests.append(digest_of(ids[-1], type, version, source, None, time, payloads[-1]))
    cursor.execute(_INSERT_ALL_SQL, [type, version, source, time, ids, payloads, digests], prepare=True)


def replay(service: str, from_position: int) -> None:
    """Deliver to `service` again from `from_position` on, oldest first: its handlers must bear hearing a fact twice.

    What waits or was given up from there on is forgotten, since it comes again.
    """
    with acting_as(Actor.for_service(OPERATING)):
        row = SubscriptionRow.objects.select_for_update().filter(service=service).first()
        if row is None:
            raise not_found(_("No service of this name has heard an event yet."), field="service")
        ParkedRow.objects.filter(service=service, position__gte=from_position).delete()
        row.position = min(max(from_position - 1, 0), row.position)
        row.save(update_fields=["position"])
    _say("events.replayed", service=service, from_position=row.position + 1)


def retry_dead(service: str, position: int) -> None:
    """Try an event that was given up once more, now, with all its attempts before it."""
    with acting_as(Actor.for_service(OPERATING)):
        row = _dead(service, position)
        row.dead, row.attempts, row.next_attempt_at = False, 0, clock.now()
        row.save(update_fields=["dead", "attempts", "next_attempt_at"])
    _say("events.dead_retried", service=service, position=position)


def discard_dead(service: str, position: int, reason: str) -> None:
    """Forget an event that was given up: it never takes effect in `service`. The log keeps the event and the reason."""
    with acting_as(Actor.for_service(OPERATING)):
        _dead(service, position).delete()
    _say("events.dead_discarded", service=service, position=position, reason=reason)


def _dead(service: str, position: int) -> ParkedRow:
    row = ParkedRow.objects.select_for_update().filter(service=service, position=position, dead=True).first()
    if row is None:
        raise not_found(_("This event is not among those given up."), field="position")
    return row


def _say(event_type: str, **data: Any) -> None:
    emit(event_type, subject_id=None, data={**data, "by": current_actor().person_id})
