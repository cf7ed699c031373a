"""Captures of the same parcels at once, on a server that commits: each scan once, the status by its definition."""

import random
import threading
from datetime import timedelta

from django.db import connection

from bocage.engines.parcels import document_of
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel import steps
from bocage.services.parcel.actions import capturing
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.tests.conftest import Town, document, event

THREADS = 4
ROUNDS = 6


def test_captures_of_the_same_parcels_at_once(committed_town: Town) -> None:
    town = committed_town
    parcels = [town.sent() for _parcel in range(5)]
    begun = clock.now() - timedelta(hours=3)
    way = ("accepting", "arriving", "departing", "holding", steps.OUT_FOR_DELIVERY)
    scans = [
        event(parcel.sscc, way[number % 5], eventTime=(begun + timedelta(seconds=number)).isoformat())
        for number, parcel in enumerate(parcels * 40)
    ]
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        try:
            for _round in range(ROUNDS):
                events = document_of(document(*dice.sample(scans, 100))).events
                with acting_as(Actor.for_service("parcel")):
                    capturing.capture(town.velo, events)
            with acting_as(Actor.for_service("parcel")):
                capturing.capture(town.velo, document_of(document(*scans)).events)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with acting_as(Actor.for_service("parcel")), connection.cursor() as cursor:
        cursor.execute("select count(*) from parcel_scan")
        assert cursor.fetchone() == (len(scans),)
    for place, parcel in enumerate(parcels):
        with acting_as(Actor.for_person(town.wei)):
            found = shipments.shipment(parcel.id)
        latest = scans[len(scans) - len(parcels) + place]
        assert (found.step, found.moved_at.isoformat() if found.moved_at else "") == (
            latest["bizStep"],
            latest["eventTime"],
        )
