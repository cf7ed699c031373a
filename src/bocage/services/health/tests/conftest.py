"""A town under a scheme: Ana and Wei, who agreed to all of it, a café with a poster, a laboratory, officials."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import translation

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.services.health import jobs, words
from bocage.services.health.actions import places, results, scheme, sources
from bocage.services.health.models import Venue

PASSWORD = "correct horse battery staple"
LABORATORY_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@dataclass(frozen=True)
class Town:
    """Who is there. `wei` and `ana` agreed to all sources; `lea` to none; `odile` operates, `paul` approves."""

    ana: UUID
    wei: UUID
    lea: UUID
    marco: UUID
    odile: UUID
    paul: UUID
    moulin: UUID
    laboratory: UUID
    token: str
    venue: UUID

    def check_in(self, person_id: UUID, at: datetime, minutes: int = 90) -> UUID:
        """Be in the café from `at` on."""
        with clock.frozen(at), acting_as(Actor.for_person(person_id)):
            check_in_id = sources.check_in(person_id, self.token, uuid7())
        with clock.frozen(at + timedelta(minutes=minutes)), acting_as(Actor.for_person(person_id)):
            sources.leave(person_id, check_in_id)
        return check_in_id

    def result(self, handle: str, outcome: str, sample: str = "S-1", **changed: Any) -> None:
        """The laboratory sends a result to a handle."""
        payload, signature = signed(self, handle=handle, outcome=outcome, sample=sample, **changed)
        with acting_as(Actor.for_person(self.marco, self.laboratory)):
            results.report(self.laboratory, payload, signature)


def signed(town: Town, key: Ed25519PrivateKey = LABORATORY_KEY, **changed: Any) -> tuple[str, str]:
    """A signed result, base64url of bytes and signature."""
    given = {
        "laboratory": "labo",
        "sample": "S-1",
        "revision": 1,
        "kind": "pcr",
        "outcome": "positive",
        "taken_at": (clock.now() - timedelta(minutes=1)).isoformat(),
        "claim": "ABCDEFGH12345678",
        **changed,
    }
    payload = json.dumps(given).encode()
    return encoded(payload), encoded(key.sign(payload))


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def terms(**changed: object) -> scheme.Terms:
    given = {
        "title": "Winter wave",
        "legal_basis": "Decree 12 of the town council",
        "rules": "2026.1",
        "budget_days": Decimal("2.2"),
        "sunset_at": clock.now() + timedelta(days=60),
        **changed,
    }
    return scheme.Terms(**given)  # type: ignore[arg-type]


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
    with acting_as(Actor.nobody()):
        ana, wei, lea = (person(*each) for each in (("ana", "Ana Morel"), ("weilin", "Wei Lin"), ("lea", "Léa Roux")))
        marco, odile, paul = (person(*each) for each in (("marco", "Marco"), ("odile", "Odile"), ("paul", "Paul")))
        identity.bootstrap_role(odile, "operator", reason="test town")
        identity.bootstrap_role(paul, "approver", reason="test town")
        moulin, laboratory = (
            identity.create_organisation(
                handle=handle, name=name, kind="merchant", mcc="5814", country="FR", owner_id=marco, verified=True
            ).id
            for handle, name in (("moulin", "Moulin Café"), ("labo", "Labo des Tilleuls"))
        )
        scheme.begin(terms())
        places.register_laboratory("labo", encoded(LABORATORY_KEY.public_key().public_bytes_raw()))
        venue = places.open_venue(moulin, "Moulin Café", "cafe")
        with own_tables("health"):
            token = Venue.objects.get(id=venue).token
    for each in (ana, wei):
        with acting_as(Actor.for_person(each)):
            for purpose in words.PURPOSES:
                sources.answer(each, purpose, yes=True)
    return Town(ana, wei, lea, marco, odile, paul, moulin, laboratory, token, venue)


def work() -> None:
    """What the worker does after a result."""
    jobs.match.run()


@pytest.fixture(autouse=True)
def language_of_tests() -> Iterator[None]:
    """A request in French must not leave its language to the next test."""
    yield
    translation.deactivate()


@pytest.fixture
def town(db: None) -> Town:
    """The town in a database that is rolled back after the test."""
    return settle()


@pytest.fixture
def committed_town(fresh_database: str) -> Town:
    """The town in a database of its own that really commits."""
    return settle()
