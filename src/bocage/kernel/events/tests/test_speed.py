"""How fast the log is: `./bocage test src/bocage/kernel/events/tests/test_speed.py -m heavy -s`."""

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events import delivery, loop, sequencer, webhooks
from bocage.kernel.events.actions import emit
from bocage.kernel.events.tests import fakes
from bocage.testing import connected_as

EVENTS = 10_000
PEOPLE = 200
A_TRANSACTION = 10
DELIVERED_PER_SECOND_MIN = 1_000


def _rate(what: str, act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    rate = EVENTS / (time.perf_counter() - began)
    print(f"{what:10} {rate:8.0f} events/s")
    return rate


def _emit_all(people: list[UUID]) -> None:
    for first in range(0, EVENTS, A_TRANSACTION):
        with acting_as(Actor.nobody()):
            for n in range(first, first + A_TRANSACTION):
                emit("till.paid", subject_id=people[n % PEOPLE], data={"n": n, "note": "x" * 100})


@pytest.mark.heavy
def test_a_trivial_handler_is_delivered_a_thousand_events_a_second(fresh_database: str) -> None:
    people = [uuid4() for _ in range(PEOPLE)]
    heard: list[int] = []
    with fakes.town(lambda event: heard.append(event.data["n"])):
        for person in people:
            fakes.agree(person)
        _rate("emitted", lambda: _emit_all(people))
        with connected_as("deliverer"):
            delivery.ensure_subscriptions(["garden", webhooks.SUBSCRIPTION])
            while sequencer.is_behind():
                _rate("placed", lambda: [None for _ in iter(sequencer.sequence, 0)])
            rate = _rate("delivered", loop.drain)
    assert heard == list(range(EVENTS))
    assert rate >= DELIVERED_PER_SECOND_MIN
