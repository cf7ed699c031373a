"""The gate's server side: tokens are spent once, counts add up, keys are public, and nobody is named."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from bocage.engines import passes
from bocage.engines.passes import admission
from bocage.engines.passes.tests import making
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.keys import actions as keys
from bocage.services.health.actions import passing, scheme
from bocage.services.health.queries import gates

MOULIN = UUID("00000000-0000-7000-8000-000000000001")


@pytest.mark.django_db
def test_a_token_opens_once_and_a_lost_answer_can_be_asked_for_again() -> None:
    first, second, *_rest = passing.issue_tokens("green")
    (opened,) = passing.decide(MOULIN, [first.text], "showing-1")
    assert (opened.open, opened.colour, opened.compare_name) == (True, "green", False)
    assert passing.decide(MOULIN, [first.text], "showing-1") == [opened]
    (again,) = passing.decide(MOULIN, [first.text], "showing-2")
    assert (again.open, again.colour) == (False, "refused")
    (elsewhere,) = passing.decide(uuid7(), [first.text], "showing-1")
    assert elsewhere.reason.startswith("spent")
    early = passing.decide(MOULIN, [second.text], "showing-3")[0]
    assert (early.open, early.reason) == (False, "time: not valid yet")


@pytest.mark.django_db
def test_a_token_verified_in_its_last_second_is_still_spent_once() -> None:
    token = passing.issue_tokens("green")[0]
    with clock.frozen(datetime.fromtimestamp(token.expires_at, UTC)):
        assert passing.decide(MOULIN, [token.text], "showing-1")[0].open
    ends, attempts = {token.nonce: float(token.expires_at)}, {token.nonce: b"another"}
    with clock.frozen(datetime.fromtimestamp(token.expires_at + 1, UTC)), acting_as(Actor.nobody()):
        scheme.sweep()
        assert passing._spend(ends, attempts) == set()


@pytest.mark.django_db
def test_after_the_key_is_changed_what_it_signed_goes_on() -> None:
    batch = passing.issue_tokens("green")
    paper = passing.issue_paper("green", "Ana Martin", "1990-02-03", timedelta(days=3))
    with clock.shifted(timedelta(minutes=1)):
        keys.rotate(gates.PURPOSE)
    with clock.shifted(timedelta(minutes=100)):
        assert passing.decide(MOULIN, [batch[10].text], "showing")[0].open
        assert passing.decide(MOULIN, [paper], "showing")[0].colour == "green"
        first, second = gates.keys_for_gates()["cose"]
        assert first["until"] == second["from"], "a gate without a connection learns the dates too"


@pytest.mark.django_db
def test_two_copies_in_one_request_open_once() -> None:
    token = passing.issue_tokens("green")[0]
    decisions = passing.decide(MOULIN, [token.text, token.text], "showing")
    assert [decision.open for decision in decisions] == [True, False]


@pytest.mark.django_db
@pytest.mark.parametrize("colour", ["yellow", "red"])
def test_other_colours_do_not_open(colour: str) -> None:
    (decision,) = passing.decide(MOULIN, [passing.issue_tokens(colour)[0].text], "showing")
    assert (decision.open, decision.colour) == (False, colour)


@pytest.mark.django_db
def test_a_pass_with_a_name_needs_somebody_to_compare_it_and_the_name_stays_here() -> None:
    paper = passing.issue_paper("green", "Ana Martin", "1990-02-03", timedelta(days=3))
    (decision,) = passing.decide(MOULIN, [paper], "showing")
    assert (decision.open, decision.colour, decision.compare_name) == (False, "green", True)
    assert "Ana" not in repr(decision)
    shown = admission.admit(passes.verify(paper, gates.trusted(), clock.now().timestamp()), clock.now().timestamp())
    assert shown.name == "Ana Martin"
    with pytest.raises(Refusal):
        passing.issue_paper("green", "x" * 200, "", timedelta(days=3))


@pytest.mark.django_db
def test_hostile_codes_are_refused_each_for_itself() -> None:
    codes = ["", "\0", "HC1:" + "0" * 8000, "BC1:ABC", making.certificate(), "é" * 100]
    decisions = passing.decide(MOULIN, codes, "showing")
    assert [decision.colour for decision in decisions] == ["refused"] * len(codes)
    assert not any("\n" in decision.reason for decision in decisions)


def test_of_many_at_once_one_opens(fresh_database: str) -> None:
    token = passing.issue_tokens("green")[0]
    barrier = threading.Barrier(8)

    def show(number: int) -> bool:
        try:
            barrier.wait(timeout=30)
            with transaction.atomic():
                return passing.decide(MOULIN, [token.text], f"showing-{number}")[0].open
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(show, range(8))) == 1


@pytest.mark.django_db
def test_counts_add_up_and_have_limits() -> None:
    now = clock.now()
    passing.count(MOULIN, now, {"green": 3, "red": 1})
    passing.count(MOULIN, now, {"green": 2})
    assert {each.colour: each.count for each in gates.counted(MOULIN)} == {"green": 5, "red": 1}
    assert gates.counted(uuid7()) == []
    in_delhi = now.astimezone(timezone(timedelta(hours=5, minutes=30)))
    passing.count(MOULIN, in_delhi, {"red": 1})
    assert [each.count for each in gates.counted(MOULIN) if each.colour == "red"] == [2]
    for hour, counts in ((now, {"blue": 1}), (now, {"green": -1}), (now - timedelta(days=3), {"green": 1})):
        with pytest.raises(Refusal):
            passing.count(MOULIN, hour, counts)


@pytest.mark.django_db
def test_page_worker_and_keys_are_public_and_the_same_for_everybody(client: Client) -> None:
    passing.issue_tokens("green")
    page = client.get(reverse("health:gate"))
    assert page.status_code == 200
    assert "wasm-unsafe-eval" in page["Content-Security-Policy"]
    assert b"csrf" not in page.content.lower()
    worker = client.get(reverse("health:gate-worker"))
    assert worker["Content-Type"].startswith("text/javascript")
    held: dict[str, Any] = json.loads(client.get(reverse("health:gate-keys")).content)
    assert [key["kind"] for key in held["cose"]] == ["Ed25519"]
    assert "private" not in json.dumps(held)
    assert json.loads(client.get(reverse("health:gate-desk")).content) == {"organisation": None, "csrf": ""}


@pytest.mark.django_db
def test_the_trust_folder_is_read_and_a_wrong_file_in_it_is_left_out(settings: Any, tmp_path: Any) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    from bocage.engines.passes import keys as engine_keys

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    numbers = key.public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": engine_keys.thumbprint(key)}
    jwk |= {
        "x": engine_keys.urlsafe_text(numbers.x.to_bytes(32)),
        "y": engine_keys.urlsafe_text(numbers.y.to_bytes(32)),
    }
    (tmp_path / "cards.json").write_text(json.dumps({"iss": "https://cards.example", "keys": [jwk]}))
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    settings.PASS_TRUST_FOLDER = tmp_path
    gates._from_folder.cache_clear()
    try:
        assert [entry.issuer for entry in gates.trusted().issuers] == ["https://cards.example"]
    finally:
        gates._from_folder.cache_clear()
