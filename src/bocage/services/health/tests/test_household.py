"""Who lives with whom: it counts while both say so, and warns at home."""

from datetime import timedelta
from uuid import UUID

import pytest

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.notifications import queries as notifications
from bocage.services.health import limits
from bocage.services.health.actions import household, sources
from bocage.services.health.models import Housemate
from bocage.services.health.queries import household as homes
from bocage.services.health.queries import passes
from bocage.services.health.tests.conftest import Town, person, work
from bocage.services.health.tests.test_colour import colour
from bocage.services.health.tests.test_doors import signed_in

pytestmark = pytest.mark.django_db


def say(person_id: object, handle: str) -> None:
    with acting_as(Actor.for_person(person_id)):  # type: ignore[arg-type]
        household.say(person_id, handle)  # type: ignore[arg-type]


def test_an_infection_at_home_warns_only_where_both_said_so_until_one_takes_it_back(town: Town) -> None:
    town.result("weilin", "positive")
    say(town.ana, "weilin")
    work()
    assert colour(town.ana).colour == "green", "one alone cannot find out whether the other is infected"
    say(town.wei, "@ana")
    work()
    held = colour(town.ana)
    assert held.colour in {"yellow", "red"}
    assert "at home" in passes.colour_of(held).reasons[0].note
    assert str(town.wei) not in held.record
    with acting_as(Actor.for_person(town.wei)):
        household.take_back(town.wei, town.ana)
        household.take_back(town.wei, town.ana)
    work()
    assert colour(town.ana).colour == "green"


def test_a_withdrawal_deletes_it_on_both_sides(town: Town) -> None:
    say(town.ana, "weilin")
    say(town.wei, "ana")
    with acting_as(Actor.for_person(town.wei)):
        sources.answer(town.wei, "health.household", yes=False)
    for each in (town.ana, town.wei):
        with acting_as(Actor.for_person(each)), own_tables("health"):
            assert Housemate.objects.count() == 0


def test_after_14_days_it_no_longer_counts_and_saying_it_again_renews_it(town: Town) -> None:
    say(town.wei, "ana")
    with clock.shifted(limits.KEPT - timedelta(hours=1)):
        say(town.ana, "weilin")
        say(town.ana, "weilin")
    with clock.shifted(limits.KEPT + timedelta(hours=1)):
        town.result("weilin", "positive")
        work()
        assert colour(town.ana).colour == "green"


def test_nobody_is_named_twice_oneself_or_without_agreement_and_twelve_are_enough(town: Town) -> None:
    for handle in ("ana", "nobody-here", "", "\0"):
        with pytest.raises(Refusal) as refusal:
            say(town.ana, handle)
        assert refusal.value.field == "handle"
    with pytest.raises(Refusal, match="not_agreed"):
        say(town.lea, "ana")
    for number in range(limits.HOUSEMATES_MAX):
        with acting_as(Actor.nobody()):
            person(f"mate{number}", "Mate")
        say(town.ana, f"mate{number}")
    with pytest.raises(Refusal, match="too_many"):
        say(town.ana, "weilin")


def test_the_page_shows_who_asks_and_one_tap_answers(town: Town) -> None:
    signed_in(town.ana).post("/health/household", {"handle": "weilin"})
    with acting_as(Actor.for_person(town.wei)):
        assert [(each.handle, each.named, each.names_her) for each in homes.housemates(town.wei)] == [
            ("ana", False, True)
        ]
    client = signed_in(town.wei)
    assert "says that you live together" in client.get("/health/household").content.decode()
    client.post("/health/household", {"handle": "ana"})
    assert "both of you say so" in client.get("/health/household").content.decode()
    client.post(f"/health/household/{town.ana}/take-back")
    assert "says that you live together" in client.get("/health/household").content.decode()
    assert client.post("/health/household", {"handle": "?"}).status_code == 422


def told(person_id: UUID) -> int:
    with acting_as(Actor.for_person(person_id)):
        return len(notifications.latest(person_id).notifications)


def test_who_is_named_is_told_once_in_14_days_whatever_is_taken_back_and_withdrawn(town: Town) -> None:
    for _again in range(3):
        say(town.ana, "weilin")
        with acting_as(Actor.for_person(town.ana)):
            household.take_back(town.ana, town.wei)
            sources.answer(town.ana, "health.household", yes=False)
            sources.answer(town.ana, "health.household", yes=True)
    assert told(town.wei) == 1
    with clock.shifted(limits.KEPT + timedelta(minutes=1)):
        say(town.ana, "weilin")
    assert told(town.wei) == 2


def test_no_more_than_twelve_new_people_are_named_a_day(town: Town) -> None:
    for number in range(limits.HOUSEMATES_A_DAY_MAX):
        with acting_as(Actor.nobody()):
            other = person(f"mate{number}", "Mate")
        say(town.ana, f"mate{number}")
        with acting_as(Actor.for_person(town.ana)):
            household.take_back(town.ana, other)
    with pytest.raises(Refusal, match="too_many_a_day"):
        say(town.ana, "weilin")
    say(town.ana, "mate0")
    assert told(town.wei) == 0
    with clock.shifted(timedelta(days=1, minutes=1)):
        say(town.ana, "weilin")
    assert told(town.wei) == 1
