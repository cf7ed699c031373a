"""Recurring payments from the payer's page to the shop's program: agreed once, taken within limits, ended at will."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.notifications import queries as notifications
from bocage.kernel.payments import actions as payments
from bocage.services.pay.actions import recurring as actions
from bocage.services.pay.queries import recurring as queries
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
QUERIES_MAX = {"/pay/recurring": 14, "/pay/recurring/new": 11, "/pay/recurring/{id}": 15}


def form(**given: str) -> dict[str, str]:
    today = clock.today(settings.TOWN["time_zone"])
    asked = {"to": "@moulin", "amount": "12.50", "period": "month", "how": "by_itself", "memo": "Bread box"}
    days = {"starts_on": today.isoformat(), "ends_on": (today + timedelta(days=90)).isoformat()}
    return asked | days | {"mandate_id": str(uuid4())} | given


def agreed(town: Town, **given: str) -> UUID:
    answer = signed_in(town.ana).post("/pay/recurring/new", form(**given))
    assert answer.status_code == 302, answer.content
    with acting_as(town.as_ana()):
        return queries.agreements(town.ana)[0].mandate.id


def program(town: Town, *scopes: str, shop: bool = True) -> Client:
    person, subject = (town.marco, town.moulin) if shop else (town.ana, town.ana)
    with acting_as(Actor.for_person(person, subject)):
        _id, token = identity.create_token(person, "till", scopes, life=timedelta(days=1), subject_id=subject)
    return Client(headers={"authorization": f"Bearer {token}"})


def send(client: Client, address: str, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post(f"/api/v1/pay{address}", json.dumps(body), content_type="application/json", headers=headers)


def test_a_standing_order_is_agreed_to_paid_once_a_period_and_ended(town: Town) -> None:
    given = form()
    ana = signed_in(town.ana)
    assert [ana.post("/pay/recurring/new", given).status_code for _ in range(2)] == [302, 302], "two taps agree once"
    with acting_as(town.as_ana()):
        (found,) = queries.agreements(town.ana)
    assert (found.pays, found.other_name, found.state) == (True, "Moulin Café", "running")
    assert payments.pay_due() == 1 and payments.pay_due() == 0
    assert available(town.ana) == 10_000 - 1_250
    page = ana.get(f"/pay/recurring/{found.mandate.id}").content.decode()
    assert "Bread box" in page and "12.50" in page and page.count("paid</") == 1
    assert ana.post(f"/pay/recurring/{found.mandate.id}/end").status_code == 302
    page = ana.get(f"/pay/recurring/{found.mandate.id}").content.decode()
    assert "ended" in page and "End it" not in page
    assert signed_in(town.wei).get(f"/pay/recurring/{found.mandate.id}").status_code == 404
    assert signed_in(town.wei).post(f"/pay/recurring/{found.mandate.id}/end").status_code == 404


def test_who_pays_pauses_it_and_goes_on_and_the_other_side_is_told(town: Town) -> None:
    mandate_id = agreed(town, to="@weilin")
    ana, wei = signed_in(town.ana), signed_in(town.wei)
    address = f"/pay/recurring/{mandate_id}"
    assert "Pause it" in ana.get(address).content.decode() and "Pause it" not in wei.get(address).content.decode()
    assert wei.post(f"{address}/pause").status_code == 403
    assert [ana.post(f"{address}/pause").status_code for _ in range(2)] == [302, 302]
    page = ana.get(address).content.decode()
    assert "Go on" in page and "Pause it" not in page and "paused" in ana.get("/pay/recurring").content.decode()
    assert payments.pay_due() == 0
    hers = program(town, "pay:write", "pay:read", shop=False)
    assert hers.get(f"/api/v1/pay/mandates/{mandate_id}").json()["state"] == "paused"
    again = send(hers, f"/mandates/{mandate_id}/resume", {}).json()
    assert (again["state"], again["paused_at"]) == ("running", None)
    assert payments.pay_due() == 1
    assert send(hers, f"/mandates/{mandate_id}/pause", {}).json()["state"] == "paused"
    assert ana.post(f"{address}/resume").status_code == 302
    assert [ana.post(f"{address}/end").status_code for _ in range(2)] == [302, 302]
    paused, resumed, ended = (
        f"Ana Morel {what} a recurring payment to you" for what in ("paused", "goes on with", "ended")
    )
    assert told(town.wei)[:5] == [ended, resumed, paused, resumed, paused]


def test_who_is_paid_ends_it_too_and_who_pays_is_told(town: Town) -> None:
    mandate_id = agreed(town, to="@weilin")
    assert signed_in(town.wei).post(f"/pay/recurring/{mandate_id}/end").status_code == 302
    assert told(town.ana)[0] == "Wei Lin ended a recurring payment of yours"


def told(person_id: UUID) -> list[str]:
    """What the person was told, the newest first."""
    with acting_as(Actor.for_person(person_id)):
        return [each.title for each in notifications.latest(person_id).notifications]


def test_above_her_limit_she_shows_that_it_is_her_and_finds_what_she_typed(town: Town) -> None:
    ana = signed_in(town.ana)
    answer = ana.post("/pay/recurring/new", form(amount="60", memo="Rent & more"))
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    with acting_as(town.as_ana()):
        assert queries.agreements(town.ana) == []
    typed = ana.get("/pay/recurring/new", form(amount="60", memo="Rent & more")).content.decode()
    assert 'value="Rent &amp; more"' in typed and 'value="60"' in typed


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"to": "@nobody_here"}, "nobody_here"),
        ({"to": "@ana"}, "yourself"),
        ({"amount": "0"}, "amount"),
        ({"starts_on": "2020-01-01"}, "Begin today"),
        ({"starts_on": "9999-12-31", "ends_on": "9999-12-31"}, "Begin within a year"),
        ({"ends_on": "2020-01-01"}, "End on a later day"),
        ({"ends_on": "9999-12-31"}, "five years"),
        ({"memo": "x" * 81}, "80"),
        ({"memo": "a\0b"}, "Null"),
        ({"period": "hour"}, "hour"),
    ],
)
def test_what_cannot_be_agreed_to_is_said_and_nothing_is_kept(town: Town, given: dict[str, str], says: str) -> None:
    answer = signed_in(town.ana).post("/pay/recurring/new", form(**given))
    assert answer.status_code == 422 and says in answer.content.decode()
    with acting_as(town.as_ana()):
        assert queries.agreements(town.ana) == []


def test_a_shop_s_program_takes_what_was_agreed_and_no_more(town: Town) -> None:
    mandate_id = agreed(town, how="when_asked")
    till = program(town, "pay:take", "pay:read", "pay:write")
    assert till.get("/api/v1/pay/mandates").json()["items"][0]["pays"] is False
    first = send(till, f"/mandates/{mandate_id}/charges", {"amount_minor": 700}, "once")
    again = send(till, f"/mandates/{mandate_id}/charges", {"amount_minor": 700}, "once")
    assert first.status_code == 201 and first.json() == again.json() and again["Idempotency-Replayed"] == "true"
    assert available(town.ana) == 9_300
    over = send(till, f"/mandates/{mandate_id}/charges", {"amount_minor": 600})
    assert (over.status_code, over.json()["code"]) == (422, "exceeds_mandate")
    assert over["Content-Type"] == "application/problem+json"
    assert till.post(f"/api/v1/pay/mandates/{mandate_id}/charges").status_code in {400, 422}, "a write wants its key"
    stranger = program(town, "pay:take", "pay:read", shop=False)
    refused = send(stranger, f"/mandates/{mandate_id}/charges", {"amount_minor": 100})
    assert refused.status_code == 403, "the payer does not charge herself"
    (paid,) = till.get(f"/api/v1/pay/mandates/{mandate_id}/charges").json()["items"]
    assert (paid["amount_minor"], paid["state"]) == (700, "paid")
    ended = send(till, f"/mandates/{mandate_id}/end", {})
    assert ended.json()["state"] == "ended" and ended.json()["taken_minor"] == 700
    late = send(till, f"/mandates/{mandate_id}/charges", {"amount_minor": 100})
    assert (late.status_code, late.json()["code"]) == (409, "mandate_revoked")


def test_a_payer_s_program_agrees_up_to_her_own_limit(town: Town) -> None:
    hers = program(town, "pay:write", "pay:read", shop=False)
    today = clock.today(settings.TOWN["time_zone"])
    body = {
        "to": "@moulin",
        "memo": "Bread",
        "period": "week",
        "payment_minor": 900,
        "period_minor": 1_800,
        "total_minor": 5_000,
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=30)).isoformat(),
    }
    made = send(hers, "/mandates", body)
    assert made.status_code == 201 and made.json()["pays"] and made.json()["next_due_on"] is None
    read = hers.get(f"/api/v1/pay/mandates/{made.json()['id']}").json()
    assert read | {"created_at": ""} == made.json() | {"created_at": ""}
    dear = send(hers, "/mandates", body | {"payment_minor": 6_000, "period_minor": 6_000, "total_minor": None})
    assert (dear.status_code, dear.json()["code"]) == (403, "confirm_again")
    wrong = send(hers, "/mandates", body | {"period_minor": 100})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "period_minor")
    assert hers.get(f"/api/v1/pay/mandates/{uuid4()}").status_code == 404


@pytest.mark.parametrize("address", QUERIES_MAX)
def test_each_page_keeps_its_budget(town: Town, address: str) -> None:
    mandate_id = agreed(town)
    with acting_as(town.as_ana()):
        for number in range(5):
            terms = queries.agreements(town.ana)[0].mandate.terms
            payee = (town.wei, town.marco)[number % 2]
            actions.agree(town.ana, payee, terms, f"No {number}", fresh=False, mandate_id=uuid4())
    client = signed_in(town.ana)
    with CaptureQueriesContext(connection) as found:
        answer = client.get(address.format(id=mandate_id))
    assert answer.status_code == 200
    assert len(found) <= QUERIES_MAX[address], [each["sql"][:90] for each in found]
    assert Client().get(address.format(id=mandate_id)).status_code == 302
