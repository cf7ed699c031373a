"""Somebody with an account, her browser and her program, and statements to hand in."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.services.forest.actions import importing
from bocage.services.forest.weighing import Purchase

PASSWORD = "a long enough password 7"
SCOPES = ("forest:read", "forest:write")
RIDE_DAYS_AGO = 20


def make_person(name: str, language: str = "en") -> UUID:
    """Somebody with an account."""
    handle = name.lower().replace(" ", ".")
    with acting_as(Actor.nobody()):
        return identity.register(
            email=f"{handle}@example.org",
            password=PASSWORD,
            handle=handle,
            display_name=name,
            language=language,
            time_zone="Europe/Paris",
            tier="contact",
        ).id


@pytest.fixture(autouse=True)
def no_limits_used_up() -> None:
    """Each test begins with all of its tries."""
    cache.clear()


@pytest.fixture
def ana(db: None) -> UUID:
    """Somebody with an account."""
    return make_person("Ana Morel")


@pytest.fixture
def wei(db: None) -> UUID:
    """Somebody else."""
    return make_person("Wei Lin")


@dataclass
class Program:
    """Somebody's program: a bearer token, and a new idempotency key for each write."""

    token: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: Any) -> Any:
        """A read below `/api/v1/forest`."""
        return self.client.get(f"/api/v1/forest{path}", query, headers={"Authorization": f"Bearer {self.token}"})

    def write(self, method: str, path: str, data: Any = None, *, key: str = "", **more: Any) -> Any:
        """A write; a dictionary goes as JSON unless `format` says otherwise."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or str(uuid7())}
        body = {"data": data, "content_type": "application/json"} if data is not None else {}
        return getattr(self.client, method)(f"/api/v1/forest{path}", headers=headers, **{**body, **more})

    def post(self, path: str, data: Any = None, *, key: str = "") -> Any:
        return self.write("post", path, data, key=key)

    def put(self, path: str, data: Any = None, *, key: str = "") -> Any:
        return self.write("put", path, data, key=key)

    def upload(
        self, content: bytes, name: str = "bank.csv", country: str = "FR", *, key: str = "", **columns: str
    ) -> Any:
        """Hand a statement in."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or str(uuid7())}
        fields = {"file": SimpleUploadedFile(name, content), "country": country, **columns}
        return self.client.post("/api/v1/forest/statements", fields, headers=headers)


def program_of(person_id: UUID, *scopes: str) -> Program:
    """A program that may do `scopes` (everything of Forest's when none are given) for the person."""
    with acting_as(Actor.for_person(person_id)):
        return Program(identity.create_token(person_id, "a test", scopes or SCOPES, life=timedelta(days=1))[1])


@pytest.fixture
def anas(ana: UUID) -> Program:
    """Ana's program."""
    return program_of(ana)


@pytest.fixture
def weis(wei: UUID) -> Program:
    """Wei's program."""
    return program_of(wei)


@pytest.fixture
def browser(client: Client, ana: UUID) -> Client:
    """Ana's browser, signed in."""
    answer = client.post("/accounts/login/", {"login": "ana.morel@example.org", "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


@pytest.fixture
def statement() -> bytes:
    """A bank's CSV of the last weeks: metro, petrol, food and a salary."""
    today = clock.now().date()
    rows = [
        (40, "RATP METRO PARIS", "-2,50"),
        (38, "STATION TOTAL CARBURANT", "-61,30"),
        (35, "CARREFOUR MARKET PARIS", "-48,90"),
        (30, "VIREMENT SALAIRE", "2150,00"),
    ]
    lines = ["Date;Libellé;Montant;Devise"]
    lines += [f"{today - timedelta(days=days):%d/%m/%Y};{text};{amount};EUR" for days, text, amount in rows]
    return ("\n".join(lines) + "\n").encode()


def ride(person_id: UUID, *, days_ago: int = RIDE_DAYS_AGO, cents: int = 250) -> UUID:
    """A ride by tram that the wallet paid some days ago; the payment's id."""
    payment_id, then = uuid7(), clock.now() - timedelta(days=days_ago)
    paid = Purchase(
        fingerprint=f"payment:{payment_id}",
        booked_on=then.date(),
        amount_minor=-cents,
        currency="EUR",
        exponent=2,
        text="Tramway de Vallon",
        mcc="4111",
        country="FR",
    )
    with clock.frozen(then), acting_as(Actor.for_person(person_id)):
        importing.keep_payment(person_id, payment_id, paid)
    return payment_id
