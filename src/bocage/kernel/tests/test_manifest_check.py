"""The checker finds each way in which a manifest and its code can disagree, and finds none in the house."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pytest

from bocage.kernel import manifest_check
from bocage.kernel.manifest import EventType, Hears, Needs, Offers, Purpose, QuickAction, Service
from bocage.kernel.manifest_check import kernel_problems, problems


class Tools(Protocol):
    """For this test."""

    def lent(self, subject_id: UUID, kind: str) -> list[str]: ...


class Nameless(Protocol):
    """A port that forgets whom it is about."""

    def all_of_them(self, kind: str) -> list[str]: ...


class Shed:
    def lent(self, subject_id: UUID, kind: str) -> list[str]:
        return []


class WrongShed:
    def lent(self, kind: str) -> list[str]:
        return []


def handler(event: Any) -> None:
    pass


def export(person_id: UUID) -> dict[str, Any]:
    return {}


def erase(person_id: UUID) -> list[str]:
    return []


DUG = EventType("garden.dug", "Somebody dug.", {"depth": "integer", "tool": "string?"})
GARDEN = Service(
    "garden",
    "Garden",
    "leaf",
    "green",
    "Digs.",
    purposes=(Purpose("garden.dig", "Dig", "We look at your tools.", ("shed.opened", "Tools")),),
    emits=(DUG,),
    hears=(Hears("shed.opened", handler, "garden.dig"), Hears("person.erased", handler, None)),
    needs=(Needs(Tools, "garden.dig"),),
    scopes={"garden:read": "See the garden"},
    export=export,
    erase=erase,
)
SHED = Service(
    "shed",
    "Shed",
    "box",
    "brown",
    "Lends.",
    emits=(EventType("shed.opened", "The shed was opened.", {}),),
    offers=(Offers(Tools, Shed()),),
)
CODE = {
    "garden/actions.py": 'emit("garden.dug", subject_id=None, data={"depth": 1})\n',
    "garden/service.py": '"garden.rested"\n',
    "garden/tests/test_it.py": 'emit("garden.only_in_a_test", subject_id=None, data={})\n',
    "shed/actions.py": 'events.emit(type="shed.opened", subject_id=None, data={})\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in CODE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def _purpose(**changes: Any) -> tuple[Purpose, ...]:
    return (replace(GARDEN.purposes[0], **changes),)


CASES: dict[str, tuple[Callable[[], tuple[Service, ...]], str]] = {
    "two services": (lambda: (GARDEN, SHED, SHED), "two manifests declare the service shed"),
    "purpose named badly": (
        lambda: (replace(GARDEN, purposes=_purpose(name="other.dig")), SHED),
        "the purpose other.dig must be named garden.…",
    ),
    "purpose without words": (
        lambda: (replace(GARDEN, purposes=_purpose(says=" ")), SHED),
        "does not say in words",
    ),
    "purpose reads nothing": (
        lambda: (replace(GARDEN, hears=()), SHED),
        "says that it reads shed.opened, but nothing is heard",
    ),
    "purpose hides": (
        lambda: (replace(GARDEN, purposes=_purpose(reads=("Tools",))), SHED),
        "opens shed.opened and does not tell",
    ),
    "purpose unused": (
        lambda: (replace(GARDEN, purposes=(*GARDEN.purposes, Purpose("garden.nap", "Nap", "We nap.", ()))), SHED),
        "garden.nap is asked for and never used",
    ),
    "field of no type": (
        lambda: (replace(GARDEN, emits=(replace(DUG, fields={"depth": "float"}),)), SHED),
        "declares depth as 'float'",
    ),
    "missing upcast": (
        lambda: (replace(GARDEN, emits=(replace(DUG, version=3, upcasts={1: dict}),)), SHED),
        "no upcast from version 2",
    ),
    "event named badly": (
        lambda: (replace(GARDEN, emits=(DUG, EventType("dig.dug", "", {}))), SHED),
        "the event dig.dug must be named garden.…",
    ),
    "event never emitted": (
        lambda: (replace(GARDEN, emits=(DUG, EventType("garden.rested", "", {}))), SHED),
        "garden.rested is declared and never emitted",
    ),
    "event undeclared": (lambda: (replace(GARDEN, emits=()), SHED), "actions.py:1 emits garden.dug"),
    "hears nobody": (
        lambda: (replace(GARDEN, hears=(*GARDEN.hears, Hears("shed.burnt", handler, "garden.dig"))), SHED),
        "hears shed.burnt, which nobody declares",
    ),
    "hears without purpose": (
        lambda: (replace(GARDEN, hears=(Hears("shed.opened", handler, None),)), SHED),
        "hears shed.opened of shed without a purpose",
    ),
    "hears who people are without purpose": (
        lambda: (replace(GARDEN, hears=(*GARDEN.hears, Hears("identity.registered", handler, None))), SHED),
        "hears identity.registered of identity without a purpose",
    ),
    "hears under another's purpose": (
        lambda: (replace(GARDEN, hears=(Hears("shed.opened", handler, "shed.look"),)), SHED),
        "under shed.look, which is not a purpose of its own",
    ),
    "handler takes nothing": (
        lambda: (replace(GARDEN, hears=(Hears("shed.opened", lambda: None, "garden.dig"),)), SHED),
        "must take the event and nothing else",
    ),
    "handler is nothing": (
        lambda: (replace(GARDEN, hears=(Hears("shed.opened", None, "garden.dig"),)), SHED),  # type: ignore[arg-type]
        "cannot be called",
    ),
    "port that nobody offers": (
        lambda: (GARDEN, replace(SHED, offers=())),
        "needs the port Tools, which 0 services offer",
    ),
    "port that two offer": (
        lambda: (GARDEN, replace(SHED, offers=(*SHED.offers, *SHED.offers))),
        "needs the port Tools, which 2 services offer",
    ),
    "port under another's purpose": (
        lambda: (replace(GARDEN, needs=(Needs(Tools, "shed.look"),)), SHED),
        "needs the port Tools under shed.look",
    ),
    "port not implemented": (
        lambda: (GARDEN, replace(SHED, offers=(Offers(Tools, object()),))),
        "its implementation has no lent",
    ),
    "port implemented otherwise": (
        lambda: (GARDEN, replace(SHED, offers=(Offers(Tools, WrongShed()),))),
        "its lent does not take (subject_id, kind)",
    ),
    "port that is no Protocol": (
        lambda: (GARDEN, replace(SHED, offers=(*SHED.offers, Offers(Shed, Shed())))),
        "offers Shed, which is no Protocol",
    ),
    "port without a subject": (
        lambda: (GARDEN, replace(SHED, offers=(*SHED.offers, Offers(Nameless, Shed())))),
        "Nameless.all_of_them must take the subject's id first",
    ),
    "home that is not": (lambda: (replace(GARDEN, home="garden:home"), SHED), "names the page garden:home"),
    "action that is not": (
        lambda: (replace(GARDEN, actions=(QuickAction("Dig", "garden:dig", "x"),)), SHED),
        "names the page garden:dig",
    ),
    "no erasure": (lambda: (replace(GARDEN, erase=None), SHED), "does not say how it exports and erases"),
    "card that is nothing": (lambda: (replace(GARDEN, card="card"), SHED), "its `card` cannot be called"),  # type: ignore[arg-type]
    "scope named badly": (
        lambda: (replace(GARDEN, scopes={"read": "x"}), SHED),
        "the scope read must be named garden:…",
    ),
}


def test_a_manifest_that_its_code_holds_to_has_no_problem(folder: Path) -> None:
    assert problems((GARDEN, SHED), folder) == []


@pytest.mark.parametrize("case", CASES)
def test_each_disagreement_is_found(case: str, folder: Path) -> None:
    make, expected = CASES[case]
    found = problems(make(), folder)
    assert any(expected in line for line in found), found


def test_the_services_of_the_house_do_what_their_manifests_say() -> None:
    assert problems() == []


def test_the_kernels_packages_do_what_their_manifests_say() -> None:
    assert kernel_problems() == []


def test_what_a_test_emits_is_nobodys_fact(folder: Path) -> None:
    emitted = [event for event, _where in manifest_check.read_source(folder / "garden").emitted]
    assert emitted == ["garden.dug"]
