"""Webhooks: whose events go where, signed how, tried how often, and never into our own network."""

import json
import socket
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from hmac import new as hmac
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django.fixtures import Settings

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.events import addresses, sending, webhooks
from bocage.kernel.events.tests import fakes


class _Shop(ThreadingHTTPServer):
    """Somebody's server: answers `status`, remembers what it got."""

    daemon_threads = True
    status = 204
    got: list[tuple[dict[str, str], bytes]]


class _Door(BaseHTTPRequestHandler):
    server: _Shop

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()
        if self.server.status >= 300:
            self.wfile.write(b"no, thank you")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def shop() -> Iterator[tuple[_Shop, str]]:
    with _Shop(("127.0.0.1", 0), _Door) as server:
        server.got = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, f"http://127.0.0.1:{server.server_port}/events?a=1"
        server.shutdown()


def _create(organisation: UUID, url: str, *types: str) -> tuple[UUID, str]:
    with acting_as(Actor.for_person(uuid4(), organisation)):
        webhook, secret = webhooks.create_webhook(organisation, url, types or ["till.paid"])
    return webhook.id, secret


def _log(organisation: UUID, webhook_id: UUID) -> list[tuple[str, int, int | None]]:
    with acting_as(Actor.for_person(uuid4(), organisation)):
        return [(each.state, each.attempts, each.last_status) for each in webhooks.deliveries(webhook_id)]


def _verifies(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver would check it, by the words of Standard Webhooks."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac(b64decode(secret.removeprefix("whsec_")), signed, sha256).digest()
    return f"v1,{b64encode(digest).decode()}" in headers["webhook-signature"].split(" ")


def test_an_organisation_gets_its_own_events_signed_and_nobody_elses(fresh_database: str) -> None:
    organisation, other = uuid4(), uuid4()
    with fakes.town(), shop() as (server, url):
        fakes.pay(organisation, 0)
        webhook_id, secret = _create(organisation, url)
        fakes.pay(organisation, 1)
        fakes.pay(other, 2)
        with acting_as(Actor.nobody()):
            from bocage.kernel.events.actions import emit

            emit("till.noise", subject_id=organisation, data={})
        fakes.deliver()
        assert sending.send_due() == 1
        assert sending.send_due() == 0
        ((headers, body),) = server.got
        assert _verifies(secret, headers, body) and not _verifies(webhooks.new_secret(), headers, body)
        envelope = json.loads(body)
        assert (envelope["type"], envelope["subject"], envelope["data"]) == ("till.paid", str(organisation), {"n": 1})
        assert headers["webhook-id"] == envelope["id"]
        assert headers["content-type"].startswith("application/cloudevents+json")
        assert _log(organisation, webhook_id) == [("sent", 1, 204)]
        assert _log(other, webhook_id) == []


def test_after_a_change_of_secret_both_sign_for_a_day(fresh_database: str) -> None:
    organisation = uuid4()
    with fakes.town(), shop() as (server, url):
        webhook_id, old = _create(organisation, url)
        with acting_as(Actor.for_person(uuid4(), organisation)):
            new = webhooks.rotate_secret(webhook_id)
        fakes.pay(organisation, 1)
        fakes.deliver()
        sending.send_due()
        assert _verifies(old, *server.got[0]) and _verifies(new, *server.got[0])
        with clock.shifted(timedelta(hours=25)):
            fakes.pay(organisation, 2)
            fakes.deliver()
            sending.send_due()
        assert not _verifies(old, *server.got[1]) and _verifies(new, *server.got[1])


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_is_not_taken_is_tried_again_and_then_given_up(fresh_database: str, status: int) -> None:
    organisation = uuid4()
    with fakes.town(), shop() as (server, url):
        webhook_id, _ = _create(organisation, url)
        server.status = status
        fakes.pay(organisation, 1)
        fakes.deliver()
        sending.send_due()
        assert _log(organisation, webhook_id) == [("waiting", 1, status)]
        for n in range(1, len(sending.DELAYS) + 3):
            # Twenty hours a step: not yet five days of failing when the attempts end.
            with clock.shifted(timedelta(hours=20) * n if n < 5 else timedelta(hours=100, minutes=n)):
                sending.send_due()
        attempts = _log(organisation, webhook_id)[0][1]
        assert len(server.got) == attempts <= len(sending.DELAYS) + 1


def test_ten_attempts_then_dead_and_resend_by_hand(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "DELAYS", tuple(timedelta(seconds=1) for _ in range(9)))
    organisation = uuid4()
    with fakes.town(), shop() as (server, url):
        webhook_id, _ = _create(organisation, url)
        server.status = 503
        fakes.pay(organisation, 1)
        fakes.deliver()
        for n in range(15):
            with clock.shifted(timedelta(seconds=2 * n)):
                sending.send_due()
        assert _log(organisation, webhook_id) == [("dead", 10, 503)] and len(server.got) == 10
        server.status = 200
        with acting_as(Actor.for_person(uuid4(), organisation)):
            (delivery,) = webhooks.deliveries(webhook_id)
            assert "no, thank you" in delivery.last_error
            webhooks.resend(delivery.id)
        sending.send_due()
        assert _log(organisation, webhook_id) == [("sent", 1, 200)]


def test_an_address_that_fails_for_five_days_is_disabled_and_the_log_says_so(fresh_database: str) -> None:
    organisation = uuid4()
    with fakes.town(), shop() as (server, url):
        webhook_id, _ = _create(organisation, url)
        server.status = 500
        fakes.pay(organisation, 1)
        fakes.deliver()
        sending.send_due()
        with clock.shifted(timedelta(days=5, minutes=1)):
            sending.send_due()
        with acting_as(Actor.for_person(uuid4(), organisation)):
            (webhook,) = webhooks.webhooks(organisation)
            assert webhook.disabled_at is not None and webhook.disabled_reason
            from bocage.kernel.events import queries

            assert [event.type for event in queries.events_about(organisation)][-1] == "events.webhook_disabled"
        assert _log(organisation, webhook_id)[0][0] == "dead"
        fakes.pay(organisation, 2)
        fakes.deliver()
        assert len(_log(organisation, webhook_id)) == 1


def test_a_crash_while_sending_only_delays(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = uuid4()
    with fakes.town(), shop() as (server, url):
        webhook_id, _ = _create(organisation, url)
        fakes.pay(organisation, 1)
        fakes.deliver()
        assert len(sending._claim()) == 1, "claimed, and then the process dies"
        assert sending.send_due() == 0
        with clock.shifted(sending.LEASE + timedelta(seconds=1)):
            assert sending.send_due() == 1
        assert _log(organisation, webhook_id) == [("sent", 2, 204)] and len(server.got) == 1


def test_an_address_that_cannot_be_looked_up_does_not_keep_the_others_from_being_noted(fresh_database: str) -> None:
    organisation, other = uuid4(), uuid4()
    with fakes.town(), shop() as (server, url):
        good, _ = _create(organisation, url)
        bad, _ = _create(other, "https://" + "a" * 64 + ".example/")
        fakes.pay(other, 1)
        fakes.pay(organisation, 1)
        fakes.deliver()
        assert sending.send_due() == 2
        assert _log(organisation, good) == [("sent", 1, 204)] and len(server.got) == 1
        assert _log(other, bad) == [("waiting", 1, None)]
        with acting_as(Actor.for_person(uuid4(), other)):
            assert "not known" in webhooks.deliveries(bad)[0].last_error


def test_a_server_that_answers_byte_by_byte_is_cut_off(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "EXCHANGE_SECONDS_MAX", 0.5)
    organisation, stop = uuid4(), threading.Event()

    def drip(listener: socket.socket) -> None:
        link, _address = listener.accept()
        with link, suppress(OSError):
            link.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                link.sendall(b"x-slow: 1\r\n")

    with fakes.town(), socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=(listener,), daemon=True).start()
        webhook_id, _ = _create(organisation, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        fakes.pay(organisation, 1)
        fakes.deliver()
        # Lets a sender without a deadline fail instead of hanging.
        threading.Timer(8, stop.set).start()
        sending.send_due()
        stop.set()
        assert _log(organisation, webhook_id) == [("waiting", 1, None)]
        with acting_as(Actor.for_person(uuid4(), organisation)):
            assert (webhooks.deliveries(webhook_id)[0].duration_ms or 0) < 5_000


PRIVATE = [
    "https://127.0.0.1/",
    "https://10.0.0.8/x",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[fd00::1]/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://100.64.0.1/",
    "https://[64:ff9b::a00:1]/",
    "https://[2002:a00:1::]/",
]
MALFORMED = [
    "http://shop.example/",
    "ftp://shop.example/",
    "https://",
    "shop.example",
    "https://user:word@shop.example/",
    "https://shop.example/#part",
    "https://shop.example:99999/",
    "https://shop.example/a b",
    "https://shop.example/\nx",
    "https://" + "a" * 500 + ".example/",
    "https://[::1",
    "https://caf\u00e9.example/",
]


@pytest.mark.django_db
class TestAddresses:
    @pytest.mark.parametrize("url", PRIVATE + MALFORMED)
    def test_an_address_that_we_would_not_call_is_refused_at_once(self, url: str, settings: Settings) -> None:
        settings.TRUSTED_LOOPBACK_WEBHOOKS = False
        organisation = uuid4()
        with fakes.town(), acting_as(Actor.for_person(uuid4(), organisation)):
            with pytest.raises(Refusal) as caught:
                webhooks.create_webhook(organisation, url, ["till.paid"])
            assert caught.value.field == "url" and webhooks.webhooks(organisation) == []

    @pytest.mark.parametrize("answers", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["fe80::1%eth0"]])
    def test_a_name_that_leads_into_our_network_is_found_on_sending(
        self, answers: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = [(0, 0, 0, "", (answer, 443)) for answer in answers]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        addresses.check_url("https://rebinding.example/")
        with pytest.raises(addresses.AddressRefused, match="private"):
            addresses.resolve("https://rebinding.example/")

    def test_we_connect_to_the_address_that_was_checked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(0, 0, 0, "", ("93.184.216.34", 443))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        target = addresses.resolve("https://shop.example:8443/hook?x=1")
        assert target.url == "https://93.184.216.34:8443/hook?x=1"
        assert (target.host, target.host_header) == ("shop.example", "shop.example:8443")

    def test_limits_and_unknown_types(self) -> None:
        organisation = uuid4()
        url = "https://shop.example/hook"
        with fakes.town(), acting_as(Actor.for_person(uuid4(), organisation)):
            for types in ([], ["till.unknown"], ["till.paid"] * 3 + ["x"] * 60):
                with pytest.raises(Refusal) as caught:
                    webhooks.create_webhook(organisation, url, types)
                assert caught.value.field == "types"
            for _ in range(webhooks.WEBHOOKS_MAX):
                webhooks.create_webhook(organisation, url, ["till.paid"])
            with pytest.raises(Refusal) as caught:
                webhooks.create_webhook(organisation, url, ["till.paid"])
            assert caught.value.code == "too_many"

    def test_only_the_organisation_sees_and_changes_its_webhooks_and_the_secret_lies_sealed(self) -> None:
        organisation = uuid4()
        with fakes.town():
            webhook_id, secret = _create(organisation, "https://shop.example/hook")
            with acting_as(Actor.for_person(uuid4())):
                assert webhooks.webhooks(organisation) == []
                for verb in (webhooks.disable_webhook, webhooks.delete_webhook, webhooks.rotate_secret):
                    with pytest.raises(Refusal):
                        verb(webhook_id)
            with acting_as(Actor.for_person(uuid4(), organisation)):
                from django.db import connection

                with connection.cursor() as cursor:
                    cursor.execute("select sealed_secret from webhook")
                    assert secret.encode() not in bytes(cursor.fetchone()[0])
                webhooks.disable_webhook(webhook_id, "moving")
                assert webhooks.webhooks(organisation)[0].disabled_reason == "moving"
                webhooks.enable_webhook(webhook_id)
                webhooks.delete_webhook(webhook_id)
                assert webhooks.webhooks(organisation) == []
