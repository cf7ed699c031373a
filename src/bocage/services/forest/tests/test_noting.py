"""What a person writes down by hand weighs as she says it, once, earns nothing, and goes when she says so."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.forest import limits, queries
from bocage.services.forest.actions import correcting, importing, noting
from bocage.services.forest.models import Award, Line
from bocage.services.forest.tests.conftest import Program
from bocage.services.forest.types import Noted
from bocage.services.forest.weighing import notable

pytestmark = pytest.mark.django_db

MARKET = Noted(date(2026, 10, 3), 1850, "groceries", "Saturday's  market", "FR")


def test_it_weighs_as_a_payment_of_that_class_does_and_says_whose_word_it_is(ana: UUID) -> None:
    with acting_as(Actor.for_person(ana)):
        line = noting.note(ana, uuid4(), MARKET)
        row = b"Date;Description;Amount;Currency\n03/10/2026;CB XQ 9931 LYON;-18,50;EUR\n"
        upload = importing.receive(ana, uuid4(), "bank.csv", row, "FR")
        importing.confirm(ana, upload.id, rewarded=True)
        paid = Line.objects.get(origin="statement")
        correcting.correct(ana, paid.id, "groceries")
        paid.refresh_from_db()
        assert (line.micrograms, line.low_micrograms) == (paid.micrograms, paid.low_micrograms)
        assert line.micrograms > 0
        shown = queries.line(ana, line.id)
        assert (shown.text, shown.amount_minor, shown.origin) == ("Saturday's market", -1850, "noted")
        assert any("You wrote it down by hand as: Food shops" in reason["text"] for reason in shown.reasons)
        assert queries.month(ana, date(2026, 10, 1)).micrograms == line.micrograms + paid.micrograms


@pytest.mark.parametrize("country", ["FR", "GB", "US", "CH", "CN"])
def test_every_class_on_the_list_can_be_written_down(ana: UUID, country: str) -> None:
    with acting_as(Actor.for_person(ana)):
        for category in notable():
            line = noting.note(ana, uuid4(), Noted(MARKET.booked_on, 900, category, "", country))
            assert (line.category, line.counted, line.assessed) == (category, True, True), category
        assert Line.objects.count() == len(notable())


def test_it_earns_nothing_whatever_it_says(ana: UUID) -> None:
    with acting_as(Actor.for_person(ana)):
        tram = Noted(clock.now().date() - timedelta(days=1), 250, "public_transport", "RATP METRO", "FR")
        assert noting.note(ana, uuid4(), tram).item == "metro"
        assert not Award.objects.exists()


def test_the_same_words_twice_are_one_line_and_other_words_are_refused(ana: UUID, wei: UUID) -> None:
    with acting_as(Actor.for_person(ana)):
        id = uuid4()
        noting.note(ana, id, MARKET)
        noting.note(ana, id, MARKET)
        assert Line.objects.count() == 1
        with pytest.raises(Refusal, match="id_conflict"):
            noting.note(ana, id, Noted(MARKET.booked_on, 1900, "groceries", MARKET.text, "FR"))
    with acting_as(Actor.for_person(wei)):
        with pytest.raises(Refusal, match="id_conflict"):
            noting.note(wei, id, MARKET)
        with pytest.raises(Refusal, match="not_found"):
            noting.remove(wei, id)


def test_it_goes_when_she_says_so_and_a_banks_line_stays(ana: UUID, statement: bytes) -> None:
    with acting_as(Actor.for_person(ana)):
        upload = importing.receive(ana, uuid4(), "bank.csv", statement, "FR")
        importing.confirm(ana, upload.id, rewarded=True)
        before = queries.lines(ana)
        note = noting.note(ana, uuid4(), MARKET)
        assert noting.remove(ana, note.id) == MARKET.booked_on
        assert queries.lines(ana) == before
        for id in (note.id, before[0].id):
            with pytest.raises(Refusal, match="not_found"):
                noting.remove(ana, id)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"category": "movement"}, "bad_category"),
        ({"category": "unknown"}, "bad_category"),
        ({"country": "ZZ"}, "bad_country"),
        ({"booked_on": date(2999, 1, 1)}, "bad_date"),
        ({"booked_on": date(1066, 1, 1)}, "bad_date"),
        ({"amount_minor": 0}, "bad_amount"),
        ({"amount_minor": 10**12}, "bad_amount"),
        ({"text": "a\0b"}, "bad_text"),
        ({"text": "x" * 81}, "bad_text"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(ana: UUID, wrong: dict[str, object], code: str) -> None:
    said = {name: getattr(MARKET, name) for name in MARKET.__dataclass_fields__} | wrong
    with acting_as(Actor.for_person(ana)):
        with pytest.raises(Refusal, match=code):
            noting.note(ana, uuid4(), Noted(**said))
        assert not Line.objects.exists()


def test_there_is_an_end_to_it(ana: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "NOTES_MAX", 1)
    with acting_as(Actor.for_person(ana)):
        noting.note(ana, uuid4(), MARKET)
        with pytest.raises(Refusal, match="too_many_notes"):
            noting.note(ana, uuid4(), MARKET)


def test_by_the_page(browser: Client, ana: UUID) -> None:
    assert "Weigh it" in browser.get("/forest/notes").content.decode()
    id = uuid4()
    said = {"line_id": id, "booked_on": "2026-10-03", "amount": "18.50", "category": "groceries", "country": "FR"}
    for _twice in range(2):
        answer = browser.post("/forest/notes", {**said, "text": ""})
        assert answer["Location"] == f"/forest/lines/{id}"
    assert "You wrote this down by hand." in browser.get(answer["Location"]).content.decode()
    wrong = browser.post("/forest/notes", {**said, "line_id": uuid4(), "booked_on": "2999-01-01"})
    assert wrong.status_code == 422
    assert "Give a day up to today." in wrong.content.decode()
    gone = browser.post(f"/forest/notes/{id}/remove")
    assert gone["Location"] == "/forest/lines?month=2026-10"
    assert browser.post(f"/forest/notes/{id}/remove").status_code == 404


def test_by_a_program(anas: Program, ana: UUID) -> None:
    id = uuid4()
    said = {"booked_on": "2026-10-03", "amount_minor": 1850, "category": "groceries", "text": "", "country": "FR"}
    first = anas.put(f"/notes/{id}", said)
    assert (first.status_code, first.json()["origin"]) == (200, "noted")
    assert anas.put(f"/notes/{id}", said).json() == first.json()
    assert anas.put(f"/notes/{id}", {**said, "amount_minor": 1}).status_code == 409
    assert anas.put(f"/notes/{uuid4()}", {**said, "booked_on": "soon"}).status_code == 422
    assert anas.post(f"/notes/{id}/remove").json() == {"id": str(id)}
    assert anas.get(f"/lines/{id}").status_code == 404
