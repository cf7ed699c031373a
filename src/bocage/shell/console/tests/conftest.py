"""A small town to run: Odile runs it, Paul checks her, Ana lives there, and things have failed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.test import Client

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events.actions import emit
from bocage.kernel.identity.tests import making
from bocage.kernel.identity.types import Organisation, Person
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import actions as payments

type SignIn = Callable[[Person], Client]


@dataclass(frozen=True)
class Town:
    """Odile is operator and approver, Paul approver, Aude auditor, Sam support; Ana and her shop are citizens."""

    odile: Person
    paul: Person
    aude: Person
    sam: Person
    ana: Person
    moulin: Organisation


def settle() -> Town:
    """Found the town in the present database; Ana has an empty wallet."""
    with acting_as(Actor.nobody()):
        ana = making.person("Ana Morel")
        town = Town(
            making.operator("Odile Renard"),
            making.operator("Paul Garnier", "approver"),
            making.operator("Aude Petit", "auditor"),
            making.operator("Sam Roche", "support"),
            ana,
            making.shop("Moulin Café", ana),
        )
    with acting_as(Actor.for_person(ana.id)):
        payments.wallet_of(ana.id, "EUR")
    return town


def fail_an_event(position: int, *, dead: bool = True) -> None:
    """As if the forest had failed on the event at `position`."""
    now = clock.now()
    with acting_as(Actor.for_service("events")), connection.cursor() as cursor:
        cursor.execute(
            "insert into event_parked (id, service, position, type, attempts, dead, error, first_failed_at,"
            " next_attempt_at) values (%s, 'forest', %s, 'pay.paid', 8, %s, %s, %s, %s)",
            [uuid7(), position, dead, "ValueError: <b>cannot</b> digest", now, None if dead else now],
        )


def fail_a_job() -> int:
    """As if a job had failed for good; its number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, status, args, attempts)"
            " values ('default', 'forest.weigh', 'failed', '{\"line\": 7}', 5) returning id"
        )
        return int(cursor.fetchone()[0])


def sign_in(person: Person) -> Client:
    """The person's browser."""
    client = Client()
    client.force_login(get_user_model().objects.get(id=person.id))
    return client


@pytest.fixture(autouse=True)
def no_limits_used_up() -> None:
    """Each test begins with all of its tries."""
    cache.clear()


@pytest.fixture
def town(db: None) -> Town:
    """The town in a database that is rolled back after the test."""
    return settle()


@pytest.fixture
def odile(town: Town) -> Client:
    """The operator's browser."""
    return sign_in(town.odile)


@pytest.fixture
def acts() -> Iterator[mock.Mock]:
    """What administrators do, as it is put in the log: each call's `data`."""
    with mock.patch("bocage.kernel.approvals.actions.emit", wraps=emit) as spy:
        yield spy


def acts_of(spy: mock.Mock) -> list[tuple[str, str, str | None]]:
    """(act, kind, target) of each `operator.acted` that was emitted."""
    return [
        (call.kwargs["data"]["act"], call.kwargs["data"]["kind"], call.kwargs["data"].get("target"))
        for call in spy.call_args_list
        if call.args[0] == "operator.acted"
    ]
