"""Captured events: once each, in any order the same status, only what is one's own, errors taken back."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocage.engines.parcels import document_of, read_sscc
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.parcel import jobs, steps
from bocage.services.parcel.actions import capturing
from bocage.services.parcel.queries import events, shipments
from bocage.services.parcel.tests.conftest import Town, document, event
from bocage.services.parcel.types import Captured, Status

pytestmark = pytest.mark.django_db


def capture(carrier_id: UUID, *listed: dict[str, Any]) -> Captured:
    with acting_as(Actor.for_service("parcel")):
        return capturing.capture(carrier_id, document_of(document(*listed)).events)


def seen(town: Town, shipment_id: UUID) -> Any:
    with acting_as(Actor.for_person(town.wei)):
        found = shipments.shipment(shipment_id)
        return found, shipments.story(found)


def test_a_doubled_capture_takes_effect_once(town: Town) -> None:
    parcel = town.sent()
    earlier = (clock.now() - timedelta(minutes=5)).isoformat(timespec="milliseconds")
    listed = [event(parcel.sscc, eventTime=earlier), event(parcel.sscc, "departing")]
    assert capture(town.velo, *listed, listed[0]) == Captured(3, 2, 1)
    assert capture(town.velo, *listed) == Captured(2, 0, 2)
    found, story = seen(town, parcel.id)
    assert (found.status, found.step, len(story)) == (Status.IN_TRANSIT, "departing", 2)
    assert found.place == "https://depot.example/Depot-South"


WAY = ("accepting", "arriving", "departing", "holding", steps.OUT_FOR_DELIVERY, steps.ATTEMPT_FAILED, steps.DELIVERED)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(WAY), st.integers(0, 3)), min_size=1, max_size=8), st.integers(0, 2**32))
def test_shuffled_and_doubled_scans_give_one_status(town: Town, way: list[tuple[str, int]], seed: int) -> None:
    """The oracle is the definition: the latest by time, then by rank, then by event."""
    begun = clock.now() - timedelta(hours=5)
    first, second = town.sent(), town.sent()
    scans = [
        event("", step, eventTime=(begun + timedelta(minutes=minutes)).isoformat(timespec="milliseconds"))
        for step, minutes in way
    ]
    best = max(
        scans,
        key=lambda each: (each["eventTime"], steps.status_number(each["bizStep"], ""), UUID(each["eventID"][9:])),
    )
    for parcel in (first, second):
        mine = [{**each, "epcList": [f"https://id.gs1.org/00/{parcel.sscc}"]} for each in scans]
        dice = random.Random(f"{seed}{parcel.id}")
        stream = mine + dice.choices(mine, k=3)
        dice.shuffle(stream)
        cut = dice.randrange(len(stream) + 1)
        for part in (stream[:cut], stream[cut:]):
            if part:
                capture(town.velo, *part)
        found, story = seen(town, parcel.id)
        assert (found.step, found.moved_at.isoformat(timespec="milliseconds")) == (best["bizStep"], best["eventTime"])
        assert len(story) == len(way)


def test_a_scan_declared_an_error_is_taken_back_in_either_order(town: Town) -> None:
    for first_the_error in (False, True):
        parcel = town.sent()
        wrong = event(parcel.sscc, steps.DELIVERED)
        error = {**wrong, "errorDeclaration": {"declarationTime": wrong["eventTime"], "reason": "did_not_occur"}}
        before = event(parcel.sscc, eventTime=(clock.now() - timedelta(hours=1)).isoformat(timespec="milliseconds"))
        for each in (before, *((error, wrong) if first_the_error else (wrong, error))):
            capture(town.velo, each)
        found, story = seen(town, parcel.id)
        assert found.status is Status.IN_TRANSIT
        assert [each.step for each in story] == ["arriving"]


def test_a_disposition_of_the_carriers_own_hides_no_step(town: Town) -> None:
    parcel = town.sent()
    capture(town.velo, event(parcel.sscc, "arriving", disposition="https://velo.example/disp/kept-cool"))
    assert seen(town, parcel.id)[0].status is Status.IN_TRANSIT


def test_another_carrier_moves_no_parcel_and_tells_no_story(town: Town) -> None:
    parcel = town.sent()
    assert capture(town.autre, event(parcel.sscc, steps.DELIVERED)).new == 1
    found, story = seen(town, parcel.id)
    assert (found.status, story) == (Status.ANNOUNCED, [])


def test_another_carrier_that_says_the_same_first_is_not_in_the_way(town: Town) -> None:
    parcel = town.sent()
    said = event(parcel.sscc)
    assert capture(town.autre, said).new == capture(town.velo, said).new == 1
    found, story = seen(town, parcel.id)
    assert (found.status, len(story)) == (Status.IN_TRANSIT, 1)


def test_who_is_no_carrier_captures_nothing(town: Town) -> None:
    with pytest.raises(Refusal, match="Only carriers"):
        capture(town.ana, event(town.sent().sscc))


@pytest.mark.parametrize(
    ("ago", "says"), [(timedelta(hours=-2), "future"), (timedelta(days=401), "no longer")], ids=["future", "old"]
)
def test_times_out_of_reach_are_refused_whole_with_their_path(town: Town, ago: timedelta, says: str) -> None:
    parcel = town.sent()
    wrong = event(parcel.sscc, eventTime=(clock.now() - ago).isoformat(timespec="milliseconds"))
    with pytest.raises(Refusal, match=says) as caught:
        capture(town.velo, event(parcel.sscc), wrong)
    assert caught.value.field == "epcisBody.eventList[1].eventTime"
    assert seen(town, parcel.id)[1] == []


def test_a_late_day_gets_its_partition_and_old_days_go(town: Town) -> None:
    parcel = town.sent()
    long_ago = clock.now() - timedelta(days=200)
    capture(town.velo, event(parcel.sscc, eventTime=long_ago.isoformat(timespec="milliseconds")))
    assert kept(parcel.sscc) == 1
    with clock.shifted(timedelta(days=199)):
        jobs.keep_days.run()
    assert kept(parcel.sscc) == 1
    with clock.shifted(timedelta(days=203)):
        jobs.keep_days.run()
    assert kept(parcel.sscc) == 0


def kept(sscc: str) -> int:
    with acting_as(Actor.for_service("parcel")), connection.cursor() as cursor:
        cursor.execute("select count(*) from parcel_scan where sscc = %s", [int(sscc)])
        return int(cursor.fetchone()[0])


def test_events_are_found_again_as_they_were(town: Town) -> None:
    parcel = town.sent()
    plain = event(parcel.sscc, disposition="in_transit")
    rich = {
        **event(parcel.sscc, "packing", type="AggregationEvent", action="ADD"),
        "parentID": "https://id.gs1.org/00/340123451234567895",
        "childEPCs": [f"https://id.gs1.org/00/{parcel.sscc}"],
        "gs1:note": {"by": ["hand"]},
    }
    del rich["epcList"]
    capture(town.velo, plain, rich)
    with acting_as(Actor.for_person(town.marco, town.velo)):
        found = [each for _mark, each in events.events(sscc=int(parcel.sscc))]
        assert [{k: v for k, v in each.items() if k != "recordTime"} for each in found if "gs1:note" in each] == [rich]
        (again,) = [each for each in found if "gs1:note" not in each]
        assert document_of(document(again)).events[0][1:10] == document_of(document(plain)).events[0][1:10]
        first = events.events(limit=1)
        second = events.events(limit=1, after=first[0][0])
        assert first != second
    with acting_as(Actor.for_person(town.marco, town.autre)):
        assert events.events(sscc=int(parcel.sscc)) == []


def test_nobody_reads_a_partition_past_the_policies(town: Town) -> None:
    with acting_as(Actor.for_service("parcel")), connection.cursor() as cursor:
        cursor.execute(
            "select has_table_privilege(c.oid, 'select'), c.relforcerowsecurity from pg_inherits i"
            " join pg_class c on c.oid = i.inhrelid where i.inhparent = 'parcel_scan'::regclass"
        )
        assert set(cursor.fetchall()) == {(False, True)}


def test_the_receiver_is_told_where_she_agreed(town: Town) -> None:
    from bocage.kernel.consent import actions as consent
    from bocage.kernel.notifications import queries as notifications

    parcel = town.sent()
    jobs.tell_receivers.run()
    with acting_as(Actor.for_person(town.wei)):
        assert notifications.unread_count(town.wei) == 0
        consent.grant(town.wei, "parcel.notify")
    capture(town.velo, event(parcel.sscc, steps.OUT_FOR_DELIVERY))
    jobs.tell_receivers.run()
    jobs.tell_receivers.run()
    with acting_as(Actor.for_person(town.wei)):
        (told,) = notifications.latest(town.wei).notifications
    assert told.title == "Parcel from Ana Morel: out for delivery"


def test_numbers_fit_their_standards(town: Town) -> None:
    parcel = town.sent()
    assert read_sscc(parcel.sscc) == parcel.sscc
    assert parcel.s10.startswith("LX") and parcel.s10.endswith("FR")
    assert uuid7() != parcel.id
