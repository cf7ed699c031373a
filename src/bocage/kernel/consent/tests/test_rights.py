"""Export has everything; erasure destroys the key, asks every holder, and says what stays."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions, queries, rights
from bocage.kernel.errors import Refusal
from bocage.kernel.events import queries as events
from bocage.kernel.events import registry
from bocage.kernel.events.actions import emit
from bocage.kernel.events.tests import fakes
from bocage.kernel.keys import subject_keys
from bocage.kernel.manifest import Service
from bocage.kernel.notifications import actions as notifications

pytestmark = pytest.mark.django_db


class _Shed:
    """A service that holds something."""

    def __init__(self) -> None:
        self.held: dict[UUID, list[str]] = {}

    def export(self, person_id: UUID) -> dict[str, Any]:
        return {"tools": self.held.get(person_id, [])}

    def erase(self, person_id: UUID) -> list[str]:
        self.held.pop(person_id, None)
        return ["the invoice of the spade, for ten years"]

    def service(self) -> Service:
        return Service("shed", "Shed", "x", "x", "Holds tools.", export=self.export, erase=self.erase)


@pytest.fixture(autouse=True)
def only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel packages of this test, since a made-up person is in no table of identity."""
    ours = {"consent", "events", "notifications", "idempotency"}
    kept = tuple(each for each in registry.kernel_manifests() if each[0] in ours)
    monkeypatch.setattr(registry, "kernel_manifests", lambda: kept)


def test_export_has_every_holders_part_in_plain_json() -> None:
    person, shed = uuid4(), _Shed()
    shed.held[person] = ["spade"]
    with fakes.services(fakes.till(), fakes.garden(fakes.write_effect), shed.service()):
        with acting_as(Actor.for_person(person)):
            actions.grant(person, fakes.PURPOSE)
            emit("till.paid", subject_id=person, data={"n": 1, "note": "violets"})
            notifications.notify(person, "Hello")
            actions.record_read(person, "garden", fakes.PURPOSE, "event till.paid")
        with acting_as(Actor.for_person(person)):
            whole = rights.export_all(person)
    parts = whole["parts"]
    assert whole["format"] == "bocage-export/1" and whole["person_id"] == str(person)
    assert parts["shed"] == {"tools": ["spade"]}
    assert [event["data"].get("note") for event in parts["events"]["events"]] == [None, "violets"]
    assert parts["notifications"]["notifications"][0]["title"] == "Hello"
    assert parts["consent"]["agreements"][0]["state"] == "granted"
    assert parts["consent"]["receipts"][0]["what"] == "event till.paid"


def test_erasure_ends_agreements_empties_holders_and_destroys_the_key() -> None:
    person, shed = uuid4(), _Shed()
    shed.held[person] = ["spade"]
    with fakes.services(fakes.till(), fakes.garden(fakes.write_effect), shed.service()):
        with acting_as(Actor.for_person(person)):
            actions.grant(person, fakes.PURPOSE)
            emit("till.paid", subject_id=person, data={"n": 1})
            notifications.notify(person, "Hello")
            erasure = rights.erase_person(person)
        assert {"shed", "notifications", "consent"} <= set(erasure.erased) and shed.held == {}
        assert "the invoice of the spade, for ten years" in erasure.kept
        assert any("key that no longer exists" in line for line in erasure.kept)
        assert not queries.is_granted(person, fakes.PURPOSE)
        with acting_as(Actor.for_person(person)):
            assert events.events_about(person) == []
            with pytest.raises(subject_keys.Erased):
                emit("till.paid", subject_id=person, data={"n": 2})


def test_nobody_but_the_person_asks_for_it() -> None:
    person, guardian = uuid4(), uuid4()
    with fakes.town():
        for actor in (Actor.for_person(guardian), Actor.for_person(guardian, person), Actor.for_service("garden")):
            for right in (rights.export_all, rights.erase_person):
                with acting_as(actor), pytest.raises(Refusal) as caught:
                    right(person)
                assert caught.value.status == 403
