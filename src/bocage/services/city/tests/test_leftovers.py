"""Critical alerts are told, what nobody closed is swept too, an erased report leaves stream and alerts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.notifications import queries as notifications
from bocage.services.city import limits
from bocage.services.city.actions import keeping, reports
from bocage.services.city.models import Alert
from bocage.services.city.tests.conftest import Town, judge, one_alert


def dark(town: Town) -> None:
    """A light is dark for some minutes."""
    start = int(clock.now().timestamp()) // 60 * 60 - 600
    town.send(
        [{"at": start + 30 * n, "stream": "signal", "id": "F7", "on": "Rue Haute", "lamps": "dark"} for n in range(6)]
    )
    judge()


def told(town: Town, person: object) -> list[str]:
    with acting_as(Actor.for_person(person)):  # type: ignore[arg-type]
        found = notifications.latest(person).notifications  # type: ignore[arg-type]
    return [each.title for each in found if each.url.startswith("/city/console/alerts/")]


def test_a_critical_alert_is_told_to_each_operator_once_and_others_are_not(town: Town) -> None:
    dark(town)
    assert one_alert().severity == "critical"
    judge()
    assert told(town, town.odile) == told(town, town.olga) == ["Traffic light dark"]
    assert told(town, town.ana) == [] == told(town, town.paul)
    town.slow_road()
    judge()
    assert Alert.objects.exclude(severity="critical").exists() and len(told(town, town.odile)) == 1


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


def test_an_erased_report_leaves_the_stream_the_evidence_and_its_own_alert(town: Town) -> None:
    for number, person in enumerate((town.ana, town.wei, town.olga)):
        ago = timedelta(minutes=30 - number)
        with clock.frozen(clock.now() - ago), acting_as(Actor.for_person(person)):
            reports.agree(person)
            reports.report(person, uuid4(), "flood", street="Quai Sud")
    town.slow_road("Rue Haute", ago=2)
    judge()
    found = [each for each in Alert.objects.all() if len(each.evidence) == 3]
    assert found, "three reports of one place are an alert"
    with acting_as(Actor.for_person(town.ana)):
        reports.erase(town.ana)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from city_observation where stream = 'report'")
        assert cursor.fetchone() == (2,)
    for each in found:
        each.refresh_from_db()
        assert len(each.evidence) == 2
