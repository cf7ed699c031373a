"""Critical alerts are told, what nobody closed is swept too, an erased report leaves stream and alerts."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from bocage.engines.alerts import What
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.notifications import queries as notifications
from bocage.services.city import jobs, limits, rulebook
from bocage.services.city.actions import judging, keeping, reports
from bocage.services.city.models import Alert, AlertStep
from bocage.services.city.tests.conftest import Town, judge, one_alert


def dark(town: Town) -> None:
    """A light is dark for some minutes."""
    start = int(clock.now().timestamp()) // 60 * 60 - 600
    town.send(
        [{"at": start + 30 * n, "stream": "signal", "id": "F7", "on": "Rue Haute", "lamps": "dark"} for n in range(6)]
    )
    judge()


def told(person: UUID) -> list[str]:
    with acting_as(Actor.for_person(person)):
        found = notifications.latest(person).notifications
    return [each.title for each in found if each.url.startswith("/city/console/alerts/")]


def test_a_critical_alert_is_told_to_each_operator_once_and_others_are_not(town: Town) -> None:
    town.slow_road(ago=45, until=12)
    dark(town)
    judge()
    assert sorted(Alert.objects.values_list("severity", flat=True)) == ["critical", "minor"]
    assert told(town.odile) == told(town.olga) == ["Traffic light dark"]
    assert told(town.ana) == [] == told(town.paul)


def test_a_critical_alert_that_was_closed_as_false_calls_nobody_again(town: Town) -> None:
    dark(town)
    row = one_alert()
    writer = judging._Writer(rulebook.in_force())
    for state, told_in_all in (("closed", 1), ("new", 2)):
        row.state = state
        with acting_as(Actor.for_service("city")):
            writer._say(row, What.REOPENED)
            writer.tell()
        assert len(told(town.odile)) == told_in_all


def test_a_storm_of_critical_alerts_comes_in_one_line(town: Town) -> None:
    dark(town)
    rows = [one_alert()] * limits.TOLD_APART_MAX
    for count, titles in ((len(rows), ["Traffic light dark"] * 4), (len(rows) + 1, ["Traffic light dark"] * 4)):
        writer = judging._Writer(rulebook.in_force())
        with acting_as(Actor.for_service("city")):
            for row in (rows * 2)[:count]:
                writer._say(row, What.REOPENED)
            writer.tell()
            writer.tell()
        assert told(town.odile) == titles
    with acting_as(Actor.for_person(town.odile)):
        newest = notifications.latest(town.odile).notifications[0]
    assert newest.title == "4 critical alerts at once" and newest.url == "/city/console/?severity=critical"


@pytest.mark.parametrize(("minutes", "swept"), [(12, 1), (40, 0)])
def test_an_alert_that_ended_and_nobody_closed_is_swept_and_one_that_goes_on_is_not(
    minutes: int, swept: int, town: Town
) -> None:
    town.slow_road("Quai Sud", minutes=minutes)
    judge()
    assert (one_alert().cleared_at is not None) == bool(swept)
    with acting_as(Actor.for_service("city")):
        assert keeping.sweep() == 0
        with clock.frozen(clock.now() + limits.ALERTS_KEPT + timedelta(days=1)):
            assert keeping.sweep() == swept
    assert Alert.objects.count() == 1 - swept


def judged_later() -> None:
    """The worker judges, and again once a later minute has come."""
    with acting_as(Actor.for_service("city")):
        jobs.beat()
    judge()
    with clock.frozen(clock.now() + limits.AHEAD_MAX / 2), acting_as(Actor.for_service("city")):
        jobs.beat()
        jobs.run()


def reported(person: UUID, kind: str, street: str) -> None:
    with acting_as(Actor.for_person(person)):
        reports.agree(person)
        reports.report(person, uuid4(), kind, street=street)


def erase(person: UUID) -> None:
    with acting_as(Actor.for_person(person)):
        reports.erase(person)


def in_stream() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from city_observation where stream = 'report'")
        return int(cursor.fetchone()[0])


def test_an_erased_report_leaves_the_stream_and_an_alert_of_several_that_stays(town: Town) -> None:
    for person in (town.ana, town.wei, town.olga):
        reported(person, "flood", "Quai Sud")
    judged_later()
    alert = Alert.objects.get(kind="citizen_report_cluster")
    assert alert.source.startswith("report ") and alert.evidence and in_stream() == 3
    for person in (town.ana, town.wei, town.olga):
        erase(person)
    alert.refresh_from_db()
    assert (alert.source, alert.evidence, alert.on) == ("report", [], "Quai Sud") and in_stream() == 0


@pytest.mark.parametrize(("agreeing", "left"), [(1, 0), (2, 1)])
def test_the_alert_of_one_erased_report_goes_with_it_and_one_that_others_share_stays(
    agreeing: int, left: int, town: Town
) -> None:
    dark(town)
    Alert.objects.update(source="report 0123456789ab", agreeing=agreeing)
    with connection.cursor() as cursor:
        cursor.execute("select bocage_city_forget_reports(%s, %s)", [["report 0123456789ab"], []])
    assert Alert.objects.count() == left == AlertStep.objects.count()
