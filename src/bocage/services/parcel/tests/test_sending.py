"""Sending: quoted with its sum, paid once, labelled, cancelled with the money back; carried by scans."""

import io
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
import zxingcpp
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from bocage.engines.parcels import document_of
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal
from bocage.kernel.notifications import queries as notifications
from bocage.kernel.payments import actions
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.actions.intents import expire_overdue
from bocage.kernel.payments.limits import AUTHORISATION_LIFE
from bocage.services.parcel import jobs, limits, prices
from bocage.services.parcel.actions import capturing, erasing, scanning, shipping
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.documents import barcodes
from bocage.services.parcel.documents.label import label_pdf, label_zpl
from bocage.services.parcel.models import DeliveryCode, ShipmentRow
from bocage.services.parcel.queries import desk, quotes, shipments
from bocage.services.parcel.queries.rights import export
from bocage.services.parcel.tests.conftest import ANAS, WEIS, Town, available, document, event
from bocage.services.parcel.types import Shipment, Speed, Status, Verdict, Zone

pytestmark = pytest.mark.django_db


def scan(town: Town, number: str, kind: str, code: str = "", scan_id: UUID | None = None) -> Verdict:
    with acting_as(town.as_lea()):
        return scanning.sync(town.velo, town.lea, [Scan(scan_id or uuid4(), number, kind, clock.now(), code)])[0]


def test_a_price_is_the_sum_of_its_lines() -> None:
    lines = prices.price(Zone.TOWN, 2_001, Speed.NEXT_DAY)
    assert [(each.code, each.count, each.amount_minor) for each in lines] == [
        ("base_town", 1, 390),
        ("kilograms", 2, 80),
        ("speed_next_day", 1, 120),
    ]
    assert prices.zone_of("38120", "38100") is Zone.TOWN
    assert prices.zone_of("38120", "75001") is Zone.COUNTRY
    assert prices.due_on(date(2026, 11, 28), Speed.NEXT_DAY, Zone.TOWN) == date(2026, 11, 30)  # not on a Sunday


def test_paying_takes_the_price_once_and_cancelling_gives_it_back(town: Town) -> None:
    before = available(town.ana)
    parcel = town.sent()
    assert parcel.amount_minor == sum(each.amount_minor for each in parcel.lines) > 0
    with acting_as(Actor.for_person(town.ana)):
        shipping.pay(town.ana, parcel.id, parcel.amount_minor)
        assert payments.intent(shipping.payment_of(parcel.id)).state == "authorised"
    assert available(town.ana) == before - parcel.amount_minor
    with acting_as(Actor.for_person(town.ana)):
        shipping.cancel(town.ana, parcel.id)
        shipping.cancel(town.ana, parcel.id)
        assert shipments.shipment(parcel.id).status is Status.CANCELLED
    assert available(town.ana) == before


def test_a_receiver_who_waits_is_told_that_it_does_not_come(town: Town) -> None:
    with acting_as(Actor.for_person(town.wei)):
        consent.grant(town.wei, "parcel.notify")
    parcel = town.sent()
    jobs.tell_receivers.run()
    with acting_as(Actor.for_person(town.ana)):
        shipping.cancel(town.ana, parcel.id)
    jobs.tell_receivers.run()
    jobs.tell_receivers.run()
    with acting_as(Actor.for_person(town.wei)):
        told = [each.title for each in notifications.latest(town.wei).notifications]
        assert told == ["Parcel from Ana Morel: cancelled", "Parcel from Ana Morel: announced"]
        assert shipments.coming(town.wei) is None


def test_what_is_handed_over_is_not_cancelled(town: Town) -> None:
    parcel = town.sent()
    assert scan(town, parcel.s10, "accept").done
    jobs.tell_receivers.run()
    with acting_as(Actor.for_person(town.ana)):
        assert payments.intent(shipping.payment_of(parcel.id)).captured_minor == parcel.amount_minor
    with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="on its way"):
        shipping.cancel(town.ana, parcel.id)


def test_what_is_never_handed_over_is_given_up(town: Town) -> None:
    before = available(town.ana)
    parcel = town.sent()
    with clock.shifted(timedelta(days=30)):
        jobs.keep_days.run()
    with acting_as(Actor.for_person(town.ana)):
        assert shipments.shipment(parcel.id).status is Status.CANCELLED
    assert available(town.ana) == before


def take_back(town: Town, parcel: Shipment) -> None:
    """The carrier takes the parcel, its money is taken, and it says that the scan was an error."""
    said = event(parcel.sscc, "accepting")
    error = {**said, "errorDeclaration": {"declarationTime": said["eventTime"], "reason": "did_not_occur"}}
    for each in (said, error):
        with acting_as(Actor.for_service("parcel")):
            capturing.capture(town.velo, document_of(document(each)).events)
        jobs.tell_receivers.run()


def test_a_handover_declared_an_error_stays_paid_and_stops_no_job(town: Town) -> None:
    parcel, other = town.sent(), town.sent()
    take_back(town, parcel)
    with acting_as(Actor.for_person(town.ana)):
        assert shipments.shipment(parcel.id).status is Status.ANNOUNCED
        with pytest.raises(Refusal, match="handed_over"):
            shipping.cancel(town.ana, parcel.id)
    with clock.shifted(timedelta(days=30)):
        jobs.keep_days.run()
    with acting_as(Actor.for_person(town.ana)):
        assert shipments.shipment(parcel.id).status is Status.ANNOUNCED
        assert shipments.shipment(other.id).status is Status.CANCELLED


def test_a_payment_that_lapsed_keeps_no_other_receiver_from_news(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    late, other = town.sent(), town.sent()
    with clock.shifted(AUTHORISATION_LIFE + timedelta(hours=1)):
        while expire_overdue():
            pass
        assert scan(town, late.s10, "accept").done
        jobs.tell_receivers.run()
        assert "payment_expired" in caplog.text and str(late.id) in caplog.text
    assert scan(town, other.s10, "nobody_home").done
    with acting_as(Actor.for_service("parcel")):
        assert {row.told for row in ShipmentRow.objects.filter(id=late.id)} == {Status.ACCEPTED}


def test_one_payment_that_ended_elsewhere_keeps_no_other_parcel_from_being_given_up(town: Town) -> None:
    taken, lapsed = town.sent(), town.sent()
    with acting_as(Actor.for_person(town.marco, town.velo)):
        actions.capture(shipping.payment_of(taken.id))
    with clock.shifted(AUTHORISATION_LIFE + timedelta(hours=1)):
        while expire_overdue():
            pass
        other = town.sent()
    with clock.shifted(2 * AUTHORISATION_LIFE):
        for _again in range(2):
            jobs.keep_days.run()
        with acting_as(Actor.for_person(town.ana)):
            found = [shipments.shipment(each.id) for each in (taken, lapsed, other)]
            states = [payments.intent(shipping.payment_of(each.id)).state for each in found]
        assert [each.status for each in found] == [Status.ANNOUNCED, Status.CANCELLED, Status.CANCELLED]
        assert [each.is_taken for each in found] == [True, False, False]
        assert states == ["captured", "expired", "cancelled"]


def receivers() -> dict[UUID, tuple[str, str]]:
    return {row.id: (row.receiver_name, row.receiver_street) for row in ShipmentRow.objects.all()}


def test_who_is_erased_is_forgotten_now_and_in_what_is_on_its_way_when_it_arrives(town: Town) -> None:
    here, coming = town.sent(), town.sent()
    for step, parcel in (("accept", coming), ("deliver", here)):
        assert scan(town, parcel.s10, step, town.code_of(here.id)).done
    with acting_as(Actor.for_person(town.wei)):
        words = erasing.erase(town.wei)
    assert any("until it has arrived" in each for each in words)
    with acting_as(Actor.for_service("parcel")):
        assert receivers() == {here.id: ("-", "-"), coming.id: (WEIS.name, WEIS.street)}
        assert set(DeliveryCode.objects.values_list("shipment_id", flat=True)) == {coming.id}
    assert scan(town, coming.s10, "deliver", town.code_of(coming.id)).done
    jobs.keep_days.run()
    with acting_as(Actor.for_service("parcel")):
        assert receivers() == {here.id: ("-", "-"), coming.id: ("-", "-")}
        assert not DeliveryCode.objects.exists()
        assert {row.sender_name for row in ShipmentRow.objects.all()} == {ANAS.name}


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_phone_whose_clock_is_far_off_is_told_so(town: Town, at: str) -> None:
    with acting_as(town.as_lea()):
        scans = [Scan(uuid4(), town.sent().s10, "hub", datetime.fromisoformat(each)) for each in (at, at)]
        good = Scan(uuid4(), scans[0].number, "hub", clock.now())
        verdicts = scanning.sync(town.velo, town.lea, [*scans, good])
    assert [each.code for each in verdicts] == ["time", "time", ""]


def test_another_price_than_the_one_shown_is_refused(town: Town) -> None:
    shipment_id = uuid4()
    with acting_as(Actor.for_person(town.ana)):
        shipping.draft(town.ana, shipment_id, ANAS, WEIS, 900)
        with pytest.raises(Refusal, match="price has changed"):
            shipping.pay(town.ana, shipment_id, 1)
        assert shipments.shipment(shipment_id).status is Status.DRAFT


def test_only_its_sides_see_a_parcel_and_only_the_receiver_its_code(town: Town) -> None:
    parcel = town.sent()
    assert parcel.code == ""  # Ana sent it
    assert len(town.code_of(parcel.id)) == 6
    for actor in (Actor.for_person(town.lea), Actor.for_person(town.marco, town.autre), Actor.nobody()):
        with acting_as(actor), pytest.raises(Refusal, match="no such parcel"):
            shipments.shipment(parcel.id)
    with acting_as(town.as_lea()):
        assert shipments.shipment(parcel.id).code == ""
    with acting_as(Actor.for_person(town.ana)):
        assert [each["id"] for each in export(town.ana)["parcels"]] == [parcel.id]


def test_a_sender_without_a_receiver_here_passes_the_code_on(town: Town) -> None:
    assert len(town.sent(handle="").code) == 6


def test_the_door_opens_with_the_code_alone_and_closes_after_five(town: Town) -> None:
    parcel, second = town.sent(), town.sent()
    code = town.code_of(parcel.id)
    assert scan(town, parcel.sscc, "load").done
    assert scan(town, parcel.sscc, "deliver", "000000" if code != "000000" else "1").code == "code_wrong"
    assert scan(town, f"(00){parcel.sscc}", "deliver", f" {code} ").done
    assert scan(town, parcel.sscc, "deliver", code).code == "ended"
    wrong = "111111" if town.code_of(second.id) != "111111" else "222222"
    assert [scan(town, second.s10, "deliver", wrong).code for _try in range(6)] == ["code_wrong"] * 5 + ["code_locked"]
    assert scan(town, second.s10, "deliver", town.code_of(second.id)).code == "code_locked"
    with acting_as(Actor.for_person(town.wei)):
        assert shipments.shipment(parcel.id).status is Status.DELIVERED


def test_a_courier_has_the_tour_that_she_loaded(town: Town) -> None:
    parcel, other = town.sent(), town.sent()
    assert scan(town, f"https://id.gs1.org/00/{parcel.sscc}", "load").done
    assert scan(town, other.s10, "nobody_home").done
    with acting_as(town.as_lea()):
        assert [each.id for each in shipments.tour(town.velo, town.lea)] == [parcel.id]


def test_a_scan_sent_again_is_known_and_another_carriers_parcel_is_not(town: Town) -> None:
    parcel, scan_id = town.sent(), uuid4()
    assert scan(town, parcel.s10, "hub", scan_id=scan_id) == Verdict(scan_id, done=True)
    assert scan(town, parcel.s10, "hub", scan_id=scan_id) == Verdict(scan_id, done=True, known=True)
    with acting_as(Actor.for_person(town.marco, town.autre)):
        (verdict,) = scanning.sync(town.autre, town.marco, [Scan(uuid4(), parcel.s10, "hub", clock.now())])
    assert verdict.code == "unknown_parcel"


@pytest.mark.parametrize(
    "number", ["", "\x00", "RR000", "(00)1", "https://x/parcel/t/" + "A" * 20, "9" * 600, "٣" * 18]
)
def test_wrong_numbers_name_no_parcel(town: Town, number: str) -> None:
    assert scan(town, number, "hub").code == "unknown_parcel"


def test_the_label_says_what_a_scanner_reads(town: Town) -> None:
    parcel = town.sent()
    for widths, said in (
        (barcodes.gs1_bars(parcel.sscc), f"(00){parcel.sscc}"),
        (barcodes.s10_bars(parcel.s10), parcel.s10),
    ):
        assert _read_bars(widths) == said
    text = PdfReader(io.BytesIO(label_pdf(parcel))).pages[0].extract_text()
    assert parcel.sscc in text and "Wei Lin" in text
    zpl = label_zpl(_named(parcel, "Wei ^XZ~ Lin"))
    assert zpl.count("^XZ") == 1 and f"(00){parcel.sscc}" in zpl and "~" not in zpl


def test_quotes_come_cheapest_first_as_the_port_gives_them(town: Town) -> None:
    found = quotes.Quoting().quotes(town.ana, "38120", "38100", 1_500)
    assert [each.amount_minor for each in found] == sorted(each.amount_minor for each in found)
    assert all(sum(amount for _code, _count, amount in each.lines) == each.amount_minor for each in found)
    with pytest.raises(Refusal, match="30 kg"):
        quotes.quotes("38120", "38100", 30_001)


def _named(parcel: Shipment, name: str) -> Shipment:
    from dataclasses import replace

    return replace(parcel, receiver=replace(parcel.receiver, name=name))


def _read_bars(widths: list[int]) -> str:
    line = np.concatenate(
        [np.full(width * 3, 0 if place % 2 == 0 else 255, np.uint8) for place, width in enumerate(widths)]
    )
    picture = np.pad(np.tile(line, (120, 1)), 60, constant_values=255)
    return zxingcpp.read_barcodes(picture)[0].text


def test_a_code_said_wrongly_too_often_is_made_anew_by_its_owner(town: Town) -> None:
    parcel = town.sent()
    scan(town, parcel.s10, "load")
    for _time in range(limits.CODES_ANEW_MAX):
        held = town.code_of(parcel.id)
        wrong = "1" * 6 if held != "1" * 6 else "2" * 6
        with acting_as(Actor.for_person(town.wei)):
            shipping.renew_code(town.wei, parcel.id)  # it still opens: no new one
        assert town.code_of(parcel.id) == held
        for _try in range(limits.CODE_ATTEMPTS_MAX):
            scan(town, parcel.s10, "deliver", wrong)
        assert scan(town, parcel.s10, "deliver", held).code == "code_locked"
        with acting_as(Actor.for_person(town.ana)), pytest.raises(Refusal, match="no such parcel"):
            shipping.renew_code(town.ana, parcel.id)  # the receiver has an account: the code is hers
        with acting_as(Actor.for_person(town.wei)):
            assert shipments.shipment(parcel.id).is_code_locked
            shipping.renew_code(town.wei, parcel.id)
            assert not shipments.shipment(parcel.id).is_code_locked
    for _try in range(limits.CODE_ATTEMPTS_MAX):
        scan(town, parcel.s10, "deliver", "1" * 6 if town.code_of(parcel.id) != "1" * 6 else "2" * 6)
    with acting_as(Actor.for_person(town.wei)), pytest.raises(Refusal, match="bring it back"):
        shipping.renew_code(town.wei, parcel.id)


def test_drafts_have_a_limit(town: Town) -> None:
    with acting_as(Actor.for_person(town.ana)):
        for number in range(limits.DRAFTS_MAX):
            shipping.draft(town.ana, UUID(int=number + 1), ANAS, WEIS, 500)
        shipping.draft(town.ana, UUID(int=1), ANAS, WEIS, 600)  # changed, not one more
        with pytest.raises(Refusal, match="that you began"):
            shipping.draft(town.ana, UUID(int=99), ANAS, WEIS, 500)


def test_a_sync_asks_no_more_for_many_scans_than_for_few(town: Town) -> None:
    asked = []
    for count in (2, 8):
        parcels = [town.sent() for _parcel in range(count)]
        scans = [Scan(uuid4(), each.s10, "load", clock.now() - timedelta(minutes=1)) for each in parcels]
        scans += [Scan(uuid4(), each.s10, "deliver", clock.now(), town.code_of(each.id)) for each in parcels]
        with acting_as(town.as_lea()), CaptureQueriesContext(connection) as queries:
            assert all(each.done for each in scanning.sync(town.velo, town.lea, scans))
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_parcels_come_by_pages_and_the_worst_trouble_first(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_ROWS_MAX", 2)
    sent = [town.sent() for _parcel in range(5)]
    seen, before = [], None
    with acting_as(Actor.for_person(town.wei)):
        for _page in range(3):
            to_me, _from_me, before = shipments.mine(town.wei, before)
            seen += [each.id for each in to_me]
    assert (seen, before) == ([each.id for each in reversed(sent)], None)
    # Four are late, and the one that was due last is held up: it comes first, however few are shown.
    with acting_as(Actor.for_service("parcel")):
        ShipmentRow.objects.filter(id__in=[each.id for each in sent[:4]]).update(due_on=date(2020, 1, 1))
        capturing.capture(town.velo, document_of(document(event(sent[4].sscc, "holding"))).events)
    with acting_as(Actor.for_person(town.marco, town.velo)):
        found = desk.problems(town.velo)
    assert [each.kind for each in found] == ["exception", "late"] and found[0].shipment.id == sent[4].id
