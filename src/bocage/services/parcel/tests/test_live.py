"""Where a courier is: to the receiver alone, on the day, with the parcel aboard, by the courier's leave."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.ports import DrawnStreet, StreetSheet
from bocage.services.parcel import jobs, limits, town
from bocage.services.parcel.actions import erasing, scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import PositionRow, TourRow
from bocage.services.parcel.queries import rights
from bocage.services.parcel.tests.conftest import Town
from bocage.services.parcel.tests.test_doors import QUERIES_A_PAGE_MAX, browser, caller
from bocage.services.parcel.types import Address, Shipment

pytestmark = pytest.mark.django_db

# A place on the invented town's map, which lies at zero and zero.
HERE = {"latitude": 0.00423, "longitude": 0.00627}


def scan(there: Town, parcel: Shipment, kind: str) -> None:
    said = Scan(uuid4(), parcel.s10, kind, clock.now(), there.code_of(parcel.id))
    with acting_as(there.as_lea()):
        assert scanning.sync(there.velo, there.lea, [said])[0].done


def say(there: Town, **place: Any) -> Any:
    return caller(there.lea, "parcel:take", subject_id=there.velo)("POST", "/position", {**HERE, **place})


def agree(there: Town) -> None:
    with acting_as(Actor.for_person(there.lea)):
        consent.grant(there.lea, "parcel.position")


def receipts(there: Town) -> int:
    with acting_as(Actor.for_person(there.lea)), connection.cursor() as cursor:
        cursor.execute("select count(*) from read_receipt where purpose = 'parcel.position'")
        return int(cursor.fetchone()[0])


def test_the_receiver_alone_follows_the_parcel_while_it_is_on_the_tour(town: Town) -> None:
    parcel = town.sent()
    scan(town, parcel, "load")
    wei, page = browser("weilin"), f"/parcel/p/{parcel.id}"
    assert say(town)[1]["code"] == "consent_needed"
    assert "is not shown" in wei.get(f"{page}/live").content.decode()
    agree(town)
    for _again in range(2):
        assert say(town) == (200, {"receivers": 1})
    assert receipts(town) == 1
    with acting_as(Actor.for_service("parcel")):
        # To a thousandth of a degree, which is a hundred metres.
        assert list(PositionRow.objects.values_list("latitude", "longitude")) == [(0.004, 0.006)]
    with CaptureQueriesContext(connection) as queries:
        seen = wei.get(page).content.decode()
    assert len(queries) <= QUERIES_A_PAGE_MAX
    assert "live-map" in seen and "Yours is the next door" in seen and "near Quai Nord" in seen
    assert "live-map" in wei.get(f"{page}/live").content.decode()
    for other in (browser("ana"), browser("marco", town.velo)):
        assert "live-map" not in other.get(page).content.decode()
        assert other.get(f"{page}/live").headers.get("HX-Refresh") == "true"
    assert browser("marco").get(f"{page}/live").status_code == 404
    assert browser("lea", town.velo).get(f"{page}/live").status_code == 403
    assert "live-map" not in browser("weilin").get(f"/parcel/t/{parcel.token}").content.decode()
    scan(town, parcel, "deliver")
    assert wei.get(f"{page}/live").headers["HX-Refresh"] == "true"
    assert "live-map" not in wei.get(page).content.decode()
    assert say(town) == (200, {"receivers": 0})
    with acting_as(Actor.for_service("parcel")):
        assert not PositionRow.objects.exists()


def test_it_is_shown_on_the_day_while_it_is_fresh_and_until_she_says_no(town: Town) -> None:
    parcel = town.sent()
    agree(town)
    scan(town, parcel, "load")
    say(town)
    wei, part = browser("weilin"), f"/parcel/p/{parcel.id}/live"
    assert "live-map" in wei.get(part).content.decode()
    with acting_as(Actor.for_person(town.lea)):
        assert len(rights.export(town.lea)["position"]) == 1
        consent.withdraw(town.lea, "parcel.position")
    assert "live-map" not in wei.get(part).content.decode()
    agree(town)
    with clock.shifted(limits.POSITION_FRESH + timedelta(minutes=1)):
        assert "live-map" not in wei.get(part).content.decode()
    with clock.shifted(timedelta(days=1)):
        # Not handed over, and still with the courier by its status: on another day than it was loaded on.
        assert say(town) == (200, {"receivers": 0})
        assert wei.get(part).headers.get("HX-Refresh") == "true"
    with acting_as(Actor.for_service("parcel")):
        assert TourRow.objects.exists()
    with acting_as(Actor.for_person(town.lea)):
        erasing.erase(town.lea)
    with acting_as(Actor.for_service("parcel")):
        assert not PositionRow.objects.exists() and not TourRow.objects.exists()


def test_an_old_place_is_deleted_and_a_wrong_one_refused(town: Town) -> None:
    agree(town)
    scan(town, town.sent(), "load")
    assert say(town, latitude=91)[0] == 422
    assert say(town)[0] == 200
    with clock.shifted(limits.POSITION_KEPT + timedelta(minutes=1)):
        jobs.keep_days.run()
    with acting_as(Actor.for_service("parcel")):
        assert not PositionRow.objects.exists()


def test_a_place_that_comes_at_once_after_another_waits(town: Town) -> None:
    agree(town)
    scan(town, town.sent(), "load")
    for seconds, latitude, shown in ((0, 0.004, 0.004), (2, 0.005, 0.004), (6, 0.006, 0.006)):
        with clock.shifted(timedelta(seconds=seconds)):
            assert say(town, latitude=latitude) == (200, {"receivers": 1})
            with acting_as(Actor.for_service("parcel")):
                assert PositionRow.objects.get().latitude == shown


def test_doors_before_one_s_own_are_counted_once_each(town: Town) -> None:
    agree(town)
    rue = [Address("Wei Lin", f"{number} Rue Haute", "38120", "Vallon") for number in (1, 1, 3, 7, 9)]
    parcels = [town.sent(receiver=each) for each in rue]
    for each in parcels:
        scan(town, each, "load")
    assert say(town) == (200, {"receivers": 1})
    assert "2 doors before yours" in browser("weilin").get(f"/parcel/p/{parcels[3].id}/live").content.decode()


def test_degrees_and_metres_are_there_and_back_and_nothing_is_drawn_off_the_map() -> None:
    street = DrawnStreet("Rue", "street", ((0.0, 0.0), (300.0, 400.0), (300.0, 1400.0)))
    sheet = StreetSheet((street,), 0.0, 0.0, 300.0, 1400.0, (45.0, 6.0))
    back = town.to_degrees(sheet, 200.0, 900.0)
    assert back is not None and town.to_metres(sheet, *back) == pytest.approx((200.0, 900.0))
    assert town.middle(street) == pytest.approx((300.0, 650.0))
    assert town.drawn(48.0, 2.0, "1 Rue Haute") is None
    drawing = town.drawn(0.004, 0.006, "7 Rue Haute")
    assert drawing is not None and drawing.door_x is not None and 0 <= drawing.x <= drawing.width
