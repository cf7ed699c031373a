"""From what sensors say to alerts: taken once, judged once, whatever worker does it and whenever it starts again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from bocage.engines.alerts import Alert as Found
from bocage.engines.alerts import Change, Severity, What
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.city import jobs, limits, reading, rulebook
from bocage.services.city.actions import judging, observing
from bocage.services.city.models import Alert, Judging
from bocage.services.city.tests.conftest import Town, judge, one_alert
from bocage.testing import connected_as


def record(**changed: Any) -> dict[str, Any]:
    at = clock.now().replace(microsecond=0).isoformat()
    return {"at": at, "stream": "detector", "id": "D1", "on": "Quai Sud", "speed_kmh": 40, **changed}


def observations() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from city_observation")
        return int(cursor.fetchone()[0])


def events(kind: str) -> int:
    with connected_as("auditor"), connection.cursor() as cursor:
        cursor.execute("select count(*) from event where type = %s", [kind])
        return int(cursor.fetchone()[0])


def test_a_slow_road_becomes_one_alert_with_its_reason_and_what_was_seen(committed_town: Town) -> None:
    town = committed_town
    town.slow_road()
    judge()
    alert = one_alert()
    assert alert.kind == "congestion_onset" and alert.on == "Quai Sud" and alert.desk == "traffic_control"
    assert alert.reason["en"] == "speed 12 km/h < 20 and flow 800 veh/h > 100 for 180 s at D14"
    assert "vitesse 12 km/h" in alert.reason["fr"]
    assert alert.evidence[-1]["speed_kmh"] == 12 and alert.evidence[-1]["id"] == "D14"
    assert alert.cleared_at is not None and alert.raised_at < alert.cleared_at
    assert [step.what for step in alert.steps.order_by("at")] == ["raised", "cleared"]
    assert (events("city.alert_raised"), events("city.alert_cleared")) == (1, 1)
    judge()
    assert Alert.objects.count() == 1 and events("city.alert_raised") == 1


def test_a_worker_that_starts_again_goes_on_where_the_last_one_was(committed_town: Town) -> None:
    town = committed_town
    town.slow_road(minutes=30, ago=20)
    judge()
    assert one_alert().cleared_at is None
    judging.forget_engine()
    start = int(clock.now().timestamp()) // 60 * 60
    fast = [record(at=start + each, id="D14", speed_kmh=50, flow_veh_h=800) for each in range(60, 481, 60)]
    with clock.frozen(clock.now() + timedelta(minutes=8)):
        town.send(fast)
        judge()
    assert one_alert().cleared_at is not None
    assert (events("city.alert_raised"), events("city.alert_cleared")) == (1, 1)


def test_a_worker_that_was_overtaken_by_another_catches_up_in_silence(committed_town: Town) -> None:
    town = committed_town
    town.slow_road(ago=70, until=40)
    judge()
    mine = judging._held
    town.slow_road("Rue Haute", source="E", ago=39)
    judging.forget_engine()
    judge()
    judging._held = mine
    town.send([record(id="D16", on="Rue Basse")])
    judge()
    slow = Alert.objects.filter(kind="congestion_onset")
    assert sorted(slow.values_list("on", flat=True)) == ["Quai Sud", "Rue Haute"]
    assert events("city.alert_raised") == Alert.objects.count()


def test_a_worker_that_dies_while_it_writes_leaves_nothing_half_done(
    committed_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = committed_town
    town.slow_road("Quai Sud", "Quai Nord")
    written = judging._Writer._write

    def die(writer: Any, change: Any, rule: Any) -> None:
        written(writer, change, rule)
        if Alert.objects.count() == 2:
            raise RuntimeError("the power went")

    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(judging._Writer, "_write", die)
        judge()
    assert not Alert.objects.exists() and Judging.objects.get().seq == 0 and events("city.alert_raised") == 0
    judge()
    assert sorted(Alert.objects.values_list("on", flat=True)) == ["Quai Nord", "Quai Sud"]
    assert (events("city.alert_raised"), events("city.alert_cleared")) == (2, 2)


def test_an_alert_that_comes_back_under_an_older_id_is_the_open_one_of_its_case(town: Town) -> None:
    """A rule that was changed and changed back makes engines that name the same case by different ids."""
    writer, nowhere = judging._Writer(rulebook.in_force()), float("nan")

    def change(what: What, id: str, minute: int) -> Change:
        at_ms = round(clock.now().timestamp() * 1000) + minute * 60_000
        found = Found(
            id, "congestion_onset", Severity.INFO, "D14", "Quai Sud", nowhere, nowhere, at_ms,
            at_ms if what is What.CLEARED else None, (), 1, 0, "", False,
        )  # fmt: skip
        return Change(at_ms, what, found)

    with acting_as(Actor.for_service("city")):
        first = [change(What.RAISED, "a" * 16, 0), change(What.CLEARED, "a" * 16, 1), change(What.RAISED, "b" * 16, 2)]
        writer.write([*first, change(What.REOPENED, "a" * 16, 3)])
        assert list(Alert.objects.filter(cleared_at=None).values_list("id", flat=True)) == ["b" * 16]
        writer.write([change(What.CLEARED, "a" * 16, 4)])
        assert not Alert.objects.filter(cleared_at=None).exists()


def test_a_batch_that_is_sent_again_changes_nothing(town: Town) -> None:
    batch = [record(), record(id="D2")]
    with acting_as(Actor.for_person(town.odile, town.roads)):
        first = observing.take(town.roads, batch)
        again = observing.take(town.roads, [*batch, record(id="D3")])
    assert (first.taken, first.known, again.taken, again.known) == (2, 0, 1, 2)
    assert observations() == 3


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"speed_kmh": 900}, "records[1].speed_kmh"),
        ({"speed_mph": 30}, "records[1].speed_mph"),
        ({"stream": "gossip"}, "records[1].stream"),
        ({"id": "D\0"}, "records[1].id"),
        ({"at": "2026-13-01"}, "records[1].at"),
        ({"at": 3_000_000_000}, "records[1].at"),
        ({"at": 1_000_000_000}, "records[1].at"),
        ({"x_m": float("inf")}, "records[1].x_m"),
    ],
)
def test_one_wrong_record_is_named_and_nothing_of_the_batch_is_taken(
    changed: dict[str, Any], field: str, town: Town
) -> None:
    with acting_as(Actor.for_person(town.odile, town.roads)), pytest.raises(Refusal) as refused:
        observing.take(town.roads, [record(), record(**changed)])
    assert refused.value.field == field
    assert observations() == 0


def test_who_was_not_let_sends_nothing(town: Town) -> None:
    with acting_as(Actor.for_person(town.odile, town.cafe)), pytest.raises(Refusal, match="forbidden"):
        observing.take(town.cafe, [record()])
    with acting_as(Actor.for_person(town.odile)):
        observing.stop_sending(town.roads, town.odile)
    with acting_as(Actor.for_person(town.odile, town.roads)), pytest.raises(Refusal, match="forbidden"):
        observing.take(town.roads, [record()])
    with acting_as(Actor.for_person(town.odile, town.roads)), pytest.raises(Refusal, match="bad_batch"):
        observing.take(town.roads, [record()] * (limits.BATCH_RECORDS_MAX + 1))


def test_who_is_let_already_is_let_again_when_there_is_no_room(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SENDERS_MAX", 1)
    with acting_as(Actor.for_person(town.odile)):
        assert observing.let_send("roads", town.odile) == town.roads
        with pytest.raises(Refusal, match="may send already"):
            observing.let_send("cafe", town.odile)


def test_silence_everywhere_still_moves_the_clock(town: Town) -> None:
    start = int(clock.now().timestamp()) // 60 * 60 - 1200
    slow = [record(at=start + 60 * each, id="D14", speed_kmh=12, flow_veh_h=800) for each in range(4)]
    town.send(slow)
    judge()
    assert not Alert.objects.exists(), "the last minutes are still open to late records"
    with acting_as(Actor.for_service("city")):
        jobs.beat()
    judge()
    alert = Alert.objects.get(kind="congestion_onset")
    assert alert.silent and alert.cleared_at is not None


def test_days_that_are_over_are_dropped_whole(committed_town: Town) -> None:
    town = committed_town
    with clock.frozen(clock.now() - timedelta(days=limits.STREAM_KEPT_DAYS + 2)):
        town.send([record()])
    town.send([record()])
    assert len(reading.days()) == 2
    with connected_as("app"), acting_as(Actor.for_service("city")):
        assert observing.drop_old_days() == 1
    assert len(reading.days()) == 1 and observations() == 1


def test_what_was_judged_is_written_with_how_far_it_is(town: Town) -> None:
    town.slow_road()
    judge()
    with connection.cursor() as cursor:
        cursor.execute("select max(seq) from city_observation")
        assert cursor.fetchone() == (Judging.objects.get().seq,)
