"""Bank and ledger in the console: for operators alone, within a budget, from upload to decision."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.services.pay.queries import reconciling as queries
from bocage.services.pay.tests.conftest import Town, settle
from bocage.services.pay.tests.test_pages import signed_in
from bocage.services.pay.tests.test_reconciling import booked, foreign
from bocage.services.pay.types import LineFinding
from bocage.testing import connected_as

PAGE = "/pay/console/reconciliation"
QUERIES_MAX = 24


def operating(town: Town) -> None:
    with acting_as(Actor.nobody()):
        identity.bootstrap_role(town.marco, "operator", reason="a town of tests")


def upload(*entries: str, name: str = "bank.xml") -> dict[str, list[SimpleUploadedFile]]:
    return {"statements": [SimpleUploadedFile(name, foreign(*entries), "application/xml")]}


@pytest.mark.django_db
def test_the_page_is_for_operators_and_keeps_its_budget(town: Town) -> None:
    operating(town)
    client = signed_in(town.marco)
    assert signed_in(town.ana).get(PAGE).status_code == 403
    empty = client.get(PAGE)
    assert empty.status_code == 200 and "No statement yet" in empty.content.decode()
    answer = client.post(PAGE, upload(*(booked(f"{n}.50", f"line {n}") for n in range(1, 41)), booked("100.00", "two")))
    assert answer.status_code == 302, answer.content
    for address in (PAGE, f"{PAGE}?show=matched", f"{PAGE}?show=aside", f"{PAGE}?show=missing"):
        with CaptureQueriesContext(connection) as found:
            answer = client.get(address)
        assert answer.status_code == 200 and len(found) <= QUERIES_MAX, [each["sql"][:90] for each in found]
    line = next(each for each in queries.reconciliation().open_lines if each.text == "two")
    assert signed_in(town.ana).get(f"{PAGE}/{line.id}").status_code == 403
    with CaptureQueriesContext(connection) as found:
        answer = client.get(f"{PAGE}/{line.id}")
    assert answer.content.decode().count('name="movement_id"') == 2 and len(found) <= QUERIES_MAX
    assert client.get(f"{PAGE}?show=else").status_code == 400
    assert client.get(f"{PAGE}?before=x").status_code == 404


@pytest.mark.django_db
def test_a_bad_file_is_told_above_the_form_and_nothing_is_taken(town: Town) -> None:
    operating(town)
    answer = signed_in(town.marco).post(PAGE, upload(booked("1.00"), booked("abc"), name="november.xml"))
    said = answer.content.decode()
    assert answer.status_code == 422 and "november.xml, line 5, Ntry/Amt" in said and "No statement yet" in said
    nothing = signed_in(town.marco).post(PAGE, {})
    assert nothing.status_code == 422 and "This field is required." in nothing.content.decode()


def test_a_decision_keeps_its_reason_and_is_an_act_in_the_log(fresh_database: str) -> None:
    town = settle()
    operating(town)
    client = signed_in(town.marco)
    client.post(PAGE, upload(booked("100.00", "a filling"), booked("-2.50", "a fee")))
    filling, fee = sorted(queries.reconciliation().open_lines, key=lambda each: -each.amount_minor)
    choice = queries.choices(filling)[0]
    short = client.post(f"{PAGE}/{filling.id}", {"do": "match", "movement_id": str(choice.id), "reason": "so"})
    assert short.status_code == 422 and queries.line(filling.id).finding is LineFinding.AMBIGUOUS
    reason = "Ana's slip of the bank says so"
    matched = client.post(f"{PAGE}/{filling.id}", {"do": "match", "movement_id": str(choice.id), "reason": reason})
    aside = client.post(f"{PAGE}/{fee.id}", {"do": "aside", "reason": "the bank's monthly fee"})
    assert (matched.status_code, aside.status_code) == (302, 302)
    assert reason in client.get(f"{PAGE}/{filling.id}").content.decode().replace("&#x27;", "'")
    opened = client.post(f"{PAGE}/{filling.id}", {"do": "open", "reason": "it was the other one"})
    assert opened.status_code == 302 and queries.line(filling.id).movement_id is None
    wrong = client.post(f"{PAGE}/{filling.id}", {"do": "match", "movement_id": str(town.ana), "reason": reason})
    assert wrong.status_code == 422
    with connected_as("auditor"), connection.cursor() as cursor:
        cursor.execute("select count(*) from event where type = 'operator.acted'")
        assert cursor.fetchone() == (3,)
