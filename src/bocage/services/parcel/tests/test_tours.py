"""What finished tours teach: kept without whom, and a forecaster that holds on days it was not trained on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.conf import settings

from bocage.engines.arrivals import FEATURES, Table, evaluate
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel import limits
from bocage.services.parcel.actions import learning, scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import TourRow, TourTimeRow
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.queries.arrival import arrival
from bocage.services.parcel.tests.conftest import Town
from bocage.services.parcel.tours import Handed, ahead, taught
from bocage.services.parcel.types import Address

DAYS, COURIERS, PARCELS = 100, 6, 60


def simulated(day: date, chance: np.random.Generator, parcels: int = PARCELS) -> list[Handed]:
    """A made-up tour: mostly in the order of the phone, at a pace of the day's own, slower in the afternoon."""
    begun = datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(minutes=float(chance.uniform(0, 90)))
    pace, at, found = float(np.exp(chance.normal(0, 0.12))), begun, []
    # Now and then somebody else's door comes first.
    order = np.argsort(np.arange(parcels) + chance.normal(0, 1.5, parcels))
    for place in order.tolist():
        rush = 1.3 if at.hour >= 15 else 1.0
        at += timedelta(seconds=pace * rush * float(chance.gamma(3.0, 70.0)))
        found.append(Handed(("38120", f"{place // 2:03} Rue Haute"), begun, at))
    return found


def table(days: int, seed: int) -> Table:
    chance = np.random.default_rng(seed)
    rows = [
        (day, [getattr(known, name) for name in FEATURES], seconds)
        for day in (date(2026, 1, 5) + timedelta(days=number) for number in range(days))
        for _courier in range(COURIERS)
        for known, seconds in taught(simulated(day, chance))
    ]
    return Table(
        np.asarray([day.toordinal() for day, _known, _seconds in rows], dtype=np.int64),
        np.asarray([known for _day, known, _seconds in rows]),
        np.asarray([seconds for _day, _known, seconds in rows]),
    )


def test_what_is_known_is_of_the_moment_alone() -> None:
    tour = simulated(date(2026, 1, 5), np.random.default_rng(1))
    listed = list(taught(tour))
    assert listed and all(seconds > 0 for _known, seconds in listed)
    known, _seconds = listed[0]
    assert (known.stops_before, known.parcels_before, known.delay_seconds, known.pace) == (0, 0, 0.0, 1.0)
    # Whatever comes after the tenth parcel, what was said until then stays the same.
    by_time = sorted(tour, key=lambda each: each.handed_at)
    later = [
        *by_time[:20],
        *(Handed(each.door, each.loaded_at, each.handed_at + timedelta(hours=3)) for each in by_time[20:]),
    ]
    until = by_time[13].handed_at.hour + by_time[13].handed_at.minute / 60
    early = [known for known, _seconds in listed if known.hour <= until]
    assert [known for known, _seconds in taught(later) if known.hour <= until] == early
    assert list(taught(tour[:4])) == []


@pytest.mark.heavy
@pytest.mark.parametrize("seed", [11, 12])
def test_four_of_five_lie_within_on_days_not_trained_on(seed: int) -> None:
    pytest.importorskip("lightgbm")
    found = evaluate(table(DAYS, seed))
    print(found)
    assert 0.77 <= found.coverage[0] <= 0.83
    assert found.error_seconds < found.plan_error_seconds


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "HOME", tmp_path)
        yield tmp_path


@pytest.mark.django_db
def test_yesterday_s_tours_are_learnt_once_and_of_nobody(town: Town, home: Path) -> None:
    today = clock.now().replace(hour=12)
    with clock.frozen(today - timedelta(days=1)):
        parcels = [town.sent(receiver=Address("Wei Lin", f"{n} Rue Haute", "38120", "Vallon")) for n in range(1, 8)]
        begun = clock.now() - timedelta(hours=3)
        scans = [Scan(uuid4(), each.s10, "load", begun) for each in parcels]
        for number, each in enumerate(parcels[:6], 1):
            handed = begun + timedelta(minutes=5 * number)
            scans.append(Scan(uuid4(), each.s10, "deliver", handed, town.code_of(each.id)))
        with acting_as(town.as_lea()):
            assert all(each.done for each in scanning.sync(town.velo, town.lea, scans))
        late = Scan(uuid4(), parcels[6].s10, "deliver", begun - timedelta(days=1), town.code_of(parcels[6].id))
        with acting_as(town.as_lea()):
            assert scanning.sync(town.velo, town.lea, [late])[0].done
        with acting_as(Actor.for_service("parcel")):
            tour = TourRow.objects.get()
        assert (tour.courier_id, tour.handed_over, tour.last_at) == (town.lea, 6, begun + timedelta(minutes=30))
    with clock.frozen(today), acting_as(Actor.for_service("parcel")):
        for _again in range(2):
            assert learning.learn((today - timedelta(days=1)).date()) == 6
        assert {row.carrier_id for row in TourTimeRow.objects.all()} == {town.velo}
        (first,) = TourTimeRow.objects.filter(known__2=0, known__3=0)
        assert first.seconds == 300
        stale = learning.forecaster_of(town.autre)
        stale.parent.mkdir()
        stale.write_text("of tours that are past their time")
        assert learning.train_all() == 0 and not stale.exists()
        with clock.shifted(limits.COURIER_TIMES_KEPT + timedelta(days=2)):
            learning.learn(clock.now().date())
        assert not TourTimeRow.objects.exists()


@pytest.mark.django_db
def test_a_forecaster_says_when_it_comes_and_quantiles_where_there_is_none(town: Town, home: Path) -> None:
    pytest.importorskip("lightgbm")
    parcel = town.sent()
    with acting_as(town.as_lea()):
        scanning.sync(town.velo, town.lea, [Scan(uuid4(), parcel.s10, "load", clock.now())])
    with acting_as(Actor.for_person(town.wei)):
        assert arrival(shipments.shipment(parcel.id)) is None
    chance, now = np.random.default_rng(3), clock.now()
    with acting_as(Actor.for_service("parcel")):
        TourTimeRow.objects.bulk_create(
            TourTimeRow(
                carrier_id=town.velo,
                day=(now - timedelta(days=day)).date(),
                known=[float(getattr(ahead(now, now, 0, number, number), name)) for name in FEATURES],
                seconds=600.0 * (number + 1) * float(chance.uniform(0.9, 1.1)),
            )
            for day in range(20)
            for number in range(40)
        )
        assert learning.train_all() == 1
    with acting_as(Actor.for_person(town.wei)):
        said = arrival(shipments.shipment(parcel.id))
    assert said is not None
    # Trained on ten minutes a parcel, and this is the first one of the tour.
    assert 400 < (said.latest - now).total_seconds() < 1_500
    with clock.shifted(timedelta(hours=5)), acting_as(Actor.for_person(town.wei)):
        assert arrival(shipments.shipment(parcel.id)) is None
    learning.forecaster_of(town.velo).write_text("broken")
    with acting_as(Actor.for_person(town.wei)):
        assert arrival(shipments.shipment(parcel.id)) is None
