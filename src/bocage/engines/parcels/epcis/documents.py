"""Documents of events, as GS1 EPCIS 2.0 writes them in JSON and JSON-LD: read and checked, and written."""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Never

from ..types import Document, EpcisError, Event
from . import values
from .contexts import Namespaces, namespaces_of
from .events import EventReader

DOCUMENT_BYTES_MAX = 16 * 1024 * 1024
EVENTS_MAX = 50_000
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

_DOCUMENT_FIELDS = frozenset(
    {
        "@context",
        "id",
        "type",
        "schemaVersion",
        "creationDate",
        "instanceIdentifier",
        "sender",
        "receiver",
        "epcisHeader",
        "epcisBody",
    }
)


def read_document(data: bytes | str) -> Document:
    """A capture or query document, or one event with its own context. Raises `EpcisError` with the first fault."""
    return document_of(read_json(data))


def read_json(data: bytes | str) -> Any:
    """JSON within the limits of a document, without what no database holds: NUL, lone surrogates, NaN, infinity."""
    if len(data) > DOCUMENT_BYTES_MAX:
        raise EpcisError(f"A document has {DOCUMENT_BYTES_MAX // 1024**2} MiB at most.")
    try:
        written = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        found = json.loads(written, parse_constant=_no_number, parse_float=_finite)
        if "\\u0000" in written or "\\ud" in written or "\\uD" in written or not _encodable(written):
            _refuse_unstorable(found)
    except UnicodeDecodeError as error:
        raise EpcisError(f"The document is not UTF-8: byte {error.start + 1}.") from None
    except json.JSONDecodeError as error:
        raise EpcisError(f"The document is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise EpcisError("The document is nested too deep.") from None
    except EpcisError:
        raise
    except ValueError:
        raise EpcisError("A number in the document has too many digits.") from None
    return found


def document_of(found: Any) -> Document:
    """A document that is JSON already. Raises `EpcisError` with the first fault."""
    if not isinstance(found, dict):
        raise EpcisError("A document is an object.")
    if "@context" not in found:
        raise EpcisError("The field is missing.", "@context")
    names = namespaces_of(found["@context"])
    kind = found.get("type")
    if kind not in ("EPCISDocument", "EPCISQueryDocument"):
        if "epcisBody" in found or kind is None:
            raise EpcisError("A document is of the type EPCISDocument or EPCISQueryDocument.", "type")
        return Document("Event", None, (_reader(names).read(found),), names.own)
    created_at = _check_frame(found, kind, names)
    path, listed = _events_of(found, kind)
    if not isinstance(listed, list):
        raise EpcisError("A list of events is due here.", path)
    if len(listed) > EVENTS_MAX:
        raise EpcisError(f"A document has {EVENTS_MAX:,} events at most, not {len(listed):,}.", path)
    read = _reader(names).read
    events: list[Event] = []
    try:
        for event in listed:
            events.append(read(event))
    except EpcisError as error:
        raise error.within(len(events)).within(path) from None
    return Document(kind, created_at, tuple(events), names.own)


def write_document(
    events: Iterable[Event], created_at: datetime, namespaces: Mapping[str, str], *, query: str = ""
) -> dict[str, Any]:
    """A capture document of events; with `query`, the answer to the query of that name."""
    listed = {"eventList": [event.body for event in events]}
    body: dict[str, Any] = {"queryResults": {"queryName": query, "resultsBody": listed}} if query else listed
    return {
        "@context": [CONTEXT, *({name: meant} for name, meant in sorted(namespaces.items()))],
        "type": "EPCISQueryDocument" if query else "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epcisBody": body,
    }


@lru_cache(maxsize=64)
def _reader(names: Namespaces) -> EventReader:
    return EventReader(names)


def _check_frame(found: dict[str, Any], kind: str, names: Namespaces) -> datetime | None:
    for name in found:
        if name not in _DOCUMENT_FIELDS:
            names.check(name)
    framed = kind == "EPCISDocument" and not names.draft
    required = ("schemaVersion", "creationDate", "epcisBody") if framed else ("epcisBody",)
    for name in required:
        if name not in found:
            raise EpcisError("The field is missing.", name)
    version = found.get("schemaVersion", "2.0")
    if names.draft and isinstance(version, float):
        version = str(version)
    if not isinstance(version, str) or not (version == "2" or version.startswith("2.")):
        raise EpcisError(f"{str(version)[:40]!r} is not a version 2 of EPCIS.", "schemaVersion")
    if "creationDate" not in found:
        return None
    try:
        return values.instant(found["creationDate"])
    except EpcisError as error:
        raise error.within("creationDate") from None


def _events_of(found: dict[str, Any], kind: str) -> tuple[str, Any]:
    steps = ["epcisBody", "eventList"]
    if kind == "EPCISQueryDocument":
        steps = ["epcisBody", "queryResults", "resultsBody", "eventList"]
    elif isinstance(found["epcisBody"], dict) and "event" in found["epcisBody"]:
        return "epcisBody.event", [found["epcisBody"]["event"]]
    held: Any = found
    for place, step in enumerate(steps):
        if not isinstance(held, dict):
            raise EpcisError("An object is due here.", ".".join(steps[:place]))
        if step not in held:
            raise EpcisError("The field is missing.", ".".join(steps[: place + 1]))
        held = held[step]
    return ".".join(steps), held


def _encodable(written: str) -> bool:
    try:
        written.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_unstorable(found: Any) -> None:
    if isinstance(found, str):
        if "\x00" in found or not _encodable(found):
            raise EpcisError("The text holds a character that cannot be kept (NUL or half of a pair).")
    elif isinstance(found, dict):
        for name, value in found.items():
            _refuse_unstorable(name)
            try:
                _refuse_unstorable(value)
            except EpcisError as error:
                raise error.within(name) from None
    elif isinstance(found, list):
        for place, value in enumerate(found):
            try:
                _refuse_unstorable(value)
            except EpcisError as error:
                raise error.within(place) from None


def _finite(written: str) -> float:
    number = float(written)
    if math.isinf(number):
        raise EpcisError(f"{written[:40]} is too large a number.")
    return number


def _no_number(name: str) -> Never:
    raise EpcisError(f"{name} is not a number of JSON.")
