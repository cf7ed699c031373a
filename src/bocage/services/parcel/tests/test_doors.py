"""The doors: programs with tokens, pages for each side, the command; bad input gets one clear error."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bocage.engines.parcels import document_of
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.services.parcel import steps
from bocage.services.parcel.actions import capturing
from bocage.services.parcel.tests.conftest import PASSWORD, Town, document, event

pytestmark = pytest.mark.django_db

QUERIES_A_PAGE_MAX = 40
# The mark of a page whose number is infinite.
ENDLESS = base64.urlsafe_b64encode(f'["2026-01-01T00:00:00+00:00", "{UUID(int=1)}", 1e999]'.encode()).decode()


def caller(person_id: UUID, *scopes: str, subject_id: UUID | None = None) -> Callable[..., Any]:
    with acting_as(Actor.for_person(person_id, subject_id)):
        _id, secret = identity.create_token(person_id, "test", scopes, life=timedelta(days=1), subject_id=subject_id)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body or {}) if method != "GET" else ""
        headers = {"Idempotency-Key": str(uuid4())} if method != "GET" else {}
        answer = client.generic(method, f"/api/v1/parcel{path}", data, "application/json", headers=headers)
        return answer.status_code, json.loads(answer.content)

    return call


def browser(handle: str, organisation_id: UUID | None = None) -> Client:
    client = Client()
    assert client.login(username=f"{handle}@vallon.example", password=PASSWORD)
    if organisation_id is not None:
        session = client.session
        session["acting_for"] = str(organisation_id)
        session.save()
    return client


def test_a_program_sends_follows_and_cancels(town: Town) -> None:
    ana = caller(town.ana, "parcel:read", "parcel:write")
    status, found = ana("GET", "/quotes?from_postcode=38120&to_postcode=38100&weight_grams=1500")
    assert status == 200
    quote = found["items"][0]
    assert sum(line["amount_minor"] for line in quote["lines"]) == quote["amount_minor"]
    door = {"name": "Wei Lin", "street": "7 Rue Haute", "postcode": "38100", "city": "Vallon"}
    body = {
        "sender": {**door, "name": "Ana Morel", "postcode": "38120"},
        "receiver": door,
        "to": "@weilin",
        "weight_grams": 1500,
        "carrier_id": quote["carrier_id"],
        "speed": quote["speed"],
        "amount_minor": quote["amount_minor"],
    }
    assert ana("POST", "/shipments", {**body, "amount_minor": 1})[1]["code"] == "price_changed"
    assert ana("POST", "/shipments", {**body, "to": "@wei\0"})[1]["code"] == "not_found"
    status, sent = ana("POST", "/shipments", body)
    assert (status, sent["status"], len(sent["sscc"])) == (201, "announced", 18)
    assert caller(town.wei, "parcel:read")("GET", f"/shipments/{sent['id']}")[0] == 200
    assert caller(town.lea, "parcel:read")("GET", f"/shipments/{sent['id']}")[0] == 404
    assert ana("POST", f"/shipments/{sent['id']}/cancel")[1]["status"] == "cancelled"


def test_a_carrier_captures_and_finds_its_events(town: Town) -> None:
    parcel = town.sent()
    velo = caller(town.marco, "parcel:take", "parcel:read", subject_id=town.velo)
    listed = document(event(parcel.sscc), event(parcel.sscc, steps.OUT_FOR_DELIVERY))
    assert velo("POST", "/epcis/capture", listed) == (200, {"events": 2, "new": 2, "known": 0})
    assert velo("POST", "/epcis/capture", listed) == (200, {"events": 2, "new": 0, "known": 2})
    status, page = velo("GET", f"/epcis/events?epc={parcel.sscc}&perPage=1")
    assert status == 200 and len(document_of(page["document"]).events) == 1
    _status, rest = velo("GET", f"/epcis/events?epc={parcel.sscc}&nextPageToken={page['next_page_token']}")
    assert len(document_of(rest["document"]).events) == 1
    assert caller(town.wei, "parcel:read")("GET", f"/epcis/events?epc={parcel.sscc}")[0] == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"\x00", None),
        (document(event("340123451234567895"), event("340123451234567895", "transforming")), "[1].bizStep"),
        (document(event("340123451234567894")), "[0].epcList[0]"),
        (document(event("340123451234567895", eventTime="2199-01-01T00:00:00Z")), "[0].eventTime"),
    ],
)
def test_a_wrong_capture_names_its_path_and_changes_nothing(town: Town, body: Any, field: str | None) -> None:
    status, problem = caller(town.marco, "parcel:take", subject_id=town.velo)("POST", "/epcis/capture", body)
    assert status == 422
    assert problem["field"] == (f"epcisBody.eventList{field}" if field else None)
    with acting_as(Actor.for_service("parcel")), connection.cursor() as cursor:
        cursor.execute("select count(*) from parcel_scan")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("epc=5", 400),
        ("nextPageToken=zzz", 400),
        ("GE_eventTime=2020-01-01T00:00:00Z", 400),
        ("EQ_bizStep=x", 400),
        ("LT_eventTime=0001-01-01T00:00:00Z", 200),
        (f"nextPageToken={ENDLESS}", 400),
    ],
)
def test_a_wrong_question_is_refused(town: Town, query: str, status: int) -> None:
    assert caller(town.ana, "parcel:read")("GET", f"/epcis/events?{query}")[0] == status


def test_a_courier_s_page_sends_for_the_carrier_that_she_chose(town: Town) -> None:
    parcel = town.sent()
    scans = [{"id": str(uuid4()), "number": parcel.s10, "kind": "load", "at": clock.now().isoformat()}]
    for organisation_id, status in ((None, 403), (town.autre, 403), (town.velo, 200)):
        page = browser("lea", organisation_id)
        answer = page.post("/api/v1/parcel/scans", json.dumps({"scans": scans}), content_type="application/json")
        assert answer.status_code == status, answer.content
    assert answer.json()["verdicts"][0]["done"]


def test_scans_get_a_verdict_each_and_no_scope_no_answer(town: Town) -> None:
    parcel, scan_id = town.sent(), str(uuid4())
    scans = [{"id": scan_id, "number": parcel.s10, "kind": "load", "at": clock.now().isoformat()}]
    velo = caller(town.lea, "parcel:take", subject_id=town.velo)
    assert velo("POST", "/scans", {"scans": scans})[1]["verdicts"][0]["done"]
    assert velo("POST", "/scans", {"scans": scans})[1]["verdicts"][0]["known"]
    assert caller(town.ana, "parcel:take")("POST", "/scans", {"scans": scans})[0] == 403
    assert caller(town.marco, "parcel:read", subject_id=town.velo)("POST", "/scans", {"scans": scans})[0] == 403


def test_pages_for_each_side_within_their_queries(town: Town) -> None:
    with clock.shifted(timedelta(days=-3)):
        parcel = town.sent()
    with acting_as(Actor.for_service("parcel")):
        late = (clock.now() - timedelta(days=2)).isoformat(timespec="milliseconds")
        capturing.capture(town.velo, document_of(document(event(parcel.sscc, "holding", eventTime=late))).events)
    with acting_as(Actor.for_person(town.marco)):
        bakery = identity.create_organisation(name="Moulin", owner_id=town.marco, country="FR", mcc="5814").id
    ana, wei, lea = browser("ana"), browser("weilin"), browser("lea", town.velo)
    pages = [
        (ana, "/parcel/", "Wei Lin"),
        (ana, f"/parcel/p/{parcel.id}", "Label (PDF)"),
        (wei, f"/parcel/p/{parcel.id}", town.code_of(parcel.id)),
        (Client(), f"/parcel/t/{parcel.token}", "Held back"),
        (lea, "/parcel/desk", parcel.s10),
        (lea, "/parcel/desk?q=rue+haute", parcel.s10),
        (lea, f"/parcel/desk/{parcel.id}", "7 Rue Haute"),
        (Client(), "/parcel/courier/", "courier-tour"),
    ]
    for client, url, text in pages:
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(url)
        assert (answer.status_code, text in answer.content.decode()) == (200, True), url
        assert len(asked) <= QUERIES_A_PAGE_MAX, (url, len(asked))
    assert "Wei Lin" not in Client().get(f"/parcel/t/{parcel.token}").content.decode()
    assert wei.get(f"/parcel/p/{parcel.id}/label.pdf").status_code == 404
    assert ana.get(f"/parcel/p/{parcel.id}/label.zpl").content.startswith(b"^XA")
    assert browser("ana").get("/parcel/desk").status_code == 403
    assert "You carry no parcels" in browser("marco", bakery).get("/parcel/desk").content.decode()
    assert browser("marco", town.autre).get(f"/parcel/desk/{parcel.id}").status_code == 404


def test_sending_by_the_pages_in_three_steps(town: Town) -> None:
    ana = browser("ana")
    given = {
        "receiver_name": "Wei Lin", "to": "@weilin", "receiver_street": "7 Rue Haute", "receiver_postcode": "38100",
        "receiver_city": "Vallon", "note": "", "weight": "1.2", "sender_name": "Ana", "sender_street": "1 Rue du Pont",
        "sender_postcode": "38120", "sender_city": "Vallon",
    }  # fmt: skip
    assert ana.post("/parcel/send", {**given, "weight": "99"}).status_code == 422
    assert "Nobody has this name" in ana.post("/parcel/send", {**given, "to": "@nobody"}).content.decode()
    step = ana.post("/parcel/send", given)["Location"]
    assert "Next day" in ana.get(step).content.decode()
    pay = ana.post(step, {"quote": "0"})["Location"]
    page = ana.get(pay).content.decode()
    amount = page.partition('name="amount_minor" value="')[2].partition('"')[0]
    assert ana.post(pay, {"amount_minor": "x"}).status_code == 409
    done = ana.post(pay, {"amount_minor": amount})["Location"]
    assert ana.post(pay, {"amount_minor": amount})["Location"] == done
    assert "Announced" in ana.get(done).content.decode()


def test_the_tour_comes_to_who_carries_alone(town: Town) -> None:
    parcel = town.sent()
    scans = [{"id": str(uuid4()), "number": parcel.s10, "kind": "load", "at": clock.now().isoformat()}]
    caller(town.lea, "parcel:take", subject_id=town.velo)("POST", "/scans", {"scans": scans})
    tour = browser("lea", town.velo).get("/parcel/courier/tour.json").json()
    assert [stop["number"] for stop in tour["stops"]] == [parcel.s10]
    for client in (Client(), browser("ana"), browser("marco", town.autre)):
        assert client.get("/parcel/courier/tour.json").json()["stops"] == []


def test_the_command_takes_a_file_once(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer
    from typer.testing import CliRunner

    from bocage.services.parcel import commands

    monkeypatch.setattr(commands, "set_up_django", lambda: None)
    file = tmp_path / "scans.json"
    file.write_text(json.dumps(document(event(town.sent().sscc))))
    app = typer.Typer()
    commands.register(app)
    for new in (1, 0):
        done = CliRunner().invoke(app, ["parcel", "capture", str(file), "--by", "velo", "--json"])
        assert (done.exit_code, json.loads(done.output)["new"]) == (0, new)
    file.write_text(json.dumps(document(event("1"))))
    refused = CliRunner().invoke(app, ["parcel", "capture", str(file), "--by", "velo"])
    assert refused.exit_code == 2 and "epcisBody.eventList[0].epcList[0]" in refused.output
