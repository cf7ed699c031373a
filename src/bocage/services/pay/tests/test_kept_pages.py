"""Kept money, reserved money and exchange from the pages: who may do what, who is told, lines, budgets, bad input."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import queries as consent
from bocage.kernel.identity import actions as identity
from bocage.kernel.ledger.testing import give, shifted
from bocage.kernel.notifications import queries as notifications
from bocage.kernel.payments import actions as kernel
from bocage.kernel.payments import queries as payments
from bocage.services.pay.actions import erasing
from bocage.services.pay.actions import keeping as actions
from bocage.services.pay.queries import keeping as queries
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_api import caller
from bocage.services.pay.tests.test_keeping import agree
from bocage.services.pay.tests.test_pages import signed_in
from bocage.services.pay.tests.test_recurring import told

pytestmark = pytest.mark.django_db
DUE, HEARD = timedelta(days=31), timedelta(days=31 + 8)
QUERIES_MAX = {
    "/pay/kept": 15,
    "/pay/kept/new": 11,
    "/pay/kept/{id}": 18,
    "/pay/reserved": 17,
    "/pay/exchange": 14,
    "/pay/exchange/{quote}": 16,
}


def form(**given: str) -> dict[str, str]:
    day = clock.today(settings.TOWN["time_zone"]) + timedelta(days=30)
    asked = {"to": "@weilin", "amount": "12.50", "memo": "A bicycle", "ask_from": day.isoformat()}
    return asked | {"escrow_id": str(uuid4())} | given


def kept(town: Town, **given: str) -> UUID:
    answer = signed_in(town.ana).post("/pay/kept/new", form(**given))
    assert answer.status_code == 302, answer.content
    with acting_as(town.as_ana()):
        return queries.keepings(town.ana)[0].intent.id


@pytest.fixture
def points(town: Town) -> Iterator[Town]:
    with acting_as(Actor.for_service("payments")):
        kernel.set_rate("EUR", "points", 3, 7)
        give(kernel.liquidity_of("points"), 10_000, "points")
    yield town


def test_it_is_set_aside_once_and_paid_out_by_who_has_received(town: Town) -> None:
    ana, wei, given = signed_in(town.ana), signed_in(town.wei), form()
    assert [ana.post("/pay/kept/new", given).status_code for _ in range(2)] == [302, 302], "two taps set aside once"
    assert available(town.ana) == 8_750 and agree(town.as_ana())
    assert told(town.wei)[0] == "Ana Morel set €12.50 aside for you"
    address = f"/pay/kept/{given['escrow_id']}"
    hers, his = ana.get(address).content.decode(), wei.get(address).content.decode()
    assert "I have received it" in hers and "Give it back" not in hers
    assert "Give it back" in his and "I have received it" not in his and "A bicycle" in his
    assert "Ask for" not in hers + his, "its day has not come"
    receipt = ana.get(f"/pay/payments/{given['escrow_id']}", follow=True).content.decode()
    assert f'href="{address}"' in receipt and "Complain" not in receipt and "Ask for a refund" not in receipt
    assert wei.post(f"{address}/release").status_code == 403
    assert [ana.post(f"{address}/release").status_code for _ in range(2)] == [302, 302]
    assert available(town.wei) > 11_200 and agree(town.as_ana(), town.as_wei())
    assert "It was paid out to you" in wei.get(address).content.decode()
    assert signed_in(town.marco).get(address).status_code == 404
    assert signed_in(town.marco).post(f"{address}/release").status_code == 404


def test_asked_for_and_contested_both_are_told_and_who_is_paid_gives_in(town: Town) -> None:
    escrow_id = kept(town)
    address = f"/pay/kept/{escrow_id}"
    with shifted(DUE):
        ana, wei = signed_in(town.ana), signed_in(town.wei)
        assert wei.post(f"{address}/ask", {"reason": "not_received"}).status_code == 422, "a reason of the other side's"
        assert wei.post(f"{address}/ask", {"reason": "delivered"}).status_code == 302
        assert told(town.ana)[0] == "Wei Lin asks for €12.50 that is set aside"
        assert told(town.wei)[0] == "You asked for €12.50 that is set aside"
        page = ana.get(address).content.decode()
        assert "It was delivered or done as agreed" in page and "Object" in page
        assert "Object" not in wei.get(address).content.decode()
        for _twice in range(2):
            sent = {"reason": "not_received", "objection_id": str(UUID(int=7))}
            assert ana.post(f"{address}/object", sent).status_code == 302
        assert told(town.wei)[0] == "Ana Morel objects: €12.50 stays set aside"
        assert "contested" in ana.get("/pay/kept").content.decode()
        no_complaint_of_hers(town, escrow_id)
        assert wei.post(f"{address}/return").status_code == 302
        assert available(town.ana) == 10_000 and agree(town.as_ana(), town.as_wei())
        assert "It came back to you" in ana.get(address).content.decode()


def no_complaint_of_hers(town: Town, escrow_id: UUID) -> None:
    """An objection ends where the money is kept: taking "a complaint" back must not pay it out."""
    ana, objection = signed_in(town.ana), str(UUID(int=7))
    assert ana.post(f"/pay/complaints/{objection}/withdraw").status_code == 404
    receipt = ana.get(f"/pay/payments/{escrow_id}", follow=True).content.decode()
    assert "complaint" not in receipt and "This money is set aside" in receipt


def test_the_time_until_which_to_object_is_said_with_its_hour_where_she_lives(town: Town) -> None:
    escrow_id = kept(town)
    with shifted(DUE):
        with acting_as(town.as_wei()):
            asked = actions.ask(escrow_id, "delivered").kept
            assert asked is not None and asked.lapses_at is not None
        hour = f"{asked.lapses_at.astimezone(ZoneInfo('Europe/Paris')):%H:%M}"
        with acting_as(town.as_ana()):
            assert hour in notifications.latest(town.ana).notifications[0].body


def test_operators_see_who_asked_and_who_objects_and_both_find_the_receipt(town: Town) -> None:
    escrow_id = kept(town)
    with acting_as(Actor.nobody()):
        identity.bootstrap_role(town.marco, "operator", reason="a test")
    with shifted(DUE):
        with acting_as(town.as_ana()):
            actions.ask(escrow_id, "not_received")
        with acting_as(town.as_wei()):
            objection = actions.contest(escrow_id, "under_way", uuid4())
        page = signed_in(town.marco).get(f"/pay/console/disputes/{objection.id}").content.decode()
    assert "Ana Morel · I did not get what I paid for" in page and "Wei Lin · It is still under way" in page
    for actor in (town.as_ana(), town.as_wei()):
        with acting_as(actor):
            assert any("objection" in each.what for each in consent.receipts(actor.required_subject()).receipts)


def test_who_runs_a_shop_hears_that_its_money_is_asked_back(town: Town) -> None:
    escrow_id = kept(town, to="@moulin")
    with shifted(DUE):
        assert signed_in(town.ana).post(f"/pay/kept/{escrow_id}/ask", {"reason": "not_received"}).status_code == 302
        assert told(town.marco)[0] == "Moulin Café: Ana Morel asks for €12.50 that is set aside"
        assert not any("set aside" in each for each in told(town.lea)), "a cashier moves no money out"
        shop = signed_in(town.marco, town.moulin)
        assert shop.post(f"/pay/kept/{escrow_id}/object", {"reason": "delivered"}).status_code == 302
        assert told(town.marco)[0] == "Moulin Café: You objected: €12.50 stays set aside"


def test_above_her_limit_she_shows_that_it_is_her_and_finds_what_she_typed(town: Town) -> None:
    ana = signed_in(town.ana)
    answer = ana.post("/pay/kept/new", form(amount="60", memo="A cello & bow"))
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert available(town.ana) == 10_000
    typed = ana.get("/pay/kept/new", form(amount="60", memo="A cello & bow")).content.decode()
    assert 'value="A cello &amp; bow"' in typed and 'value="60"' in typed
    ana.post(answer["Location"], {"password": "correct horse battery staple"})
    assert ana.post("/pay/kept/new", form(amount="60")).status_code == 302
    assert available(town.ana) == 4_000


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"to": "@nobody_here"}, "nobody_here"),
        ({"to": "@ana"}, "yourself"),
        ({"amount": "0"}, "amount"),
        ({"ask_from": "2020-01-01"}, "Choose a later day"),
        ({"ask_from": "9999-12-31"}, "Choose a later day"),
        ({"ask_from": "0001-01-01"}, "Choose a later day"),
        ({"memo": "x" * 141}, "140"),
        ({"memo": "a\0b"}, "Null"),
        ({"escrow_id": "7"}, "UUID"),
    ],
)
def test_what_cannot_be_set_aside_is_said_and_nothing_moves(town: Town, given: dict[str, str], says: str) -> None:
    answer = signed_in(town.ana).post("/pay/kept/new", form(**given))
    assert answer.status_code == 422 and says in answer.content.decode()
    assert available(town.ana) == 10_000


def test_a_program_asks_and_objects_too(town: Town) -> None:
    scopes = ("pay:read", "pay:write", "pay:take")
    ana, moulin = caller(town.ana, *scopes), caller(town.marco, *scopes, subject_id=town.moulin)
    day = clock.today(settings.TOWN["time_zone"]) + timedelta(days=2)
    body = {"to": "@moulin", "amount_minor": 1_000, "ask_from": day.isoformat()}
    address = f"/escrows/{ana('POST', '/escrows', body)[1]['payment']['id']}"
    assert moulin("POST", f"{address}/ask", {"reason": "delivered"})[1]["code"] == "escrow_not_due"
    with shifted(timedelta(days=3)):
        ana, moulin = caller(town.ana, *scopes), caller(town.marco, *scopes, subject_id=town.moulin)
        status, asked = moulin("POST", f"{address}/ask", {"reason": "delivered"})
        assert (status, asked["asked_by"], asked["objection"]) == (200, "payee", None)
        assert asked["lapses_at"] and asked["ask_from"] < asked["lapses_at"]
        status, contested = ana("POST", f"{address}/object", {"reason": "wrong_amount"}, key="no")
        assert (status, contested["lapses_at"], contested["objection"]) == (200, None, "open")
        assert ana("POST", f"{address}/object", {"reason": "wrong_amount"}, key="no") == (status, contested)
        assert ana("POST", f"{address}/object", {"reason": "nonsense"})[0] == 422


def test_nobody_leaves_while_others_keep_a_share_for_her(town: Town) -> None:
    ana = caller(town.ana, "pay:read", "pay:write")
    shares = [{"to": "@lea", "parts": 1}, {"to": "@moulin", "parts": 1}]
    ana("POST", "/escrows", {"to": "@moulin", "amount_minor": 1_000, "shares": shares})
    with acting_as(Actor.for_person(town.lea)), pytest.raises(Exception, match="money_kept"):
        erasing.erase(town.lea)


def test_reserved_money_says_for_whom_and_until_when(town: Town) -> None:
    client = signed_in(town.ana)
    assert "Nothing is reserved" in client.get("/pay/reserved").content.decode()
    _reserve(town)
    page = client.get("/pay/reserved").content.decode()
    assert "Moulin Café" in page and "€3.00" in page and "Ana Morel" in page and "€10.00" in page and "€13.00" in page


def _reserve(town: Town) -> None:
    from bocage.services.pay.actions import bank

    with acting_as(town.as_ana()):
        id = kernel.create_intent(uuid4(), town.ana, town.moulin, 300, "EUR").id
        kernel.authorise(id)
        bank.order_pay_out(town.ana, 1_000, "EUR", "FR1420041010050500013M02606", "Ana Morel", fresh=False)


def test_points_are_bought_at_the_offered_rate_once(points: Town) -> None:
    town, client, quote_id = points, signed_in(points.ana), str(uuid4())
    page = client.get("/pay/exchange").content.decode()
    assert "€0.07 gives 3\N{NO-BREAK SPACE}points (you have €100.00)" in page
    sent = {"pair": "EUR:points", "amount": "10", "quote_id": quote_id}
    assert [client.post("/pay/exchange", sent)["Location"] for _ in range(2)] == [f"/pay/exchange/{quote_id}"] * 2
    assert "428\N{NO-BREAK SPACE}points" in client.get(f"/pay/exchange/{quote_id}").content.decode()
    assert available(town.ana) == 10_000
    assert [client.post(f"/pay/exchange/{quote_id}").status_code for _ in range(2)] == [302, 302]
    assert available(town.ana) == 9_000 and agree(town.as_ana())
    assert "Exchanged" in client.get(f"/pay/exchange/{quote_id}").content.decode()
    assert signed_in(town.wei).get(f"/pay/exchange/{quote_id}").status_code == 404
    with acting_as(town.as_ana()):
        assert payments.allowance(town.ana, "EUR").left_today_minor == 3_000_000 - 1_000


def test_an_offer_above_her_limit_asks_again_and_too_many_are_refused(points: Town) -> None:
    client, quote_id = signed_in(points.ana), str(uuid4())
    client.post("/pay/exchange", {"pair": "EUR:points", "amount": "60", "quote_id": quote_id})
    assert "above your limit" in client.get(f"/pay/exchange/{quote_id}").content.decode()
    assert "reauthenticate" in client.post(f"/pay/exchange/{quote_id}")["Location"]
    for bad in ({"pair": "points:EUR"}, {"amount": "x"}, {"amount": "0"}, {"quote_id": "7"}):
        sent = {"pair": "EUR:points", "amount": "1", "quote_id": str(uuid4())} | bad
        assert client.post("/pay/exchange", sent).status_code == 422
    answers = [
        client.post("/pay/exchange", {"pair": "EUR:points", "amount": "1", "quote_id": str(uuid4())})
        for _n in range(20)
    ]
    assert [each.status_code for each in answers] == [302] * 19 + [422]
    assert available(points.ana) == 10_000


@pytest.mark.parametrize("address", QUERIES_MAX)
def test_each_page_keeps_its_budget(points: Town, address: str) -> None:
    escrow_id, quote = kept(points), str(uuid4())
    for payee in ("@moulin", "@marco", "@lea"):
        kept(points, to=payee, amount="1")
    _reserve(points)
    client = signed_in(points.ana)
    client.post("/pay/exchange", {"pair": "EUR:points", "amount": "1", "quote_id": quote})
    path = address.format(id=escrow_id, quote=quote)
    with CaptureQueriesContext(connection) as found:
        answer = client.get(path)
    assert answer.status_code == 200
    assert len(found) <= QUERIES_MAX[address], [each["sql"][:90] for each in found]
    assert Client().get(path).status_code == 302
