"""Holds every manifest to its code: what a service says of itself is what it does. The tests call `problems`."""

import ast
import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.urls import NoReverseMatch, reverse

from bocage.kernel import manifest
from bocage.kernel.events import registry
from bocage.kernel.events.registry import FIELD_TYPES
from bocage.kernel.manifest import EventType, Hears, Needs, Offers, Service
from bocage.kernel.ports import is_of_nobody, methods_of

KERNEL_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Source:
    """What matters of a folder's Python: each literal that is emitted, and every text outside the manifest."""

    emitted: tuple[tuple[str, str], ...]
    texts: frozenset[str]


def problems(services: Iterable[Service] | None = None, folder: Path = manifest.SERVICES_FOLDER) -> list[str]:
    """What is wrong between the manifests and the code under `folder/<service name>`, a line each; [] for nothing."""
    known = tuple(manifest.services() if services is None else services)
    found: list[str] = list(_names(known))
    for service in known:
        source = read_source(folder / service.name)
        checks = (
            _purposes(service, source),
            _event_types(service.name, service.emits, source),
            _emitted(service.name, {each.name for each in service.emits}, source),
            _hears(service, known),
            _ports(service, known),
            _urls(service),
            _rights(service),
        )
        found += [f"{service.name}: {line}" for check in checks for line in check]
    return found


def kernel_problems() -> list[str]:
    """The same for the kernel's packages: what they emit is declared, and what they declare is well formed."""
    found = []
    for name, module in registry.kernel_manifests():
        source = read_source(KERNEL_FOLDER / name)
        events = tuple(getattr(module, "EVENTS", ()))
        found += [f"{name}: {line}" for event_type in events for line in _shape(event_type)]
        found += [f"{name}: {line}" for line in _emitted(name, {each.name for each in events}, source)]
    return found


# -- Reading the code ------------------------------------------------------------------------------------------------


@cache
def read_source(folder: Path) -> Source:
    """Read every Python file under `folder`, without its tests and migrations."""
    emitted: list[tuple[str, str]] = []
    texts: set[str] = set()
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if {"tests", "migrations"} & set(parts):
            continue
        tree = ast.parse(path.read_text(), filename=str(path))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (event := _emitted_literal(node)) is not None:
                emitted.append((event, f"{'/'.join(parts)}:{node.lineno}"))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and parts != ("service.py",):
                texts.add(node.value)
    return Source(tuple(emitted), frozenset(texts))


def _emitted_literal(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name != "emit":
        return None
    candidates = call.args[:1] + [each.value for each in call.keywords if each.arg == "type"]
    for value in candidates:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None


# -- The checks ------------------------------------------------------------------------------------------------------


def _names(services: tuple[Service, ...]) -> Iterator[str]:
    kernel = registry.kernel_event_names()
    said = {
        "service": [each.name for each in services],
        "purpose": [purpose.name for each in services for purpose in each.purposes],
        "event": [*kernel, *(event.name for each in services for event in each.emits)],
    }
    for kind, names in said.items():
        yield from (f"two manifests declare the {kind} {name}" for name, n in Counter(names).items() if n > 1)


def _purposes(service: Service, source: Source) -> Iterator[str]:
    for purpose in service.purposes:
        if not purpose.name.startswith(f"{service.name}."):
            yield f"the purpose {purpose.name} must be named {service.name}.…"
        if not str(purpose.title).strip() or not str(purpose.says).strip():
            yield f"the purpose {purpose.name} does not say in words what it is for"
        opened = {each.event for each in service.hears if each.purpose == purpose.name}
        opened |= {each.port.__name__ for each in service.needs if each.purpose == purpose.name}
        for read in purpose.reads:
            if read not in opened:
                yield f"the purpose {purpose.name} says that it reads {read}, but nothing is heard or needed under it"
        # What a person answers to a service's own purposes, it is told without reading anything of theirs.
        answers = {name for name in registry.kernel_event_names() if name.startswith("consent.")}
        for hidden in sorted(opened - set(purpose.reads) - answers):
            yield f"the purpose {purpose.name} opens {hidden} and does not tell: add it to `reads`"
        if not opened and purpose.name not in source.texts:
            yield f"the purpose {purpose.name} is asked for and never used"


def _shape(event_type: EventType) -> Iterator[str]:
    for field, declared in event_type.fields.items():
        if declared.removesuffix("?") not in FIELD_TYPES:
            yield f"the event {event_type.name} declares {field} as {declared!r}, which is no type"
    steps = set(event_type.upcasts or {})
    missing = sorted(set(range(1, event_type.version)) - steps)
    if missing:
        yield f"the event {event_type.name} has no upcast from version {missing[0]}"


def _event_types(owner: str, event_types: tuple[EventType, ...], source: Source) -> Iterator[str]:
    for event_type in event_types:
        if not event_type.name.startswith(f"{owner}."):
            yield f"the event {event_type.name} must be named {owner}.…"
        if event_type.name not in source.texts:
            yield f"the event {event_type.name} is declared and never emitted"
        yield from _shape(event_type)


def _emitted(owner: str, declared: set[str], source: Source) -> Iterator[str]:
    for event, where in source.emitted:
        if event not in declared:
            yield f"{where} emits {event}, which {owner}'s manifest does not declare"


def _hears(service: Service, services: tuple[Service, ...]) -> Iterator[str]:
    owners = {event.name: each.name for each in services for event in each.emits}
    # The kernel's facts are everyone's to hear, but for who people are.
    owners.update({name: "identity" if name.startswith("identity.") else "" for name in registry.kernel_event_names()})
    for hears in service.hears:
        if hears.event not in owners:
            yield f"hears {hears.event}, which nobody declares"
        elif hears.purpose is None and owners[hears.event] not in {"", service.name}:
            yield f"hears {hears.event} of {owners[hears.event]} without a purpose"
        if hears.purpose is not None and hears.purpose not in {each.name for each in service.purposes}:
            yield f"hears {hears.event} under {hears.purpose}, which is not a purpose of its own"
        yield from _handler(hears)


def _handler(hears: Hears) -> Iterator[str]:
    if not callable(hears.handler):
        yield f"the handler of {hears.event} cannot be called"
        return
    try:
        inspect.signature(hears.handler).bind(object())
    except TypeError:
        yield f"the handler of {hears.event} must take the event and nothing else"


def _ports(service: Service, services: tuple[Service, ...]) -> Iterator[str]:
    offers = Counter(offer.port for each in services for offer in each.offers)
    for need in service.needs:
        if offers[need.port] != 1:
            yield f"needs the port {need.port.__name__}, which {offers[need.port]} services offer"
        yield from _need(service, need)
    for offer in service.offers:
        yield from _offer(offer)


def _need(service: Service, need: Needs) -> Iterator[str]:
    if (need.purpose is None) != is_of_nobody(need.port):
        yield f"needs the port {need.port.__name__}: a purpose is for what is about a person, and for that alone"
    elif need.purpose is not None and need.purpose not in {each.name for each in service.purposes}:
        yield f"needs the port {need.port.__name__} under {need.purpose}, which is not a purpose of its own"


def _offer(offer: Offers) -> Iterator[str]:
    port = offer.port.__name__
    if not getattr(offer.port, "_is_protocol", False):
        yield f"offers {port}, which is no Protocol"
        return
    for name in methods_of(offer.port):
        wanted = list(inspect.signature(getattr(offer.port, name)).parameters)[1:]
        if (wanted[:1] != ["subject_id"]) != is_of_nobody(offer.port):
            yield f"the port {port}.{name} must take the subject's id first, unless it is about nobody"
        answer = getattr(offer.implementation, name, None)
        if not callable(answer):
            yield f"offers {port}, but its implementation has no {name}"
        elif list(inspect.signature(answer).parameters) != wanted:
            yield f"offers {port}, but its {name} does not take ({', '.join(wanted)})"


def _urls(service: Service) -> Iterator[str]:
    actions = (*service.actions, *service.console, *service.merchant)
    names = [service.home] if service.home is not None else []
    for name in [*names, *(action.url_name for action in actions)]:
        try:
            reverse(name)
        except NoReverseMatch:
            yield f"names the page {name}, which does not exist"


def _rights(service: Service) -> Iterator[str]:
    for verb in ("card", "activity", "export", "erase"):
        value = getattr(service, verb)
        if value is not None and not callable(value):
            yield f"its `{verb}` cannot be called"
    if service.purposes and (service.export is None or service.erase is None):
        yield "reads people's data and does not say how it exports and erases what it holds"
    for scope in service.scopes or {}:
        if not scope.startswith(f"{service.name}:"):
            yield f"the scope {scope} must be named {service.name}:…"
