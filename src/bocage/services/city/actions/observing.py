"""The stream of observations: taken from programs and files, kept by the day, dropped by the day.

Records stand in the order in which they were committed: whoever writes holds one lock until then, so that who reads by
`seq` misses none. A record that is sent again (same source, stream and instant) is known already and changes nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.engines.alerts import AlertsError, Record, record_of
from bocage.kernel import clock
from bocage.kernel.approvals.actions import acted
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.identity import queries as identity
from bocage.services.city import limits
from bocage.services.city.models import Sender
from bocage.services.city.types import Taken

_LOCK_SQL = "select pg_advisory_xact_lock(hashtextextended('city_observation', 0))"
_INSERT_SQL = """
insert into city_observation (day, at, stream, source, place, x_m, y_m, said, organisation_id)
select (at at time zone 'UTC')::date, at, stream, source, place, x_m, y_m, said, %s
from unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[], %s::jsonb[])
    with ordinality as given (at, stream, source, place, x_m, y_m, said, number)
order by number on conflict do nothing
"""


def let_send(handle: str, operator_id: UUID) -> UUID:
    """Let an organisation's programs send observations; its id. Letting it again changes nothing."""
    found = identity.organisation_by_handle(handle.strip().removeprefix("@"))
    if found is None:
        raise Refusal("unknown_organisation", _("No organisation has this handle."), field="handle")
    sending = Sender.objects.filter(removed_at=None)
    if not sending.filter(organisation_id=found.id).exists() and sending.count() >= limits.SENDERS_MAX:
        raise conflict("too_many_senders", _("As many organisations as can be watched may send already."))
    row, made = Sender.objects.get_or_create(
        organisation_id=found.id, defaults={"added_by": operator_id, "added_at": clock.now()}
    )
    if made or row.removed_at is not None:
        row.removed_at = None
        row.save(update_fields=["removed_at"])
        acted("city.let_send", operator_id, target_id=found.id)
    return found.id


def stop_sending(organisation_id: UUID, operator_id: UUID) -> None:
    """Take nothing more from the organisation; what it sent stays. Stopping again changes nothing."""
    row = Sender.objects.select_for_update().filter(organisation_id=organisation_id).first()
    if row is None:
        raise not_found(_("There is no such sender."))
    if row.removed_at is None:
        row.removed_at = clock.now()
        row.save(update_fields=["removed_at"])
        acted("city.stop_sending", operator_id, target_id=organisation_id)


def take(organisation_id: UUID, given: Sequence[Mapping[str, Any]]) -> Taken:
    """Take a batch of records (fields as in a recorded stream) from an organisation that may send.

    Raises a `Refusal` that names the record and the field at fault; then none of the batch is taken.
    """
    if not 1 <= len(given) <= limits.BATCH_RECORDS_MAX:
        raise Refusal(
            "bad_batch",
            _("Send 1 to %(most)s records at once.") % {"most": limits.BATCH_RECORDS_MAX},
            field="records",
        )
    if not Sender.objects.filter(organisation_id=organisation_id, removed_at=None).exists():
        raise forbidden(_("The town takes no observations from you yet. Ask its operators to let you send."))
    records = []
    for number, said in enumerate(given):
        try:
            records.append(record_of(said, f"records[{number}]"))
        except AlertsError as error:
            raise Refusal("bad_record", str(error), field=f"records[{number}].{error.field}".rstrip(".")) from None
    return store(records, organisation_id)


def store(records: Sequence[Record], organisation_id: UUID | None = None, *, named: Sequence[str] = ()) -> Taken:
    """Put records at the end of the stream; for the town itself without an organisation.

    Refuses a record of a day that is kept no longer, or of more than ten minutes from now; by its name in `named`
    where that is given (a file and a line), else by its place.
    """
    if not records:
        return Taken(0, 0)
    now = clock.now()
    first_ms, last_ms = min(each.at_ms for each in records), max(each.at_ms for each in records)
    oldest = now - timedelta(days=limits.STREAM_KEPT_DAYS - 1)
    for number, each in enumerate(records):
        if not oldest.timestamp() * 1000 <= each.at_ms <= (now + limits.AHEAD_MAX).timestamp() * 1000:
            what = _("%(where)s: at: must be within the last %(days)s days, and not ahead of the town's clock")
            where = named[number] if named else f"records[{number}]"
            raise Refusal("bad_time", what % {"where": where, "days": limits.STREAM_KEPT_DAYS - 1}, field=f"{where}.at")
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SQL)
        if organisation_id is not None:
            Sender.objects.filter(organisation_id=organisation_id).update(heard_at=now)
        cursor.execute("select bocage_city_days(%s, %s)", [_instant(first_ms).date(), _instant(last_ms).date()])
        cursor.execute(_INSERT_SQL, [organisation_id, *_columns(records)])
        return Taken(cursor.rowcount, len(records) - cursor.rowcount)


def drop_old_days() -> int:
    """Drop the days that are kept no longer; how many."""
    first = (clock.now() - timedelta(days=limits.STREAM_KEPT_DAYS)).astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute("select bocage_city_drop_days(%s)", [first])
        return int(cursor.fetchone()[0])


def _columns(records: Iterable[Record]) -> list[list[Any]]:
    rows = [
        (
            _instant(each.at_ms),
            each.stream,
            each.id,
            each.on,
            None if each.x_m != each.x_m else each.x_m,
            None if each.y_m != each.y_m else each.y_m,
            json.dumps(dict(each.values)),
        )
        for each in records
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
