"""Every page renders empty, full and failing, within its budget of queries; forms show their errors again."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.ids import uuid7
from bocage.services.forest import queries
from bocage.services.forest.actions import importing, noting
from bocage.services.forest.acts import ACT_BY_SLUG
from bocage.services.forest.models import Upload
from bocage.services.forest.tests.conftest import PASSWORD, ride
from bocage.services.forest.types import Noted

pytestmark = pytest.mark.django_db

# Upper bounds, the session, the person and the transaction's settings among them.
QUERIES_MAX = {
    "/forest/": 18,
    "/forest/lines": 11,
    "/forest/lines/{line}": 9,
    "/forest/notes": 7,
    "/forest/shared": 12,
    "/forest/import": 9,
    "/forest/import/{preview}": 14,
    "/forest/import/{columns}/columns": 9,
    "/forest/trees": 10,
    "/forest/year": 12,
    "/forest/friends": 13,
    "/forest/groups": 13,
}
ODD_CSV = b"1;2026-11-03;alpha;12,40\n2;2026-11-04;beta;8,15\n3;2026-11-05;gamma;3,00\n"
UNKNOWN_CSV = b"wann;was;wieviel;?\nam 3.11.;RATP METRO;2,50;x\nam 4.11.;BAKER;3,00;x\n"


def hand_in(person: UUID, content: bytes, name: str = "bank.csv") -> UUID:
    with acting_as(Actor.for_person(person)):
        return importing.receive(person, uuid7(), name, content, "FR").id


def full(person: UUID, statement: bytes) -> dict[str, UUID]:
    """Ana with lines, ripe and ripening grams, a growing tree, a preview and a CSV without known columns."""
    with acting_as(Actor.for_person(person)):
        consent.grant(person, "forest.grow")
        kept = importing.receive(person, uuid7(), "october.csv", statement, "FR").id
        importing.confirm(person, kept, rewarded=True)
    ride(person)
    ride(person, days_ago=2)
    preview = hand_in(person, statement.replace(b"-2,50", b"-2,80", 1))
    columns = hand_in(person, UNKNOWN_CSV, "odd.csv")
    with acting_as(Actor.for_person(person)):
        line = queries.lines(person)[0].id
        cash = Noted(clock.now().date() - timedelta(days=8), 1_850, "groceries", "Saturday's market", "FR")
        note = noting.note(person, uuid7(), cash).id
    return {"line": line, "note": note, "preview": preview, "columns": columns}


def page(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def test_each_page_is_there_for_who_has_nothing_yet(browser: Client) -> None:
    assert "No footprint yet" in page(browser.get("/forest/"))
    assert "Let your forest grow by itself?" in page(browser.get("/forest/"))
    assert "Nothing in this month" in page(browser.get("/forest/lines"))
    assert "Show me first" in page(browser.get("/forest/import"))
    assert "Begin Silver birch" in page(browser.get("/forest/trees"))
    assert "Your forest" in page(browser.get("/"))


def test_each_page_keeps_to_its_budget_when_it_is_full(
    browser: Client, ana: UUID, statement: bytes, django_assert_max_num_queries: Any
) -> None:
    ids = full(ana, statement)
    for path, most in QUERIES_MAX.items():
        address = path.format(**ids)
        page(browser.get(address))
        with django_assert_max_num_queries(most, info=path):
            text = page(browser.get(address))
        assert "<script>" not in text
        assert "style=" not in text


def test_what_a_full_forest_shows(browser: Client, ana: UUID, statement: bytes) -> None:
    ids = full(ana, statement)
    home = page(browser.get("/forest/"))
    grams = f"{ACT_BY_SLUG['metro'].grams:,}"
    assert "Collect" in home
    assert grams in home
    assert "are ripening" in home
    assert "Let your forest grow by itself?" not in home
    line = page(browser.get(f"/forest/lines/{ids['line']}"))
    assert "Step by step" in line
    assert "Source:" in line
    preview = page(browser.get(f"/forest/import/{ids['preview']}"))
    assert "Keep 1 new line" in preview
    assert "odd.csv" in page(browser.get(f"/forest/import/{ids['columns']}/columns"))


def test_the_question_is_asked_once(browser: Client) -> None:
    browser.post("/forest/agree", {"answer": "no"})
    home = page(browser.get("/forest/"))
    assert "Let your forest grow by itself?" not in home
    assert "as you have not agreed" in home


def test_collecting_takes_what_is_ripe_and_says_so(browser: Client, ana: UUID) -> None:
    ride(ana)
    said = page(browser.post("/forest/collect", follow=True))
    assert f"You collected {ACT_BY_SLUG['metro'].grams:,}" in said
    assert "Nothing is ripe yet" in page(browser.post("/forest/collect"), 422)


def test_a_tree_is_begun_and_watered_and_a_wrong_number_is_shown_again(browser: Client, ana: UUID) -> None:
    ride(ana)
    browser.post("/forest/collect")
    tree = uuid4()
    for _twice in range(2):
        assert browser.post("/forest/trees/sow", {"tree_id": tree, "species": "birch"}).status_code == 302
    bad = page(browser.post(f"/forest/trees/{tree}/water", {"watering_id": uuid4(), "grams": "0"}), 422)
    assert "Give a whole number of grams" in bad
    assert 'aria-invalid="true"' in bad
    much = page(browser.post(f"/forest/trees/{tree}/water", {"watering_id": uuid4(), "grams": "999999"}), 422)
    assert "This tree needs only" in much
    assert 'value="999999"' in much
    watering = {"watering_id": uuid4(), "grams": "500"}
    for _twice in range(2):
        assert browser.post(f"/forest/trees/{tree}/water", watering).status_code == 302
    with acting_as(Actor.for_person(ana)):
        assert queries.grove(ana).trees[0].grams == 500
    assert "Choose a tree" in page(browser.post("/forest/trees/sow", {"tree_id": uuid4(), "species": "palm"}), 422)
    page(browser.post(f"/forest/trees/{uuid4()}/water", {"watering_id": uuid4(), "grams": "1"}), 404)


def test_no_more_than_three_trees_grow_at_once(browser: Client) -> None:
    for _number in range(3):
        browser.post("/forest/trees/sow", {"tree_id": uuid4(), "species": "oak"})
    assert "growing trees grow up first" in page(
        browser.post("/forest/trees/sow", {"tree_id": uuid4(), "species": "oak"}), 422
    )


def test_a_statement_comes_in_by_the_page(browser: Client, ana: UUID, statement: bytes) -> None:
    seen = browser.post("/forest/import", {"file": SimpleUploadedFile("bank.csv", statement), "country": "FR"})
    assert seen.status_code == 302
    preview = page(browser.get(seen["Location"]))
    assert "Keep 4 new lines" in preview
    done = page(browser.post(f"{seen['Location']}/confirm", {"answer": "keep"}, follow=True))
    assert "4 lines were added." in done
    assert browser.get(seen["Location"])["Location"] == "/forest/lines"


def test_forgetting_keeps_nothing(browser: Client, ana: UUID, statement: bytes) -> None:
    upload = hand_in(ana, statement)
    browser.post(f"/forest/import/{upload}/confirm", {"answer": "forget"})
    page(browser.get(f"/forest/import/{upload}"), 404)
    with acting_as(Actor.for_person(ana)):
        assert (Upload.objects.get().content, queries.lines(ana)) == (None, ())


def test_columns_that_are_not_recognised_are_asked_for(browser: Client, ana: UUID) -> None:
    answer = browser.post("/forest/import", {"file": SimpleUploadedFile("odd.csv", UNKNOWN_CSV), "country": "FR"})
    assert answer["Location"].endswith("/columns")
    asked = page(browser.get(answer["Location"]))
    assert "RATP METRO" in asked
    missing = page(browser.post(answer["Location"], {"date": "0"}), 422)
    assert "Choose the column of the amount" in missing
    upload = answer["Location"].split("/")[-2]
    again = browser.post(f"/forest/import/{upload}/confirm", {"answer": "keep"})
    assert "columns" in page(again, 422)


def test_chosen_columns_are_read_and_kept(browser: Client, ana: UUID) -> None:
    upload = hand_in(ana, ODD_CSV, "odd.csv")
    said = {"date": "1", "amount": "3", "text": "2", "spent_is_positive": "on"}
    answer = browser.post(f"/forest/import/{upload}/columns", said)
    assert answer["Location"] == f"/forest/import/{upload}"
    preview = page(browser.get(answer["Location"]))
    assert "Keep 3 new lines" in preview
    assert "gamma" in preview
    assert "EUR" in preview, "the currency that was assumed is said"
    browser.post(f"/forest/import/{upload}/confirm", {"answer": "keep"})
    with acting_as(Actor.for_person(ana)):
        assert [(line.text, line.amount_minor, line.currency) for line in queries.lines(ana)] == [
            ("gamma", -300, "EUR"),
            ("beta", -815, "EUR"),
            ("alpha", -1240, "EUR"),
        ]


def test_another_persons_pages_are_not_there(browser: Client, ana: UUID, wei: UUID, statement: bytes) -> None:
    ids = full(wei, statement)
    for address in (
        f"/forest/lines/{ids['line']}",
        f"/forest/import/{ids['preview']}",
        f"/forest/import/{ids['columns']}/columns",
    ):
        page(browser.get(address), 404)
    page(browser.post(f"/forest/lines/{ids['line']}", {"category": "groceries"}), 404)
    page(browser.post(f"/forest/import/{ids['preview']}/confirm", {"answer": "keep"}), 404)
    assert "RATP" not in page(browser.get("/forest/lines"))


def test_an_address_that_makes_no_sense_is_refused(browser: Client) -> None:
    assert "2026-11" in page(browser.get("/forest/lines?month=yesterday"), 400)
    page(browser.get("/forest/lines?cursor=!"), 400)
    page(browser.get(f"/forest/lines?cursor={'A' * 22}"), 404)
    for month in ("0001-01", "9999-12", "1969-12"):
        page(browser.get(f"/forest/lines?month={month}"), 400)
    page(browser.get("/forest/lines?month=2026-11&category=%00"), 400)
    page(browser.get("/forest/lines?month=1970-01"))
    page(browser.get("/forest/lines?month=2100-12"))


def test_months_far_back_are_reached(browser: Client, ana: UUID) -> None:
    old = hand_in(ana, b"Date;Libelle;Montant;Devise\n05/02/2019;RATP METRO;-2,50;EUR\n", "old.csv")
    new = hand_in(
        ana, f"Date;Libelle;Montant;Devise\n{clock.now():%d/%m/%Y};RATP METRO;-2,50;EUR\n".encode(), "new.csv"
    )
    for upload in (old, new):
        browser.post(f"/forest/import/{upload}/confirm", {"answer": "keep"})
    assert 'aria-label="Earlier"' in page(browser.get("/forest/lines"))
    back = page(browser.get("/forest/lines?month=2019-02"))
    assert "RATP METRO" in back
    assert 'aria-label="Later"' in back


def test_who_is_not_signed_in_is_led_to_the_door(client: Client) -> None:
    for path in ("/forest/", "/forest/lines", "/forest/import", "/forest/trees"):
        assert "/accounts/login/" in client.get(path)["Location"]
    assert client.post("/accounts/login/", {"login": "nobody@example.org", "password": PASSWORD}).status_code == 200
