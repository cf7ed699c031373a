"""Advice is a share of one's own year, with its sums; levers add up; the letter goes to whoever asked for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.messages import queries as outbox
from bocage.services.forest import insight, queries
from bocage.services.forest.actions import aiming, importing
from bocage.services.forest.levers import LEVER_BY_SLUG, LEVERS, ItemYear, advice, pull, pulled
from bocage.services.forest.tests.conftest import make_person

YEARS = st.dictionaries(
    st.sampled_from(sorted({item for lever in LEVERS for item in lever.items})),
    st.integers(0, 10**13).map(lambda mass: ItemYear(mass, mass // 2, mass * 2, mass // 10**7)),
)


@given(YEARS)
def test_advice_is_the_heaviest_five_and_never_more_than_what_is_there(year: dict[str, ItemYear]) -> None:
    changes = advice(year)
    masses = [each.micrograms for each in changes]
    assert masses == sorted(masses, reverse=True)
    assert len(changes) <= 5
    for each in changes:
        assert 0 < each.micrograms <= each.base_micrograms
        assert each.low_micrograms <= each.micrograms <= each.high_micrograms
        assert 0 <= each.saved_minor <= each.base_minor
    others = [pull(lever, year, lever.percent).micrograms for lever in LEVERS]
    assert not changes or masses[0] == max(others)


@given(YEARS, st.integers(0, 100))
def test_a_lever_pulled_further_takes_more_and_not_at_all_takes_nothing(
    year: dict[str, ItemYear], percent: int
) -> None:
    for lever in LEVERS:
        assert pull(lever, year, 0).micrograms == 0
        assert pull(lever, year, percent).micrograms <= pull(lever, year, 100).micrograms
    assert sum(each.micrograms for each in pulled(year, {})) == 0


def test_the_sum_of_a_quarter_of_the_fuel() -> None:
    year = {"petrol": ItemYear(10**12, 8 * 10**11, 12 * 10**11, 100_000)}
    change = pull(LEVER_BY_SLUG["car"], year, 25)
    assert change.micrograms == round(10**12 * (1 - 130.34 / 208.71) / 4)
    assert change.saved_minor == 25_000


def fill(person: UUID, statement: bytes) -> None:
    with acting_as(Actor.for_person(person)):
        consent.grant(person, "forest.grow")
        upload = importing.receive(person, uuid7(), "bank.csv", statement, "FR").id
        importing.confirm(person, upload, rewarded=True)


@pytest.mark.django_db
def test_a_year_is_raised_from_the_days_there_are(ana: UUID, statement: bytes) -> None:
    with acting_as(Actor.for_person(ana)):
        assert insight.year(ana).is_enough is False
    fill(ana, statement)
    with acting_as(Actor.for_person(ana)):
        year = insight.year(ana)
        petrol = next(each for each in queries.lines(ana) if "TOTAL" in each.text)
        item = year.items["petrol"] if "petrol" in year.items else year.items["fuel"]
        assert item.micrograms == petrol.micrograms * 365 // year.days
        assert year.days in {41, 40}
        assert "car" in {each.lever.slug for each in advice(year.items)}


@pytest.mark.django_db
def test_a_years_interval_takes_factors_as_independent(ana: UUID, statement: bytes) -> None:
    fill(ana, statement)
    with acting_as(Actor.for_person(ana)):
        year = insight.year(ana)
    each = year.items.values()
    assert len(year.items) > 2
    apart = sum(one.high_micrograms - one.micrograms for one in each)
    widest = max(one.high_micrograms - one.micrograms for one in each)
    assert widest < year.high_micrograms - year.micrograms < apart
    assert year.low_micrograms > sum(one.low_micrograms for one in each)
    assert year.low_micrograms < year.micrograms == sum(one.micrograms for one in each)


def test_countries_stand_beside_oneself_with_an_interval() -> None:
    for country in ("FR", "GB", "US"):
        average, national = insight.average(country), insight.national(country)
        assert average is not None
        assert national is not None
        assert average.low_micrograms < average.micrograms < average.high_micrograms < national.micrograms
        assert len(average.by_type) == (2 if country == "FR" else 0)
        assert all(micrograms != average.micrograms for _title, micrograms in average.by_type)
    assert insight.average("CN") is None
    assert insight.national("CN") is None


@pytest.mark.django_db
def test_the_page_pulls_levers_and_says_what_is_wrong(browser: Client, ana: UUID, statement: bytes) -> None:
    assert "Too few lines yet" in browser.get("/forest/year").content.decode()
    fill(ana, statement)
    page = browser.get("/forest/year?car=100").content.decode()
    assert "What would matter most for you" in page
    assert 'name="car" min="0" max="100" step="5" value="100"' in page
    for bad in ("101", "-1", "x", "9999", "1.5"):
        assert browser.get(f"/forest/year?car={bad}").status_code == 400
    assert browser.post("/forest/year/aim", {"goal": "10"}).status_code == 302
    assert browser.post("/forest/year/aim", {"goal": "11"}).status_code == 422
    paper = browser.get("/forest/year/letter.pdf")
    assert paper.content.startswith(b"%PDF-")


@pytest.mark.django_db
def test_a_goal_is_met_or_not_by_the_same_month_a_year_before(ana: UUID) -> None:
    last = (clock.now().date().replace(day=1) - timedelta(days=1)).replace(day=5)
    before = last.replace(year=last.year - 1)
    rows = (
        f"{before:%d/%m/%Y};STATION TOTAL CARBURANT;-100,00;EUR\n{last:%d/%m/%Y};STATION TOTAL CARBURANT;-60,00;EUR\n"
    )
    fill(ana, f"Date;Libelle;Montant;Devise\n{rows}".encode())
    with acting_as(Actor.for_person(ana)):
        aiming.set_goal(ana, 20)
        seen = insight.comparison(ana)
        assert seen.year_before is not None
        assert seen.change_percent is not None
        assert -60 < seen.change_percent < -20
        assert seen.is_met
        with pytest.raises(Refusal):
            aiming.set_goal(ana, 99)


@pytest.mark.django_db
def test_the_letter_goes_to_who_asked_and_lets_forest_read(ana: UUID, wei: UUID) -> None:
    last = (clock.now().date().replace(day=1) - timedelta(days=1)).replace(day=5)
    statement = f"Date;Libelle;Montant;Devise\n{last:%d/%m/%Y};STATION TOTAL CARBURANT;-60,00;EUR\n".encode()
    for person in (ana, wei):
        fill(person, statement)
    with acting_as(Actor.for_person(ana)):
        aiming.choose_letter(ana, wanted=True)
    assert aiming.send_letters() == 1
    assert aiming.send_letters() == 0, "the job run again sends nothing twice"
    with acting_as(Actor.for_person(ana)):
        consent.withdraw(ana, "forest.grow")
    assert aiming.send_letters() == 0
    (letter,) = outbox.outbox(address="ana.morel@example.org")
    assert letter.subject.startswith("Your footprint in ")
    assert "- Fuel" in letter.body or "- Petrol" in letter.body, letter.body
    assert "With 90% certainty between" in letter.body
    assert "/forest/year" in letter.body
    assert outbox.outbox(address="wei.lin@example.org") == []


def test_jobs_at_once_send_one_letter(fresh_database: str) -> None:
    person = make_person("Ida Both", "en")
    last = (clock.now().date().replace(day=1) - timedelta(days=1)).replace(day=5)
    fill(person, f"Date;Libelle;Montant;Devise\n{last:%d/%m/%Y};STATION TOTAL CARBURANT;-60,00;EUR\n".encode())
    with acting_as(Actor.for_person(person)):
        aiming.choose_letter(person, wanted=True)
    start = Barrier(4)

    def job(_number: int) -> int:
        try:
            start.wait()
            return aiming.send_letters()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(job, range(4))) == 1
    assert len(outbox.outbox(address="ida.both@example.org")) == 1


@pytest.mark.django_db
def test_the_letter_is_all_in_the_persons_language() -> None:
    person = make_person("Marco Rossi", "fr")
    last = (clock.now().date().replace(day=1) - timedelta(days=1)).replace(day=5)
    fill(person, f"Date;Libelle;Montant;Devise\n{last:%d/%m/%Y};STATION TOTAL CARBURANT;-60,00;EUR\n".encode())
    with acting_as(Actor.for_person(person)):
        aiming.choose_letter(person, wanted=True)
    assert aiming.send_letters() == 1
    (letter,) = outbox.outbox(address="marco.rossi@example.org")
    assert "- Essence et gazole: 93,0" in letter.body
    assert "Petrol" not in letter.body
