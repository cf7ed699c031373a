"""Two small services for the tests: a till that says what was paid, and a garden that hears it under consent."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

from django.db import connection

from bocage.kernel import manifest
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.events import loop, sequencer
from bocage.kernel.events.actions import emit
from bocage.kernel.events.types import Event
from bocage.kernel.manifest import EventType, Hears, Purpose, Service
from bocage.testing import connected_as

PURPOSE = "garden.grow"
PAID = EventType("till.paid", "Somebody paid.", {"n": "integer", "note": "string?"})
NOISE = EventType("till.noise", "Nothing that anyone hears.", {})

# Its own rows under the rule that every service's rows are under.
EFFECT_SQL = """
create table effect (at bigint generated always as identity, subject_id uuid, n integer);
alter table effect enable row level security;
alter table effect force row level security;
create policy consented on effect using ((select bocage_service()) = 'garden' and bocage_granted(subject_id, 'garden'));
create policy tests on effect for select using ((select bocage_service()) = 'tests');
"""


def write_effect(event: Event) -> None:
    """What the garden does with a payment."""
    with connection.cursor() as cursor:
        cursor.execute("insert into effect (subject_id, n) values (%s, %s)", [event.subject_id, event.data["n"]])


def till() -> Service:
    return Service("till", "Till", "store", "blue", "Says what is paid.", emits=(PAID, NOISE))


def garden(handler: Callable[[Event], None], purpose: str | None = PURPOSE, version: int = 1) -> Service:
    return Service(
        "garden",
        "Garden",
        "leaf",
        "green",
        "Grows with what is paid.",
        purposes=(Purpose(PURPOSE, "Grow a garden", "We read your payments.", ("till.paid",), version),),
        hears=(Hears("till.paid", handler, purpose),),
    )


@contextmanager
def services(*declared: Service) -> Iterator[None]:
    """Only these services exist."""
    with mock.patch.object(manifest, "services", lambda: declared):
        yield


@contextmanager
def town(handler: Callable[[Event], None] = write_effect, **options: Any) -> Iterator[None]:
    """The till and the garden."""
    with services(till(), garden(handler, **options)):
        yield


def make_effect_table() -> None:
    with connected_as("migrator"), connection.cursor() as cursor:
        cursor.execute(EFFECT_SQL)


def agree(subject_id: UUID) -> None:
    with acting_as(Actor.for_person(subject_id)):
        consent.grant(subject_id, PURPOSE)


def withdraw(subject_id: UUID) -> None:
    with acting_as(Actor.for_person(subject_id)):
        consent.withdraw(subject_id, PURPOSE)


def pay(subject_id: UUID | None, *numbers: int) -> None:
    with acting_as(Actor.nobody()):
        for n in numbers:
            emit("till.paid", subject_id=subject_id, data={"n": n})


def place() -> None:
    """Give every event its position. Another test's transaction on the same server may hold it up for a moment."""
    while sequencer.is_behind():
        if not sequencer.sequence():
            time.sleep(0.01)


def deliver() -> None:
    """Sequence and deliver, as the deliverer, until nothing is left to do now."""
    with connected_as("deliverer"):
        loop.drain()


def effects(subject_id: UUID | None = None) -> list[int]:
    """The numbers that took effect (for one subject), in the order they did."""
    with acting_as(Actor.for_service("tests")), connection.cursor() as cursor:
        cursor.execute(
            "select n from effect where %s::uuid is null or subject_id = %s order by at", [subject_id, subject_id]
        )
        return [row[0] for row in cursor.fetchall()]
