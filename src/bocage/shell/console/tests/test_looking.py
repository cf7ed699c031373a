"""Who gets in, and what looking at somebody's things takes and leaves."""

from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import queries as consents
from bocage.kernel.messages import actions as messages
from bocage.kernel.messages import queries as outbox
from bocage.shell.console.tests.conftest import Town, acts_of, fail_an_event, settle, sign_in
from bocage.testing import connected_as

PAGES = ("", "ledger", "events", "consents", "jobs", "messages", "people", "approvals")
REASON = "Ana asked at the counter"


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_led_to_the_sign_in(db: None, client: Client, page: str) -> None:
    answer = client.get(f"/console/{page}")
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next=/console/{page}"


@pytest.mark.parametrize("page", PAGES)
def test_a_person_without_a_role_is_told_so(town: Town, page: str) -> None:
    answer = sign_in(town.ana).get(f"/console/{page}")
    assert answer.status_code == 403
    assert "Ask an operator to give you a role." in answer.content.decode()


def test_what_each_role_may_open(town: Town) -> None:
    opened = {
        person.display_name: {page for page in PAGES if sign_in(person).get(f"/console/{page}").status_code == 200}
        for person in (town.odile, town.paul, town.aude, town.sam)
    }
    everything, without_messages = set(PAGES), set(PAGES) - {"messages"}
    assert opened == {
        "Odile Renard": everything,
        "Paul Garnier": without_messages,
        "Aude Petit": without_messages,
        "Sam Roche": everything,
    }


def test_a_look_leaves_a_receipt_that_the_person_sees_and_an_act_in_the_log(fresh_database: str) -> None:
    town = settle()
    answer = sign_in(town.odile).post("/console/ledger", {"handle": f"@{town.ana.handle}", "reason": REASON})
    assert answer.status_code == 200
    assert 'class="mono">wallet' in answer.content.decode()

    with acting_as(Actor.for_person(town.ana.id)):
        (receipt,) = consents.receipts(town.ana.id).receipts
    assert (receipt.reader, receipt.what) == ("operator", f"accounts: {REASON}")
    seen = sign_in(town.ana).get("/me/receipts").content.decode()
    assert "Who runs the town" in seen and REASON in seen
    with connected_as("auditor"), connection.cursor() as cursor:
        cursor.execute("select count(*) from event where type = 'operator.acted'")
        assert cursor.fetchone() == (1,)


def test_the_receipt_is_in_the_persons_language(town: Town) -> None:
    get_user_model().objects.filter(id=town.ana.id).update(language="fr")
    sign_in(town.odile).post("/console/ledger", {"handle": town.ana.handle, "reason": REASON})
    with acting_as(Actor.for_person(town.ana.id)):
        (receipt,) = consents.receipts(town.ana.id).receipts
    assert receipt.what == f"comptes: {REASON}"


@pytest.mark.parametrize("reason", ["", "         ", "too short", "x" * 91, "with a \0 in the middle of it"])
def test_without_a_good_reason_nothing_is_shown_and_nothing_is_left(town: Town, acts: mock.Mock, reason: str) -> None:
    answer = sign_in(town.odile).post("/console/ledger", {"handle": town.ana.handle, "reason": reason})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_reason_error"' in body and 'class="mono">wallet</span> · EUR' not in body
    assert acts_of(acts) == []
    with acting_as(Actor.for_person(town.ana.id)):
        assert consents.receipts(town.ana.id).receipts == ()


@pytest.mark.parametrize("handle", ["nobody.of.this.name", "\0", "a" * 5000, "'; drop table account; --", "@"])
def test_a_handle_that_nobody_has(town: Town, handle: str) -> None:
    answer = sign_in(town.odile).post("/console/ledger", {"handle": handle, "reason": REASON})
    assert answer.status_code == 422
    assert 'id="id_handle_error"' in answer.content.decode()


def test_a_look_at_a_firm(town: Town) -> None:
    answer = sign_in(town.aude).post("/console/ledger", {"handle": town.moulin.handle, "reason": REASON})
    assert answer.status_code == 200
    assert "Nothing was ever paid to or by them" in answer.content.decode()


def test_an_approver_may_not_look(town: Town, acts: mock.Mock) -> None:
    paul = sign_in(town.paul)
    assert "Look at somebody" not in paul.get("/console/ledger").content.decode()
    assert paul.post("/console/ledger", {"handle": town.ana.handle, "reason": REASON}).status_code == 403
    assert acts_of(acts) == []


# -- Messages out -----------------------------------------------------------------------------------------------------
def _write_to_ana(town: Town) -> None:
    with acting_as(Actor.nobody()):
        messages.post(town.ana.email or "", "Your code", "The code is 123 456.", person_id=town.ana.id)


def test_a_demo_town_shows_what_would_be_sent(town: Town, odile: Client) -> None:
    _write_to_ana(town)
    assert "123 456" in odile.get("/console/messages").content.decode()


@override_settings(MODE="production")
def test_a_real_town_shows_a_message_for_a_reason_alone(town: Town, acts: mock.Mock) -> None:
    _write_to_ana(town)
    sam = sign_in(town.sam)
    listed = sam.get("/console/messages").content.decode()
    assert "Your code" in listed and "123 456" not in listed
    (message,) = outbox.outbox()
    refused = sam.post(f"/console/messages/{message.id}", {"reason": "short"})
    assert refused.status_code == 422 and "123 456" not in refused.content.decode()
    assert acts_of(acts) == []

    shown = sam.post(f"/console/messages/{message.id}", {"reason": REASON})
    assert "123 456" in shown.content.decode()
    assert acts_of(acts) == [("look_up", "operator", str(town.ana.id))]
    with acting_as(Actor.for_person(town.ana.id)):
        (receipt,) = consents.receipts(town.ana.id).receipts
    assert receipt.what == f"a message to you: {REASON}"


def test_an_auditor_reads_no_message(town: Town) -> None:
    _write_to_ana(town)
    (message,) = outbox.outbox()
    assert sign_in(town.aude).post(f"/console/messages/{message.id}", {"reason": REASON}).status_code == 403


# -- Bad input --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("events?before=abc", 400),
        ("events?before=-1", 400),
        ("events?before=" + "9" * 30, 400),
        ("events?before=999999999999999999", 200),
        ("jobs?status=nonsense", 400),
        ("jobs?status=todo&before=%00", 400),
        ("messages?cursor=nonsense", 400),
        ("messages?cursor=%00", 400),
        ("people?q=%00", 422),
        ("people?q=" + "a" * 3000, 422),
        ("people?q=%25_", 200),
        ("people/00000000-0000-4000-8000-000000000001", 404),
    ],
)
def test_addresses_that_no_page_gave(odile: Client, address: str, status: int) -> None:
    answer = odile.get(f"/console/{address}")
    assert answer.status_code == status
    assert "<h1" in answer.content.decode()


def test_what_failed_is_shown_as_text_and_never_as_html(odile: Client) -> None:
    fail_an_event(3)
    body = odile.get("/console/events").content.decode()
    assert "&lt;b&gt;cannot&lt;/b&gt;" in body and "<b>cannot" not in body
