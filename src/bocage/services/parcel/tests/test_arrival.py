"""When a parcel comes: the interval holds on days that it was not made from, and is said only where it can be."""

from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel import jobs, limits
from bocage.services.parcel.actions import scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import CourierTimeRow
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.queries.arrival import arrival, interval
from bocage.services.parcel.tests.conftest import Town
from bocage.services.parcel.tests.test_doors import browser
from bocage.services.parcel.types import Arrival

TRIALS = 4_000
# Five standard errors of a share of .8 over so many trials, and what the finite sample adds.
SLACK = 5 * (0.8 * 0.2 / TRIALS) ** 0.5


@pytest.mark.parametrize(("count", "elapsed"), [(40, 0.0), (400, 0.0), (400, 6_000.0)])
def test_four_of_five_new_times_lie_within(count: int, elapsed: float) -> None:
    dice = np.random.default_rng(20261128)
    kept = asked = 0
    while asked < TRIALS:
        said = interval(dice.lognormal(9, 0.7, count).tolist(), elapsed)
        new = dice.lognormal(9, 0.7)
        if said is None or new <= elapsed:
            continue
        asked += 1
        kept += said[0] <= new <= said[1]
    assert 0.8 - SLACK <= kept / asked <= 0.8 + SLACK + 2 / (limits.COURIER_TIMES_MIN + 1)


def test_too_few_times_say_nothing() -> None:
    assert interval([60.0] * (limits.COURIER_TIMES_MIN - 1), 0) is None
    assert interval([60.0] * 1_000, 60) is None
    assert interval([60.0] * limits.COURIER_TIMES_MIN, 0) == (60.0, 60.0)


def expected(town: Town, shipment_id: UUID) -> Arrival | None:
    with acting_as(Actor.for_person(town.wei)):
        return arrival(shipments.shipment(shipment_id))


@pytest.mark.django_db
def test_a_courier_s_scans_make_the_next_one_s_interval(town: Town) -> None:
    loaded = clock.now() - timedelta(hours=5)
    first, second = town.sent(), town.sent()
    scans = [Scan(uuid4(), first.s10, "load", loaded)]
    scans += [Scan(uuid4(), first.s10, "deliver", loaded + timedelta(hours=1), town.code_of(first.id))]
    scans += [Scan(uuid4(), second.s10, "load", loaded + timedelta(hours=4))]
    with acting_as(town.as_lea()):
        assert all(each.done for each in scanning.sync(town.velo, town.lea, scans))
    assert expected(town, second.id) is None
    with acting_as(Actor.for_service("parcel")):
        assert list(CourierTimeRow.objects.values_list("carrier_id", "seconds")) == [(town.velo, 3_600)]
        CourierTimeRow.objects.bulk_create(
            CourierTimeRow(carrier_id=town.velo, at=clock.now(), seconds=7_200 + number) for number in range(99)
        )
        # Another carrier's tours say nothing of this one's.
        CourierTimeRow.objects.bulk_create(
            CourierTimeRow(carrier_id=town.autre, at=clock.now(), seconds=90_000) for _number in range(99)
        )
    begun = loaded + timedelta(hours=4)
    assert expected(town, second.id) == Arrival(begun + timedelta(seconds=7_209), begun + timedelta(seconds=7_289))
    assert "Four parcels of five" in browser("weilin").get(f"/parcel/p/{second.id}").content.decode()
    assert expected(town, first.id) is None
    with clock.shifted(limits.COURIER_TIMES_KEPT + timedelta(days=1)):
        jobs.keep_days.run()
    with acting_as(Actor.for_service("parcel")):
        assert not CourierTimeRow.objects.exists()
