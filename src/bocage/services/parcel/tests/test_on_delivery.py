"""Cash on delivery: no door before it is paid, the sender's with the delivery, the receiver's again without one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from bocage.engines.parcels import document_of
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import queries as payments
from bocage.services.parcel import jobs, limits, steps
from bocage.services.parcel.actions import capturing, on_delivery, scanning, shipping, telling
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import ShipmentRow, UntoldRow
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.tests.conftest import ANAS, WEIS, Town, available, document, event, fund
from bocage.services.parcel.tests.test_doors import browser
from bocage.services.parcel.types import Shipment, Status

pytestmark = pytest.mark.django_db

PRICE = 4_500


def sent(town: Town, **asked: Any) -> Shipment:
    shipment_id, asked = uuid7(), {"on_delivery_minor": PRICE, **asked}
    with acting_as(Actor.for_person(town.ana)):
        shipping.draft(town.ana, shipment_id, ANAS, WEIS, 500, receiver_handle="@weilin", **asked)
        shipping.pay(town.ana, shipment_id, shipments.shipment(shipment_id).amount_minor)
        return shipments.shipment(shipment_id)


def scan(town: Town, parcel: Shipment, kind: str) -> str:
    code = town.code_of(parcel.id)
    with acting_as(Actor.for_person(town.marco, parcel.carrier_id)):
        verdict = scanning.sync(parcel.carrier_id, town.marco, [Scan(uuid4(), parcel.s10, kind, clock.now(), code)])[0]
    jobs.tell_receivers.run()
    return verdict.code


def test_the_sender_gets_it_with_the_delivery_and_not_before(town: Town) -> None:
    fund(town.wei, 10_000)
    parcel, wei = sent(town), browser("weilin")
    before = available(town.ana)
    assert scan(town, parcel, "deliver") == "not_paid"
    assert wei.post(f"/parcel/p/{parcel.id}/pay", {"amount_minor": "1"}).status_code == 409
    for _again in range(2):
        assert wei.post(f"/parcel/p/{parcel.id}/pay", {"amount_minor": str(PRICE)}).status_code == 302
    assert "kept until the parcel is delivered" in wei.get(f"/parcel/p/{parcel.id}").content.decode()
    assert (available(town.wei), available(town.ana)) == (10_000 - PRICE, before)
    assert scan(town, parcel, "deliver") == ""
    with acting_as(Actor.for_person(town.ana)):
        paid = payments.intent(on_delivery.escrow_of(parcel.id))
    assert (paid.state, available(town.ana)) == ("captured", before + PRICE - paid.fee_minor)


def test_the_receiver_has_it_again_when_the_parcel_goes_back(town: Town) -> None:
    fund(town.wei, 10_000)
    parcel = sent(town)
    with acting_as(Actor.for_person(town.wei)):
        on_delivery.pay_on_delivery(town.wei, parcel.id, PRICE)
    scan(town, parcel, "back")
    jobs.tell_receivers.run()
    assert available(town.wei) == 10_000


def test_who_cannot_pay_opens_no_door_and_nobody_else_pays(town: Town) -> None:
    parcel, wei = sent(town), browser("weilin")
    answer = wei.post(f"/parcel/p/{parcel.id}/pay", {"amount_minor": str(PRICE)})
    assert answer.status_code >= 400 and "That did not work" in answer.content.decode()
    assert scan(town, parcel, "deliver") == "not_paid"
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="no such parcel"):
        on_delivery.pay_on_delivery(town.ana, parcel.id, PRICE)
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="name here"):
        shipping.draft(town.ana, uuid7(), ANAS, WEIS, 500, on_delivery_minor=PRICE)
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="cannot be asked"):
        shipping.draft(town.ana, uuid7(), ANAS, WEIS, 500, receiver_handle="@weilin", on_delivery_minor=250_001)


def test_money_that_went_back_opens_no_door_when_the_parcel_comes_after_all(town: Town) -> None:
    fund(town.wei, 10_000)
    parcel, before = sent(town), available(town.ana)
    scan(town, parcel, "accept")
    for again in range(2):
        with acting_as(Actor.for_person(town.wei)):
            on_delivery.pay_on_delivery(town.wei, parcel.id, PRICE)
        assert available(town.wei) == 10_000 - PRICE
        if again == 0:
            scan(town, parcel, "back")
            scan(town, parcel, "hub")
            assert (available(town.wei), scan(town, parcel, "deliver")) == (10_000, "not_paid")
    assert scan(town, parcel, "deliver") == ""
    with acting_as(Actor.for_person(town.ana)):
        paid = payments.intent(on_delivery.escrow_of(parcel.id, 1))
    assert (paid.state, available(town.ana)) == ("captured", before + PRICE - paid.fee_minor)


def test_what_was_paid_for_a_parcel_that_nobody_sees_any_more_comes_back(town: Town) -> None:
    fund(town.wei, 10_000)
    parcel = sent(town)
    with acting_as(Actor.for_person(town.wei)):
        on_delivery.pay_on_delivery(town.wei, parcel.id, PRICE)
    scan(town, parcel, "accept")
    for days, left in ((29, 10_000 - PRICE), (31, 10_000), (32, 10_000)):
        with clock.shifted(timedelta(days=days)):
            jobs.keep_days.run()
            assert available(town.wei) == left


@pytest.mark.parametrize("care", ["on_delivery_minor", "needs_identity", "is_cool"])
def test_no_event_hands_over_what_is_asked_for_at_the_door(town: Town, care: str) -> None:
    fund(town.wei, 10_000)
    parcel = sent(town, **{"on_delivery_minor": 0, care: PRICE if care == "on_delivery_minor" else True})
    says = document(event(parcel.sscc, "arriving"), event(parcel.sscc, steps.DELIVERED))
    with acting_as(Actor.for_service("parcel")):
        with pytest.raises(Refusal, match="courier's scan") as refused:
            capturing.capture(parcel.carrier_id, document_of(says).events)
        assert (refused.value.code, refused.value.field) == ("scan_due", "epcisBody.eventList[1].bizStep")
        assert shipments.shipment(parcel.id).status is Status.ANNOUNCED
        says["epcisBody"]["eventList"].pop()
        assert capturing.capture(parcel.carrier_id, document_of(says).events).new == 1


def test_a_delivery_that_was_settled_is_not_declared_an_error(town: Town) -> None:
    fund(town.wei, 10_000)
    parcel, before = sent(town), available(town.ana)
    with acting_as(Actor.for_person(town.wei)):
        on_delivery.pay_on_delivery(town.wei, parcel.id, PRICE)
    code, handed = town.code_of(parcel.id), Scan(uuid4(), parcel.s10, "deliver", clock.now())
    carrier = Actor.for_person(town.marco, parcel.carrier_id)
    with acting_as(carrier):
        assert scanning.sync(parcel.carrier_id, town.marco, [replace(handed, code=code)])[0].done
    wrong = event(
        parcel.sscc,
        steps.DELIVERED,
        eventID=f"urn:uuid:{handed.id}",
        eventTime=handed.at.isoformat(),
        errorDeclaration={"declarationTime": clock.now().isoformat(timespec="milliseconds")},
    )
    with acting_as(Actor.for_service("parcel")):
        # Until the money has gone to the sender it may be taken back, and the parcel goes on.
        assert capturing.capture(parcel.carrier_id, document_of(document(wrong)).events).new == 1
        assert shipments.shipment(parcel.id).status is Status.ANNOUNCED
    jobs.tell_receivers.run()
    assert available(town.wei) == 10_000 - PRICE
    again = Scan(uuid4(), parcel.s10, "deliver", clock.now(), code)
    with acting_as(carrier):
        assert scanning.sync(parcel.carrier_id, town.marco, [again])[0].done
    jobs.tell_receivers.run()
    had = available(town.ana)
    assert had > before
    wrong = {**wrong, "eventID": f"urn:uuid:{again.id}", "eventTime": again.at.isoformat()}
    with acting_as(Actor.for_service("parcel")), pytest.raises(Refusal, match="paid for with its delivery") as refused:
        capturing.capture(parcel.carrier_id, document_of(document(wrong)).events)
    assert refused.value.code == "settled"
    assert (available(town.ana), available(town.wei)) == (had, 10_000 - PRICE)


def test_a_sender_waives_it_paid_or_not_until_it_has_arrived(town: Town) -> None:
    fund(town.wei, 10_000)
    unpaid, paid = sent(town), sent(town)
    with acting_as(Actor.for_person(town.wei)):
        on_delivery.pay_on_delivery(town.wei, paid.id, PRICE)
        with pytest.raises(Refusal, match="no such parcel"):
            on_delivery.waive(town.wei, paid.id)
    ana = browser("ana")
    for parcel in (paid, unpaid):
        assert scan(town, parcel, "accept") == ""
        assert "Ask for nothing after all" in ana.get(f"/parcel/p/{parcel.id}").content.decode()
        for _again in range(2):
            assert ana.post(f"/parcel/p/{parcel.id}/waive").status_code == 302
        assert available(town.wei) == 10_000
        assert scan(town, parcel, "deliver") == ""
        assert ana.post(f"/parcel/p/{parcel.id}/waive").status_code == 409
    assert available(town.wei) == 10_000


def test_parcels_that_cannot_be_settled_keep_no_other_from_its_news(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TOLD_A_RUN_MAX", 2)
    parcels = [sent(town, on_delivery_minor=0) for _parcel in range(6)]
    jobs.tell_receivers.run()
    while telling_left():
        jobs.tell_receivers.run()
    stuck = {each.id for each in parcels[:3]}

    def settle(row: ShipmentRow) -> None:
        if row.id in stuck:
            raise Refusal("stuck", "It cannot be settled.")

    monkeypatch.setattr(on_delivery, "settle", settle)
    with acting_as(Actor.for_person(town.marco, parcels[0].carrier_id)):
        scans = [Scan(uuid4(), each.s10, "accept", clock.now()) for each in parcels]
        assert all(each.done for each in scanning.sync(parcels[0].carrier_id, town.marco, scans))
    with acting_as(Actor.for_service("parcel")):
        counts = []
        while (count := telling.tell_changed()) == limits.TOLD_A_RUN_MAX:
            counts.append(count)
        assert telling_left() == stuck and len(counts) == 3
        stuck.clear()
        while telling_left():
            telling.tell_changed()


def telling_left() -> set[UUID]:
    with acting_as(Actor.for_service("parcel")):
        return set(UntoldRow.objects.values_list("shipment_id", flat=True))
