"""Medicine: to the receiver alone, against a document; kept cool all the way, or handed over to nobody."""

from typing import Any
from uuid import uuid4

import pytest

from bocage.engines.parcels import document_of
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.parcel.actions import capturing, lockers, scanning, shipping
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.queries import desk, shipments
from bocage.services.parcel.tests.conftest import ANAS, WEIS, Town, document, event
from bocage.services.parcel.tests.test_doors import browser
from bocage.services.parcel.types import Shipment

pytestmark = pytest.mark.django_db


def medicine(town: Town) -> Shipment:
    shipment_id = uuid7()
    with acting_as(Actor.for_person(town.ana)):
        shipping.draft(
            town.ana, shipment_id, ANAS, WEIS, 500, receiver_handle="@weilin", needs_identity=True, is_cool=True
        )
        shipping.choose(town.ana, shipment_id, town.velo, shipments.shipment(shipment_id).speed)
        shipping.pay(town.ana, shipment_id, shipments.shipment(shipment_id).amount_minor)
        return shipments.shipment(shipment_id)


def hand_over(town: Town, parcel: Shipment, *, identity_seen: bool) -> str:
    scan = Scan(uuid4(), parcel.s10, "deliver", clock.now(), town.code_of(parcel.id), identity_seen)
    with acting_as(town.as_lea()):
        return scanning.sync(town.velo, town.lea, [scan])[0].code


def measured(town: Town, parcel: Shipment, **report: Any) -> None:
    sensed = [{"sensorReport": [{"type": "Temperature", **report}]}]
    with acting_as(Actor.for_service("parcel")):
        capturing.capture(town.velo, document_of(document(event(parcel.sscc, sensorElementList=sensed))).events)


def test_it_is_handed_over_against_a_document_alone(town: Town) -> None:
    parcel = medicine(town)
    assert hand_over(town, parcel, identity_seen=False) == "identity_due"
    with acting_as(Actor.for_person(town.wei)), pytest.raises(Refusal, match="in person"):
        lockers.choose(town.wei, parcel.id, uuid4())
    assert "against a document" in browser("weilin").get(f"/parcel/p/{parcel.id}").content.decode()
    assert hand_over(town, parcel, identity_seen=True) == ""


@pytest.mark.parametrize(
    ("report", "refused"),
    [
        ({"value": 2.0, "uom": "CEL"}, ""),
        ({"minValue": 3, "maxValue": 8.0, "uom": "CEL"}, ""),
        ({"value": 278.15, "uom": "KEL"}, ""),
        ({"value": 41, "uom": "FAH"}, ""),
        ({"value": 5, "uom": "GRM"}, "too_warm"),
        ({"value": 8.1, "uom": "CEL"}, "too_warm"),
        ({"minValue": 1.9, "maxValue": 5, "uom": "CEL"}, "too_warm"),
        ({"value": 285.0, "uom": "KEL"}, "too_warm"),
    ],
)
def test_what_was_not_kept_cool_is_handed_over_to_nobody(town: Town, report: dict[str, Any], refused: str) -> None:
    parcel, other = medicine(town), town.sent()
    measured(town, parcel, **report)
    measured(town, other, value=30.0, uom="CEL")
    assert hand_over(town, parcel, identity_seen=True) == refused
    assert hand_over(town, other, identity_seen=False) == ""
    with acting_as(Actor.for_person(town.marco, town.velo)):
        assert [each.kind for each in desk.problems(town.velo)] == (["too_warm"] if refused else [])
