"""Delivering the log to the services that hear it: in order, under consent, each event taking effect once.

A service has one cursor. Whatever its handlers write and the cursor's move are one transaction, so a crash between the
two is a rollback of both. Many events share a transaction; when one of them fails, they are done again one by one and
the failing one is parked: it is tried again later, the later events of its subject wait behind it in order, and every
other subject goes on.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from bocage.kernel import clock, manifest
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent.queries import hold_granted
from bocage.kernel.consent.receipts import record_read
from bocage.kernel.events.models import ERROR_LENGTH
from bocage.kernel.events.registry import upcast
from bocage.kernel.events.sealed import open_payload
from bocage.kernel.events.types import Event
from bocage.kernel.ids import uuid7
from bocage.kernel.keys.subject_keys import Erased, read_keys
from bocage.kernel.manifest import Hears

logger = logging.getLogger(__name__)

BATCH = 500
SPAN = 5000
RETRIES_A_TURN = 50
ATTEMPTS_MAX = 10
FIRST_DELAY = timedelta(seconds=2)
DELAY_FACTOR = 3
DELAY_MAX = timedelta(hours=1)

_CURSOR_SQL = "select position from event_subscription where service = %s for update skip locked"
_HEAD_SQL = "select coalesce(max(position), 0) from event_position"
_BEHIND_SQL = f"select position < ({_HEAD_SQL}) from event_subscription where service = %s"
_EVENTS_SQL = """
with span as (
    select position, event_seq from event_position
    where position > %s and position <= %s and type = any(%s) order by position limit %s
)
select span.position, e.id, e.type, e.version, e.source, e.subject_id, e.time, e.payload
from span join event e on e.seq = span.event_seq order by span.position
"""
_MOVE_SQL = """
update event_subscription set position = greatest(position, %s), delivered = delivered + %s, skipped = skipped + %s
where service = %s
"""
_WAITING_SQL = """
select distinct subject_id from event_parked where service = %s and not dead and subject_id = any(%s)
"""
_PARK_SQL = """
insert into event_parked
    (id, service, position, type, subject_id, attempts, dead, error, first_failed_at, next_attempt_at)
values (%s, %s, %s, %s, %s, %s, false, %s, %s, %s) on conflict (service, position) do nothing
"""
_DUE_SQL = """
select position from event_parked where service = %s and not dead and next_attempt_at <= %s
order by next_attempt_at, position limit %s
"""
_LOCK_PARKED_SQL = """
select subject_id, attempts from event_parked where service = %s and position = %s and not dead for update
"""
# Those who wait behind a failure have no time of their own; the first gets one when the failure is out of the way.
_NEXT_IN_LINE_SQL = """
update event_parked set next_attempt_at = %(now)s where id = (
    select id from event_parked where service = %(service)s and subject_id = %(subject_id)s and not dead
    order by position limit 1
) and next_attempt_at is null
"""


@dataclass(frozen=True)
class _Row:
    position: int
    id: UUID
    type: str
    version: int
    source: str
    subject_id: UUID | None
    time: datetime
    payload: bytes


def hearers() -> dict[str, tuple[Hears, ...]]:
    """What each service hears, by its name; services that hear nothing are left out."""
    return {service.name: service.hears for service in manifest.services() if service.hears}


def ensure_subscriptions(names: Iterable[str]) -> None:
    """Give each its cursor; a new one begins at the beginning, and consent decides what of the past it is told."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into event_subscription (service, position, delivered, skipped)"
            " select name, 0, 0, 0 from unnest(%s::text[]) as name on conflict do nothing",
            [sorted(names)],
        )


def advance(service: str, hears: Sequence[Hears]) -> bool:
    """Deliver what comes next to `service`, and what is due for another try; whether there was anything."""
    by_type: dict[str, list[Hears]] = defaultdict(list)
    for each in hears:
        by_type[each.event].append(each)
    tried_again = _retry_due(service, by_type)
    try:
        return (_is_behind(service) and _deliver(service, by_type, BATCH)) or tried_again
    except Exception as error:
        _raise_when_disconnected(error)
        logger.info("%s: a batch failed (%s), delivering one by one", service, type(error).__name__)
    for _ in range(BATCH):
        try:
            if not _deliver(service, by_type, 1):
                break
        except Exception as error:
            _raise_when_disconnected(error)
            _park_next(service, by_type, error)
            break
    return True


def _deliver(service: str, by_type: Mapping[str, list[Hears]], limit: int) -> bool:
    """One transaction: the next events, at most `limit`, and the cursor behind them."""
    with acting_as(Actor.for_service(service)):
        position = _lock_cursor(service)
        if position is None:
            return False
        rows, end = _read(position, by_type, limit)
        if end == position:
            return False
        waiting = _waiting_subjects(service, rows)
        going = [row for row in rows if row.subject_id not in waiting]
        for row in rows:
            if row.subject_id in waiting:
                _park(service, row, attempts=0, error="", next_attempt_at=None)
        delivered, skipped = _handle(service, by_type, going)
        _move(service, end, delivered, skipped)
    return True


def _handle(service: str, by_type: Mapping[str, list[Hears]], rows: Sequence[_Row]) -> tuple[int, int]:
    """Run the handlers for those events that consent opens; how many deliveries, and how many were skipped."""
    subjects: dict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        for hears in by_type[row.type]:
            if hears.purpose is not None and row.subject_id is not None:
                subjects[hears.purpose].add(row.subject_id)
    held = {purpose: hold_granted(subjects[purpose], purpose) for purpose in sorted(subjects)}
    keys = read_keys({row.subject_id for row in rows if row.subject_id is not None})
    delivered = skipped = 0
    for row in rows:
        for hears in by_type[row.type]:
            agreed = hears.purpose is None or row.subject_id is None or row.subject_id in held[hears.purpose]
            event = _open(row, keys) if agreed else None
            if event is None or _is_anothers_answer(service, event):
                skipped += 1
                continue
            hears.handler(event)
            delivered += 1
            _leave_receipt(service, row, hears.purpose)
    return delivered, skipped


def _open(row: _Row, keys: Mapping[UUID, bytes]) -> Event | None:
    """The event in the present version of its type; None when its subject was erased."""
    try:
        key = keys.get(row.subject_id) if row.subject_id is not None else None
        data = open_payload(key, row.subject_id, row.id, row.payload)
    except Erased:
        return None
    version, data = upcast(row.type, row.version, data)
    return Event(row.position, row.id, row.type, version, row.subject_id, row.time, data, row.source)


def _is_anothers_answer(service: str, event: Event) -> bool:
    """A service hears answers to its own purposes; what else a person agreed to is none of its business."""
    return event.source == "consent" and not str(event.data.get("purpose", f"{service}.")).startswith(f"{service}.")


def _leave_receipt(service: str, row: _Row, purpose: str | None) -> None:
    if row.subject_id is not None and row.source != service:
        record_read(row.subject_id, service, purpose or "", f"event {row.type}")


# -- What failed -----------------------------------------------------------------------------------------------------


def _park_next(service: str, by_type: Mapping[str, list[Hears]], error: Exception) -> None:
    """Put the next event, on which the service has just failed, aside, and move on past it."""
    with acting_as(Actor.for_service(service)):
        position = _lock_cursor(service)
        if position is None:
            return
        rows, end = _read(position, by_type, 1)
        # Another deliverer may have come between: then this is not the event that failed, and it may have to wait.
        waiting = _waiting_subjects(service, rows)
        for row in rows:
            if row.subject_id in waiting:
                _park(service, row, attempts=0, error="", next_attempt_at=None)
                continue
            _park(service, row, attempts=1, error=_told(error), next_attempt_at=clock.now() + FIRST_DELAY)
            for hears in by_type[row.type]:
                _leave_receipt(service, row, hears.purpose)
        _move(service, end, 0, 0)
    logger.warning("%s failed on the event at %s: %s", service, end, _told(error))


def _retry_due(service: str, by_type: Mapping[str, list[Hears]]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_DUE_SQL, [service, clock.now(), RETRIES_A_TURN])
        due = [row[0] for row in cursor.fetchall()]
    for position in due:
        try:
            _retry(service, by_type, position)
        except Exception as error:
            _raise_when_disconnected(error)
            _put_back(service, position, error)
    return bool(due)


def _retry(service: str, by_type: Mapping[str, list[Hears]], position: int) -> None:
    with acting_as(Actor.for_service(service)):
        if _lock_cursor(service) is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_PARKED_SQL, [service, position])
            found = cursor.fetchone()
            if found is None:
                return
            rows, _end = _read(position - 1, by_type, 1, up_to=position)
            delivered, skipped = _handle(service, by_type, rows)
            cursor.execute("delete from event_parked where service = %s and position = %s", [service, position])
            _call_next_in_line(service, found[0])
        _move(service, 0, delivered, skipped)


def _put_back(service: str, position: int, error: Exception) -> None:
    with acting_as(Actor.for_service(service)), connection.cursor() as cursor:
        if _lock_cursor(service) is None:
            return
        cursor.execute(_LOCK_PARKED_SQL, [service, position])
        found = cursor.fetchone()
        if found is None:
            return
        subject_id, attempts = found[0], found[1] + 1
        dead = attempts >= ATTEMPTS_MAX
        cursor.execute(
            "update event_parked set attempts = %s, dead = %s, error = %s, next_attempt_at = %s"
            " where service = %s and position = %s",
            [attempts, dead, _told(error), None if dead else clock.now() + delay_after(attempts), service, position],
        )
        if dead:
            _call_next_in_line(service, subject_id)
    logger.warning("%s failed on the event at %s, attempt %s: %s", service, position, attempts, _told(error))


def delay_after(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: 2 s, then three times as long each, an hour at most."""
    return min(FIRST_DELAY * float(DELAY_FACTOR ** (attempts - 1)), DELAY_MAX)


def _call_next_in_line(service: str, subject_id: UUID | None) -> None:
    if subject_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_IN_LINE_SQL, {"now": clock.now(), "service": service, "subject_id": subject_id})


def _told(error: Exception) -> str:
    # PostgreSQL's details quote the row, which is somebody's, and this is logged and shown to operators.
    words = str(error).partition("\nDETAIL:")[0]
    return f"{type(error).__name__}: {words}".replace("\0", "")[:ERROR_LENGTH]


def _raise_when_disconnected(error: Exception) -> None:
    """A lost database is nobody's poison event: let the loop wait for it."""
    if not connection.is_usable():
        raise error


# -- The tables ------------------------------------------------------------------------------------------------------


def _is_behind(service: str) -> bool:
    """A look without a lock, so that rest costs no transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND_SQL, [service])
        found = cursor.fetchone()
        return found is not None and bool(found[0])


def _lock_cursor(service: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_CURSOR_SQL, [service])
        found = cursor.fetchone()
        return None if found is None else int(found[0])


def _read(
    position: int, by_type: Mapping[str, list[Hears]], limit: int, up_to: int | None = None
) -> tuple[list[_Row], int]:
    """The events that are heard after `position`, and the position up to which that is all of them."""
    with connection.cursor() as cursor:
        if up_to is None:
            cursor.execute(_HEAD_SQL)
            up_to = min(cursor.fetchone()[0], position + SPAN)
        cursor.execute(_EVENTS_SQL, [position, up_to, list(by_type), limit])
        rows = [_row(values) for values in cursor.fetchall()]
    return rows, rows[-1].position if len(rows) == limit else max(up_to, position)


def _row(values: Sequence[Any]) -> _Row:
    position, event_id, event_type, version, source, subject_id, time, payload = values
    return _Row(position, event_id, event_type, version, source, subject_id, time, bytes(payload))


def _waiting_subjects(service: str, rows: Sequence[_Row]) -> set[UUID | None]:
    subjects = {row.subject_id for row in rows if row.subject_id is not None}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_SQL, [service, list(subjects)])
        return {found[0] for found in cursor.fetchall()}


def _park(service: str, row: _Row, *, attempts: int, error: str, next_attempt_at: datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _PARK_SQL,
            [
                uuid7(),
                service,
                row.position,
                row.type,
                row.subject_id,
                attempts,
                error,
                clock.now(),
                next_attempt_at,
            ],
        )


def _move(service: str, position: int, delivered: int, skipped: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_SQL, [position, delivered, skipped, service])
