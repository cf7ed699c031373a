"""Captured events, found again and written as EPCIS."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from django.db import connection

from bocage.engines.parcels import write_link
from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.services.parcel import limits
from bocage.services.parcel.steps import DISPOSITIONS, STEP_NUMBERS, STEPS

_ACTIONS = {"A": "ADD", "O": "OBSERVE", "D": "DELETE"}
_EVENTS_SQL = """
select c.sscc, c.at, c.event_id, c.recorded_at, c.offset_minutes, c.step, c.disposition, c.action, r.uri, p.uri, c.body
from parcel_scan c left join parcel_place r on r.id = c.read_point left join parcel_place p on p.id = c.place
where {where} order by c.at, c.event_id, c.sscc limit %(limit)s
"""


def events(
    *,
    sscc: int | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    step: str = "",
    after: tuple[datetime, UUID, int] | None = None,
    limit: int = 100,
) -> list[tuple[tuple[datetime, UUID, int], dict[str, Any]]]:
    """Events that the actor may see, oldest first, each with the mark after which the next page begins.

    `sscc` narrows to one parcel, `since` and `before` to a time, `step` to a business step. Without a parcel a time
    of at most 31 days is due, so that no question reads every day there is.
    """
    now = clock.now()
    before = before or now + limits.CLOCK_SLACK
    if sscc is None and since is None:
        # Before the oldest day nothing is kept, and before the calendar's first one there is no day to ask from.
        since = max(before, now - limits.SCANS_KEPT) - timedelta(days=1)
    if sscc is None and since is not None and before - since > timedelta(days=31):
        raise Refusal("range_too_long", "Ask for 31 days at most, or for one EPC.", field="GE_eventTime", status=400)
    where = ["c.at < %(before)s"]
    values: dict[str, Any] = {"before": before, "limit": min(max(limit, 1), limits.EVENTS_PAGE_MAX)}
    if since is not None:
        where.append("c.at >= %(since)s")
        values["since"] = since
    if sscc is not None:
        where.append("c.sscc = %(sscc)s")
        values["sscc"] = sscc
    if step:
        if step not in STEP_NUMBERS:
            raise Refusal("unknown_step", "This is no business step known here.", field="EQ_bizStep", status=400)
        where.append("c.step = %(step)s")
        values["step"] = STEP_NUMBERS[step]
    if after is not None:
        where.append("(c.at, c.event_id, c.sscc) > (%(after_at)s, %(after_id)s, %(after_sscc)s)")
        values |= {"after_at": after[0], "after_id": after[1], "after_sscc": after[2]}
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS_SQL.format(where=" and ".join(where)), values)
        return [((row[1], row[2], row[0]), _as_event(row)) for row in cursor.fetchall()]


def _as_event(row: Sequence[Any]) -> dict[str, Any]:
    sscc, at, event_id, recorded_at, offset_minutes, step, disposition, action, read_point, place, body = row
    recorded = recorded_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if body is not None:
        held: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
        return {**held, "recordTime": recorded}
    zone = timezone(timedelta(minutes=offset_minutes))
    sign = "-" if offset_minutes < 0 else "+"
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{event_id}",
        "eventTime": at.astimezone(zone).isoformat(),
        "eventTimeZoneOffset": f"{sign}{abs(offset_minutes) // 60:02}:{abs(offset_minutes) % 60:02}",
        "recordTime": recorded,
        "epcList": [write_link({"00": f"{sscc:018}"})],
        "action": _ACTIONS[action],
    }
    for name, value in (("bizStep", STEPS[step]), ("disposition", DISPOSITIONS[disposition])):
        if value:
            event[name] = value
    for name, uri in (("readPoint", read_point), ("bizLocation", place)):
        if uri:
            event[name] = {"id": uri}
    return event
