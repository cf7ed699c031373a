"""A small town: two operators, an approver, citizens, and an organisation whose detectors may send."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.services.city import jobs
from bocage.services.city.actions import judging, observing
from bocage.services.city.models import Alert
from bocage.services.city.queries.phases import forget_waits

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Town:
    """Who is there. `odile` and `olga` operate, `paul` approves; `roads` may send observations, `cafe` may not."""

    ana: UUID
    wei: UUID
    odile: UUID
    olga: UUID
    paul: UUID
    roads: UUID
    cafe: UUID

    def slow_road(self, *on: str, source: str = "D", minutes: int = 12, ago: int = 30, until: int = 0) -> None:
        """Detectors are fast, slow for `minutes`, fast again; a record a minute, from `ago` to `until` minutes ago."""
        start = int(clock.now().timestamp()) // 60 * 60 - ago * 60
        said = [
            {
                "at": start + 60 * minute,
                "stream": "detector",
                "id": f"{source}{14 + number}",
                "on": road,
                "speed_kmh": 12 if 5 <= minute < 5 + minutes else 45,
                "flow_veh_h": 800,
            }
            for minute in range(ago - until + 1)
            for number, road in enumerate(on or ("Quai Sud",))
        ]
        self.send(said)

    def send(self, said: Sequence[dict[str, Any]]) -> None:
        """What the roads' program sends."""
        with acting_as(Actor.for_person(self.odile, self.roads)):
            observing.take(self.roads, said)


def one_alert() -> Alert:
    """The one alert there is."""
    return Alert.objects.get()


def person(handle: str, name: str) -> UUID:
    return identity.register(
        email=f"{handle}@vallon.example",
        password=PASSWORD,
        handle=handle,
        display_name=name,
        language="en",
        time_zone="Europe/Paris",
        tier="document",
    ).id


def settle() -> Town:
    """Found the town in the present database."""
    judging.forget_engine()
    with acting_as(Actor.nobody()):
        ana, wei, paul = (person(*each) for each in (("ana", "Ana Morel"), ("weilin", "Wei Lin"), ("paul", "Paul")))
        odile, olga = (person(*each) for each in (("odile", "Odile Renard"), ("olga", "Olga Petit")))
        for each in (odile, olga):
            identity.bootstrap_role(each, "operator", reason="test town")
        identity.bootstrap_role(paul, "approver", reason="test town")
        roads, cafe = (
            identity.create_organisation(
                handle=handle, name=name, kind="public", mcc="9399", country="FR", owner_id=odile, verified=True
            ).id
            for handle, name in (("roads", "Roads of Vallon"), ("cafe", "Moulin Café"))
        )
    with acting_as(Actor.for_person(odile)):
        observing.let_send("roads", odile)
    return Town(ana, wei, odile, olga, paul, roads, cafe)


def judge() -> None:
    """What the worker does after records have come."""
    jobs.judge_now.run()


def signed_in(person_id: UUID) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=person_id))
    return client


def minute() -> datetime:
    """This minute."""
    return clock.now().replace(second=0, microsecond=0)


@pytest.fixture(autouse=True)
def language_of_tests() -> Iterator[None]:
    """A request in French must not leave its language to the next test; nor a test its engine."""
    forget_waits()
    yield
    translation.deactivate()
    judging.forget_engine()


@pytest.fixture
def town(db: None) -> Town:
    """The town in a database that is rolled back after the test."""
    return settle()


@pytest.fixture
def committed_town(fresh_database: str) -> Town:
    """The town in a database of its own that really commits."""
    return settle()
