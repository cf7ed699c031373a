"""Who may answer for whom, what holds when, and what the database says to those who do not ask nicely."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions, queries
from bocage.kernel.consent.types import State
from bocage.kernel.errors import Refusal
from bocage.kernel.events import queries as events
from bocage.kernel.events.tests import fakes

pytestmark = pytest.mark.django_db
P = fakes.PURPOSE
DAY = timedelta(days=1)


def _granted_in_sql(subject: UUID, service: str = "garden") -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select bocage_granted(%s, %s)", [subject, service])
        return bool(cursor.fetchone()[0])


def test_nothing_is_granted_that_was_not_agreed_to() -> None:
    person = uuid4()
    with fakes.town():
        assert not queries.is_granted(person, P)
        assert not queries.is_granted(person, "garden.unknown")
        assert not _granted_in_sql(person)
        with acting_as(Actor.for_person(person)):
            (choice,) = queries.choices(person)
            assert (choice.grant, choice.live, choice.says) == (None, False, "We read your payments.")


def test_grant_refuse_and_withdraw_each_hold_from_then_on_and_stay_in_the_history() -> None:
    person = uuid4()
    with fakes.town(), acting_as(Actor.for_person(person)):
        actions.refuse(person, P)
        assert not queries.is_granted(person, P)
        actions.grant(person, P)
        assert queries.is_granted(person, P) and _granted_in_sql(person) and not _granted_in_sql(person, "till")
        assert queries.choice(person, P).live
        actions.withdraw(person, P)
        assert not queries.is_granted(person, P) and not _granted_in_sql(person)
        assert [line.state for line in queries.history(person)] == [State.WITHDRAWN, State.GRANTED, State.REFUSED]
        assert {line.says for line in queries.history(person)} == {"We read your payments."}
        assert [event.type for event in events.events_about(person)] == [
            "consent.refused",
            "consent.granted",
            "consent.withdrawn",
        ]
        (held,) = queries.grants(person)
        assert held.state is State.WITHDRAWN and held.granted_at is not None and held.granted_at < held.changed_at


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["grant", "refuse", "withdraw"]), max_size=6))
def test_the_last_answer_is_what_holds(answers: list[str]) -> None:
    person = uuid4()
    with fakes.town(), acting_as(Actor.for_person(person)):
        for answer in answers:
            getattr(actions, answer)(person, P)
        assert queries.is_granted(person, P) == (answers[-1:] == ["grant"]) == _granted_in_sql(person)
        assert len(queries.history(person)) == len(answers)


def test_only_who_acts_for_the_subject_answers() -> None:
    person, guardian = uuid4(), uuid4()
    with fakes.town():
        for actor in (Actor.for_person(guardian), Actor.for_service("garden"), Actor.nobody()):
            with pytest.raises(Refusal) as caught, acting_as(actor):
                actions.grant(person, P)
            assert caught.value.status == 403
        with acting_as(Actor.for_person(guardian, subject_id=person)):
            actions.grant(person, P)
            (line,) = queries.history(person)
            assert line.actor_id == guardian
        assert queries.is_granted(person, P)


def test_an_agreement_ends_when_it_says_and_is_then_marked_expired() -> None:
    person = uuid4()
    with fakes.town(), acting_as(Actor.for_person(person)):
        actions.grant(person, P, expires_at=clock.now() + DAY)
        assert queries.is_granted(person, P)
        with clock.shifted(2 * DAY):
            assert not queries.is_granted(person, P) and not queries.choice(person, P).live
            assert actions.expire_due() == 1
            assert actions.expire_due() == 0
            assert queries.grants(person)[0].state is State.EXPIRED
            assert queries.history(person)[0].state is State.EXPIRED
            assert events.events_about(person)[-1].type == "consent.expired"


@pytest.mark.parametrize("delta", [timedelta(seconds=-1), timedelta(0), timedelta(days=4000)])
def test_an_end_in_the_past_or_too_far_is_refused(delta: timedelta) -> None:
    person = uuid4()
    with fakes.town(), acting_as(Actor.for_person(person)), clock.frozen(clock.now()):
        with pytest.raises(Refusal) as caught:
            actions.grant(person, P, expires_at=clock.now() + delta)
        assert caught.value.field == "expires_at" and queries.grants(person) == []


def test_an_unknown_purpose_is_refused() -> None:
    person = uuid4()
    with fakes.town(), acting_as(Actor.for_person(person)), pytest.raises(Refusal) as caught:
        actions.grant(person, "garden.dig")
    assert caught.value.field == "purpose"


def test_a_raised_version_asks_again() -> None:
    person = uuid4()
    with fakes.town(), acting_as(Actor.for_person(person)):
        actions.grant(person, P)
    with fakes.town(version=2), acting_as(Actor.for_person(person)):
        assert not queries.is_granted(person, P) and not queries.choice(person, P).live
        actions.grant(person, P)
        assert queries.is_granted(person, P)


def test_receipts_of_one_transaction_are_one_insert_and_only_its_subject_sees_them() -> None:
    person, other = uuid4(), uuid4()
    with acting_as(Actor.for_service("garden")):
        for _ in range(3):
            actions.record_read(person, "garden", P, "event till.paid")
        actions.record_read(person, "garden", P, "PaymentHistory.payments", 40)
        actions.record_read(other, "garden", P, "event till.paid")
        assert queries.receipts(person).receipts == ()
    with acting_as(Actor.for_person(person)):
        found = queries.receipts(person).receipts
        assert sorted((r.what, r.count) for r in found) == [("PaymentHistory.payments", 40), ("event till.paid", 3)]
        assert queries.receipts(other).receipts == ()


def test_a_read_that_was_rolled_back_leaves_no_receipt_in_a_later_transaction() -> None:
    person = uuid4()
    with pytest.raises(RuntimeError), acting_as(Actor.for_service("garden")):
        actions.record_read(person, "garden", P, "read and failed")
        raise RuntimeError
    with acting_as(Actor.for_service("garden")):
        actions.record_read(person, "garden", P, "read and refused")
        transaction.set_rollback(True)
    with acting_as(Actor.for_service("garden")):
        actions.record_read(person, "garden", P, "read later", 2)
        with pytest.raises(RuntimeError), acting_as(Actor.for_service("garden")):
            actions.record_read(person, "garden", P, "read inside and failed")
            raise RuntimeError
        actions.record_read(person, "garden", P, "read later")
    with acting_as(Actor.for_person(person)):
        assert [(r.what, r.count) for r in queries.receipts(person).receipts] == [("read later", 3)]


def test_receipts_come_in_pages_without_gap_or_repeat() -> None:
    person = uuid4()
    for n in range(7):
        with acting_as(Actor.for_service("garden")):
            actions.record_read(person, "garden", P, f"thing {n}")
    with acting_as(Actor.for_person(person)):
        seen, before = [], None
        while True:
            page = queries.receipts(person, before, limit=3)
            seen += [r.what for r in page.receipts]
            before = page.next_before
            if before is None:
                break
    assert sorted(seen) == [f"thing {n}" for n in range(7)]


@pytest.mark.parametrize("what", ["", "x" * 121])
def test_a_receipt_says_what_was_read(what: str) -> None:
    with pytest.raises(ValueError, match="characters"), acting_as(Actor.for_service("garden")):
        actions.record_read(uuid4(), "garden", P, what)


def test_counts_show_numbers_to_anyone_and_names_to_nobody() -> None:
    people = [uuid4() for _ in range(3)]
    with fakes.town():
        for person in people:
            fakes.agree(person)
        fakes.withdraw(people[0])
        with acting_as(Actor.for_person(uuid4())):
            found = {(c.purpose, c.state): c.subjects for c in queries.counts()}
    assert found == {(P, State.GRANTED): 2, (P, State.WITHDRAWN): 1}


@pytest.mark.parametrize(
    "statement",
    [
        "update consent_history set state = 'granted'",
        "delete from consent_history",
        "update read_receipt set what = 'nothing'",
        "delete from read_receipt",
        "truncate read_receipt",
        "delete from consent_grant",
        "update consent_text set says = 'nothing much'",
    ],
)
def test_what_was_said_and_read_cannot_be_unsaid(statement: str) -> None:
    person = uuid4()
    with fakes.town(), acting_as(Actor.for_person(person)):
        actions.grant(person, P)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_database_lets_nobody_grant_for_another() -> None:
    person, thief = uuid4(), uuid4()
    sql = (
        "insert into consent_grant (id, subject_id, purpose, service, state, version, changed_at)"
        " values (gen_random_uuid(), %s, 'garden.grow', 'garden', 'granted', 1, now())"
    )
    for actor in (Actor.for_person(thief), Actor.for_service("garden"), Actor.nobody()):
        with pytest.raises(DatabaseError), acting_as(actor), connection.cursor() as cursor:
            cursor.execute(sql, [person])
    with fakes.town():
        fakes.agree(person)
        with acting_as(Actor.for_person(thief)):
            assert queries.grants(person) == [] and queries.history(person) == []
            with connection.cursor() as cursor:
                cursor.execute("update consent_grant set state = 'refused'")
                assert cursor.rowcount == 0
