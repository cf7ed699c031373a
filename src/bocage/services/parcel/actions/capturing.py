"""Scans into the table: from a carrier's event documents, and from couriers.

Each is kept once, by parcel, time and event. A parcel's status is that of its latest scan by time, then by rank, then
by event, so the order in which scans arrive does not matter. Row-level security holds for what is written as well, and
PostgreSQL does not COPY into a table under it: rows go in as arrays, five thousand a statement, which is as fast.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2s
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.engines.parcels import Event, NumberError, sscc_of
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, forbidden
from bocage.kernel.work import defer
from bocage.services.parcel import limits
from bocage.services.parcel.models import CarrierRow, ShipmentRow, UntoldRow
from bocage.services.parcel.steps import DISPOSITION_NUMBERS, STEP_NUMBERS, error_id, status_number
from bocage.services.parcel.types import Captured, Status

# An event that says no more than this, of one SSCC, is kept in columns; any other one is kept as it was written too.
_PLAIN = frozenset(
    {
        "type", "eventID", "eventTime", "eventTimeZoneOffset", "action", "bizStep", "disposition", "epcList",
        "readPoint", "bizLocation", "recordTime",
    }
)  # fmt: skip
# A kind of measurement stands bare, with a prefix, or as an address of GS1's web vocabulary.
_MEASURED = re.compile(r"[/:-]")
# Degrees Celsius of a value in a unit of UN/CEFACT Recommendation 20, and without a unit.
_CELSIUS: dict[str, Callable[[float], float]] = {
    "": lambda value: value,
    "CEL": lambda value: value,
    "KEL": lambda value: value - 273.15,
    "FAH": lambda value: (value - 32) / 1.8,
}
_CBV = "https://ref.gs1.org/cbv/"

# Taken in one order before anything else, in a statement of its own: two captures of the same parcels wait for each
# other here. PostgreSQL 18.6 crashed where a row just changed by another met a statement that also prunes partitions.
_LOCK_SQL = """
select coalesce(array_agg(sscc) filter (where was_corrected), '{}') from (
    select sscc, was_corrected from parcel_shipment where sscc = any(%s::bigint[]) and carrier_id = %s
    order by id for update) as held
"""
_INSERT_SQL = """
with fresh as (
    insert into parcel_scan (sscc, at, event_id, organisation_id, recorded_at, offset_minutes, rank, step, disposition,
        action, read_point, place, body)
    select sscc, at, event_id, %(organisation)s, %(now)s, offset_minutes, rank, step, disposition, action, read_point,
        place, body
    from unnest(%(sscc)s::bigint[], %(at)s::timestamptz[], %(event_id)s::uuid[], %(offset_minutes)s::smallint[],
        %(rank)s::smallint[], %(step)s::smallint[], %(disposition)s::smallint[], %(action)s::"char"[],
        %(read_point)s::integer[], %(place)s::integer[], %(body)s::jsonb[])
        as given (sscc, at, event_id, offset_minutes, rank, step, disposition, action, read_point, place, body)
    on conflict do nothing
    returning sscc, at, event_id, rank, step, disposition, coalesce(place, read_point) as place
), held as (
    select s.id, f.* from parcel_shipment s join fresh f on f.sscc = s.sscc
    where s.carrier_id = %(organisation)s and s.status > 0 and s.status <> 90 and f.rank > 0 and not s.was_corrected
), latest as (
    select distinct on (id) * from held order by id, at desc, rank desc, event_id desc
), moved as (
    update parcel_shipment s set status = l.rank, step = l.step, disposition = l.disposition, place_id = l.place,
        moved_at = l.at, moved_by = l.event_id
    from latest l where s.id = l.id and (l.at, l.rank, l.event_id) >
        (coalesce(s.moved_at, '-infinity'), s.status, coalesce(s.moved_by, '00000000-0000-0000-0000-000000000000'))
    returning s.id, s.status <> s.told as is_news
), news as (
    insert into parcel_untold select id from moved where is_news on conflict do nothing
)
select (select count(*) from fresh), (select count(*) from moved)
"""
# Of parcels of which a scan was declared an error, now or before: the latest of the others counts, and without one the
# parcel is announced again.
_RECALL_SQL = """
with again as (
    select s.id, l.* from parcel_shipment s left join lateral (
        select c.at, c.event_id, c.rank, c.step, c.disposition, coalesce(c.place, c.read_point) as place
        from parcel_scan c where c.sscc = s.sscc and c.organisation_id = s.carrier_id and c.rank > 0
            and c.at >= %(oldest)s and c.at < %(newest)s
            and not exists (select from parcel_scan e where e.sscc = c.sscc and e.at = c.at
                and e.at >= %(oldest)s and e.at < %(newest)s and e.event_id = md5('error:' || c.event_id)::uuid)
        order by c.at desc, c.rank desc, c.event_id desc limit 1) l on true
    where s.sscc = any(%(sscc)s) and s.carrier_id = %(organisation)s and s.status > 0 and s.status <> 90
), moved as (
    update parcel_shipment s set was_corrected = true, status = coalesce(a.rank, 10), step = coalesce(a.step, 0),
        disposition = coalesce(a.disposition, 0), place_id = a.place, moved_at = a.at, moved_by = a.event_id
    from again a where s.id = a.id returning s.id, s.status <> s.told as is_news
), news as (
    insert into parcel_untold select id from moved where is_news on conflict do nothing
)
select count(*) from moved
"""
_WARM_SQL = """
update parcel_shipment set was_warm_at = %(now)s
where sscc = any(%(sscc)s) and carrier_id = %(organisation)s and is_cool and was_warm_at is null
"""
# The delivery of a parcel whose sender has the receiver's money already, taken back.
_SETTLED_SQL = """
select s.sscc from unnest(%(sscc)s::bigint[], %(at)s::timestamptz[], %(event_id)s::uuid[]) as g (sscc, at, event_id)
    join parcel_shipment s on s.sscc = g.sscc and s.carrier_id = %(organisation)s and s.is_on_delivery_settled
    join parcel_scan c on c.sscc = g.sscc and c.at = g.at and c.event_id = g.event_id and c.rank = %(delivered)s
        and c.organisation_id = s.carrier_id
limit 1
"""
_MISSING_DAYS_SQL = """
select day from unnest(%s::date[]) as given (day)
where to_regclass('public.parcel_scan_' || to_char(day, 'YYYYMMDD')) is null order by day
"""


@dataclass
class Rows:
    """Scans by column, in the order of `_INSERT_SQL`. `wrong` are the scans (parcel, time, id) declared to be errors,
    `warm` the parcels that a sensor saw outside of what a parcel kept cool may have, `delivered` those that an event
    says were handed over.
    """

    sscc: list[int] = field(default_factory=list)
    at: list[str] = field(default_factory=list)
    event_id: list[str] = field(default_factory=list)
    offset_minutes: list[int] = field(default_factory=list)
    rank: list[int] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    disposition: list[int] = field(default_factory=list)
    action: list[str] = field(default_factory=list)
    read_point: list[str] = field(default_factory=list)
    place: list[str] = field(default_factory=list)
    body: list[str | None] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    wrong: list[tuple[int, str, str]] = field(default_factory=list)
    warm: set[int] = field(default_factory=set)
    delivered: dict[int, Event] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """The rows of one event: one for each SSCC that it names, one without where it names none."""
        body, named = event.body, event.event_id
        step, disposition, rank = _meaning(event.biz_step, event.disposition)
        is_uuid = named.startswith("urn:uuid:")
        event_id = named[9:] if is_uuid else _id_of(event)
        try:
            numbers = [int(found) for epc in event.epcs if (found := sscc_of(epc))]
        except NumberError as error:
            raise Refusal("epc_wrong", error.problem) from None
        if "errorDeclaration" in body:
            self.wrong += [(number, body["eventTime"], event_id) for number in numbers]
            event_id, rank = str(error_id(UUID(event_id))), 0
        is_plain = (
            is_uuid
            and event.type == "ObjectEvent"
            and len(event.epcs) == len(numbers) == 1
            and body.keys() <= _PLAIN
            and step is not None
            and disposition is not None
        )
        if "sensorElementList" in body and "errorDeclaration" not in body and not _is_cool(body):
            self.warm.update(numbers)
        if rank == Status.DELIVERED:
            self.delivered.update(dict.fromkeys(numbers, event))
        written = None if is_plain else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        self.days.add(event.at.date())
        for number in numbers or [0]:
            self.sscc.append(number)
            self.at.append(body["eventTime"])
            self.event_id.append(event_id)
            self.offset_minutes.append(event.offset_minutes)
            self.rank.append(rank)
            self.step.append(step or 0)
            self.disposition.append(disposition or 0)
            self.action.append(event.action[:1])
            self.read_point.append(event.read_point)
            self.place.append(event.biz_location)
            self.body.append(written)

    def add_scan(self, sscc: int, at: datetime, event_id: UUID, step: str, disposition: str) -> None:
        """The row of a courier's scan, which says neither place nor more."""
        self.days.add(at.date())
        self.sscc.append(sscc)
        self.at.append(at.isoformat())
        self.event_id.append(str(event_id))
        self.offset_minutes.append(int((at.utcoffset() or timedelta()).total_seconds() // 60))
        self.rank.append(status_number(step, disposition))
        self.step.append(STEP_NUMBERS[step])
        self.disposition.append(DISPOSITION_NUMBERS[disposition])
        self.action.append("O")
        self.read_point.append("")
        self.place.append("")
        self.body.append(None)


def is_carrier(organisation_id: UUID) -> bool:
    """Whether an organisation carries parcels in this town."""
    return CarrierRow.objects.filter(organisation_id=organisation_id).exists()


def require_carrier(organisation_id: UUID) -> None:
    """Refuse whoever is no carrier of this town."""
    if not is_carrier(organisation_id):
        raise forbidden(_("Only carriers of this town may do this. Ask the town to be one."))


def capture(organisation_id: UUID, events: Sequence[Event]) -> Captured:
    """Keep a carrier's events, all or none. The same events again change nothing. The caller has checked who it is.

    Raises `Refusal` (scan_due) for the delivery of a parcel that is handed over by a scan at the door alone.
    """
    require_carrier(organisation_id)
    _check_times(events)
    new = known = moved = 0
    with acting_as(Actor.for_service("parcel")):
        for start in range(0, len(events), limits.ROWS_A_STATEMENT):
            rows = Rows()
            for event in events[start : start + limits.ROWS_A_STATEMENT]:
                rows.add(event)
            _check_handed_over(organisation_id, rows.delivered, events)
            added, changed = insert(organisation_id, rows)
            new, known, moved = new + added, known + len(rows.sscc) - added, moved + changed
        if moved:
            tell_soon()
    return Captured(len(events), new, known)


def insert(organisation_id: UUID, rows: Rows) -> tuple[int, int]:
    """Add scans as Parcel itself: how many were new, and how many parcels moved."""
    if not rows.sscc:
        return 0, 0
    with connection.cursor() as cursor:
        _make_days(cursor, rows.days)
        places = _place_ids(cursor, {*rows.read_point, *rows.place})
        cursor.execute(_LOCK_SQL, [_array(rows.sscc), organisation_id])
        again = {*cursor.fetchone()[0], *(sscc for sscc, _at, _id in rows.wrong)}
        if rows.wrong:
            _refuse_settled(cursor, organisation_id, rows.wrong)
        cursor.execute(
            _INSERT_SQL,
            {
                "organisation": organisation_id,
                "now": clock.now(),
                "sscc": _array(rows.sscc),
                "at": _array(rows.at),
                "event_id": _array(rows.event_id),
                "offset_minutes": _array(rows.offset_minutes),
                "rank": _array(rows.rank),
                "step": _array(rows.step),
                "disposition": _array(rows.disposition),
                "action": _array([each or '""' for each in rows.action]),
                "read_point": _array([places[uri] for uri in rows.read_point]),
                "place": _array([places[uri] for uri in rows.place]),
                "body": rows.body if any(rows.body) else _array(["NULL"] * len(rows.body)),
            },
        )
        new, moved = cursor.fetchone()
        if rows.warm:
            cursor.execute(_WARM_SQL, {"sscc": sorted(rows.warm), "organisation": organisation_id, "now": clock.now()})
        if again:
            now = clock.now()
            cursor.execute(
                _RECALL_SQL,
                {
                    "sscc": sorted(again),
                    "organisation": organisation_id,
                    "oldest": now - limits.STORY_AFTER,
                    "newest": now + limits.CLOCK_SLACK,
                },
            )
            moved += cursor.fetchone()[0]
    return int(new), int(moved)


def tell_soon(*shipment_ids: UUID) -> None:
    """Let the receivers of what moved be told after the commit: of these parcels, and of those whose scans said so."""
    from bocage.services.parcel.jobs import tell_receivers

    UntoldRow.objects.bulk_create([UntoldRow(shipment_id=each) for each in shipment_ids], ignore_conflicts=True)
    defer(tell_receivers)


def make_days(first: date, last: date) -> int:
    """Make the partitions of these days, where they are not yet; how many were made."""
    with connection.cursor() as cursor:
        cursor.execute("select parcel_make_days(%s, %s)", [first, last])
        return int(cursor.fetchone()[0])


def drop_days(before: date) -> int:
    """Drop the partitions of the days before this one; how many."""
    with connection.cursor() as cursor:
        cursor.execute("select parcel_drop_days(%s)", [before])
        return int(cursor.fetchone()[0])


def _refuse_settled(cursor: Any, organisation_id: UUID, wrong: Sequence[tuple[int, str, str]]) -> None:
    """What the sender has been paid does not come back because the delivery is declared an error."""
    sscc, at, event_id = (_array(column) for column in zip(*wrong, strict=True))
    asked = {"sscc": sscc, "at": at, "event_id": event_id, "organisation": organisation_id}
    cursor.execute(_SETTLED_SQL, {**asked, "delivered": Status.DELIVERED})
    found = cursor.fetchone()
    if found is not None:
        raise conflict(
            "settled",
            _("Parcel %(number)s was paid for with its delivery: it cannot be declared an error any more.")
            % {"number": f"{found[0]:018}"},
            field="epcisBody.eventList",
        )


def _make_days(cursor: Any, days: Iterable[date]) -> None:
    # A day of UTC may be the day before or after the one that the offset says.
    wanted = sorted({day + timedelta(days=shift) for day in days for shift in (-1, 0, 1)})
    cursor.execute(_MISSING_DAYS_SQL, [wanted])
    for (day,) in cursor.fetchall():
        cursor.execute("select parcel_make_days(%s, %s)", [day, day])


def _place_ids(cursor: Any, uris: set[str]) -> dict[str, str]:
    """The number of each place, as text of an array; NULL for none."""
    wanted = [uri for uri in uris if uri]
    found = {"": "NULL"}
    if wanted:
        cursor.execute("select uri, id from parcel_place where uri = any(%s)", [wanted])
        found.update((uri, str(number)) for uri, number in cursor.fetchall())
        missing = sorted(set(wanted) - found.keys())
        if missing:
            # In one order, so that two who bring the same new places wait for each other and not both for ever.
            cursor.execute("insert into parcel_place (uri) select unnest(%s::text[]) on conflict do nothing", [missing])
            cursor.execute("select uri, id from parcel_place where uri = any(%s)", [missing])
            found.update((uri, str(number)) for uri, number in cursor.fetchall())
    return found


def _is_cool(body: dict[str, Any]) -> bool:
    """Whether all that sensors say of temperatures is within `limits.COOL_CELSIUS`; a unit unknown here is not."""
    coldest, warmest = limits.COOL_CELSIUS
    for element in body["sensorElementList"]:
        for report in element["sensorReport"]:
            if _MEASURED.split(report["type"])[-1] != "Temperature":
                continue
            celsius = _CELSIUS.get(report.get("uom", ""))
            said = [report[name] for name in ("value", "minValue", "maxValue") if name in report]
            if celsius is None or not all(coldest <= celsius(each) <= warmest for each in said):
                return False
    return True


def _array(values: Sequence[object]) -> str:
    """PostgreSQL's text of an array of what needs no quotes: numbers, instants, UUIDs."""
    return f"{{{','.join(map(str, values))}}}"


@lru_cache(maxsize=4096)
def _meaning(biz_step: str, disposition: str) -> tuple[int | None, int | None, int]:
    """The numbers of a step and a disposition, None for a word of the sender's own, and the rank that they give."""
    step, held = _word(biz_step), _word(disposition)
    return STEP_NUMBERS.get(step), DISPOSITION_NUMBERS.get(held), status_number(step, held)


def _word(text: str) -> str:
    """A word of GS1's web vocabulary as the bare one."""
    return text.rpartition("-")[2] if text.startswith(_CBV) else text


def _id_of(event: Event) -> str:
    """An id for an event that names itself otherwise than by a UUID, or not at all: then by all that it says."""
    said = event.event_id or json.dumps(event.body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return blake2s(said.encode(), digest_size=16).hexdigest()


def _check_handed_over(organisation_id: UUID, delivered: dict[int, Event], events: Sequence[Event]) -> None:
    # Payment, document and code are looked at by the scan. Once a parcel is paid for, what is asked at its door may be
    # waived and never added, so no lock is needed; of one that was handed over already a further event decides nothing.
    if not delivered:
        return
    asked = Q(on_delivery_minor__gt=0) | Q(needs_identity=True) | Q(is_cool=True)
    held = ShipmentRow.objects.filter(asked, carrier_id=organisation_id, sscc__in=delivered)
    sscc = held.exclude(status__in=(Status.DELIVERED, Status.CANCELLED)).values_list("sscc", flat=True).first()
    if sscc is not None:
        place = next(place for place, event in enumerate(events) if event is delivered[sscc])
        raise conflict(
            "scan_due",
            _("This parcel is paid for or checked at the door: a courier's scan delivers it, no event does."),
            field=f"epcisBody.eventList[{place}].bizStep",
        )


def _check_times(events: Sequence[Event]) -> None:
    now = clock.now()
    oldest, newest = now - limits.SCANS_KEPT, now + limits.CLOCK_SLACK
    for place, event in enumerate(events):
        if not oldest <= event.at <= newest:
            _refuse_time(place, event.at, newest)


def _refuse_time(place: int, at: datetime, newest: datetime) -> None:
    says = _("The event is in the future.") if at > newest else _("The event is of a day that is kept no longer.")
    raise Refusal("event_time", says, field=f"epcisBody.eventList[{place}].eventTime")
