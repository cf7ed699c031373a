"""One event: which fields its type has, which it must have together, and what of it is kept."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from ..types import EpcisError, Event
from . import values
from .contexts import Namespaces
from .fields import Check, event_fields

_COMMON = frozenset(
    """id recordTime eventID certificationInfo errorDeclaration bizStep disposition persistentDisposition readPoint
    bizLocation bizTransactionList sourceList destinationList sensorElementList""".split()  # noqa: SIM905
)
_OF_TYPE = {
    "ObjectEvent": _COMMON | {"epcList", "quantityList", "ilmd"},
    "AggregationEvent": _COMMON | {"parentID", "childEPCs", "childQuantityList"},
    "AssociationEvent": _COMMON | {"parentID", "childEPCs", "childQuantityList"},
    "TransactionEvent": _COMMON | {"parentID", "epcList", "quantityList"},
    "TransformationEvent": _COMMON
    | {"inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", "ilmd"},
}
_ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})
_INSTANCES = {
    "ObjectEvent": ("epcList",),
    "AggregationEvent": ("parentID", "childEPCs"),
    "AssociationEvent": ("parentID", "childEPCs"),
    "TransactionEvent": ("parentID", "epcList"),
    "TransformationEvent": ("inputEPCList", "outputEPCList"),
}


# What a plain scan says; nearly every event of a carrier says no more.
_PLAIN = frozenset(
    """type eventID eventTime eventTimeZoneOffset action bizStep disposition epcList readPoint
    bizLocation""".split()  # noqa: SIM905
)
_OWN = ("eventID", "eventTime", "epcList", "readPoint", "bizLocation")
# What is remembered is what senders wrote, so it has a limit in number and in length.
_WAYS_MAX = 8_192
_SHAPES_MAX = 256
_PLACE_CHARACTERS_MAX = 200


class EventReader:
    """Reads the events of documents with the same namespaces; made once for many.

    A carrier's depots say the same offset, action, words and places again and again: what was found right once is
    known, so that of a plain scan its time, its id and its parcels are left to check.
    """

    def __init__(self, names: Namespaces) -> None:
        self.names = names
        checks = event_fields(names)
        self._of_type: dict[str, dict[str, Check]] = {
            kind: {field: checks[field] for field in fields} for kind, fields in _OF_TYPE.items()
        }
        self._any = checks
        # By the names of a scan's fields: what reads the values that scans share.
        self._shapes: dict[tuple[str, ...], Callable[[dict[str, Any]], tuple[object, ...]]] = {}
        self._ways: dict[tuple[object, ...], int] = {}

    def read(self, event: Any) -> Event:
        """The event, checked; raises `EpcisError` with the path of the first fault within it."""
        if type(event) is not dict:
            raise EpcisError("An event is an object.")
        shape = tuple(event)
        shared = self._shapes.get(shape)
        if shared is None:
            shared = _shared(shape)
            if shared is None:
                return self._read(event)
            if len(self._shapes) >= _SHAPES_MAX:
                self._shapes.clear()
            self._shapes[shape] = shared
        try:
            place, location = event.get("readPoint", _NOWHERE), event.get("bizLocation", _NOWHERE)
            way = (shape, shared(event), place["id"], location["id"], len(place), len(location))
            offset = self._ways.get(way)
        except (KeyError, TypeError):
            return self._read(event)
        if offset is not None:
            known = _known(event, offset, way[2], way[3])
            if known is not None:
                return known
        found = self._read(event)
        if len(found.read_point) + len(found.biz_location) <= _PLACE_CHARACTERS_MAX:
            if len(self._ways) >= _WAYS_MAX:
                self._ways.clear()
            self._ways[way] = found.offset_minutes
        return found

    def _read(self, event: dict[str, Any]) -> Event:
        kind = event.get("type")
        if type(kind) is not str:
            raise EpcisError("The field is missing." if kind is None else "A type is text.", "type")
        if "@context" in event:
            rest = {name: value for name, value in event.items() if name != "@context"}
            return EventReader(self.names.and_also(event["@context"])).read(rest)._replace(body=event)
        checks = self._of_type.get(kind)
        if checks is None:
            return self._extended(event, kind)
        at, offset, action = self._common(event, kind)
        self._fields(event, checks)
        _together[kind](event)
        if "ilmd" in event and action in ("OBSERVE", "DELETE") and not self.names.draft:
            raise EpcisError("Master data of an instance or lot comes with the action ADD alone.", "ilmd")
        epcs: list[str] = []
        for name in _INSTANCES[kind]:
            held = event.get(name)
            if type(held) is list:
                epcs += held
            elif held is not None:
                epcs.append(held)
        return _kept(event, kind, at, offset, action, tuple(epcs))

    def _common(self, event: dict[str, Any], kind: str) -> tuple[Any, int, str]:
        name = "eventTime"
        try:
            at = values.instant(event[name])
            name = "eventTimeZoneOffset"
            offset = values.offset_minutes(event[name])
        except KeyError:
            raise EpcisError("The field is missing.", name) from None
        except EpcisError as error:
            raise error.within(name) from None
        action = event.get("action")
        if kind != "TransformationEvent":
            if action is None:
                raise EpcisError("The field is missing.", "action")
            if type(action) is not str or action not in _ACTIONS:
                raise EpcisError(f"{str(action)[:40]!r} is none of ADD, OBSERVE and DELETE.", "action")
        elif action is not None:
            raise EpcisError("A transformation has no action.", "action")
        return at, offset, action or ""

    def _fields(self, event: dict[str, Any], checks: dict[str, Check]) -> None:
        for name, value in event.items():
            check = checks.get(name)
            if check is not None:
                try:
                    check(value)
                except EpcisError as error:
                    raise error.within(name) from None
            elif name not in _READ_ALREADY:
                self.names.check(name)
                try:
                    values.foreign(value)
                except EpcisError as error:
                    raise error.within(name) from None

    def _extended(self, event: dict[str, Any], kind: str) -> Event:
        """An event of a type of the sender's own, which is a URI: the standard says its times and no more."""
        if ":" not in kind:
            raise EpcisError(f"{kind[:80]!r} is no type of event, nor a URI of your own.", "type")
        try:
            self.names.check(kind)
            values.uri(kind)
        except EpcisError as error:
            raise EpcisError(error.problem, "type") from None
        at, offset, action = self._common({"action": "OBSERVE", **event}, "ObjectEvent")
        self._fields(event, self._any)
        held = event.get("epcList")
        return _kept(event, kind, at, offset, action if "action" in event else "", tuple(held or ()))


def _shared(shape: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[object, ...]] | None:
    """What reads from a plain scan the values that others say too: type, offset, action, words; None for others."""
    needed = ("type", "eventTimeZoneOffset", "action", "eventID", "eventTime", "epcList")
    if not (_PLAIN.issuperset(shape) and all(name in shape for name in needed)):
        return None
    return itemgetter(*(name for name in shape if name not in _OWN))


def _known(event: dict[str, Any], offset: int, place: str, location: str) -> Event | None:
    """The scan of one parcel, whose way was found right before; None where `_read` is to look at all of it."""
    named, epcs = event["eventID"], event["epcList"]
    if not (type(epcs) is list and len(epcs) == 1 and values.is_plain_id(named) and values.is_plain_parcel(epcs[0])):
        return None
    try:
        at = values.instant(event["eventTime"])
    except EpcisError:
        return None
    get = event.get
    return Event(
        "ObjectEvent", named, at, offset, event["action"], get("bizStep", ""), get("disposition", ""), place, location,
        (epcs[0],), event,
    )  # fmt: skip


_NOWHERE = {"id": ""}
_READ_ALREADY = frozenset({"type", "eventTime", "eventTimeZoneOffset", "action"})


def _kept(event: dict[str, Any], kind: str, at: Any, offset: int, action: str, epcs: tuple[str, ...]) -> Event:
    read_point, location = event.get("readPoint"), event.get("bizLocation")
    return Event(
        kind,
        event.get("eventID", ""),
        at,
        offset,
        action,
        event.get("bizStep", ""),
        event.get("disposition", ""),
        read_point["id"] if read_point else "",
        location["id"] if location else "",
        epcs,
        event,
    )


def _object(event: dict[str, Any]) -> None:
    if "epcList" not in event and not event.get("quantityList"):
        # A reading of a sensor about a place names no object.
        if not event.get("sensorElementList"):
            raise EpcisError("An object event names its objects in `epcList` or `quantityList`.", "epcList")
        if "readPoint" not in event:
            raise EpcisError("A sensor's reading without objects says where it was taken.", "readPoint")


def _aggregation(event: dict[str, Any]) -> None:
    if event["action"] != "OBSERVE" and "parentID" not in event:
        raise EpcisError("With ADD and DELETE the parent is named.", "parentID")
    _children(event)


def _association(event: dict[str, Any]) -> None:
    if "parentID" not in event:
        raise EpcisError("The field is missing.", "parentID")
    _children(event)


def _children(event: dict[str, Any]) -> None:
    if event["action"] != "DELETE" and not event.get("childEPCs") and not event.get("childQuantityList"):
        raise EpcisError("The children are named in `childEPCs` or `childQuantityList`.", "childEPCs")


def _transaction(event: dict[str, Any]) -> None:
    if not event.get("bizTransactionList"):
        raise EpcisError("A transaction event names at least one business transaction.", "bizTransactionList")
    if event["action"] != "DELETE" and "epcList" not in event and not event.get("quantityList"):
        raise EpcisError("The objects are named in `epcList` or `quantityList`.", "epcList")


def _transformation(event: dict[str, Any]) -> None:
    taken = event.get("inputEPCList") or event.get("inputQuantityList")
    made = event.get("outputEPCList") or event.get("outputQuantityList")
    if not taken and not (made and "transformationID" in event):
        raise EpcisError("What went in is named, or the transformation by its id.", "inputEPCList")
    if not made and not (taken and "transformationID" in event):
        raise EpcisError("What came out is named, or the transformation by its id.", "outputEPCList")


_together: dict[str, Callable[[dict[str, Any]], None]] = {
    "ObjectEvent": _object,
    "AggregationEvent": _aggregation,
    "AssociationEvent": _association,
    "TransactionEvent": _transaction,
    "TransformationEvent": _transformation,
}
