"""What a service says of itself: the one page a reader, a citizen and the checker all read.

A service is a folder in `bocage/services` whose `service.py` holds `service = Service(...)`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.functional import Promise

type Text = str | Promise

SERVICES_FOLDER = Path(__file__).parents[1] / "services"


@dataclass(frozen=True)
class Purpose:
    """A use of personal data that a person may grant, refuse and withdraw.

    `name` is `service.verb`; `title` and `says` are what the person reads before agreeing; `reads` names the events
    and ports it opens; raise `version` when the meaning of the text changes, and people are asked again.
    """

    name: str
    title: Text
    says: Text
    reads: tuple[str, ...]
    version: int = 1


@dataclass(frozen=True)
class EventType:
    """A kind of fact: `service.verb_past`, the fields of its data with their JSON types, and its schema version.

    `fields` maps a field to "string", "integer", "boolean", "uuid", "date", "datetime", "list" or "object"; a trailing
    "?" makes it optional. `upcasts` maps an older version to the function that lifts its data one version up.
    """

    name: str
    says: Text
    fields: Mapping[str, str]
    version: int = 1
    upcasts: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] | None = None


@dataclass(frozen=True)
class Hears:
    """An event type that a service listens to, under which purpose, and the verb that handles it.

    `purpose` None is for facts without a person, and for a service's own subjects (an organisation's own events).
    """

    event: str
    handler: Callable[..., None]
    purpose: str | None


@dataclass(frozen=True)
class Offers:
    """A port this service answers: the Protocol and its implementation."""

    port: type
    implementation: object


@dataclass(frozen=True)
class Needs:
    """A port this service asks, and the purpose under which it may; None for a port that is about nobody."""

    port: type
    purpose: str | None


@dataclass(frozen=True)
class QuickAction:
    """Something a person can look for and do: shown in search and on the home screen."""

    title: Text
    url_name: str
    icon: str
    keywords: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service. `sentence` says all of it; `home` is the URL name of its first page.

    `card` draws its card on the home screen; `activity` its latest rows; `export` and `erase` answer a person's
    rights over what the service holds (`erase` returns what was kept and why, in words).
    """

    name: str
    title: Text
    icon: str
    tint: str
    sentence: Text
    home: str | None = None
    purposes: tuple[Purpose, ...] = ()
    emits: tuple[EventType, ...] = ()
    hears: tuple[Hears, ...] = ()
    offers: tuple[Offers, ...] = ()
    needs: tuple[Needs, ...] = ()
    actions: tuple[QuickAction, ...] = ()
    console: tuple[QuickAction, ...] = ()
    merchant: tuple[QuickAction, ...] = ()
    scopes: Mapping[str, Text] | None = None
    card: Callable[[HttpRequest], Any] | None = None
    activity: Callable[[HttpRequest], list[Any]] | None = None
    export: Callable[[UUID], dict[str, Any]] | None = None
    erase: Callable[[UUID], list[str]] | None = None


def service_names() -> tuple[str, ...]:
    """The folders of `bocage/services`, sorted: known without importing a line of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules([str(SERVICES_FOLDER)]) if module.ispkg))


@cache
def services() -> tuple[Service, ...]:
    """Every service's manifest, sorted by name. Needs Django's apps to be loaded."""
    return tuple(importlib.import_module(f"bocage.services.{name}.service").service for name in service_names())


def service(name: str) -> Service:
    """The manifest of one service. Raises KeyError for a name that no folder has."""
    for each in services():
        if each.name == name:
            return each
    raise KeyError(name)


def has_module(name: str, module: str) -> bool:
    """Whether the service `name` has the door or file `module` (`pages`, `api`, `commands`, `demo`)."""
    path = importlib.import_module(f"bocage.services.{name}").__path__
    return any(found.name == module for found in pkgutil.iter_modules(path))
