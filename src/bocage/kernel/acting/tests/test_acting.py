"""The transaction tells PostgreSQL who acts, and forgets it at its end."""

from collections import Counter
from uuid import uuid4

import pytest
from django.db import connection, transaction

from bocage.kernel.acting import Actor, acting_as, become, current_actor, gather
from bocage.kernel.ids import uuid7

pytestmark = pytest.mark.django_db


def told() -> tuple[str | None, str | None, str]:
    with connection.cursor() as cursor:
        cursor.execute("select bocage_actor()::text, bocage_subject()::text, bocage_service()")
        row = cursor.fetchone()
    return (row[0], row[1], row[2])


def test_nobody_acts_outside_a_block() -> None:
    assert told() == (None, None, "")
    assert current_actor() == Actor.nobody()


def test_the_block_sets_the_actor_and_the_end_takes_it_back() -> None:
    agent, principal = uuid4(), uuid4()
    with acting_as(Actor.for_person(agent, principal)):
        assert told() == (str(agent), str(principal), "")
    assert told() == (None, None, "")


def test_a_nested_block_gives_the_outer_actor_back() -> None:
    person = uuid4()
    with acting_as(Actor.for_person(person)):
        with acting_as(Actor.for_service("forest")):
            assert told() == (None, None, "forest")
            assert current_actor().service == "forest"
        assert told() == (str(person), str(person), "")
        with pytest.raises(ValueError, match="lost"), acting_as(Actor.for_service("forest")):
            raise ValueError("lost")
        assert told() == (str(person), str(person), "")


def test_become_changes_the_actor_of_the_running_block() -> None:
    person = uuid4()
    with acting_as(Actor.nobody()):
        become(Actor.for_person(person))
        assert current_actor().person_id == person
        assert told()[0] == str(person)


def test_what_is_gathered_is_written_once_at_a_good_end_and_forgotten_after_an_error() -> None:
    written: list[dict[str, int]] = []

    def write(counts: Counter[str]) -> None:
        written.append(dict(counts))

    with acting_as(Actor.nobody()):
        gather(write, "apple")
        gather(write, "pear", 2)
        gather(write, "apple", 3)
        assert written == []
    assert written == [{"apple": 4, "pear": 2}]
    with pytest.raises(ValueError, match="lost"), acting_as(Actor.nobody()):
        gather(write, "lost")
        raise ValueError("lost")
    with acting_as(Actor.nobody()):
        gather(write, "rolled back")
        transaction.set_rollback(True)
    with acting_as(Actor.nobody()):
        pass
    assert len(written) == 1


def test_ids_grow_with_time_and_carry_their_version() -> None:
    ids = [uuid7() for _ in range(1000)]
    assert len(set(ids)) == len(ids)
    assert {each.version for each in ids} == {7}
    assert [each.int >> 80 for each in ids] == sorted(each.int >> 80 for each in ids)
