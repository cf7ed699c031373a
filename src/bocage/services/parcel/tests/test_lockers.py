"""Lockers: one compartment a parcel also when many choose at once, opened once, taken back when nobody came."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal
from bocage.kernel.notifications import queries as notifications
from bocage.services.parcel import jobs, limits
from bocage.services.parcel.actions import collecting, lockers, scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.queries import lockers as queries
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.tests.conftest import Town
from bocage.services.parcel.tests.test_doors import browser, caller
from bocage.services.parcel.types import Address, Locker, Shipment, Size, Status

STATION = Address("Station", "1 Rue de la Gare", "38120", "Vallon")


def put_up(town: Town, carrier_id: UUID, **counts: int) -> UUID:
    locker_id = uuid4()
    with acting_as(Actor.for_person(town.marco, carrier_id)):
        lockers.put_up(carrier_id, locker_id, STATION, {Size[name.upper()]: count for name, count in counts.items()})
    return locker_id


def choose(town: Town, parcel: Shipment, locker_id: UUID | None) -> None:
    with acting_as(Actor.for_person(town.wei)):
        lockers.choose(town.wei, parcel.id, locker_id)


def scan(town: Town, parcel: Shipment, kind: str) -> Any:
    with acting_as(town.as_lea()):
        return scanning.sync(town.velo, town.lea, [Scan(uuid4(), parcel.s10, kind, clock.now())])[0]


def free(carrier_id: UUID) -> int:
    return sum(sum(each.free.values()) for each in queries.lockers(carrier_id))


def status(town: Town, parcel: Shipment) -> Status:
    with acting_as(Actor.for_person(town.wei)):
        return shipments.shipment(parcel.id).status


@pytest.mark.django_db
def test_a_parcel_lies_in_a_locker_until_its_code_opens_it_once(town: Town) -> None:
    parcel, locker_id = town.sent(), put_up(town, town.velo, small=2)
    assert scan(town, parcel, "locker").code == "no_compartment"
    choose(town, parcel, locker_id)
    choose(town, parcel, locker_id)
    assert free(town.velo) == 1
    scan(town, parcel, "load")
    with pytest.raises(Refusal, match="courier has it"):
        choose(town, parcel, None)
    tour = browser("lea", town.velo).get("/parcel/courier/tour.json").json()
    assert tour["stops"][0]["street"] == "1 Rue de la Gare" and "Station" in tour["stops"][0]["note"]
    assert scan(town, parcel, "locker").done
    assert status(town, parcel) is Status.AVAILABLE_FOR_PICKUP
    ask = caller(town.marco, "parcel:take", subject_id=town.velo)
    code, question = town.code_of(parcel.id), str(uuid4())
    path, wrong = f"/lockers/{locker_id}/collect", "000000" if code != "000000" else "1"
    assert ask("POST", path, {"id": str(uuid4()), "number": parcel.s10, "code": wrong})[1]["code"] == "code_wrong"
    opened = ask("POST", path, {"id": question, "number": parcel.s10, "code": code})[1]
    assert (opened["opens"], opened["compartment"]) == (True, 1)
    assert ask("POST", path, {"id": question, "number": parcel.s10, "code": code})[1]["compartment"] == 1
    assert ask("POST", path, {"id": str(uuid4()), "number": parcel.s10, "code": code})[0] == 404
    assert (status(town, parcel), free(town.velo)) == (Status.DELIVERED, 2)


@pytest.mark.django_db
def test_what_nobody_fetches_is_held_up_and_goes_back(town: Town) -> None:
    parcel, locker_id = town.sent(), put_up(town, town.velo, large=1)
    choose(town, parcel, locker_id)
    scan(town, parcel, "locker")
    with clock.shifted(limits.LOCKER_KEPT - timedelta(minutes=1)):
        jobs.keep_days.run()
    assert status(town, parcel) is Status.AVAILABLE_FOR_PICKUP
    with clock.shifted(limits.LOCKER_KEPT + timedelta(minutes=1)):
        jobs.keep_days.run()
        jobs.keep_days.run()
        with acting_as(Actor.for_person(town.wei)):
            found = shipments.shipment(parcel.id)
            assert [each.disposition for each in shipments.story(found)] == ["expired", ""]
        assert (found.status, free(town.velo)) == (Status.EXCEPTION, 0)
        assert scan(town, parcel, "back").done
    assert (status(town, parcel), free(town.velo)) == (Status.RETURNED, 1)


@pytest.mark.django_db
def test_a_compartment_kept_for_nothing_becomes_free_and_its_receiver_is_told(town: Town) -> None:
    locker_id = put_up(town, town.velo, small=2)
    with acting_as(Actor.for_person(town.wei)):
        consent.grant(town.wei, "parcel.notify")
    for parcel in (town.sent(), town.sent()):
        scan(town, parcel, "accept")
        choose(town, parcel, locker_id)
    jobs.tell_receivers.run()
    with clock.shifted(limits.LOCKER_RESERVED + timedelta(minutes=1)):
        for _again in range(2):
            jobs.keep_days.run()
        with acting_as(Actor.for_person(town.wei)):
            told = [each.title for each in notifications.latest(town.wei).notifications]
    assert (free(town.velo), sum("no compartment is kept" in each for each in told)) == (2, 2)


@pytest.mark.django_db
def test_a_parcel_put_in_after_it_came_back_lies_in_its_compartment(town: Town) -> None:
    parcel, locker_id, now = town.sent(), put_up(town, town.velo, small=1), clock.now()
    choose(town, parcel, locker_id)
    scans = [Scan(uuid4(), parcel.s10, kind, now + timedelta(minutes=at)) for at, kind in enumerate(("back", "locker"))]
    with acting_as(town.as_lea()):
        assert all(each.done for each in scanning.sync(town.velo, town.lea, scans))
    assert free(town.velo) == 0 and queries.compartments([parcel.id])[parcel.id].is_filled


@pytest.mark.django_db
def test_a_scan_that_comes_late_does_not_empty_what_was_filled_after_it(town: Town) -> None:
    parcel, locker_id, now = town.sent(), put_up(town, town.velo, small=1), clock.now()
    choose(town, parcel, locker_id)
    assert scan(town, parcel, "locker").done
    late = Scan(uuid4(), parcel.s10, "back", now - timedelta(hours=1))
    with acting_as(town.as_lea()):
        assert scanning.sync(town.velo, town.lea, [late])[0].done
    assert queries.compartments([parcel.id])[parcel.id].is_filled
    assert status(town, parcel) is Status.AVAILABLE_FOR_PICKUP
    assert scan(town, parcel, "back").done and free(town.velo) == 1


@pytest.mark.django_db
def test_what_a_phone_that_runs_fast_put_in_is_fetched_all_the_same(town: Town) -> None:
    parcel, locker_id = town.sent(), put_up(town, town.velo, small=1)
    choose(town, parcel, locker_id)
    fast = Scan(uuid4(), parcel.s10, "locker", clock.now() + timedelta(minutes=30))
    with acting_as(town.as_lea()):
        assert scanning.sync(town.velo, town.lea, [fast])[0].done
    with acting_as(Actor.for_person(town.marco, town.velo)):
        opened = collecting.collect(town.velo, locker_id, uuid4(), parcel.s10, town.code_of(parcel.id))[0]
    assert (opened, free(town.velo), status(town, parcel)) == (1, 1, Status.DELIVERED)


@pytest.mark.django_db
def test_a_question_asked_again_opens_nothing_for_the_next_parcel(town: Town) -> None:
    first, then, locker_id = town.sent(), town.sent(), put_up(town, town.velo, small=1)
    question = uuid4()

    def ask() -> int:
        with acting_as(Actor.for_person(town.marco, town.velo)):
            return collecting.collect(town.velo, locker_id, question, first.s10, code)[0]

    code = town.code_of(first.id)
    choose(town, first, locker_id)
    scan(town, first, "locker")
    assert (ask(), ask()) == (1, 1)
    choose(town, then, locker_id)
    scan(town, then, "locker")
    with pytest.raises(Refusal, match="lies in this locker"):
        ask()
    assert status(town, then) is Status.AVAILABLE_FOR_PICKUP


@pytest.mark.django_db
def test_who_may_choose_which_locker(town: Town) -> None:
    parcel = town.sent()
    small, other = put_up(town, town.velo, small=1), put_up(town, town.autre, small=1)
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="no such parcel"):
        lockers.choose(town.ana, parcel.id, small)
    with pytest.raises(Refusal, match="Choose another"):
        choose(town, parcel, other)
    with acting_as(Actor.for_person(town.marco, town.velo)):
        lockers.set_open(town.velo, small, False)
        with pytest.raises(Refusal, match="Take another id"):
            lockers.put_up(town.velo, other, STATION, {Size.SMALL: 1})
        with pytest.raises(Refusal, match="no such locker"):
            lockers.set_open(town.velo, other, False)
    with pytest.raises(Refusal, match="Choose another"):
        choose(town, parcel, small)
    with pytest.raises(Refusal, match="1 to 60"):
        put_up(town, town.velo, small=61)
    with acting_as(Actor.for_service("parcel")), pytest.raises(Refusal, match="lies in this locker"):
        collecting.collect(town.velo, small, uuid4(), parcel.s10, "000000")
    assert queries.size_of(limits.SMALL_GRAMS_MAX) is Size.SMALL
    assert queries.size_of(limits.MEDIUM_GRAMS_MAX + 1) is Size.LARGE
    full = Locker(small, "", "", "", "", True, {Size.SMALL: 1, Size.MEDIUM: 0, Size.LARGE: 0}, {})
    assert full.has_room(Size.SMALL) and not full.has_room(Size.MEDIUM)


@pytest.mark.django_db
def test_lockers_on_the_pages_of_both_sides(town: Town) -> None:
    marco, wei = browser("marco", town.velo), browser("weilin")
    given = {
        "key": str(uuid4()), "name": "Gare", "street": "1 Rue de la Gare", "postcode": "38120", "city": "Vallon",
        "small": "1", "medium": "0", "large": "0",
    }  # fmt: skip
    assert marco.post("/parcel/desk/lockers", {**given, "small": "0"}).status_code == 422
    for _again in range(2):
        assert marco.post("/parcel/desk/lockers", given).status_code == 302
    assert "1 of 1 small" in marco.get("/parcel/desk/lockers").content.decode()
    parcel = town.sent()
    page = f"/parcel/p/{parcel.id}"
    assert "Keep a compartment for me" in wei.get(page).content.decode()
    assert "Keep a compartment for me" not in browser("ana").get(page).content.decode()
    assert wei.post(f"{page}/locker", {"locker": given["key"]}).status_code == 302
    assert "It is brought to a locker" in wei.get(page).content.decode()
    assert "0 of 1 small" in marco.get("/parcel/desk/lockers").content.decode()
    wei.post(f"{page}/locker", {"locker": ""})
    assert free(town.velo) == 1


def test_as_many_as_there_are_compartments_get_one(committed_town: Town) -> None:
    town = committed_town
    parcels, locker_id = [town.sent() for _parcel in range(6)], put_up(town, town.velo, small=2, large=2)
    refused, failed = [], []

    def work(parcel: Shipment) -> None:
        try:
            choose(town, parcel, locker_id)
        except Refusal as refusal:
            refused.append(refusal.code)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(parcel,)) for parcel in parcels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, refused, free(town.velo)) == ([], ["locker_full"] * 2, 0)
    kept = queries.compartments(each.id for each in parcels)
    assert sorted(each.number for each in kept.values()) == [1, 2, 3, 4]
