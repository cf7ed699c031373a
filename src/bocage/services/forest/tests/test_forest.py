"""Statements and payments become footprints, acts earn grams, grams grow trees."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import queries as ledger
from bocage.services.forest import accounts, limits, queries
from bocage.services.forest.actions import earning, importing, planting
from bocage.services.forest.acts import ACT_BY_SLUG, ACTS, CAR_GRAMS_PER_KM
from bocage.services.forest.models import Award, Line
from bocage.services.forest.weighing import Group, Purchase, interval

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
CSV = b"""Date;Description;Amount;Currency
01/10/2026;RATP PARIS METRO;-2,50;EUR
02/10/2026;STATION TOTAL CARBURANT;-60,00;EUR
03/10/2026;VIR SALAIRE;2150,00;EUR
12/10/2026;SNCF CONNECT;-38,00;EUR
"""


@pytest.fixture
def person() -> UUID:
    return uuid4()


def paid(payment_id: UUID, *, day: date = TODAY, cents: int = 250, mcc: str = "4111") -> Purchase:
    return Purchase(f"payment:{payment_id}", day, -cents, "EUR", 2, "Tramway de Vallon", mcc, "FR")


def test_a_statement_is_previewed_kept_once_and_recognised_when_it_comes_again(person: UUID) -> None:
    with clock.frozen(NOW), acting_as(Actor.for_person(person)):
        upload = importing.receive(person, uuid4(), "bank.csv", CSV, "FR")
        seen = queries.preview(person, upload.id)
        assert (seen.lines_new, seen.lines_known, seen.bad_lines_total) == (4, 0, 0)
        assert Line.objects.count() == 0
        assert importing.confirm(person, upload.id, rewarded=False).lines_added == 4
        assert importing.confirm(person, upload.id, rewarded=False).lines_added == 4
        assert Line.objects.filter(person_id=person).count() == 4
        again = importing.receive(person, uuid4(), "same bank.csv", CSV, "FR")
        assert queries.preview(person, again.id).lines_new == 0
        assert importing.confirm(person, again.id, rewarded=False).lines_known == 4
        assert Line.objects.filter(person_id=person).count() == 4


def test_lines_sum_exactly_to_the_month_and_say_why(person: UUID) -> None:
    with clock.frozen(NOW), acting_as(Actor.for_person(person)):
        upload = importing.receive(person, uuid4(), "bank.csv", CSV, "FR")
        importing.confirm(person, upload.id, rewarded=False)
        month = queries.month(person, date(2026, 10, 1))
        lines = queries.lines(person)
        assert month.micrograms == sum(line.micrograms for line in lines) > 0
        assert month.low_micrograms < month.micrograms < month.high_micrograms
        assert sum(each.micrograms for each in month.categories) == month.micrograms
        metro = next(line for line in lines if "METRO" in line.text)
        fuel = next(line for line in lines if "CARBURANT" in line.text)
        assert metro.micrograms / 250 < fuel.micrograms / 6000, "a euro of metro weighs less than a euro of petrol"
        assert all(line.reasons and all(reason["text"] for reason in line.reasons) for line in lines)


def test_nobody_else_sees_a_line_and_the_service_only_under_consent(person: UUID) -> None:
    with clock.frozen(NOW):
        with acting_as(Actor.for_person(person)):
            upload = importing.receive(person, uuid4(), "bank.csv", CSV, "FR")
            importing.confirm(person, upload.id, rewarded=False)
        with acting_as(Actor.for_person(uuid4())):
            assert Line.objects.count() == 0
            with pytest.raises(Refusal):
                queries.preview(person, upload.id)
        with acting_as(Actor.for_service("forest")):
            assert Line.objects.count() == 0
        with acting_as(Actor.for_person(person)):
            consent.grant(person, "forest.grow")
        with acting_as(Actor.for_service("forest")):
            assert Line.objects.count() == 4


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 50, b"hello", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"]
)
def test_what_is_no_statement_is_one_clear_refusal_and_leaves_nothing(person: UUID, content: bytes) -> None:
    with acting_as(Actor.for_person(person)):
        with pytest.raises(Refusal) as refused:
            importing.receive(person, uuid4(), "odd.bin", content, "FR")
        assert refused.value.code == "bad_statement"
        assert "odd.bin" in str(refused.value.message)
        assert queries.uploads(person) == ()


def test_grams_ripen_are_collected_once_and_grow_a_tree(person: UUID) -> None:
    grams = ACT_BY_SLUG["metro"].grams
    with acting_as(Actor.for_person(person)):
        with clock.frozen(NOW - timedelta(days=20)):
            line = importing.keep_payment(person, uuid4(), paid(uuid4(), day=(NOW - timedelta(days=20)).date()))
            assert line is not None
            assert queries.grove(person).ripening_grams == grams
            with pytest.raises(Refusal) as early:
                earning.collect(person)
            assert early.value.code == "nothing_ripe"
        with clock.frozen(NOW):
            assert queries.grove(person).ripe_grams == grams
            assert earning.collect(person) == grams
            with pytest.raises(Refusal):
                earning.collect(person)
            tree, watering = uuid4(), uuid4()
            planting.sow(person, tree, "birch")
            assert planting.water(person, watering, tree, grams) is False
            assert planting.water(person, watering, tree, grams) is False
            grove = queries.grove(person)
            assert (grove.grams, grove.trees[0].grams) == (0, grams)
            with pytest.raises(Refusal) as dry:
                planting.water(person, uuid4(), tree, 1)
            assert dry.value.code == "exceeds_balance"


def test_a_full_tree_burns_its_grams_and_counts_as_one(person: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    from bocage.services.forest import species

    grams = ACT_BY_SLUG["metro"].grams
    small = replace(species.SPECIES[0], slug="sprig", price_grams=grams)
    monkeypatch.setitem(species.SPECIES_BY_SLUG, "sprig", small)
    with acting_as(Actor.for_person(person)):
        with clock.frozen(NOW - timedelta(days=20)):
            importing.keep_payment(person, uuid4(), paid(uuid4(), day=(NOW - timedelta(days=20)).date()))
        with clock.frozen(NOW):
            earning.collect(person)
            tree = planting.sow(person, uuid4(), "sprig")
            with pytest.raises(Refusal) as more:
                planting.water(person, uuid4(), tree, grams + 1)
            assert more.value.code == "too_much_water"
            assert planting.water(person, uuid4(), tree, grams) is True
            assert ledger.balance(accounts.trees_of(person)).posted_minor == 1
            assert ledger.balance(tree).posted_minor == 0
            assert queries.grove(person).grown[0].percent == 100
            with pytest.raises(Refusal) as grown:
                planting.water(person, uuid4(), tree, 1)
            assert grown.value.code == "full_grown"


def test_a_refund_takes_footprint_and_grams_exactly_back(person: UUID) -> None:
    payment = uuid4()
    with clock.frozen(NOW), acting_as(Actor.for_person(person)):
        importing.keep_payment(person, payment, paid(payment, cents=999))
        for part in (333, 333, 333):
            refund = uuid4()
            importing.refund_payment(person, payment, refund, part, NOW.date())
            importing.refund_payment(person, payment, refund, part, NOW.date())
        assert queries.month(person, NOW.date().replace(day=1)).micrograms == 0
        assert queries.grove(person).ripening_grams == 0
        assert [award.state for award in queries.awards(person)] == ["returned"]


def test_many_tickets_a_day_earn_no_more_than_the_cap(person: UUID) -> None:
    with clock.frozen(NOW), acting_as(Actor.for_person(person)):
        for _ in range(6):
            payment = uuid4()
            importing.keep_payment(person, payment, paid(payment, cents=100))
        assert Award.objects.count() == ACT_BY_SLUG["metro"].per_day_max


def test_uncollected_grams_fade(person: UUID) -> None:
    with clock.frozen(NOW), acting_as(Actor.for_person(person)):
        importing.keep_payment(person, uuid4(), paid(uuid4()))
    later = NOW + limits.RIPENING + limits.FADING + timedelta(days=1)
    with clock.frozen(later), acting_as(Actor.for_person(person)):
        grove = queries.grove(person)
        assert (grove.ripe_grams, grove.ripening_grams) == (0, 0)
        assert queries.awards(person)[0].state == "faded"


def test_each_act_says_where_its_grams_come_from() -> None:
    for act in ACTS:
        assert f"{act.grams:,}" in act.says
    assert ACT_BY_SLUG["bicycle"].grams == int(4 * CAR_GRAMS_PER_KM) // 10 * 10


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=20)
)
def test_the_interval_holds_the_sum_and_shared_errors_add_up(parts: list[tuple[str, int, int]]) -> None:
    groups = [Group("food", factor, weight, max(0, weight - width), weight + width) for factor, weight, width in parts]
    low, high = interval(groups)
    total = sum(group.micrograms for group in groups)
    assert low <= total <= high
    assert high - total <= sum(group.high_micrograms - group.micrograms for group in groups)
