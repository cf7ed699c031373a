"""The doors: each page within its budget of queries, for whom it is and for nobody else; the API; the command."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typer
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader
from typer.testing import CliRunner

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.keys.queries import signing_keys
from bocage.services.health import commands
from bocage.services.health.actions import appeals, deciding, manual
from bocage.services.health.queries import passes
from bocage.services.health.tests.conftest import Town, signed, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def lived(town: Town) -> Town:
    """Ana was exposed and contested it; something stands on each page."""
    at = clock.now() - timedelta(days=5)
    town.check_in(town.wei, at, 60)
    town.check_in(town.ana, at + timedelta(minutes=10), 45)
    for hour in range(8):
        town.check_in(town.ana, clock.now() - timedelta(hours=20 - hour), 20)
    town.result("weilin", "positive")
    town.result("ana", "inconclusive", sample="S-2", claim="BBBBBBBB12345678")
    work()
    return town


def signed_in(person_id: UUID, acting_for: UUID | None = None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=person_id))
    if acting_for:
        session = client.session
        session[ACTING_FOR_SESSION_KEY] = str(acting_for)
        session.save()
    return client


# Address, and the most queries it may take: session, person, acting, and taking and leaving the role included.
HERS = {
    "/health/": 48,
    "/health/sources": 18,
    "/health/history": 16,
    "/health/symptoms": 18,
    "/health/tests": 19,
    "/health/visits": 19,
    "/health/scan": 14,
    "/health/in/{token}": 22,
    "/health/household": 24,
    "/health/name": 22,
    "/health/certificates": 24,
    "/health/code": 48,
    "/health/gate/": 8,
}
OFFICIALS = {"/health/console": 22, "/health/console/appeals": 22, "/health/console/by-hand": 26}


@pytest.mark.parametrize("address", HERS)
def test_her_pages_keep_to_their_budget(address: str, lived: Town) -> None:
    client = signed_in(lived.ana)
    url = address.format(token=lived.token)
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    assert len(asked) <= HERS[address], len(asked)


@pytest.mark.parametrize("address", OFFICIALS)
def test_the_console_is_for_officials_and_keeps_to_its_budget(address: str, lived: Town) -> None:
    with acting_as(Actor.for_person(lived.ana)):
        appeals.appeal(lived.ana, deciding.current(lived.ana).id, "The terrace")
    with acting_as(Actor.for_person(lived.odile)):
        manual.request(lived.wei, "green", "A letter shown at the counter", 2)
    assert signed_in(lived.ana).get(address).status_code == 403
    client = signed_in(lived.odile)
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200
    assert len(asked) <= OFFICIALS[address], len(asked)
    for name in ("Ana Morel", "Wei Lin", "weilin", "@ana"):
        assert name not in answer.content.decode()


def test_one_tap_contests_and_the_page_is_green(lived: Town) -> None:
    client = signed_in(lived.ana)
    assert 'data-colour="yellow"' in client.get("/health/").content.decode()
    with acting_as(Actor.for_person(lived.ana)):
        held = deciding.current(lived.ana)
    client.post(f"/health/colours/{held.id}/appeal")
    assert 'data-colour="green"' in client.get("/health/").content.decode()


def test_an_official_answers_and_another_begins_what_the_first_proposed(lived: Town) -> None:
    client = signed_in(lived.odile)
    with acting_as(Actor.for_person(lived.ana)):
        case = appeals.appeal(lived.ana, deciding.current(lived.ana).id)
    bad = client.post("/health/console/appeals", {"case": case.id, "answer": "Not so", "verdict": "keep"})
    assert bad.status_code == 422
    shown = bad.content.decode()
    assert ">Not so</textarea>" in shown
    assert shown.count("Give your reasons in 10 to 1,000 characters") == 1
    assert 'aria-invalid="true"' in shown
    good = client.post(
        "/health/console/appeals", {"case": case.id, "answer": "You sat at one table.", "verdict": "keep"}
    )
    assert good.status_code == 302
    again = client.post("/health/console/appeals", {"case": case.id, "answer": "Two of us.", "verdict": "uphold"})
    assert again.status_code == 422
    assert "This appeal was answered already." in again.content.decode()
    assert "Two of us." in again.content.decode(), "what was written is not lost"
    without = client.post("/health/console", {"title": "For ever", "legal_basis": "None"})
    assert without.status_code == 422
    late = clock.now().date() + timedelta(days=400)
    given = {"title": "T", "legal_basis": "L", "rules": "2026.1", "budget_days": "2.2", "sunset": late}
    refused = client.post("/health/console", given | {"reason": "It is needed for long"})
    assert "within 180 days" in refused.content.decode()


def test_a_place_gets_its_poster_and_its_owner_alone(lived: Town) -> None:
    client = signed_in(lived.marco, lived.moulin)
    assert client.get("/health/places").status_code == 200
    answer = client.get(f"/health/places/{lived.venue}.pdf")
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Moulin Café" in text
    assert signed_in(lived.ana).get("/health/places").status_code == 403
    other = signed_in(lived.marco, lived.laboratory)
    assert other.get(f"/health/places/{lived.venue}.pdf").status_code == 404


def test_the_public_register_needs_no_sign_in_and_names_nobody(lived: Town) -> None:
    answer = Client().get("/health/register").content.decode()
    assert "Winter wave" in answer
    assert "Decree 12" in answer
    assert "Ana" not in answer


def test_the_same_by_the_api(lived: Town) -> None:
    client = signed_in(lived.ana)

    def post(path: str, body: dict[str, Any], key: str) -> Any:
        headers = {"Idempotency-Key": key}
        return client.post(f"/api/v1/health/{path}", body, content_type="application/json", headers=headers)

    first = client.get("/api/v1/health/colour").json()
    assert first["colour"] == "yellow"
    visit = post("check-ins", {"token": lived.token}, "k1").json()
    assert post("check-ins", {"token": lived.token}, "k1").json() == visit
    assert client.post(f"/api/v1/health/check-ins/{visit['id']}/leave").status_code == 200
    assert post("reports", {"symptoms": ["none", "fever"], "since": "2026-11-28"}, "k2").status_code == 422
    assert post(f"colours/{first['record_id']}/appeal", {}, "k3").status_code == 200
    assert client.get("/api/v1/health/colour").json()["colour"] == "green"
    assert client.get(f"/api/v1/health/colours/{uuid7()}").status_code == 404
    assert signed_in(lived.wei).get(f"/api/v1/health/colours/{first['record_id']}").status_code == 404
    off = client.put("/api/v1/health/sources/health.checkins", {"answer": "no"}, content_type="application/json")
    assert off.status_code == 200
    with acting_as(Actor.for_person(lived.ana)):
        assert passes.visits(lived.ana) == []
    payload, signature = signed(lived, sample="S-7", claim="GGGGGGGG12345678")
    body = {"payload": payload, "signature": signature}
    assert client.post("/api/v1/health/results", body, content_type="application/json").status_code == 403
    with acting_as(Actor.for_person(lived.marco)):
        _id, token = identity.create_token(
            lived.marco, "analyser", ["health:results"], life=timedelta(days=1), subject_id=lived.laboratory
        )
    headers = {"Authorization": f"Bearer {token}"}
    for _again in range(2):
        sent = Client().post("/api/v1/health/results", body, content_type="application/json", headers=headers)
        assert sent.json() == {"taken": True}
    assert Client().get("/api/v1/health/colour", headers=headers).status_code == 403


def test_the_command_recomputes_a_record_and_finds_a_changed_one(lived: Town, tmp_path: Path) -> None:
    with acting_as(Actor.for_person(lived.ana)):
        held = deciding.current(lived.ana)
        document = passes.document(lived.ana, held.id)
    assert document is not None
    key = signing_keys(deciding.SIGNING)[0].public_key.hex()
    app = typer.Typer()
    commands.register(app)

    def run(given: dict[str, Any]) -> Any:
        file = tmp_path / "record.json"
        file.write_text(json.dumps(given))
        return CliRunner().invoke(app, ["pass", "colour", str(file), "--key", key, "--json"])

    told = run(document)
    assert told.exit_code == 0, told.output
    assert json.loads(told.output)["recomputes"] is True
    forged = document | {"record": document["record"].replace('"colour":"yellow"', '"colour":"green"')}
    told = run(forged)
    assert told.exit_code == 1
    assert not json.loads(told.output)["recomputes"]
    assert not json.loads(told.output)["signed"]
    assert run({"record": "{}"}).exit_code == 2
