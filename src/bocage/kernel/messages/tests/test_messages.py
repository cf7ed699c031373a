"""Messages out: in the person's language, in the outbox, and by a mail server where there is one."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.mail import EmailMultiAlternatives
from django.template import engines
from pytest_django.fixtures import Settings

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Person, Tier
from bocage.kernel.messages import actions, manifest, queries
from bocage.kernel.messages.backend import OutboxBackend
from bocage.kernel.messages.types import State

pytestmark = pytest.mark.django_db

TEMPLATE = """{% load i18n %}{% get_current_language as code %}{{ code }}: {{ shop }}

Hello {{ person.display_name }},
{{ shop }} wrote.
"""
ALICE = Person(uuid4(), "alice", "Alice", "alice@example.org", "fr", "Europe/Paris", Tier.CONTACT, False, True)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(identity, "person", lambda _id: ALICE)
    monkeypatch.setattr(actions, "get_template", lambda _name: engines["django"].from_string(TEMPLATE))
    return ALICE


def test_a_message_is_in_the_persons_language_and_stays_here_without_a_server(person: Person) -> None:
    with acting_as(Actor.nobody()):
        message_id = actions.send(person.id, "note", {"shop": "L'Épicerie & fils"})
        (message,) = queries.outbox(address="alice@example.org")
    assert message.id == message_id and message.state is State.KEPT
    assert message.subject == "fr: L'Épicerie & fils"
    assert message.body == "Hello Alice,\nL'Épicerie & fils wrote.\n"


def test_only_its_person_and_the_sender_see_a_message(person: Person) -> None:
    with acting_as(Actor.nobody()):
        actions.send(person.id, "note", {"shop": "x"})
    with acting_as(Actor.for_person(person.id)):
        assert len(manifest.export(person.id)["messages"]) == 1
    with acting_as(Actor.for_person(uuid4())):
        assert manifest.export(person.id)["messages"] == []
    with acting_as(Actor.for_person(person.id)):
        assert manifest.erase(person.id) == []
    assert queries.outbox() == []


def test_a_person_without_an_address_and_a_channel_that_is_not_are_refused(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="channel"):
        actions.send(person.id, "note", {}, channel="pigeon")
    monkeypatch.setattr(identity, "person", lambda _id: replace(ALICE, email=None))
    with pytest.raises(Refusal) as caught:
        actions.send(person.id, "note", {"shop": "x"})
    assert caught.value.code == "no_address"


def test_a_subject_cannot_break_out_of_its_line(person: Person) -> None:
    with acting_as(Actor.nobody()):
        actions.post("a@example.org", "Hello\r\nBcc: everyone@example.org", "text\0")
        (message,) = queries.outbox()
    assert message.subject == "Hello Bcc: everyone@example.org" and message.body == "text"


def test_djangos_mail_goes_through_the_outbox() -> None:
    mail = EmailMultiAlternatives("Your code", "123456", "x@example.org", ["a@example.org", "b@example.org"])
    mail.attach_alternative("<p>123456</p>", "text/html")
    assert OutboxBackend().send_messages([mail]) == 1
    assert {message.address for message in queries.outbox()} == {"a@example.org", "b@example.org"}


def test_the_sweep_forgets_after_ninety_days() -> None:
    with acting_as(Actor.nobody()):
        actions.post("a@example.org", "s", "b")
    assert actions.sweep() == 0
    with clock.shifted(timedelta(days=91)):
        assert actions.sweep() == 1


class _Server(socketserver.ThreadingTCPServer):
    """As much of a mail server as one mail needs; refuses recipients at refused.example."""

    allow_reuse_address = True
    daemon_threads = True
    received: list[str]


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        def say(line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        say("220 here")
        data: list[str] | None = None
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if data is not None:
                if line == ".":
                    self.server.received.append("\n".join(data))  # type: ignore[attr-defined]
                    data = None
                    say("250 taken")
                else:
                    data.append(line)
            elif line.upper() == "DATA":
                data = []
                say("354 go on")
            elif "refused.example" in line:
                say("550 nobody here")
            elif line.upper() == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@contextmanager
def mail_server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.received = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _state_of(message_id: UUID) -> tuple[State, int]:
    message = next(each for each in queries.outbox() if each.id == message_id)
    return message.state, message.attempts


def test_with_a_server_it_is_sent_once_and_a_failure_is_tried_again_then_given_up(settings: Settings) -> None:
    with mail_server() as server:
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.server_address[1]}"
        with acting_as(Actor.nobody()):
            good = actions.post("a@example.org", "Héllo", "text")
            bad = actions.post("a@refused.example", "Hello", "text")
        assert actions.send_due() == 2
        assert actions.send_due() == 0
        assert _state_of(good) == (State.SENT, 1) and _state_of(bad) == (State.WAITING, 1)
        for n in range(1, actions.ATTEMPTS_MAX + 2):
            with clock.shifted(timedelta(days=n)):
                actions.send_due()
        assert _state_of(bad) == (State.FAILED, actions.ATTEMPTS_MAX)
        actions.requeue(bad)
        assert _state_of(bad) == (State.WAITING, 0)
        with pytest.raises(Refusal):
            actions.requeue(good)
    assert len(server.received) == 1 and f"<{good}@bocage>" in server.received[0]


def test_an_address_that_no_mail_can_have_keeps_no_other_mail_back(settings: Settings) -> None:
    with mail_server() as server:
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.server_address[1]}"
        with acting_as(Actor.nobody()):
            bad = actions.post("nobody\n@example.org", "Hello", "Body")
            good = actions.post("ana@example.org", "Hello", "Body")
        assert actions.send_due() == 2
    assert _state_of(bad) == (State.WAITING, 1)
    assert _state_of(good) == (State.SENT, 1)
