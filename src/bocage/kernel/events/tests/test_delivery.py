"""Delivery: in order, once, under consent, and one failure stops nobody else."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.consent import queries as consent
from bocage.kernel.consent.actions import grant
from bocage.kernel.errors import Refusal
from bocage.kernel.events import actions, delivery, queries
from bocage.kernel.events.actions import emit
from bocage.kernel.events.registry import UndeclaredEvent, check_data
from bocage.kernel.events.tests import fakes
from bocage.kernel.events.types import Event
from bocage.kernel.keys import subject_keys
from bocage.kernel.manifest import Hears, Purpose
from bocage.testing import connected_as

LONG = timedelta(days=2)


@pytest.fixture
def log(fresh_database: str) -> str:
    fakes.make_effect_table()
    return fresh_database


def _state() -> tuple[int, int, int, int]:
    state = next(each for each in queries.subscriptions() if each.service == "garden")
    return state.delivered, state.skipped, state.waiting, state.dead


def test_what_is_agreed_to_arrives_in_order_once_and_leaves_a_receipt(log: str) -> None:
    one, other = uuid4(), uuid4()
    actors = []

    def handler(event: Event) -> None:
        actors.append(current_actor())
        fakes.write_effect(event)

    with fakes.town(handler):
        fakes.agree(one)
        fakes.pay(one, 1, 2)
        fakes.pay(other, 7)
        fakes.pay(one, 3)
        fakes.deliver()
        fakes.deliver()
    assert fakes.effects() == [1, 2, 3]
    assert _state() == (3, 1, 0, 0)
    assert set(actors) == {Actor.for_service("garden")}
    with acting_as(Actor.for_person(one)):
        receipts = consent.receipts(one).receipts
    assert [(r.reader, r.purpose, r.what, r.count) for r in receipts] == [
        ("garden", fakes.PURPOSE, "event till.paid", 3)
    ]
    with acting_as(Actor.for_person(other)):
        assert consent.receipts(other).receipts == ()


def test_a_consent_withdrawn_between_event_and_delivery_means_not_delivered(log: str) -> None:
    person = uuid4()
    with fakes.town():
        fakes.agree(person)
        fakes.pay(person, 1)
        fakes.deliver()
        fakes.pay(person, 2)
        fakes.withdraw(person)
        fakes.deliver()
        fakes.agree(person)
        fakes.pay(person, 3)
        fakes.deliver()
    assert fakes.effects() == [1, 3]
    assert _state()[:2] == (2, 1)


def test_a_service_hears_answers_to_its_own_purposes_alone(log: str) -> None:
    person = uuid4()
    heard: list[str] = []
    other = replace(
        fakes.till(),
        name="clinic",
        purposes=(Purpose("clinic.treat", "Treat", "We read your charts.", ()),),
        emits=(),
    )
    listening = replace(
        fakes.garden(fakes.write_effect),
        hears=(
            Hears("consent.granted", lambda event: heard.append(event.data["purpose"]), None),
            Hears("person.erased", lambda event: heard.append(event.type), None),
        ),
    )
    with fakes.services(listening, other):
        with acting_as(Actor.for_person(person)):
            grant(person, "clinic.treat")
            grant(person, fakes.PURPOSE)
            emit("person.erased", subject_id=None, data={"person_id": person, "kept": []})
        fakes.deliver()
    assert heard == [fakes.PURPOSE, "person.erased"]


def test_a_raised_version_of_a_purpose_needs_a_new_agreement(log: str) -> None:
    person = uuid4()
    with fakes.town():
        fakes.agree(person)
    with fakes.town(version=2):
        fakes.pay(person, 1)
        fakes.deliver()
        fakes.agree(person)
        fakes.pay(person, 2)
        fakes.deliver()
    assert fakes.effects() == [2]


def _deliver_elsewhere() -> None:
    fakes.deliver()
    connection.close()


def test_a_withdrawal_waits_for_the_delivery_that_came_first(log: str) -> None:
    person = uuid4()
    inside, go_on, withdrawn = threading.Event(), threading.Event(), threading.Event()

    def slow(event: Event) -> None:
        inside.set()
        assert go_on.wait(10)
        fakes.write_effect(event)

    def take_back() -> None:
        fakes.withdraw(person)
        withdrawn.set()
        connection.close()

    with fakes.town(slow):
        fakes.agree(person)
        fakes.pay(person, 1)
        deliverer = threading.Thread(target=_deliver_elsewhere)
        deliverer.start()
        assert inside.wait(10)
        taker = threading.Thread(target=take_back)
        taker.start()
        assert not withdrawn.wait(0.3), "the withdrawal must not say yes while a delivery under it still runs"
        go_on.set()
        deliverer.join()
        taker.join()
        fakes.pay(person, 2)
        fakes.deliver()
    assert withdrawn.is_set() and fakes.effects() == [1]


def test_a_delivery_waits_for_the_withdrawal_that_came_first(log: str) -> None:
    person = uuid4()
    answered, go_on = threading.Event(), threading.Event()

    def take_back() -> None:
        from bocage.kernel.consent.actions import withdraw

        with acting_as(Actor.for_person(person)):
            withdraw(person, fakes.PURPOSE)
            answered.set()
            go_on.wait(10)
        connection.close()

    with fakes.town():
        fakes.agree(person)
        fakes.pay(person, 1)
        with connected_as("deliverer"):
            fakes.place()
            delivery.ensure_subscriptions(["garden"])
        taker = threading.Thread(target=take_back)
        taker.start()
        assert answered.wait(10)
        deliverer = threading.Thread(target=_deliver_elsewhere)
        deliverer.start()
        time.sleep(0.3)
        assert deliverer.is_alive() and fakes.effects() == []
        go_on.set()
        taker.join()
        deliverer.join()
    assert fakes.effects() == []


class _Poison:
    """Fails on chosen numbers until cured."""

    def __init__(self, *bad: int) -> None:
        self.bad = set(bad)
        self.tried: list[int] = []

    def __call__(self, event: Event) -> None:
        self.tried.append(event.data["n"])
        fakes.write_effect(event)
        if event.data["n"] in self.bad:
            raise ValueError(f"cannot digest {event.data['n']}")


def test_a_poison_event_holds_back_its_subject_in_order_and_nobody_else(log: str) -> None:
    one, other = uuid4(), uuid4()
    poison = _Poison(2)
    with fakes.town(poison):
        fakes.agree(one)
        fakes.agree(other)
        fakes.pay(one, 1, 2, 3)
        fakes.pay(other, 10, 11)
        fakes.deliver()
        fakes.pay(one, 4)
        fakes.pay(other, 12)
        fakes.deliver()
        assert (fakes.effects(one), fakes.effects(other)) == ([1], [10, 11, 12])
        (letter,) = queries.dead_letters()
        assert (letter.service, letter.type, letter.subject_id, letter.attempts, letter.dead) == (
            "garden",
            "till.paid",
            one,
            1,
            False,
        )
        assert letter.error == "ValueError: cannot digest 2"
        assert _state()[2:] == (3, 0)
        poison.bad.clear()
        fakes.deliver()
        assert fakes.effects(one) == [1], "not before its time has come"
        with clock.shifted(timedelta(seconds=3)):
            fakes.deliver()
        assert fakes.effects(one) == [1, 2, 3, 4]
        assert _state() == (7, 0, 0, 0)


def test_after_the_last_attempt_it_is_given_up_and_an_operator_decides(log: str) -> None:
    person = uuid4()
    poison = _Poison(1, 3)
    with fakes.town(poison):
        fakes.agree(person)
        fakes.pay(person, 1, 2)
        fakes.deliver()
        for n in range(1, delivery.ATTEMPTS_MAX):
            with clock.shifted(n * LONG):
                fakes.deliver()
        assert poison.tried.count(1) == delivery.ATTEMPTS_MAX + 1, "the batch, then each attempt"
        (letter,) = queries.dead_letters("garden")
        assert letter.dead and letter.attempts == delivery.ATTEMPTS_MAX and letter.next_attempt_at is None
        assert fakes.effects() == [2], "what waited behind it goes on"

        with pytest.raises(Refusal):
            actions.retry_dead("garden", letter.position + 1)
        poison.bad.discard(1)
        with acting_as(Actor.for_person(uuid4())):
            actions.retry_dead("garden", letter.position)
        fakes.deliver()
        assert fakes.effects() == [2, 1] and queries.dead_letters() == []

        fakes.pay(person, 3)
        fakes.deliver()
        for n in range(1, delivery.ATTEMPTS_MAX):
            with clock.shifted(n * LONG):
                fakes.deliver()
        (letter,) = queries.dead_letters()
        with acting_as(Actor.for_person(uuid4())):
            actions.discard_dead("garden", letter.position, "paid twice by mistake")
        fakes.deliver()
        assert queries.dead_letters() == [] and 3 not in fakes.effects()
        assert {placed.type for placed in queries.latest()} >= {"events.dead_retried", "events.dead_discarded"}


def test_delays_grow_to_an_hour() -> None:
    delays = [delivery.delay_after(n).total_seconds() for n in range(1, delivery.ATTEMPTS_MAX)]
    assert delays == [2, 6, 18, 54, 162, 486, 1458, 3600, 3600]


def test_a_failure_waiting_when_consent_is_withdrawn_is_not_delivered_later(log: str) -> None:
    person = uuid4()
    poison = _Poison(1)
    with fakes.town(poison):
        fakes.agree(person)
        fakes.pay(person, 1, 2)
        fakes.deliver()
        poison.bad.clear()
        fakes.withdraw(person)
        with clock.shifted(LONG):
            fakes.deliver()
    assert fakes.effects() == [] and _state()[1:] == (2, 0, 0)


def test_the_events_of_an_erased_person_are_skipped(log: str) -> None:
    person = uuid4()
    with fakes.town():
        fakes.agree(person)
        fakes.pay(person, 1)
        with acting_as(Actor.for_person(person)):
            subject_keys.destroy(person)
        fakes.deliver()
    assert fakes.effects() == [] and _state()[:2] == (0, 1)


def test_the_streams_learn_whom_news_are_about_once_it_is_settled(log: str) -> None:
    from bocage.kernel.events import touched

    one, other = uuid4(), uuid4()
    with fakes.town():
        fakes.agree(one)
        fakes.pay(one, 1)
        with connected_as("deliverer"):
            delivery.ensure_subscriptions(["garden"])
            fakes.place()
        assert (queries.head(), touched.settled_position()) == (2, 0)
        fakes.deliver()
        settled = touched.settled_position()
        with connected_as("deliverer"):
            assert settled == 2 and touched.subjects_between(0, settled) == {one}
        fakes.pay(other, 1)
        fakes.pay(None, 2)
        fakes.deliver()
        with connected_as("deliverer"):
            assert touched.subjects_between(settled, touched.settled_position()) == {other}


def test_replay_delivers_again_from_a_position(log: str) -> None:
    person = uuid4()
    with fakes.town():
        fakes.agree(person)
        fakes.pay(person, 1, 2, 3)
        fakes.deliver()
        second = next(event.position for event in _about(person) if event.data.get("n") == 2)
        with acting_as(Actor.for_person(uuid4())):
            actions.replay("garden", second)
        fakes.deliver()
        with pytest.raises(Refusal):
            actions.replay("nobody", 1)
    assert fakes.effects() == [1, 2, 3, 2, 3]


def _about(person: UUID) -> list[Event]:
    with acting_as(Actor.for_person(person)):
        return queries.events_about(person)


def test_an_event_about_nobody_needs_no_consent_and_a_failing_one_stands_alone(log: str) -> None:
    poison = _Poison(1)
    poison_only = lambda event: None if event.data["n"] != 1 else poison(event)  # noqa: E731
    with fakes.town(poison_only, purpose=None):
        fakes.pay(None, 1, 2)
        fakes.deliver()
        assert _state() == (1, 0, 1, 0)


def test_kill_between_handler_and_commit_takes_effect_once(log: str, tmp_path: Path) -> None:
    person = uuid4()
    with fakes.town():
        fakes.agree(person)
        fakes.pay(person, *range(10))
    marker = tmp_path / "killed"
    for round_number in range(2):
        done = _run_crashing(log, marker)
        if round_number == 0:
            assert done == -signal.SIGKILL and marker.exists()
            assert fakes.effects() == [], "the transaction of the killed process is rolled back"
        else:
            assert done == 0
    assert fakes.effects() == list(range(10))


def _run_crashing(database: str, marker: Path) -> int:
    host = connection.settings_dict
    environment = {
        **os.environ,
        "BOCAGE_DATABASE_URL": f"postgresql://{host['HOST']}:{host['PORT']}/{database}",
        "BOCAGE_DATABASE_ROLE": "deliverer",
    }
    command = [sys.executable, "-m", "bocage.kernel.events.tests.crashing", str(marker)]
    return subprocess.run(command, env=environment, timeout=60, check=False).returncode


def test_the_loop_delivers_what_comes_and_stops_when_told(log: str) -> None:
    from bocage.kernel.events import loop

    person, stop = uuid4(), threading.Event()

    def run() -> None:
        with connected_as("deliverer"):
            loop.run(stop)

    with fakes.town():
        fakes.agree(person)
        thread = threading.Thread(target=run)
        thread.start()
        for n in range(5):
            fakes.pay(person, n)
            time.sleep(0.05)
        deadline = time.monotonic() + 10
        while fakes.effects() != [0, 1, 2, 3, 4] and time.monotonic() < deadline:
            time.sleep(0.02)
        stop.set()
        thread.join(5)
    assert not thread.is_alive() and fakes.effects() == [0, 1, 2, 3, 4]


def test_what_is_told_of_a_failure_quotes_nobodys_data() -> None:
    error = IntegrityError("duplicate key value\nDETAIL:  Key (email)=(ana@example.org) already exists.")
    assert delivery._told(error) == "IntegrityError: duplicate key value"
    with fakes.town(), pytest.raises(UndeclaredEvent) as caught:
        check_data(fakes.PAID, 1, {"n": "ana@example.org"})
    assert "ana@" not in str(caught.value) and "str" in str(caught.value)
