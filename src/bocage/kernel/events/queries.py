"""Reads of the log: by position alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events.models import ParkedRow, PositionRow, SubscriptionRow
from bocage.kernel.events.registry import event_types, find, upcast
from bocage.kernel.events.sealed import GENESIS, digest_of, link_of, open_payload
from bocage.kernel.events.types import (
    ChainFault,
    ChainReport,
    DeadLetter,
    Event,
    Placed,
    SubscriptionState,
)
from bocage.kernel.keys.subject_keys import read_keys

PAGE_MAX = 200
EXPORT_STEP = 5000
VERIFY_STEP = 5000
FAULTS_MAX = 100

_OWN_SQL = """
select coalesce(p.position, 0), e.id, e.type, e.version, e.source, e.subject_id, e.time, e.payload, e.seq
from event e left join event_position p on p.event_seq = e.seq
where e.subject_id = %s and e.seq > %s order by e.seq limit %s
"""
_ONE_SQL = """
select coalesce(p.position, 0), e.id, e.type, e.version, e.source, e.subject_id, e.time, e.payload
from event e left join event_position p on p.event_seq = e.seq where e.id = %s and e.subject_id = %s
"""
_CHAIN_SQL = """
select p.position, p.link, e.id, e.type, e.version, e.source, e.subject_id, e.time, e.payload, e.digest
from event_position p left join event e on e.seq = p.event_seq
where p.position >= %s and p.position < %s order by p.position
"""


def head() -> int:
    """The last position of the log; 0 when it is empty."""
    last = PositionRow.objects.order_by("-position").values_list("position", flat=True).first()
    return last or 0


def latest(before: int | None = None, limit: int = 50) -> list[Placed]:
    """The newest `limit` (at most 200) lines of the log, older than the position `before` when given."""
    rows = PositionRow.objects.order_by("-position")
    if before is not None:
        rows = rows.filter(position__lt=before)
    return [Placed(row.position, row.type, row.time) for row in rows[: min(max(limit, 1), PAGE_MAX)]]


def waiting_since(positions: Sequence[int]) -> dict[int, datetime]:
    """When the event after each of these positions happened; those at the log's end are left out."""
    rows = PositionRow.objects.filter(position__in=[position + 1 for position in positions])
    return {position - 1: time for position, time in rows.values_list("position", "time")}


def events_about(subject_id: UUID) -> list[Event]:
    """All that the log holds about a subject, oldest first. Only who acts for the subject sees any; erased: none."""
    key = read_keys([subject_id]).get(subject_id)
    if key is None:
        return []
    found: list[Event] = []
    seq = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_OWN_SQL, [subject_id, seq, EXPORT_STEP])
            rows = cursor.fetchall()
            found += [_event(row[:-1], key) for row in rows]
            if len(rows) < EXPORT_STEP:
                return found
            seq = rows[-1][-1]


def event_about(subject_id: UUID, event_id: UUID) -> Event | None:
    """One event about a subject, for whoever acts for the subject. None when there is none, or it was erased."""
    key = read_keys([subject_id]).get(subject_id)
    with connection.cursor() as cursor:
        cursor.execute(_ONE_SQL, [event_id, subject_id])
        row = cursor.fetchone()
    return None if key is None or row is None else _event(row, key)


def subscriptions() -> list[SubscriptionState]:
    """How far each service has heard, by name."""
    last = head()
    with acting_as(Actor.for_service("events")), connection.cursor() as cursor:
        cursor.execute(
            "select service, count(*) filter (where not dead), count(*) filter (where dead)"
            " from event_parked group by 1"
        )
        parked = {service: (waiting, dead) for service, waiting, dead in cursor.fetchall()}
    return [
        SubscriptionState(
            row.service,
            row.position,
            last - row.position,
            row.delivered,
            row.skipped,
            *parked.get(row.service, (0, 0)),
        )
        for row in SubscriptionRow.objects.order_by("service")
    ]


def dead_letters(service: str | None = None, limit: int = 50, after: int = 0) -> list[DeadLetter]:
    """Events that handlers failed on, given up or to be tried again, by position after `after`; at most 200."""
    with acting_as(Actor.for_service("events")):
        rows = ParkedRow.objects.filter(attempts__gt=0, position__gt=after).order_by("position", "service")
        if service is not None:
            rows = rows.filter(service=service)
        return [
            DeadLetter(
                row.service,
                row.position,
                row.type,
                row.subject_id,
                row.attempts,
                row.error,
                row.dead,
                row.first_failed_at,
                row.next_attempt_at,
            )
            for row in rows[: min(max(limit, 1), PAGE_MAX)]
        ]


def says(event_type: str) -> str:
    """What a declared event type says, in words. Raises UndeclaredEvent."""
    return str(find(event_type)[1].says)


def verify_chain(from_position: int = 1, to_position: int | None = None) -> ChainReport:
    """Examine every link: positions without a gap, each event's digest as stored, each link over the one before.

    For the roles that may read all events: auditor and deliverer. Reports at most 100 faults.
    """
    if from_position < 1:
        raise ValueError("positions begin at 1")
    to_position = head() if to_position is None else to_position
    before = PositionRow.objects.filter(position=from_position - 1).first()
    link = bytes(before.link) if before is not None else GENESIS
    faults = [ChainFault(from_position - 1, "no such position")] if before is None and from_position > 1 else []
    expected = from_position
    for position, stored_link, digest, what in _links(from_position, to_position):
        if position != expected:
            faults.append(ChainFault(expected, f"missing up to {position - 1}"))
        if what:
            faults.append(ChainFault(position, what))
        if link_of(link, position, digest) != stored_link:
            faults.append(ChainFault(position, "the link does not follow from the one before"))
        # Go on from what is stored, so that one fault is told once and not at every later position.
        link, expected = stored_link, position + 1
        if len(faults) >= FAULTS_MAX:
            break
    else:
        if expected != to_position + 1 and to_position >= from_position:
            faults.append(ChainFault(expected, f"missing up to {to_position}"))
    return ChainReport(expected - 1, link, tuple(faults))


def _event(row: Sequence[Any], key: bytes) -> Event:
    position, event_id, event_type, version, source, subject_id, time, payload = row
    data = open_payload(key, subject_id, event_id, bytes(payload))
    # A fact of a service that is no longer there stays the subject's to read, as it was written.
    if event_type in event_types():
        version, data = upcast(event_type, version, data)
    return Event(position, event_id, event_type, version, subject_id, time, data, source)


def _links(first: int, last: int) -> Iterator[tuple[int, bytes, bytes, str]]:
    """Position, stored link, the event's stored digest, and what is wrong with the event itself ("" for nothing)."""
    for start in range(first, last + 1, VERIFY_STEP):
        with connection.cursor() as cursor:
            cursor.execute(_CHAIN_SQL, [start, min(start + VERIFY_STEP, last + 1)])
            rows = cursor.fetchall()
        for position, link, event_id, event_type, version, source, subject_id, time, payload, digest in rows:
            if event_id is None:
                yield position, bytes(link), b"", "the event is not there"
                continue
            seen = digest_of(event_id, event_type, version, source, subject_id, time, bytes(payload))
            whole = seen == bytes(digest)
            yield position, bytes(link), bytes(digest), "" if whole else "the event is not as it was written"
