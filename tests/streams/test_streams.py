"""A page that listens is told when there is something new about its person, and nothing else."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import Client
from starlette.testclient import TestClient

from bocage import streams
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.events import loop, touched
from bocage.kernel.identity import actions as identity
from bocage.testing import connected_as


@pytest.fixture
def ana(fresh_database: str) -> UUID:
    with acting_as(Actor.nobody()):
        return identity.register(display_name="Ana Morel", handle="ana", email="ana@example.org", password="x" * 20).id


def session_of(person_id: UUID) -> str:
    from django.contrib.auth import get_user_model

    client = Client()
    person = get_user_model().objects.get(pk=person_id)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["bocage"].value


def test_a_session_says_whom_the_hints_are_for(ana: UUID) -> None:
    assert streams._subject_of(session_of(ana)) == ana
    assert streams._subject_of("no such session") is None
    assert streams._subject_of("") is None


def test_nobody_listens_without_signing_in(fresh_database: str) -> None:
    with TestClient(streams.application) as client:
        assert client.get("/streams/me").status_code == 401
        assert client.get("/health/live").json() == {"status": "live"}


def test_new_events_wake_those_they_are_about_once_every_service_has_heard_them(ana: UUID) -> None:
    with connected_as("deliverer"):
        loop.drain()
        settled, _nobody = streams._news_after(None)
    with acting_as(Actor.for_person(ana)):
        consent.grant(ana, "forest.grow")
    with connected_as("deliverer"):
        assert streams._news_after(settled) == (settled, set())
        loop.drain()
        later, subjects = streams._news_after(settled)
    assert later > settled
    assert subjects == {ana}


def test_nudges_are_heard_with_their_commit_and_not_before(ana: UUID) -> None:
    with connected_as("deliverer"):
        assert streams._nudged() == set()
    try:
        with acting_as(Actor.for_service("parcel")):
            touched.nudge([ana])
            assert streams._nudged() == set()
        assert streams._nudged() == {ana}
        # More than one notification takes.
        everybody = {uuid4() for _person in range(450)}
        touched.nudge(everybody)
        assert streams._nudged() == everybody
        streams._nudges[0].close()
        with pytest.raises(psycopg.Error):
            streams._nudged()
        assert streams._nudged() == set()
    finally:
        streams._hang_up()


def test_a_listener_is_hinted_and_forgotten_when_it_leaves() -> None:
    subject = uuid4()

    async def listen() -> list[str]:
        hints = streams._hints(subject)
        heard = [await anext(hints)]
        for news in streams._listeners[subject]:
            news.set()
        heard.append(await anext(hints))
        await hints.aclose()
        return heard

    assert asyncio.run(listen()) == ["retry: 3000\n\n", "event: news\ndata: {}\n\n"]
    assert subject not in streams._listeners
