"""Lights: their cabinets describe themselves, and say each green that they begin and why. Only ever added."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.services.city import limits
from bocage.services.city.models import Sender, Signal
from bocage.services.city.types import Taken

_LOCK_SQL = "select pg_advisory_xact_lock(hashtextextended('city_signal', 0))"
_SIGNALS_SQL = """
insert into city_signal
    (id, organisation_id, place, x_m, y_m, phases, plan, fixed_walk_seconds, max_red_seconds, said_at)
select id, %s, place, x_m, y_m, phases, plan, fixed_walk_seconds, max_red_seconds, %s
from jsonb_to_recordset(%s::jsonb) as given (id text, place text, x_m float8, y_m float8, phases jsonb, plan jsonb,
    fixed_walk_seconds float8, max_red_seconds smallint)
order by id
on conflict (id) do update set place = excluded.place, x_m = excluded.x_m, y_m = excluded.y_m,
    phases = excluded.phases, plan = excluded.plan, fixed_walk_seconds = excluded.fixed_walk_seconds,
    max_red_seconds = excluded.max_red_seconds, said_at = excluded.said_at
"""
_CHANGES_SQL = """
insert into city_phase_change (day, at, signal, number, phase, chosen_by, reason, lasted_seconds, organisation_id)
select (at at time zone 'UTC')::date, at, signal, number, phase, chosen_by, reason, lasted_seconds, %s
from unnest(%s::timestamptz[], %s::text[], %s::bigint[], %s::smallint[], %s::text[], %s::text[], %s::integer[])
    as given (at, signal, number, phase, chosen_by, reason, lasted_seconds)
order by signal, at on conflict do nothing
"""


@dataclass(frozen=True)
class Described:
    """A light in its cabinet's words; `phases` as the page reads them, `plan` as (phase, seconds)."""

    id: str
    on: str
    x_m: float
    y_m: float
    phases: Sequence[dict[str, Any]]
    plan: Sequence[tuple[int, int]]
    fixed_walk_seconds: float | None
    max_red_seconds: int


@dataclass(frozen=True)
class Shown:
    """A green that a light began at an instant, who chose it and why."""

    signal: str
    at: datetime
    number: int
    phase: int
    chosen_by: str
    reason: str
    lasted_seconds: int


def describe(organisation_id: UUID, lights: Sequence[Described]) -> int:
    """Take what cabinets say of themselves, as it is now; how many. Raises a `Refusal` naming light and field."""
    _may_send(organisation_id)
    for name, count in Counter(each.id for each in lights).items():
        if count > 1:
            raise Refusal("twice", _("%(light)s is described twice.") % {"light": name}, field="signals")
    for place, each in enumerate(lights):
        if any(not 0 <= phase < len(each.phases) for phase, _seconds in each.plan):
            what = _("%(light)s: its plan names a phase that it does not have.") % {"light": each.id}
            raise Refusal("bad_plan", what, field=f"signals[{place}].plan")
    rows = [
        {
            "id": each.id,
            "place": each.on,
            "x_m": each.x_m,
            "y_m": each.y_m,
            "phases": list(each.phases),
            "plan": [list(part) for part in each.plan],
            "fixed_walk_seconds": each.fixed_walk_seconds,
            "max_red_seconds": each.max_red_seconds,
        }
        for each in lights
    ]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SQL)
        _are_theirs(organisation_id, {each.id for each in lights})
        known = Signal.objects.filter(id__in=[each.id for each in lights]).count()
        if Signal.objects.count() - known + len(lights) > limits.SIGNALS_MAX:
            raise conflict("too_many_signals", _("As many lights as can be watched are described already."))
        cursor.execute(_SIGNALS_SQL, [organisation_id, clock.now(), json.dumps(rows)])
    return len(rows)


def log(organisation_id: UUID, changes: Sequence[Shown]) -> Taken:
    """Write what lights showed; a change that is known already changes nothing.

    Raises a `Refusal` for a light that was never described (404), for another's, for a day that is kept no longer and
    for an instant ahead of the town's clock; then nothing is written.
    """
    _may_send(organisation_id)
    now = clock.now()
    oldest = now - timedelta(days=limits.PHASES_KEPT_DAYS - 1)
    for place, each in enumerate(changes):
        if not oldest <= each.at <= now + limits.AHEAD_MAX:
            where = f"changes[{place}].at"
            what = _("%(where)s: must be within the last %(days)s days, and not ahead of the town's clock")
            raise Refusal("bad_time", what % {"where": where, "days": limits.PHASES_KEPT_DAYS - 1}, field=where)
    known = _are_theirs(organisation_id, {each.signal for each in changes})
    for place, each in enumerate(changes):
        if each.signal not in known:
            raise not_found(_("%(light)s was never described.") % {"light": each.signal}, field=f"changes[{place}]")
        if not 0 <= each.phase < known[each.signal]:
            what = _("%(light)s has no such phase.") % {"light": each.signal}
            raise Refusal("bad_phase", what, field=f"changes[{place}].phase")
    days = sorted({each.at.astimezone(UTC).date() for each in changes})
    columns = zip(
        *(
            (each.at, each.signal, each.number, each.phase, each.chosen_by, each.reason, each.lasted_seconds)
            for each in changes
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute("select bocage_city_phase_days(%s::date[])", [days])
        cursor.execute(_CHANGES_SQL, [organisation_id, *map(list, columns)])
        taken = cursor.rowcount
        # In one order, so that two batches do not wait for one another.
        cursor.execute(
            "update city_signal set heard_at = %s"
            " where id in (select id from city_signal where id = any(%s) order by id for update)",
            [now, sorted(known)],
        )
    return Taken(taken, len(changes) - taken)


def drop_old_days() -> int:
    """Drop the days of the log that are kept no longer; how many."""
    first = (clock.now() - timedelta(days=limits.PHASES_KEPT_DAYS)).astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute("select bocage_city_drop_phase_days(%s)", [first])
        return int(cursor.fetchone()[0])


def _may_send(organisation_id: UUID) -> None:
    if not Sender.objects.filter(organisation_id=organisation_id, removed_at=None).exists():
        raise forbidden(_("The town takes no observations from you yet. Ask its operators to let you send."))


def _are_theirs(organisation_id: UUID, names: set[str]) -> dict[str, int]:
    """The known ones of these lights and how many phases each has. Raises a `Refusal` where one is another's."""
    found = {}
    for row in Signal.objects.filter(id__in=names).only("id", "organisation_id", "phases"):
        if row.organisation_id != organisation_id:
            raise forbidden(_("%(light)s belongs to somebody else.") % {"light": row.id})
        found[row.id] = len(row.phases)
    return found
