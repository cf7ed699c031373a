"""The parts of an event that are objects: places, transactions, quantities, sensors, error declarations."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..types import EpcisError
from . import values
from .contexts import Namespaces
from .vocabulary import check_word

ITEMS_MAX = 10_000

type Check = Callable[[Any], object]


def check_object(
    value: object, checks: Mapping[str, Check], required: tuple[str, ...], names: Namespaces | None
) -> dict[str, Any]:
    """Hold an object to `checks` by field. Other fields need a namespace in `names`; with None there are none."""
    if not isinstance(value, dict):
        raise EpcisError("An object is due here.")
    for name, each in value.items():
        check = checks.get(name)
        try:
            if check is not None:
                check(each)
                continue
            values.foreign(each)
        except EpcisError as error:
            raise error.within(name) from None
        if names is None:
            raise EpcisError("The standard has no such field here.", name[:80])
        names.check(name)
    for name in required:
        if name not in value:
            raise EpcisError("The field is missing.", name)
    return value


def items(value: object, check: Check, *, at_least: int = 0) -> None:
    """Hold each item of a list to `check`."""
    if not isinstance(value, list):
        raise EpcisError("A list is due here.")
    if not at_least <= len(value) <= ITEMS_MAX:
        raise EpcisError(f"The list has {len(value)} items; {at_least} to {ITEMS_MAX:,} are allowed.")
    for place, each in enumerate(value):
        try:
            check(each)
        except EpcisError as error:
            raise error.within(place) from None


def _quantity(value: object) -> None:
    held = check_object(value, _QUANTITY, ("epcClass",), None)
    if "uom" in held and "quantity" not in held:
        raise EpcisError("A unit needs a quantity beside it.", "quantity")


def _place(names: Namespaces, value: object) -> None:
    if type(value) is dict and len(value) == 1:
        held = value.get("id")
        if type(held) is str:
            try:
                values.place_uri(held)
            except EpcisError as error:
                raise error.within("id") from None
            return
    check_object(value, _PLACE, ("id",), names)


def _persistent(value: object) -> None:
    if not check_object(value, _PERSISTENT, (), None):
        raise EpcisError("One of `set` and `unset` is due.")


def _dispositions(value: object) -> None:
    items(value, partial(check_word, "disposition"), at_least=1)


def _one_or_items(value: object, check: Check) -> None:
    items([value] if isinstance(value, dict) else value, check)


def _sensor(names: Namespaces, value: object) -> None:
    checks: dict[str, Check] = {
        "sensorMetadata": partial(check_object, checks=_METADATA, required=(), names=names),
        "sensorReport": partial(items, check=partial(_report, names), at_least=1),
    }
    if names.draft:
        checks["type"] = values.text
    check_object(value, checks, ("sensorReport",), names)


def _report(names: Namespaces, value: object) -> None:
    check_object(value, _REPORT, ("type",), names)


_PLACE: dict[str, Check] = {"id": values.uri}
_QUANTITY: dict[str, Check] = {"epcClass": values.uri, "quantity": values.quantity, "uom": values.unit}
_TRANSACTION: dict[str, Check] = {
    "type": partial(check_word, "kind of business transaction"),
    "bizTransaction": values.uri,
}
_SOURCE: dict[str, Check] = {"type": partial(check_word, "kind of source or destination"), "source": values.uri}
_DESTINATION: dict[str, Check] = {"type": _SOURCE["type"], "destination": values.uri}
_PERSISTENT: dict[str, Check] = {"set": _dispositions, "unset": _dispositions}
_ERROR: dict[str, Check] = {
    "declarationTime": values.instant_text,
    "reason": partial(check_word, "reason of an error"),
    "correctiveEventIDs": values.uris,
}
_METADATA: dict[str, Check] = {
    "time": values.instant_text,
    "startTime": values.instant_text,
    "endTime": values.instant_text,
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), values.uri),
}
_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_REPORT_URIS = (
    "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance",
    "coordinateReferenceSystem", "uriValue",
)  # fmt: skip
_REPORT: dict[str, Check] = {
    "type": partial(check_word, "kind of measurement"),
    "exception": partial(check_word, "kind of sensor alarm"),
    "time": values.instant_text,
    "component": partial(check_word, "component of a measurement"),
    "stringValue": values.text,
    "booleanValue": values.flag,
    "hexBinaryValue": values.hexadecimal,
    "uom": values.text,
    **dict.fromkeys(_NUMBERS, values.number),
    **dict.fromkeys(_REPORT_URIS, values.uri),
}


def event_fields(names: Namespaces) -> dict[str, Check]:
    """The checks of every field that some event has, but for its type, times and action.

    GS1's drafts write one source without a list around it, and say the type of a sensor's element.
    """
    quantities = partial(items, check=_quantity)
    listed = _one_or_items if names.draft else items
    return {
        "id": values.uri,
        "recordTime": values.instant_text,
        "eventID": values.uri,
        "certificationInfo": values.uri_or_uris,
        "errorDeclaration": partial(check_object, checks=_ERROR, required=("declarationTime",), names=names),
        "bizStep": partial(check_word, "business step"),
        "disposition": partial(check_word, "disposition"),
        "persistentDisposition": _persistent,
        "readPoint": partial(_place, names),
        "bizLocation": partial(_place, names),
        "bizTransactionList": partial(
            items, check=partial(check_object, checks=_TRANSACTION, required=("bizTransaction",), names=None)
        ),
        "sourceList": partial(
            listed, check=partial(check_object, checks=_SOURCE, required=("type", "source"), names=None)
        ),
        "destinationList": partial(
            listed, check=partial(check_object, checks=_DESTINATION, required=("type", "destination"), names=None)
        ),
        "sensorElementList": partial(items, check=partial(_sensor, names)),
        "ilmd": partial(check_object, checks={}, required=(), names=names),
        "epcList": values.unique_uris,
        "inputEPCList": values.unique_uris,
        "outputEPCList": values.unique_uris,
        "childEPCs": values.uris,
        "parentID": values.uri,
        "transformationID": values.uri,
        **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), quantities),
    }
