"""The first journey step by step through the API, as a program with a token walks it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events import loop
from bocage.kernel.identity import actions as identity
from bocage.testing import connected_as
from tests.journeys.conftest import Town

SCOPES = ("me:read", "me:write", "pay:read", "pay:write", "forest:read", "forest:write")


class Program:
    """A client with a token; every write carries a key of its own."""

    def __init__(self, person_id: UUID, scopes: tuple[str, ...] = SCOPES) -> None:
        with acting_as(Actor.for_person(person_id)):
            _id, token = identity.create_token(person_id, "journey", scopes, life=timedelta(days=1))
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1{path}")
        assert answer.status_code == status, answer.content
        return answer.json()

    def post(self, path: str, body: Any = None, *, status: int = 200, key: str = "", method: str = "post") -> Any:
        send = getattr(self.client, method)
        answer = send(
            f"/api/v1{path}",
            data=json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"Idempotency-Key": key or uuid4().hex},
        )
        assert answer.status_code == status, answer.content
        return answer.json()

    def upload(self, path: str, name: str, content: bytes, status: int = 201) -> Any:
        answer = self.client.post(
            f"/api/v1{path}",
            data={"file": SimpleUploadedFile(name, content), "country": "FR"},
            headers={"Idempotency-Key": uuid4().hex},
        )
        assert answer.status_code == status, answer.content
        return answer.json()


@contextmanager
def delivered() -> Iterator[None]:
    """What the block emits has been heard at its end."""
    yield
    with connected_as("deliverer"):
        loop.drain()


def test_the_whole_journey(town: Town, statement: bytes) -> None:
    ana, wei = Program(town.ana), Program(town.wei)
    assert ana.get("/me")["handle"] == "ana"
    assert ana.get("/pay/wallet")["available_minor"] == 10_000

    key = uuid4().hex
    paid = ana.post("/pay/payments", {"code": town.poster, "amount_minor": 410}, status=201, key=key)
    assert ana.post("/pay/payments", {"code": town.poster, "amount_minor": 410}, status=201, key=key) == paid
    assert ana.post("/pay/payments", {"code": town.poster, "amount_minor": 411}, status=409, key=key)["code"]
    ana.post("/pay/transfers", {"to": "@wei", "amount_minor": 1_250, "memo": "Lunch"}, status=201)
    assert ana.get("/pay/wallet")["available_minor"] == 10_000 - 410 - 1_250
    assert wei.get("/pay/wallet")["available_minor"] == 10_000 + 1_250

    handed_in = ana.upload("/forest/statements", "october.csv", statement)
    assert (handed_in["lines_new"], handed_in["lines_bad"]) == (5, 0)
    upload_id = handed_in["upload"]["id"]
    assert ana.post(f"/forest/statements/{upload_id}/confirm")["lines_added"] == 5
    lines = ana.get("/forest/lines")["items"]
    assert len(lines) == 5
    assert all(line["reasons"] for line in lines)

    with delivered():
        assert ana.post("/me/consents/forest.grow", {"answer": "grant"})["live"] is True
    grove = ana.get("/forest/grove")
    assert grove["ripe_grams"] > 0
    assert ana.post("/forest/collect")["grams"] == grove["ripe_grams"]
    tree = str(uuid4())
    ana.post(f"/forest/trees/{tree}", {"species": "birch"}, method="put")
    watered = ana.post(f"/forest/trees/{tree}/waterings/{uuid4()}", {"grams": 1_000})
    assert watered["grams"] == 1_000

    readers = {receipt["reader"] for receipt in ana.get("/me/receipts")["items"]}
    assert "forest" in readers, "agreeing let Forest ask Pay for the last payments, and that left a receipt"
    assert any(line["text"] == "Moulin Café" for line in ana.get("/forest/lines")["items"])


def test_a_payment_is_weighed_once_it_is_agreed_to_and_no_longer_once_withdrawn(town: Town) -> None:
    ana = Program(town.ana)
    ana.post("/me/consents/forest.grow", {"answer": "grant"})
    with delivered():
        ana.post("/pay/payments", {"code": town.poster, "amount_minor": 410}, status=201)
    assert len(ana.get("/forest/lines")["items"]) == 1
    with delivered():
        ana.post("/pay/payments", {"code": town.poster, "amount_minor": 420}, status=201)
        ana.post("/me/consents/forest.grow", {"answer": "withdraw"})
    assert len(ana.get("/forest/lines")["items"]) == 1, "withdrawn between the event and its delivery"


def test_a_token_does_only_what_its_scopes_say_and_only_for_its_person(town: Town) -> None:
    reader = Program(town.ana, ("pay:read",))
    reader.get("/pay/wallet")
    assert reader.post("/pay/transfers", {"to": "@wei", "amount_minor": 100}, status=403)["code"]
    reader.get("/forest/lines", status=403)
    assert Client().get("/api/v1/pay/wallet").status_code == 401
    ana, wei = Program(town.ana), Program(town.wei)
    sent = ana.post("/pay/transfers", {"to": "@wei", "amount_minor": 100}, status=201)
    line_id = ana.get("/pay/lines")["items"][0]["id"]
    wei.get(f"/pay/lines/{line_id}", status=404)
    assert sent


@pytest.mark.parametrize("amount_minor", [0, -1, 2**63, 2**64, 1.5, "ten"])
def test_amounts_that_are_none_are_refused_by_name_and_change_nothing(town: Town, amount_minor: object) -> None:
    ana = Program(town.ana)
    problem = ana.post("/pay/transfers", {"to": "@wei", "amount_minor": amount_minor}, status=422)
    assert problem["field"] == "amount_minor"
    assert ana.get("/pay/wallet")["available_minor"] == 10_000
