"""The demo city's pass: a scheme that says it is a demonstration, a week of check-ins, one exposure, Ana yellow.

The demo's own laboratory signs with a key made from the installation's secret, so that it goes on signing.
"""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from decimal import Decimal
from hashlib import blake2b, sha256
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.kernel.ids import uuid7
from bocage.services.health import words
from bocage.services.health.actions import deciding, matching, places, results, scheme, sources
from bocage.services.health.queries import venues

LABORATORY = "labo-demo"
DAYS = 60
BUDGET = Decimal("2.2")
VENUES = (
    ("moulin", "cafe"),
    ("tramway", "transport"),
    ("halles", "shop"),
    ("cinema", "culture"),
    ("librairie", "shop"),
)
SHARING = ("ana", "weilin", "samira", "theo", "ines", "jonas")


class City(Protocol):
    """Who is there: handles of people and of shops, with their ids."""

    @property
    def people(self) -> dict[str, UUID]: ...

    @property
    def shops(self) -> dict[str, UUID]: ...


def populate(city: City) -> None:
    """Begin the demo scheme, hang posters, let six people share, and give Wei a positive test."""
    scheme.begin(
        scheme.Terms(
            title="Demonstration",
            legal_basis="None: this scheme shows how a pass works. There is no epidemic, and nobody here exists.",
            rules="2026.1",
            budget_days=BUDGET,
            sunset_at=clock.now() + timedelta(days=DAYS),
            demo=True,
        )
    )
    laboratory_id = identity.create_organisation(
        handle=LABORATORY,
        name="Laboratoire de démonstration",
        kind="public",
        mcc="8071",
        country=settings.TOWN["country"],
        owner_id=city.people["elsa"],
        verified=True,
    ).id
    places.register_laboratory(LABORATORY, public_key())
    tokens = {
        handle: venues.own(shop_id, places.open_venue(shop_id, people.party_name(shop_id), kind)).token
        for handle, kind in VENUES
        for shop_id in (city.shops[handle],)
    }
    for handle in SHARING:
        person_id = city.people[handle]
        with acting_as(Actor.for_person(person_id)):
            for purpose in words.PURPOSES:
                sources.answer(person_id, purpose, yes=True)
    for number, handle in enumerate(SHARING):
        for days_ago in range(9, 0, -2):
            place = VENUES[(number + days_ago) % len(VENUES)][0]
            visit(city.people[handle], tokens[place], days_ago * 1440 + 60 * number, 40)
    visit(city.people["weilin"], tokens["moulin"], 5 * 1440 + 30, 60)
    visit(city.people["ana"], tokens["moulin"], 5 * 1440 + 20, 45)
    send_result(laboratory_id, city.people["elsa"], "weilin", "positive", "DEMO-1")
    with acting_as(Actor.for_service("health")):
        matching.match()
    for handle in SHARING:
        with acting_as(Actor.for_person(city.people[handle])):
            deciding.current(city.people[handle])


def public_key() -> str:
    """The key that the demo laboratory's results are checked by."""
    return _text(_key().public_key().public_bytes_raw())


def visit(person_id: UUID, token: str, minutes_ago: int, minutes: int) -> None:
    """Somebody was somewhere."""
    with clock.shifted(timedelta(minutes=-minutes_ago)), acting_as(Actor.for_person(person_id)):
        check_in_id = sources.check_in(person_id, token, uuid7())
    with clock.shifted(timedelta(minutes=minutes - minutes_ago)), acting_as(Actor.for_person(person_id)):
        sources.leave(person_id, check_in_id)


def send_result(laboratory_id: UUID, staff_id: UUID, handle: str, outcome: str, sample: str) -> None:
    """The demo laboratory sends a result to a handle."""
    given = {
        "laboratory": LABORATORY,
        "sample": sample,
        "revision": 1,
        "kind": "pcr",
        "outcome": outcome,
        "taken_at": (clock.now() - timedelta(minutes=5)).isoformat(),
        "claim": sha256(sample.encode()).hexdigest()[:16].upper(),
        "handle": handle,
    }
    payload = json.dumps(given).encode()
    with acting_as(Actor.for_person(staff_id, laboratory_id)):
        results.report(laboratory_id, _text(payload), _text(_key().sign(payload)))


def _key() -> Ed25519PrivateKey:
    secret = blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"demo laboratory").digest()
    return Ed25519PrivateKey.from_private_bytes(secret)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
