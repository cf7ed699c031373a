"""What is there is written down: every command, setting, event, purpose, endpoint and service has its page."""

import re
from pathlib import Path

import pytest
import typer.main

from bocage.kernel.manifest import service_names, services

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"


def test_every_command_is_in_the_guide() -> None:
    from bocage import cli

    cli.register_all()
    text = (GUIDE / "commands.md").read_text()
    group = typer.main.get_command(cli.app)
    missing = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        names = [f"{name} {sub}" for sub in command.commands] if hasattr(command, "commands") else [name]
        missing += [each for each in names if f"./bocage {each}" not in text]
    assert missing == []


def test_every_setting_is_in_the_guide() -> None:
    text = (GUIDE / "settings.md").read_text()
    read = set()
    for file in (ROOT / "src").rglob("*.py"):
        if "tests" not in file.parts and file.name != "testing.py":
            read |= set(re.findall(r"[\"'](BOCAGE_[A-Z_]+|DATABASE_URL)[\"']", file.read_text()))
    assert sorted(name for name in read if f"`{name}`" not in text) == []


@pytest.mark.parametrize("name", service_names())
def test_every_service_has_its_page(name: str) -> None:
    page = ROOT / "docs" / "services" / f"{name}.md"
    assert page.exists(), f"write docs/services/{name}.md: sentence, purposes, events, ports, limits"
    text = page.read_text()
    service = next(each for each in services() if each.name == name)
    said = [purpose.name for purpose in service.purposes]
    said += [event.name for event in service.emits] + [hears.event for hears in service.hears]
    said += [offer.port.__name__ for offer in service.offers] + [need.port.__name__ for need in service.needs]
    assert [each for each in said if f"`{each}`" not in text] == []
    assert str(service.sentence) in text.replace("\n", " ")


def test_every_kernel_event_is_in_the_guide() -> None:
    from bocage.kernel.events import registry

    text = (GUIDE / "events.md").read_text()
    assert sorted(name for name in registry.kernel_event_names() if f"`{name}`" not in text) == []


def test_every_endpoint_says_what_it_does_and_is_in_the_guide() -> None:
    from bocage.urls import api

    text = (GUIDE / "api.md").read_text()
    missing, silent = [], []
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items():
        for method, operation in methods.items():
            if f"`{method.upper()} {path}`" not in text:
                missing.append(f"{method.upper()} {path}")
            if not operation.get("description"):
                silent.append(path)
    assert (missing, silent) == ([], [])


def test_relative_links_in_the_docs_lead_somewhere() -> None:
    dead = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                dead.append(f"{page.relative_to(ROOT)} -> {target}")
    assert dead == []
