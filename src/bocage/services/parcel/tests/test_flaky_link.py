"""Ten thousand scans made without a connection, sent over a link that loses questions and answers: each counts once."""

import random
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel.actions import scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.tests.conftest import Town

pytestmark = pytest.mark.django_db

PARCELS = 40
A_TIME = 200


@pytest.mark.parametrize("scans", [600, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_each_offline_scan_takes_effect_once(town: Town, scans: int) -> None:
    """The phone keeps a scan until a verdict came back, as courier-tour.js does; a third of each is lost on the way."""
    dice = random.Random(7)
    numbers = [town.sent().s10 for _parcel in range(PARCELS)]
    begun = clock.now() - timedelta(hours=6)
    moments = [begun + timedelta(seconds=2 * number) for number in range(scans)]
    queue = [Scan(uuid4(), dice.choice(numbers), "hub", at) for at in moments]
    made = {scan.id for scan in queue}
    sent = lost_answers = 0
    while queue:
        batch = dice.sample(queue, min(A_TIME, len(queue)))
        if dice.random() < 1 / 3:
            continue  # the question was lost
        with acting_as(town.as_lea()):
            verdicts = scanning.sync(town.velo, town.lea, batch)
        sent += len(batch)
        assert all(verdict.done for verdict in verdicts)
        if dice.random() < 1 / 3:
            lost_answers += len(batch)
            continue
        done = {verdict.id for verdict in verdicts}
        queue = [scan for scan in queue if scan.id not in done]
    assert lost_answers > 0 and sent == scans + lost_answers
    with acting_as(Actor.for_service("parcel")), connection.cursor() as cursor:
        cursor.execute("select event_id from parcel_scan")
        found = [event_id for (event_id,) in cursor.fetchall()]
    assert len(found) == scans
    assert set(found) == made
