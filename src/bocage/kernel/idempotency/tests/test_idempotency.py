"""A request sent twice takes effect once."""

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.idempotency import actions
from bocage.kernel.idempotency.types import Answer


@pytest.mark.django_db
def test_the_same_request_gets_the_same_answer_and_acts_once() -> None:
    person, done = uuid4(), []

    def act() -> Answer:
        done.append(1)
        return Answer(201, '{"n": 1}')

    with acting_as(Actor.for_person(person)):
        first = actions.once(person, "k1", b"digest", act)
    with acting_as(Actor.for_person(person)):
        again = actions.once(person, "k1", b"digest", act)
    assert (first, again, done) == (Answer(201, '{"n": 1}'), Answer(201, '{"n": 1}'), [1])


@pytest.mark.django_db
def test_another_request_with_the_key_is_a_conflict_and_another_person_has_keys_of_their_own() -> None:
    person, other = uuid4(), uuid4()
    with acting_as(Actor.for_person(person)):
        actions.once(person, "k", b"one", lambda: Answer(200, "1"))
        with pytest.raises(Refusal) as caught:
            actions.recall(person, "k", b"two")
    assert (caught.value.code, caught.value.status) == ("idempotency_key_reused", 409)
    with acting_as(Actor.for_person(other)):
        assert actions.recall(other, "k", b"two") is None


@pytest.mark.django_db
def test_a_request_that_failed_left_its_key_free() -> None:
    person = uuid4()

    def fail() -> Answer:
        raise RuntimeError("down")

    with pytest.raises(RuntimeError), acting_as(Actor.for_person(person)):
        actions.once(person, "k", b"d", fail)
    with acting_as(Actor.for_person(person)):
        assert actions.once(person, "k", b"d", lambda: Answer(200, "up")) == Answer(200, "up")


@pytest.mark.django_db
def test_old_answers_are_swept_and_young_ones_stay() -> None:
    person = uuid4()
    with acting_as(Actor.for_person(person)):
        with clock.shifted(-actions.RETENTION - timedelta(minutes=1)):
            actions.once(person, "old", b"d", lambda: Answer(200, "old"))
        actions.once(person, "young", b"d", lambda: Answer(200, "young"))
        assert actions.sweep() == 1
        assert actions.recall(person, "young", b"d") == Answer(200, "young")
        assert actions.recall(person, "old", b"d") is None


def test_two_at_once_act_once_and_the_second_gets_the_first_answer(fresh_database: str) -> None:
    person = uuid4()
    inside, go_on = threading.Event(), threading.Event()
    answers: list[Answer] = []
    acted: list[str] = []

    def request(name: str, wait: bool) -> None:
        def act() -> Answer:
            acted.append(name)
            inside.set()
            if wait:
                go_on.wait(5)
            return Answer(200, name)

        try:
            with acting_as(Actor.for_person(person)):
                answers.append(actions.once(person, "k", b"d", act))
        finally:
            connection.close()

    first = threading.Thread(target=request, args=("first", True))
    first.start()
    assert inside.wait(5)
    second = threading.Thread(target=request, args=("second", False))
    second.start()
    second.join(0.3)
    assert second.is_alive(), "the second must wait for the first"
    go_on.set()
    first.join(5)
    second.join(5)
    assert acted == ["first"]
    assert answers == [Answer(200, "first")] * 2


def test_waiting_too_long_is_a_clear_conflict(fresh_database: str) -> None:
    person = uuid4()
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        def act() -> Answer:
            inside.set()
            go_on.wait(10)
            return Answer(200, "slow")

        with acting_as(Actor.for_person(person)):
            actions.once(person, "k", b"d", act)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert inside.wait(5)
    refused = _recall_impatiently(person)
    go_on.set()
    thread.join(5)
    assert (refused.code, refused.status) == ("request_in_progress", 409)


def _recall_impatiently(person: UUID) -> Refusal:
    with pytest.raises(Refusal) as caught, acting_as(Actor.for_person(person)):
        with connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '100ms'")
        actions.recall(person, "k", b"d")
    return caught.value
