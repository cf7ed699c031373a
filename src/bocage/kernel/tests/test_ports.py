"""Every port of every manifest: refused without consent, receipted with it, and asked by none that did not say so."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, get_origin, get_type_hints
from unittest import mock
from uuid import UUID, uuid4

import pytest

from bocage.kernel import manifest, ports
from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries
from bocage.kernel.errors import Refusal
from bocage.kernel.manifest import Needs, Offers, Purpose, Service
from bocage.kernel.ports import FootprintNotes, PaymentHistory, PortNotDeclared, port

pytestmark = pytest.mark.django_db

SAMPLES: dict[Any, Any] = {
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    UUID: UUID(int=7),
    str: "x",
    int: 1,
}


def _needs() -> list[tuple[str, Needs]]:
    return [(service.name, need) for service in manifest.services() for need in service.needs if need.purpose]


def _arguments(protocol: type, method: str) -> list[Any]:
    """A value of the right type for each parameter after the subject."""
    hints = get_type_hints(getattr(protocol, method))
    names = list(inspect.signature(getattr(protocol, method)).parameters)[2:]
    return [[] if get_origin(hints[name]) else SAMPLES[hints[name]] for name in names]


def test_every_declared_port_is_refused_without_consent_and_leaves_a_receipt_with_it() -> None:
    for asking, need in _needs():
        for method in ports.methods_of(need.port):
            _walk(asking, need, method)


def _walk(asking: str, need: Needs, method: str) -> None:
    person, arguments = uuid4(), _arguments(need.port, method)
    with acting_as(Actor.for_service(asking)):
        with pytest.raises(Refusal) as caught:
            getattr(port(need.port, needed_by=asking), method)(person, *arguments)
        assert caught.value.code == "consent_needed"
    with acting_as(Actor.for_person(person)):
        assert queries.receipts(person).receipts == ()
        consent.grant(person, str(need.purpose))
    with acting_as(Actor.for_service(asking)):
        getattr(port(need.port, needed_by=asking), method)(person, *arguments)
    with acting_as(Actor.for_person(person)):
        (receipt,) = queries.receipts(person).receipts
        assert (receipt.reader, receipt.purpose) == (asking, need.purpose)
        assert receipt.what == f"{need.port.__name__}.{method}"


class Tools(Protocol):
    """For this test."""

    def lent(self, subject_id: UUID, kind: str) -> list[str]: ...


class _Shed:
    seen: list[Actor]

    def __init__(self) -> None:
        self.seen = []

    def lent(self, subject_id: UUID, kind: str) -> list[str]:
        self.seen.append(current_actor())
        return [kind] * 3

    def secret(self, subject_id: UUID) -> str:
        return "not of the port"


@contextmanager
def _town(shed: _Shed, *, needs: bool = True, offers: int = 1) -> Iterator[None]:
    garden = Service(
        "garden",
        "Garden",
        "x",
        "x",
        "x",
        purposes=(Purpose("garden.dig", "Dig", "We look at your tools.", ("Tools",)),),
        needs=(Needs(Tools, "garden.dig"),) if needs else (),
    )
    sheds = [Service(f"shed{n}", "Shed", "x", "x", "x", offers=(Offers(Tools, shed),)) for n in range(offers)]
    with mock.patch.object(manifest, "services", lambda: (garden, *sheds)):
        yield


def test_a_port_answers_as_the_subject_sees_it_and_goes_back_to_who_asked() -> None:
    person, shed = uuid4(), _Shed()
    with _town(shed):
        with acting_as(Actor.for_person(person)):
            consent.grant(person, "garden.dig")
        with acting_as(Actor.for_service("garden")):
            assert port(Tools, needed_by="garden").lent(person, kind="spade") == ["spade"] * 3
            assert current_actor() == Actor.for_service("garden")
        assert shed.seen == [Actor(subject_id=person)]
        with acting_as(Actor.for_person(person)):
            (receipt,) = queries.receipts(person).receipts
            assert receipt.count == 3
            consent.withdraw(person, "garden.dig")
        with acting_as(Actor.for_service("garden")), pytest.raises(Refusal):
            port(Tools, needed_by="garden").lent(person, "spade")


def test_a_persons_request_cannot_ask_about_another() -> None:
    person, other = uuid4(), uuid4()
    with _town(_Shed()):
        with acting_as(Actor.for_person(person)):
            consent.grant(person, "garden.dig")
        with acting_as(Actor.for_person(other)), pytest.raises(Refusal) as caught:
            port(Tools, needed_by="garden").lent(person, "spade")
    assert caught.value.status == 403


def test_what_is_not_declared_cannot_be_asked() -> None:
    with _town(_Shed(), needs=False), pytest.raises(PortNotDeclared, match="needs"):
        port(Tools, needed_by="garden")
    for offers in (0, 2):
        with _town(_Shed(), offers=offers), pytest.raises(PortNotDeclared, match=f"{offers} services offer"):
            port(Tools, needed_by="garden")
    with _town(_Shed()), pytest.raises(AttributeError):
        port(Tools, needed_by="garden").secret  # type: ignore[attr-defined] # noqa: B018
    with _town(_Shed()), pytest.raises(KeyError):
        port(Tools, needed_by="nobody")


@pytest.mark.parametrize("protocol", [PaymentHistory, FootprintNotes])
def test_every_method_of_a_port_names_its_subject_first(protocol: type) -> None:
    assert ports.methods_of(protocol)
    for method in ports.methods_of(protocol):
        assert list(inspect.signature(getattr(protocol, method)).parameters)[1] == "subject_id"
