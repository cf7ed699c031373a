"""A person says once what a merchant sells; all of her lines of it follow, and grams stay as they were earned."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.forest import limits, queries
from bocage.services.forest.actions import correcting, earning, importing
from bocage.services.forest.models import Correction, Line
from bocage.services.forest.tests.conftest import Program, ride
from bocage.services.forest.weighing import Purchase, given_back

pytestmark = pytest.mark.django_db

ROWS = b"""Date;Description;Amount;Currency
01/10/2026;CB XQ 9931 LYON;-20,00;EUR
05/10/2026;CB XQ 9931 LYON;-30,00;EUR
07/10/2026;REMBOURSEMENT XQ 9931 LYON;20,00;EUR
09/10/2026;CARREFOUR MARKET;-40,00;EUR
"""


def bring(person: UUID, content: bytes, name: str = "bank.csv") -> None:
    upload = importing.receive(person, uuid4(), name, content, "FR")
    importing.confirm(person, upload.id, rewarded=True)


def state(person: UUID) -> list[tuple[str, str, int, bool]]:
    rows = Line.objects.filter(person_id=person).order_by("booked_on", "id")
    return [(row.text, row.category, row.micrograms, row.corrected) for row in rows]


def test_lines_past_and_to_come_follow_and_the_word_can_be_taken_back(ana: UUID) -> None:
    with acting_as(Actor.for_person(ana)):
        bring(ana, ROWS)
        before = state(ana)
        assert [category for _text, category, _mass, _corrected in before][:3] == ["unknown"] * 3
        line = Line.objects.order_by("booked_on").first()
        assert line is not None
        assert correcting.correct(ana, line.id, "groceries") == 3
        after = state(ana)
        assert [category for _text, category, _mass, _corrected in after] == ["groceries"] * 4
        assert after[3] == before[3], "another merchant is left alone"
        assert after[0][2] == -after[2][2] != -before[2][2], "the refund takes back what the purchase weighs now"
        assert queries.month(ana, date(2026, 10, 1)).micrograms == sum(each[2] for each in after)
        said = queries.line(ana, line.id).reasons
        assert any("You said that this merchant is: Food shops" in reason["text"] for reason in said)

        bring(ana, b"Date;Description;Amount;Currency\n20/10/2026;CB XQ 9931 LYON;-10,00;EUR\n", "later.csv")
        assert state(ana)[-1][1:] == ("groceries", after[1][2] // 3, True)

        correcting.correct(ana, line.id, "")
        assert state(ana)[:4] == before
        assert Correction.objects.count() == 0


def test_the_same_word_twice_changes_nothing_more(ana: UUID) -> None:
    with acting_as(Actor.for_person(ana)):
        bring(ana, ROWS)
        line = Line.objects.order_by("booked_on").first()
        assert line is not None
        correcting.correct(ana, line.id, "clothing")
        once = state(ana)
        correcting.correct(ana, line.id, "clothing")
        assert state(ana) == once
        correcting.correct(ana, line.id, "restaurants")
        assert Correction.objects.get().category == "restaurants"


def test_payments_follow_with_their_refunds_and_grams_stay(ana: UUID) -> None:
    payment = ride(ana, days_ago=3, cents=900)
    with acting_as(Actor.for_person(ana)):
        importing.refund_payment(ana, ride(ana, days_ago=4, cents=700), uuid4(), 300, clock.now().date())
        ripening = queries.grove(ana).ripening_grams
        line = Line.objects.get(origin_id=payment)
        correcting.correct(ana, line.id, "restaurants")
        assert {row.category for row in Line.objects.all()} == {"restaurants"}
        assert queries.grove(ana).ripening_grams == ripening > 0
        refund = Line.objects.get(amount_minor__gt=0)
        bought = Line.objects.get(origin_id=refund.origin_id, amount_minor__lt=0)
        assert abs(refund.micrograms * 7 + bought.micrograms * 3) < 7
        assert refund.low_micrograms <= refund.micrograms <= refund.high_micrograms


def test_calling_a_shop_a_tram_earns_nothing_and_a_tram_a_shop_loses_nothing(ana: UUID) -> None:
    with acting_as(Actor.for_person(ana)):
        day = clock.now().date()
        shop = f"Date;Description;Amount;Currency\n{day:%d/%m/%Y};CB XQ 9931;-20,00;EUR\n".encode()
        bring(ana, shop)
        correcting.correct(ana, Line.objects.get().id, "public_transport")
        bring(ana, shop.replace(b"-20,00", b"-21,00"), "more.csv")
        assert [row.category for row in Line.objects.all()] == ["public_transport"] * 2
        assert earning.award_for(list(Line.objects.all())) == 0
    ride(ana, days_ago=2)
    with acting_as(Actor.for_person(ana)):
        ripening = queries.grove(ana).ripening_grams
        tram = Line.objects.get(text="Tramway de Vallon")
        correcting.correct(ana, tram.id, "movement")
        assert queries.line(ana, tram.id).micrograms == 0
    ride(ana, days_ago=1)
    with acting_as(Actor.for_person(ana)):
        assert queries.grove(ana).ripening_grams == 2 * ripening


def test_what_cannot_be_said_is_refused(ana: UUID, wei: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    with acting_as(Actor.for_person(ana)):
        bring(ana, ROWS)
        first, *_rest, last = Line.objects.order_by("booked_on")
        for category in ("unknown", "nonsense"):
            with pytest.raises(Refusal, match="bad_category"):
                correcting.correct(ana, first.id, category)
        monkeypatch.setattr(limits, "CORRECTIONS_MAX", 1)
        correcting.correct(ana, first.id, "clothing")
        with pytest.raises(Refusal, match="too_many_corrections"):
            correcting.correct(ana, last.id, "clothing")
    with acting_as(Actor.for_person(wei)), pytest.raises(Refusal, match="not_found"):
        correcting.correct(wei, first.id, "clothing")


def test_the_page_and_the_api_take_it(browser: Client, anas: Program, ana: UUID) -> None:
    with acting_as(Actor.for_person(ana)):
        bring(ana, ROWS)
        line = Line.objects.order_by("booked_on").values_list("id", flat=True)[0]
    said = browser.post(f"/forest/lines/{line}", {"category": "groceries"}, follow=True).content.decode()
    assert "3 lines follow." in said
    assert "as you said" in said
    assert browser.post(f"/forest/lines/{line}", {"category": "nonsense"}).status_code == 422
    answer = anas.put(f"/lines/{line}/category", {"category": "clothing"})
    assert (answer.status_code, answer.json()["category"]) == (200, "clothing")
    problem = anas.put(f"/lines/{line}/category", {"category": "nonsense"})
    assert (problem.status_code, problem.json()["field"]) == (422, "category")


def test_a_correction_is_exported_and_erased(ana: UUID) -> None:
    from bocage.services.forest.actions import erasing

    with acting_as(Actor.for_person(ana)):
        bring(ana, ROWS)
        correcting.correct(ana, Line.objects.order_by("booked_on")[0].id, "groceries")
        assert [each["category"] for each in queries.export(ana)["corrections"]] == ["groceries"]
        erasing.erase(ana)
        assert (Correction.objects.count(), Line.objects.count()) == (0, 0)


def test_a_line_of_figures_alone_is_followed_by_its_own_text() -> None:
    from bocage.services.forest.weighing import weigh

    bought = Purchase("x", date(2026, 11, 3), -1000, "EUR", 2, "00123 4567", None, "FR")
    assert weigh([bought])[0].merchant == "00123 4567"


@given(st.integers(0, 10**12), st.lists(st.integers(1, 500), min_size=1, max_size=12))
def test_refunds_in_parts_give_exactly_the_whole_back(micrograms: int, parts: list[int]) -> None:
    paid, before, given_so_far = sum(parts), 0, 0
    for part in parts:
        given_so_far += given_back(micrograms, paid, before, before + part)
        before += part
    assert given_so_far == -micrograms
