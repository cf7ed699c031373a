"""Who was where with whom: the meetings of 14 days to the engine, and what it finds back to each person's standing."""

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection

from bocage.engines import epidemic
from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.services.health import limits, rules
from bocage.services.health.actions import budgeting
from bocage.services.health.actions.deciding import day_of, put_due
from bocage.services.health.models import HOME, LAYERS, Report, Scheme, Standing, Test

NEIGHBOURS_MAX = 50
HOUR_SECONDS = 3600.0
WEIGHT_MAX = 0.5

# When a visit ends: when its person left, or after an hour where she did not say so, six hours at most.
_UNTIL = "least(coalesce({0}.left_at, {0}.arrived_at + %(assumed)s), {0}.arrived_at + %(longest)s)"
# Two visits that overlap for a quarter of an hour. In a crowd, the 50 who came next: no place makes more meetings than
# fifty a visit, however full it is.
_MEETINGS_SQL = f"""
select a.person_id, b.person_id, v.kind, a.arrived_at,
    extract(epoch from least({_UNTIL.format("a")}, b.until) - b.arrived_at)::double precision
from health_checkin a
join health_venue v on v.id = a.venue_id
join lateral (
    select near.person_id, near.arrived_at, near.id, {_UNTIL.format("near")} as until from health_checkin near
    where near.venue_id = a.venue_id and near.person_id <> a.person_id
        and (near.arrived_at, near.id) > (a.arrived_at, a.id)
        and near.arrived_at <= {_UNTIL.format("a")} - %(least)s
    order by near.arrived_at, near.id limit %(most)s
) b on least({_UNTIL.format("a")}, b.until) - b.arrived_at >= %(least)s
where a.arrived_at > %(since)s
order by a.arrived_at, a.id, b.arrived_at, b.id
"""
_HOMES_SQL = """
select a.person_id, a.other_id from health_housemate a
join health_housemate b on b.person_id = a.other_id and b.other_id = a.person_id
where a.person_id < a.other_id and a.at > %(since)s and b.at > %(since)s
order by 1, 2
"""


def match() -> int:
    """Weigh all meetings anew, as the service; how many people's standing changed. They are due for a colour."""
    now = clock.now()
    with own_tables("health"):
        scheme = Scheme.objects.filter(ended_at=None, sunset_at__gt=now).first()
        if scheme is None:
            return 0
        meetings = _meetings(now)
        homes = _homes(now)
        tests = list(Test.objects.filter(outcome__in=["positive", "negative"]).order_by("taken_at", "id"))
        reports = [each for each in Report.objects.order_by("at", "id") if each.symptoms != ["none"]]
    met = sorted({each for row in meetings for each in row[:2]} | {each for pair in homes for each in pair})
    alone = sorted(({each.person_id for each in tests} | {each.person_id for each in reports}) - set(met))
    found, chance = _weigh(met, alone, meetings, homes, tests, reports)
    changed = _keep(found, now)
    budgeting.choose(scheme, chance, {each.person_id for each in tests if each.outcome == "positive"})
    return changed


def _meetings(now: datetime) -> list[tuple[UUID, UUID, str, datetime, float]]:
    named: dict[str, Any] = {
        "since": now - limits.KEPT,
        "assumed": limits.CHECKIN_LENGTH_ASSUMED,
        "longest": limits.CHECKIN_LENGTH_MAX,
        "least": limits.CONTACT_LEAST,
        "most": NEIGHBOURS_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MEETINGS_SQL, named)
        found: list[tuple[UUID, UUID, str, datetime, float]] = cursor.fetchall()
    return found


def _homes(now: datetime) -> list[tuple[UUID, UUID]]:
    """Pairs of whom each says that she lives with the other."""
    with connection.cursor() as cursor:
        cursor.execute(_HOMES_SQL, {"since": now - limits.KEPT})
        found: list[tuple[UUID, UUID]] = cursor.fetchall()
    return found


def _weigh(
    met: list[UUID],
    alone: list[UUID],
    meetings: list[tuple[UUID, UUID, str, datetime, float]],
    homes: list[tuple[UUID, UUID]],
    tests: list[Test],
    reports: list[Report],
) -> tuple[dict[UUID, str], dict[UUID, float]]:
    """The evidence of each person who met somebody, as the engine writes it, and who is how likely infectious today."""
    people = [*met, *alone]
    if not people:
        return {}, {}
    place = {person_id: index for index, person_id in enumerate(people)}
    today = clock.today(settings.TOWN["time_zone"]).toordinal()
    # Who lives together meets on each day of the window.
    days = np.arange(today - rules.PARAMETERS.window_days + 1, today + 1)
    seconds = np.array([row[4] for row in meetings])

    def ends(side: int) -> list[int]:
        return [place[(row[0], row[1])[side]] for row in meetings] + [place[pair[side]] for pair in homes for _ in days]

    nights = len(homes) * len(days)
    contacts = epidemic.Contacts(
        people=len(people),
        layers=LAYERS,
        first=np.array(ends(0), dtype=np.int64),
        second=np.array(ends(1), dtype=np.int64),
        layer=np.array([LAYERS.index(row[2]) for row in meetings] + [LAYERS.index(HOME)] * nights, dtype=np.int64),
        day=np.concatenate([[day_of(row[3]).toordinal() for row in meetings], np.tile(days, len(homes))]).astype(int),
        weight=np.concatenate(
            [
                np.minimum(rules.HAZARD_AN_HOUR * seconds / HOUR_SECONDS, WEIGHT_MAX),
                np.full(nights, rules.HAZARD_HOME_A_DAY),
            ]
        ),
    )
    swabs = [each for each in tests if each.person_id in place]
    ill = [each for each in reports if each.person_id in place]
    observations = epidemic.Observations(
        tests=epidemic.Tests(
            np.array([place[each.person_id] for each in swabs], dtype=np.int64),
            np.array([day_of(each.taken_at).toordinal() for each in swabs], dtype=np.int64),
            np.array([each.outcome == "positive" for each in swabs], dtype=bool),
        ),
        onsets=epidemic.Onsets(
            np.array([place[each.person_id] for each in ill], dtype=np.int64),
            np.array([each.since.toordinal() for each in ill], dtype=np.int64),
        ),
        enrolled=np.ones(len(people), dtype=bool),
    )
    risk = epidemic.infer(contacts, observations, today, rules.PARAMETERS)
    evidence = epidemic.gather(risk, range(len(met)))
    found = {person_id: epidemic.dumps(each) for person_id, each in zip(met, evidence, strict=True)}
    return found, dict(zip(people, map(float, risk.infectious), strict=True))


def _keep(found: dict[UUID, str], now: datetime) -> int:
    with own_tables("health"):
        held = dict(Standing.objects.values_list("person_id", "evidence"))
        gone = held.keys() - found.keys()
        Standing.objects.filter(person_id__in=gone).delete()
        changed = {each for each, text in found.items() if held.get(each) != text}
        Standing.objects.bulk_create(
            [Standing(person_id=each, evidence=found[each], at=now) for each in sorted(changed)],
            update_conflicts=True,
            unique_fields=["person_id"],
            update_fields=["evidence", "at"],
            batch_size=1000,
        )
        put_due(*sorted(changed | gone))
    return len(changed | gone)
