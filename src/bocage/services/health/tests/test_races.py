"""What happens at the same moment: appeals, withdrawals, deletion and check-ins, on a database that really commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.health.actions import appeals, deciding, erasing, household, matching, sources
from bocage.services.health.models import Appeal, CheckIn, Decision, Housemate, Standing
from bocage.services.health.tests.conftest import Town
from bocage.services.health.tests.test_colour import colour, expose
from bocage.services.health.tests.test_private import counts

ROUNDS = 3


def at_once(*acts: Callable[[], object]) -> list[object]:
    """All of them, each in a thread and a connection of its own, begun together. What each gave, or its refusal."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return act()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_many_appeals_at_once_one_stands_and_all_get_it(committed_town: Town) -> None:
    town = committed_town
    expose(town)
    held = colour(town.ana)

    def contest() -> object:
        with acting_as(Actor.for_person(town.ana)):
            return appeals.appeal(town.ana, held.id).id

    found = at_once(*[contest] * 4)
    assert len(set(found)) == 1, found
    with acting_as(Actor.for_person(town.ana)), own_tables("health"):
        assert Appeal.objects.count() == 1
        assert Decision.objects.filter(current=True).count() == 1
    assert colour(town.ana).colour == "green"


def test_two_officials_at_once_give_one_answer(committed_town: Town) -> None:
    town = committed_town
    expose(town)
    with acting_as(Actor.for_person(town.ana)):
        case = appeals.appeal(town.ana, deciding.current(town.ana).id).id

    def answer(official: UUID, agree: bool) -> Callable[[], object]:
        def act() -> None:
            with acting_as(Actor.for_person(official)):
                appeals.decide(case, official, agree=agree, answer="Looked at with care.")

        return act

    found = at_once(answer(town.odile, True), answer(town.paul, False))
    assert [each.code for each in found if isinstance(each, Refusal)] == ["already_decided"]


def test_a_withdrawal_beside_check_ins_leaves_none(committed_town: Town) -> None:
    town = committed_town
    for _round in range(ROUNDS):
        with acting_as(Actor.for_person(town.ana)):
            sources.answer(town.ana, "health.checkins", yes=True)

        def check_in() -> object:
            with acting_as(Actor.for_person(town.ana)):
                return sources.check_in(town.ana, town.token, uuid7())

        def withdraw() -> None:
            with acting_as(Actor.for_person(town.ana)):
                sources.answer(town.ana, "health.checkins", yes=False)

        at_once(check_in, withdraw, check_in)
        assert counts()["health_checkin"] == 0


def test_a_withdrawal_beside_the_matching_leaves_nothing_matched(committed_town: Town) -> None:
    town = committed_town
    expose(town)
    for _round in range(ROUNDS):
        with acting_as(Actor.for_person(town.ana)):
            sources.answer(town.ana, "health.checkins", yes=True)
        town.check_in(town.ana, clock.now() - timedelta(days=5), 45)

        def match() -> object:
            with acting_as(Actor.for_service("health")):
                return matching.match()

        def withdraw() -> None:
            with acting_as(Actor.for_person(town.ana)):
                sources.answer(town.ana, "health.checkins", yes=False)

        at_once(match, withdraw, match)
        # Whatever a matching that read before the withdrawal kept is gone with the next one at the latest.
        match()
        with acting_as(Actor.for_person(town.ana)), own_tables("health"):
            assert (CheckIn.objects.count(), Standing.objects.count()) == (0, 0)


def test_who_is_erased_while_somebody_names_her_is_in_nobodys_household(committed_town: Town) -> None:
    town = committed_town
    with acting_as(Actor.for_person(town.ana)):
        household.say(town.ana, "weilin")

    def say() -> None:
        with acting_as(Actor.for_person(town.wei)):
            household.say(town.wei, "ana")

    def erase() -> object:
        with acting_as(Actor.for_person(town.ana)):
            return erasing.erase(town.ana)

    at_once(say, erase)
    with acting_as(Actor.for_service("health")), own_tables("health"):
        assert matching._homes(clock.now()) == []
        assert not Housemate.objects.filter(person_id=town.ana).exists()
