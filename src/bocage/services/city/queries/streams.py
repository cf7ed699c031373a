"""Who sends observations, and how the stream stands."""

from datetime import UTC, datetime

from django.db import connection

from bocage.kernel import clock
from bocage.kernel.identity import queries as identity
from bocage.services.city import reading
from bocage.services.city.models import Judging, Sender
from bocage.services.city.types import Intake, SenderView

_WAITING_MAX = 1_000_000


def senders() -> list[SenderView]:
    """Those who may send now, by name."""
    rows = list(Sender.objects.filter(removed_at=None))
    names = identity.party_names({row.organisation_id for row in rows})
    found = [SenderView(row.organisation_id, names[row.organisation_id], row.added_at, row.heard_at) for row in rows]
    return sorted(found, key=lambda each: each.name)


def intake() -> Intake:
    """The stream in figures; what waits to be judged is counted up to a million."""
    row = Judging.objects.get(id=1)
    today = clock.now().astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute("select count(*), max(at) from city_observation where day = %s", [today])
        count, latest_at = cursor.fetchone()
        cursor.execute(
            "select count(*) from (select 1 from city_observation where seq > %s limit %s) as behind",
            [row.seq, _WAITING_MAX],
        )
        waiting = cursor.fetchone()[0]
    return Intake(count, reading.days(), latest_at, row.judged_at, waiting, row.left_out)


def judged_at() -> datetime | None:
    """When the stream was judged last."""
    return Judging.objects.values_list("judged_at", flat=True).get(id=1)
