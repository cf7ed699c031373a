"""The programs' door: each operation once, whole answers, problems that say what to do, scopes that hold."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from bocage.engines.iso20022 import validate
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.services.pay.tests.conftest import Town, available

pytestmark = pytest.mark.django_db

type Call = Callable[..., Any]


def caller(person_id: UUID, *scopes: str, subject_id: UUID | None = None) -> Call:
    """A program with a token of these scopes; gives (status, body) of a request under /api/v1/pay."""
    with acting_as(Actor.for_person(person_id, subject_id)):
        _id, secret = identity.create_token(person_id, "test", scopes, life=timedelta(days=1), subject_id=subject_id)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, path: str, body: Any = None, key: str | None = "", **headers: str) -> tuple[int, Any]:
        sent = {} if key is None or method == "GET" else {"Idempotency-Key": key or str(uuid4())}
        answer = client.generic(
            method,
            f"/api/v1/pay{path}",
            json.dumps(body or {}) if method != "GET" else "",
            content_type="application/json",
            headers={**sent, **headers},
        )
        kind = answer["Content-Type"]
        return answer.status_code, json.loads(answer.content) if "json" in kind else answer.content

    return call


@pytest.fixture
def ana(town: Town) -> Call:
    return caller(town.ana, "pay:read", "pay:write", "pay:take")


@pytest.fixture
def wei(town: Town) -> Call:
    return caller(town.wei, "pay:read", "pay:write")


@pytest.fixture
def moulin(town: Town) -> Call:
    return caller(town.marco, "pay:read", "pay:write", "pay:take", subject_id=town.moulin)


def test_a_shop_is_paid_by_handle_and_both_see_it(town: Town, ana: Call, moulin: Call) -> None:
    status, paid = ana("POST", "/payments", {"to": "@moulin", "amount_minor": 340, "memo": "Coffee"})
    assert (status, paid["state"], paid["captured_minor"]) == (201, "captured", 340)
    status, wallet = ana("GET", "/wallet")
    assert (status, wallet["available_minor"]) == (200, 10_000 - 340)
    status, lines = ana("GET", "/lines?q=coffee")
    assert [line["amount_minor"] for line in lines["items"]] == [-340]
    status, line = ana("GET", f"/lines/{lines['items'][0]['id']}")
    assert (status, line["counterpart_name"]) == (200, "Moulin Café")
    status, seen = moulin("GET", f"/payments/{paid['id']}")
    assert (status, seen["fee_minor"]) == (200, paid["fee_minor"])
    status, page = moulin("GET", "/payments?limit=1")
    assert [each["id"] for each in page["items"]] == [paid["id"]]
    status, takings = moulin("GET", "/takings")
    assert (takings["taken_minor"], takings["payments_count"], sum(takings["by_hour_minor"])) == (340, 1, 340)


def test_the_same_key_pays_once_and_another_body_is_a_conflict(town: Town, ana: Call) -> None:
    body = {"to": "@moulin", "amount_minor": 340}
    first, again = ana("POST", "/payments", body, key="k-1"), ana("POST", "/payments", body, key="k-1")
    assert first == again
    assert available(town.ana) == 10_000 - 340
    status, problem = ana("POST", "/payments", {**body, "amount_minor": 341}, key="k-1")
    assert (status, problem["code"], problem["field"]) == (409, "idempotency_key_reused", "Idempotency-Key")
    status, problem = ana("POST", "/payments", body, key=None)
    assert (status, problem["code"]) == (400, "idempotency_key_missing")


def test_an_order_is_shown_read_paid_and_seen_as_paid(ana: Call, moulin: Call) -> None:
    status, order = moulin("POST", "/codes", {"kind": "order", "amount_minor": 1_240, "reference": "Table 6"})
    assert status == 201
    status, read = ana("POST", "/codes/read", {"code": order["payload"]}, key=None)
    assert (status, read["payee_name"], read["amount_minor"], read["verified"]) == (200, "Moulin Café", 1_240, True)
    status, paid = ana("POST", "/payments", {"code": order["payload"]})
    assert (status, paid["state"]) == (201, "captured")
    status, problem = ana("POST", "/payments", {"code": order["token"]})
    assert (status, problem["code"]) == (409, "code_used")
    assert moulin("GET", f"/codes/{order['id']}")[1]["state"] == "paid"
    assert moulin("GET", "/codes")[1]["items"][0]["payment_id"] == paid["id"]
    status, poster = moulin("POST", "/codes", {"kind": "poster", "label": "Window"})
    status, problem = ana("POST", "/payments", {"code": poster["token"]})
    assert (status, problem["code"]) == (422, "amount_missing")
    assert moulin("POST", f"/codes/{poster['id']}/cancel")[1]["state"] == "cancelled"


def test_money_is_set_aside_taken_in_part_and_given_back(town: Town, ana: Call, moulin: Call) -> None:
    _status, held = ana("POST", "/payments", {"to": "moulin", "amount_minor": 2_000, "capture": "later"})
    assert held["state"] == "authorised"
    assert available(town.ana) == 8_000
    assert ana("POST", f"/payments/{held['id']}/cancel")[0] == 403
    status, taken = moulin("POST", f"/payments/{held['id']}/capture", {"amount_minor": 1_500})
    assert (status, taken["captured_minor"]) == (200, 1_500)
    assert available(town.ana) == 8_500
    assert len(ana("GET", "/lines?kind=paid")[1]["items"]) == 1
    status, back = moulin("POST", f"/payments/{held['id']}/refunds", {"amount_minor": 500, "reason": "Late"})
    assert (status, back["refunded_minor"], [each["amount_minor"] for each in back["refunds"]]) == (201, 500, [500])
    status, problem = moulin("POST", f"/payments/{held['id']}/refunds", {"amount_minor": 1_001})
    assert (status, problem["code"], problem["field"]) == (422, "refund_too_large", "amount")
    _status, other = ana("POST", "/payments", {"to": "moulin", "amount_minor": 100, "capture": "later"})
    assert moulin("POST", f"/payments/{other['id']}/cancel")[1]["state"] == "cancelled"
    assert available(town.ana) == 9_000


def test_above_the_limit_a_program_gets_an_address_for_the_person(town: Town, ana: Call, moulin: Call) -> None:
    status, waiting = ana("POST", "/payments", {"to": "moulin", "amount_minor": 5_001})
    assert (status, waiting["state"]) == (201, "needs_confirmation")
    assert waiting["confirm_url"].endswith(f"/pay/sheet/{waiting['id']}")
    assert available(town.ana) == 10_000
    assert ana("GET", f"/payments/{waiting['id']}")[1]["state"] == "needs_confirmation"
    assert moulin("GET", f"/payments/{waiting['id']}")[1]["confirm_url"] is None


def test_a_customer_s_code_is_charged_once(town: Town, ana: Call, moulin: Call) -> None:
    status, shown = ana("POST", "/presented-codes")
    assert status == 201
    status, paid = moulin("POST", "/charges", {"code": shown["digits"], "amount_minor": 700, "reference": "T1"})
    assert (status, paid["state"]) == (201, "captured")
    status, problem = moulin("POST", "/charges", {"code": shown["payload"], "amount_minor": 700})
    assert (status, problem["code"], problem["field"]) == (409, "code_used", "code")
    assert available(town.ana) == 9_300
    assert moulin("POST", "/presented-codes")[0] == 403
    _status, shown = ana("POST", "/presented-codes")
    status, waiting = moulin("POST", "/charges", {"code": shown["digits"], "amount_minor": 6_000})
    assert (status, waiting["state"], waiting["confirm_url"]) == (201, "needs_confirmation", None)


def test_people_send_ask_and_share(town: Town, ana: Call, wei: Call) -> None:
    status, sent = ana("POST", "/transfers", {"to": "@weilin", "amount_minor": 1_000, "memo": "Thanks"})
    assert (status, sent["kind"], available(town.wei)) == (201, "transfer", 11_000)
    assert ana("POST", "/transfers", {"to": "@moulin", "amount_minor": 1_000})[1]["code"] == "not_a_person"
    _status, asked = ana("POST", "/requests", {"to": "weilin", "amount_minor": 300, "memo": "Taxi"})
    assert wei("GET", f"/requests/{asked['id']}")[1]["payee_name"] == "Ana Morel"
    status, paid = wei("POST", f"/requests/{asked['id']}/pay")
    assert (status, paid["state"]) == (201, "captured")
    assert wei("POST", f"/requests/{asked['id']}/pay")[0] == 409
    _status, asked = ana("POST", "/requests", {"to": "weilin", "amount_minor": 300})
    assert wei("POST", f"/requests/{asked['id']}/decline")[1]["state"] == "declined"
    _status, asked = ana("POST", "/requests", {"to": "weilin", "amount_minor": 300})
    assert ana("POST", f"/requests/{asked['id']}/cancel")[1]["state"] == "cancelled"
    assert [each["state"] for each in ana("GET", "/requests")[1]["items"]] == ["cancelled", "declined", "paid"]
    status, bill = ana("POST", "/splits", {"title": "Dinner", "total_minor": 1_001, "parts": [{"to": "weilin"}]})
    assert (status, bill["own_part_minor"], bill["requests"][0]["amount_minor"]) == (201, 501, 500)
    assert ana("GET", f"/splits/{bill['id']}")[1]["paid_minor"] == 0
    parts = [{"to": "weilin", "amount_minor": 900}, {"to": "marco", "amount_minor": 200}]
    status, problem = ana("POST", "/splits", {"title": "D", "total_minor": 1_000, "parts": parts})
    assert (status, problem["field"]) == (422, "parts")
    assert len(ana("GET", "/splits")[1]["items"]) == 1


def test_money_comes_from_and_goes_to_a_bank(ana: Call) -> None:
    status, top_up = ana("POST", "/top-ups", {"amount_minor": 5_000})
    assert (status, top_up["state"], top_up["reference"][:2]) == (201, "waiting", "RF")
    assert ana("GET", f"/top-ups/{top_up['id']}")[1]["iban"] == top_up["iban"]
    assert ana("POST", f"/top-ups/{top_up['id']}/cancel")[1]["state"] == "cancelled"
    account = {"iban": "FR14 2004 1010 0505 0001 3M02 606", "holder_name": "Ana Morel"}
    status, out = ana("POST", "/pay-outs", {"amount_minor": 1_000, **account})
    assert (status, out["state"], out["iban"]) == (201, "held", "FR1420041010050500013M02606")
    assert ana("GET", "/wallet")[1]["held_minor"] == 1_000
    assert ana("POST", f"/pay-outs/{out['id']}/cancel")[1]["state"] == "cancelled"
    assert ana("GET", "/pay-outs")[1]["items"][0]["id"] == out["id"]
    assert ana("GET", f"/pay-outs/{out['id']}")[1]["state"] == "cancelled"
    status, problem = ana("POST", "/pay-outs", {"amount_minor": 5_001, **account})
    assert (status, problem["code"]) == (403, "confirm_again")
    status, problem = ana("POST", "/pay-outs", {"amount_minor": 1, "iban": "FR00 1234", "holder_name": "A"})
    assert (status, problem["code"], problem["field"]) == (422, "bad_iban", "iban")


def test_a_statement_adds_up_in_every_form(town: Town, ana: Call) -> None:
    for amount_minor in (340, 120, 75):
        ana("POST", "/payments", {"to": "moulin", "amount_minor": amount_minor, "memo": "=1+1"})
    line = ana("GET", "/lines?limit=1")[1]["items"][0]
    month = line["at"][:7]
    status, found = ana("GET", f"/statements/{month}")
    assert status == 200
    assert found["opening_minor"] + sum(each["amount_minor"] for each in found["lines"]) == found["closing_minor"]
    assert found["closing_minor"] == available(town.ana)
    status, csv = ana("GET", f"/statements/{month}/file?format=csv")
    assert status == 200
    assert b"'=1+1" in csv
    validate(ana("GET", f"/statements/{month}/file?format=camt.053")[1], "camt.053.001.08")
    assert ana("GET", f"/statements/{month}/file?format=pdf")[1].startswith(b"%PDF")
    for bad in ("2026-13", "1999-01", "9999-12", "0000-01"):
        assert ana("GET", f"/statements/{bad}")[1]["code"] == "bad_month"


def test_cursors_walk_every_line_once(ana: Call) -> None:
    for each in range(5):
        ana("POST", "/payments", {"to": "moulin", "amount_minor": 100 + each})
    seen, cursor = [], ""
    while cursor is not None:
        _status, page = ana("GET", f"/lines?limit=2&cursor={cursor}")
        seen += [line["amount_minor"] for line in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [-104, -103, -102, -101, -100, 10_000]
    assert ana("GET", "/lines?cursor=nonsense!")[1]["code"] == "bad_cursor"
    assert ana("GET", "/payments?cursor=nonsense")[1]["code"] == "bad_cursor"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "to"),
        ({"to": "moulin", "code": "x", "amount_minor": 1}, "code"),
        ({"to": "moulin", "amount_minor": 0}, "amount_minor"),
        ({"to": "moulin", "amount_minor": -1}, "amount_minor"),
        ({"to": "moulin", "amount_minor": 2**63}, "amount_minor"),
        ({"to": "moulin", "amount_minor": "3.40"}, "amount_minor"),
        ({"to": "no\0body", "amount_minor": 1}, "to"),
        ({"to": "\ud800", "amount_minor": 1}, "to"),
        ({"to": "moulin", "amount_minor": 1, "memo": "a\0"}, "memo"),
        ({"to": "moulin", "amount_minor": 1, "memo": "x" * 141}, "memo"),
        ({"to": "ana", "amount_minor": 1}, "to"),
        ({"code": "00020101", "amount_minor": 1}, "code"),
    ],
)
def test_bad_input_is_one_problem_that_names_its_field(town: Town, ana: Call, body: Any, field: str) -> None:
    status, problem = ana("POST", "/payments", body)
    assert 400 <= status < 500
    assert field in (problem["field"] or ""), problem
    assert problem["detail"]
    assert available(town.ana) == 10_000


def test_scopes_and_standing_hold(town: Town, ana: Call) -> None:
    reader = caller(town.ana, "pay:read")
    assert reader("GET", "/wallet")[0] == 200
    status, problem = reader("POST", "/payments", {"to": "moulin", "amount_minor": 1})
    assert (status, problem["code"]) == (403, "forbidden")
    cashier = caller(town.lea, "pay:take", subject_id=town.moulin)
    assert cashier("POST", "/codes", {"kind": "order", "amount_minor": 5})[0] == 201
    assert cashier("GET", "/wallet")[0] == 403
    assert Client().get("/api/v1/pay/wallet").status_code == 401
    _status, paid = ana("POST", "/payments", {"to": "moulin", "amount_minor": 50})
    stranger = caller(town.wei, "pay:read", "pay:write", "pay:take")
    assert stranger("GET", f"/payments/{paid['id']}")[0] == 404
    assert stranger("POST", f"/payments/{paid['id']}/refunds", {"amount_minor": 1})[0] == 404
    assert stranger("POST", f"/payments/{paid['id']}/capture")[0] == 404
