"""Each page answers within its budget of queries, to whom it is for and to nobody else."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from bocage.kernel.acting import acting_as
from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.ids import uuid7
from bocage.services.pay.actions import bank, codes, paying, presented, refunds
from bocage.services.pay.actions import requests as request_actions
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.queries import wallet
from bocage.services.pay.tests.conftest import Town, available
from bocage.shell.rails import merchant_rail

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Lived:
    """The town after some days: ids of what there is to look at."""

    town: Town
    payment: UUID
    line: UUID
    sheet: UUID
    order: UUID
    poster: UUID
    token: str
    bill: UUID
    top_up: UUID
    pay_out: UUID
    month: str
    day: str


@pytest.fixture
def lived(town: Town) -> Lived:
    with acting_as(town.as_moulin()):
        order = codes.make_order(town.moulin, "EUR", 500, reference="Table 1")
        poster = codes.make_poster(town.moulin, "EUR", label="Till 1")
        token = code_queries.own_code(town.moulin, poster).token
    with acting_as(town.as_ana()):
        payment = [_pay(town.ana, town.moulin, 300 + each) for each in range(12)][-1]
        _pay(town.ana, town.wei, 700)
        refunds.ask_refund(town.ana, payment, 100, "Cold")
        line = wallet.line_of_payment(town.ana, payment)
        sheet = paying.lay_sheet(town.ana, town.moulin, 500, "EUR")
        bill = request_actions.split_equally(town.ana, "Dinner", 4_000, "EUR", [town.wei, town.marco])
        top_up = bank.announce_top_up(town.ana, 5_000, "EUR")
        pay_out = bank.order_pay_out(town.ana, 1_000, "EUR", "FR1420041010050500013M02606", "Ana Morel", fresh=False)
    with acting_as(town.as_wei()):
        request_actions.ask(town.wei, town.ana, 900, "EUR", "Taxi")
    day = line.at.date().isoformat()
    return Lived(town, payment, line.id, sheet, order, poster, token, bill, top_up, pay_out, day[:7], day)


def _pay(payer: UUID, payee: UUID, amount_minor: int) -> UUID:
    sheet_id = paying.lay_sheet(payer, payee, amount_minor, "EUR", memo="Coffee")
    return paying.confirm(payer, sheet_id, fresh=False).payment_id


def signed_in(person_id: UUID, acting_for: UUID | None = None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=person_id))
    if acting_for:
        session = client.session
        session[ACTING_FOR_SESSION_KEY] = str(acting_for)
        session.save()
    return client


# Address, and the most queries that it may take (session, person and acting included).
HERS: dict[str, int] = {
    "/pay/": 16,
    "/pay/activity": 12,
    "/pay/activity?q=coffee&show=shops": 12,
    "/pay/activity/{line}": 19,
    "/pay/payments/{payment}/refund": 17,
    "/pay/payments/{payment}/complain": 17,
    "/pay/done/{payment}": 13,
    "/pay/statements": 11,
    "/pay/statements/{month}": 14,
    "/pay/settings": 11,
    "/pay/scan": 10,
    "/pay/code": 16,
    "/pay/receive": 14,
    "/pay/c/{token}": 13,
    "/pay/sheet/{sheet}": 15,
    "/pay/send": 13,
    "/pay/requests": 14,
    "/pay/requests/new": 12,
    "/pay/bills": 13,
    "/pay/bills/{bill}": 13,
    "/pay/bills/new": 12,
    "/pay/bank": 12,
    "/pay/bank/top-up": 10,
    "/pay/bank/top-up/{top_up}": 11,
    "/pay/bank/pay-out": 14,
    "/pay/bank/pay-out/{pay_out}": 11,
}
THE_SHOPS: dict[str, int] = {
    "/pay/merchant": 17,
    "/pay/merchant?mode=charge": 17,
    "/pay/merchant?mode=charge&amount=5&reference=": 17,
    "/pay/merchant/order/{order}": 16,
    "/pay/merchant/takings": 20,
    "/pay/merchant/payments/{payment}": 18,
    "/pay/merchant/refunds": 15,
    "/pay/merchant/complaints": 17,
    "/pay/merchant/posters": 16,
    "/pay/merchant/staff": 15,
    "/pay/merchant/programs": 16,
}
FILES = {
    "/pay/activity/{line}.pdf": b"%PDF",
    "/pay/statements/{month}.pdf": b"%PDF",
    "/pay/statements/{month}.csv": b"at,kind",
    "/pay/statements/{month}.xml": b"<?xml",
}
SHOP_FILES = {"/pay/merchant/takings/{day}.csv": b"at,kind", "/pay/merchant/posters/{poster}.pdf": b"%PDF"}


@pytest.mark.parametrize("address", HERS)
def test_a_page_of_hers_keeps_its_budget_and_is_closed_to_strangers(lived: Lived, address: str) -> None:
    path = address.format(**vars(lived))
    client = signed_in(lived.town.ana)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    assert len(queries) <= HERS[address], [each["sql"][:100] for each in queries]
    assert answer["Content-Security-Policy"].startswith("default-src 'self'")
    anonymous = Client().get(path)
    assert (anonymous.status_code, anonymous["Location"].split("?")[0]) == (302, "/accounts/login/")
    if "{" in address and "{month}" not in address and "{token}" not in address:
        assert signed_in(lived.town.wei).get(path).status_code == 404


@pytest.mark.parametrize("address", THE_SHOPS)
def test_a_page_of_the_shop_keeps_its_budget(lived: Lived, address: str) -> None:
    path = address.format(**vars(lived))
    client = signed_in(lived.town.marco, lived.town.moulin)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    assert len(queries) <= THE_SHOPS[address], [each["sql"][:100] for each in queries]


@pytest.mark.parametrize("address", [*FILES, *SHOP_FILES])
def test_files_are_what_they_say(lived: Lived, address: str) -> None:
    town = lived.town
    client = signed_in(town.ana) if address in FILES else signed_in(town.marco, town.moulin)
    answer = client.get(address.format(**vars(lived)))
    assert answer.status_code == 200
    assert answer.content.startswith({**FILES, **SHOP_FILES}[address])
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_receipt_on_paper_says_what_was_paid(lived: Lived, tmp_path: object) -> None:
    from io import BytesIO

    answer = signed_in(lived.town.ana).get(f"/pay/activity/{lived.line}.pdf")
    text = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert "Moulin Café" in text
    assert "€3.11" in text
    assert str(lived.payment) in text


def test_a_cashier_takes_payments_and_moves_no_money_out(lived: Lived) -> None:
    client = signed_in(lived.town.lea, lived.town.moulin)
    assert client.get("/pay/merchant").status_code == 200
    made = client.post("/pay/merchant/order", {"amount": "4.20", "reference": "Table 9"})
    assert made.status_code == 302
    refund = {"amount": "1", "refund_id": str(uuid7())}
    assert client.post(f"/pay/merchant/payments/{lived.payment}/refund", refund).status_code == 403
    assert client.get("/pay/merchant/takings").status_code == 403


def test_who_acts_for_nobody_is_asked_for_which_shop(lived: Lived) -> None:
    client = signed_in(lived.town.marco)
    answer = client.get("/pay/merchant")
    assert b"Moulin" in answer.content
    moved = client.post("/pay/merchant/work-for", {"shop": str(lived.town.moulin), "next": "//evil.example"})
    assert moved["Location"] == "/pay/merchant"
    assert client.get("/pay/merchant").status_code == 200
    assert signed_in(lived.town.wei).post("/pay/merchant/work-for", {"shop": str(lived.town.moulin)}).status_code == 403


def test_a_coffee_is_paid_from_the_scan_to_the_receipt(lived: Lived, balance: Callable[[UUID], int]) -> None:
    client, before = signed_in(lived.town.ana), balance(lived.town.ana)
    amount = client.post("/pay/scanned", {"code": lived.token})
    assert amount["Location"] == f"/pay/c/{lived.token}"
    sheet = client.post(amount["Location"], {"amount": "3,40", "memo": "Coffee"})
    done = client.post(sheet["Location"])
    assert done["Location"].startswith("/pay/done/")
    assert client.post(sheet["Location"])["Location"] == done["Location"]
    page = client.get(done["Location"])
    assert "Moulin Café" in page.content.decode()
    assert balance(lived.town.ana) == before - 340


def test_above_the_limit_the_sheet_sends_her_to_show_that_it_is_her(lived: Lived) -> None:
    client = signed_in(lived.town.ana)
    before = available(lived.town.ana)
    client.post("/pay/settings", {"confirm_above": "5"})
    sheet = client.post("/pay/send", {"to": "@weilin", "amount": "6", "memo": ""})["Location"]
    away = client.post(sheet)
    assert away["Location"].startswith("/accounts/reauthenticate/?next=%2Fpay%2Fsheet")
    assert available(lived.town.ana) == before
    client.post(away["Location"], {"password": "correct horse battery staple"})
    assert client.post(sheet)["Location"].startswith("/pay/done/")
    assert available(lived.town.ana) == before - 600
    another = client.post("/pay/send", {"to": "@weilin", "amount": "6"})["Location"]
    assert client.post(another)["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize(
    ("path", "given", "said"),
    [
        ("/pay/scanned", {"code": "000201\0"}, "not a payment code"),
        ("/pay/scanned", {"code": "x" * 700}, "not a payment code"),
        ("/pay/send", {"to": "@nobody-here", "amount": "5"}, "Nobody here is called"),
        ("/pay/send", {"to": "ana", "amount": "5"}, "yourself"),
        ("/pay/send", {"to": "weilin", "amount": "-5"}, "Type an amount"),
        ("/pay/send", {"to": "weilin", "amount": "5", "memo": "a\0b"}, "Null characters"),
        ("/pay/requests/new", {"to": "moulin", "amount": "5"}, "not a person"),
        ("/pay/bills/new", {"title": "D", "amount": "10", "people": "@weilin four euros"}, "not a name"),
        ("/pay/bills/new", {"title": "D", "amount": "10", "people": "@weilin 11", "owner_shares": "on"}, "more than"),
        ("/pay/bank/top-up", {"amount": "2000.01"}, "above what Pay"),
        ("/pay/settings", {"confirm_above": "60"}, "up to the town"),
        ("/pay/settings", {"confirm_above": "-1"}, "Type an amount"),
    ],
)
def test_what_is_wrong_is_said_on_the_page_and_changes_nothing(
    lived: Lived, path: str, given: dict[str, str], said: str
) -> None:
    before = available(lived.town.ana)
    answer = signed_in(lived.town.ana).post(path, given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert available(lived.town.ana) == before


def test_the_operator_sees_the_bank_and_others_do_not(lived: Lived) -> None:
    assert signed_in(lived.town.ana).get("/pay/console/bank").status_code == 403


def test_the_screen_that_shows_a_code_sees_when_a_till_has_taken_it(lived: Lived) -> None:
    client, town = signed_in(lived.town.ana), lived.town
    assert client.get("/pay/code/watch").status_code == 204
    with acting_as(town.as_ana()):
        shown = presented.show(town.ana)
    payment_id = uuid7()
    with acting_as(town.as_moulin()):
        paying.charge(town.moulin, shown.digits, 100, "EUR", payment_id=payment_id)
    seen = client.get("/pay/code/watch")
    assert seen["HX-Redirect"] == f"/pay/done/{payment_id}"
    assert client.get(f"/pay/code/watch?seen={payment_id}").status_code == 204


def test_pages_speak_french(lived: Lived) -> None:
    client = signed_in(lived.town.ana)
    client.cookies["django_language"] = "fr"
    get_user_model().objects.filter(pk=lived.town.ana).update(language="fr")
    page = client.get("/pay/").content.decode()
    assert "Portefeuille" in page
    assert "Additions" in page or "Partager une addition" in page


def test_who_acts_for_a_shop_finds_the_till_before_other_services() -> None:
    rail = merchant_rail()
    assert len(rail) > 1 and rail[0].places[0].url.startswith("/pay/")
