"""The event types that the manifests declare, and what their data must look like."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any
from uuid import UUID

import bocage.kernel
from bocage.kernel import manifest
from bocage.kernel.manifest import EventType

MAX_TEXT_LENGTH = 10_000
MAX_DATA_BYTES = 256 * 1024


class UndeclaredEvent(Exception):
    """A programming error: an event that no manifest declares, or data that its declaration does not allow."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT_LENGTH and "\0" not in value


def _parses(value: object, parse: Callable[[str], object]) -> bool:
    try:
        return isinstance(value, str) and parse(value) is not None
    except ValueError:
        return False


_CHECKS: dict[str, Callable[[object], bool]] = {
    "string": _is_text,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "uuid": lambda value: isinstance(value, UUID) or _parses(value, UUID),
    "date": lambda value: (
        (isinstance(value, date) and not isinstance(value, datetime)) or _parses(value, date.fromisoformat)
    ),
    "datetime": lambda value: (
        _parses(value, lambda text: datetime.fromisoformat(text).tzinfo)
        or (isinstance(value, datetime) and value.tzinfo is not None)
    ),
    "list": lambda value: isinstance(value, list | tuple),
    "object": lambda value: isinstance(value, dict),
}
FIELD_TYPES = frozenset(_CHECKS)


@cache
def kernel_manifests() -> tuple[tuple[str, ModuleType], ...]:
    """Name and `manifest` module of every kernel package that has one."""
    found = []
    for package in iter_modules(bocage.kernel.__path__):
        if package.ispkg:
            path = import_module(f"bocage.kernel.{package.name}").__path__
            if any(module.name == "manifest" for module in iter_modules(path)):
                found.append((package.name, import_module(f"bocage.kernel.{package.name}.manifest")))
    return tuple(found)


_remembered: tuple[object, dict[str, tuple[str, EventType]]] = (None, {})


def event_types() -> dict[str, tuple[str, EventType]]:
    """Every declared event type by its name, with the service or kernel package that says it."""
    global _remembered
    services = manifest.services()
    if _remembered[0] is services:
        return _remembered[1]
    declared = {
        event_type.name: (name, event_type)
        for name, module in kernel_manifests()
        for event_type in getattr(module, "EVENTS", ())
    }
    for service in services:
        declared.update({event_type.name: (service.name, event_type) for event_type in service.emits})
    _remembered = (services, declared)
    return declared


def kernel_event_names() -> list[str]:
    """The names of the event types that the kernel's own packages say, sorted."""
    return sorted(each.name for _name, module in kernel_manifests() for each in getattr(module, "EVENTS", ()))


def find(name: str) -> tuple[str, EventType]:
    """The declared type `name` and whose it is. Raises UndeclaredEvent."""
    found = event_types().get(name)
    if found is None:
        raise UndeclaredEvent(f"no manifest declares the event {name!r}: add it to `emits` of its service")
    return found


def check_data(event_type: EventType, version: int, data: dict[str, Any]) -> None:
    """Raise UndeclaredEvent unless `data` has exactly the declared fields, each of its type."""
    if version != event_type.version:
        raise UndeclaredEvent(f"{event_type.name} is declared in version {event_type.version}, not {version}")
    for field, declared_type in event_type.fields.items():
        wanted = declared_type.removesuffix("?")
        if field not in data:
            if declared_type == wanted:
                raise UndeclaredEvent(f"{event_type.name} needs the field {field!r} ({wanted})")
        elif not (data[field] is None and declared_type != wanted) and not _CHECKS[wanted](data[field]):
            # The value itself is somebody's, and this message is logged and kept.
            kind = type(data[field]).__name__
            raise UndeclaredEvent(f"{event_type.name}: the field {field!r} is not a {wanted} but a {kind}")
    extra = sorted(set(data) - set(event_type.fields))
    if extra:
        raise UndeclaredEvent(f"{event_type.name} declares no field {extra[0]!r}")


def upcast(name: str, version: int, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Lift data of an older version to the present one. Raises UndeclaredEvent where no step leads up."""
    _source, event_type = find(name)
    while version < event_type.version:
        step = (event_type.upcasts or {}).get(version)
        if step is None:
            raise UndeclaredEvent(f"{name} declares no upcast from version {version}")
        data, version = step(data), version + 1
    return version, data
