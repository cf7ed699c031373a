"""The plain values of an event: instants, offsets, URIs, numbers, texts."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from ..epc import check_epc
from ..gs1 import check_digit, read_link
from ..types import EpcisError, NumberError

TEXT_MAX = 4_096
URI_MAX = 2_048
DEPTH_MAX = 16
YEARS = range(1970, 2200)

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)", re.ASCII)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_UUID = re.compile(r"urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_SSCC_URN = re.compile(r"urn:epc:id:sscc:(?=\d[\d.]{17}\Z)\d{6,12}\.\d{5,11}", re.ASCII)
_SSCC_LINK = re.compile(r"https://id\.gs1\.org/00/(\d{18})", re.ASCII)
_HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
_UNIT = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)


def instant(value: object) -> datetime:
    """An instant of RFC 3339 with its offset; raises `EpcisError`."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise EpcisError(f"{_shown(value)} is not an instant written like 2026-07-22T06:45:00+02:00.")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise EpcisError(f"{value!r} is no day or no time of day.") from None
    if found.year not in YEARS:
        raise EpcisError(f"{value!r} is not of the years {YEARS.start} to {YEARS.stop - 1}.")
    return found


def instant_text(value: object) -> None:
    """Like `instant`, of which nothing is kept."""
    instant(value)


@lru_cache(maxsize=256)
def _minutes(text: str) -> int:
    parts = _OFFSET.fullmatch(text)
    if parts is None or (parts[2] == "14" and parts[3] != "00"):
        raise EpcisError(f"{text[:40]!r} is not an offset from -14:00 to +14:00, written like +02:00.")
    return (int(parts[2]) * 60 + int(parts[3])) * (-1 if parts[1] == "-" else 1)


def offset_minutes(value: object) -> int:
    """Minutes ahead of UTC; raises `EpcisError`."""
    if not isinstance(value, str):
        raise EpcisError(f"{_shown(value)} is not an offset written like +02:00.")
    return _minutes(value)


def uri(value: object) -> str:
    """A URI; one of a scheme known here (EPC, Digital Link of id.gs1.org, UUID) is held to its own form."""
    if not isinstance(value, str):
        raise EpcisError(f"{_shown(value)} is not a URI.")
    if value.startswith("urn:epc:"):
        if len(value) > URI_MAX:
            raise EpcisError(f"A URI has {URI_MAX} characters at most.")
        try:
            check_epc(value)
        except NumberError as error:
            raise EpcisError(error.problem) from None
        return value
    return _other_uri(value)


def _other_uri(value: str) -> str:
    if len(value) > URI_MAX or not _IRI.fullmatch(value):
        raise EpcisError(f"{value[:80]!r} is not a URI of {URI_MAX} characters at most.")
    if value.startswith("urn:uuid:") and not _UUID.fullmatch(value):
        raise EpcisError(f"{value[:80]!r} is not a UUID of 32 hexadecimal digits.")
    if "://id.gs1.org/00/" in value:
        # Other keys stand in GS1's own examples with digits made up; an SSCC is what a parcel is found by.
        try:
            read_link(value)
        except NumberError as error:
            raise EpcisError(error.problem) from None
    return value


def is_plain_id(value: object) -> bool:
    """Whether this is a UUID's URN, as most events are named; what is not may still be right."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def is_plain_parcel(value: object) -> bool:
    """Whether this is an SSCC in one of its two usual ways; what is not may still be right."""
    if not isinstance(value, str):
        return False
    if _SSCC_URN.fullmatch(value):
        return True
    link = _SSCC_LINK.fullmatch(value)
    return link is not None and check_digit(link[1][:-1]) == int(link[1][-1])


@lru_cache(maxsize=65_536)
def place_uri(value: str) -> str:
    """Like `uri`, for what comes again and again: read points, locations, devices."""
    return uri(value)


def uris(value: object, *, unique: bool = False) -> None:
    """A list of URIs."""
    if not isinstance(value, list):
        raise EpcisError(f"{_shown(value)} is not a list of URIs.")
    for place, each in enumerate(value):
        try:
            uri(each)
        except EpcisError as error:
            raise error.within(place) from None
    if unique and len(value) > 1 and len(set(value)) < len(value):
        raise EpcisError("A URI stands there twice.")


def unique_uris(value: object) -> None:
    """A list of URIs, none of them twice."""
    uris(value, unique=True)


def uri_or_uris(value: object) -> None:
    """A URI or a list of URIs."""
    if isinstance(value, list):
        uris(value)
    else:
        uri(value)


def text(value: object) -> None:
    """A text."""
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise EpcisError(f"{_shown(value)} is not a text of {TEXT_MAX} characters at most.")


def number(value: object) -> None:
    """A number; a text with digits is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise EpcisError(f"{_shown(value)} is not a number.")


def quantity(value: object) -> None:
    """A number that is not negative."""
    number(value)
    if value < 0:  # type: ignore[operator]
        raise EpcisError(f"{value} is less than nothing.")


def flag(value: object) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise EpcisError(f"{_shown(value)} is neither true nor false.")


def hexadecimal(value: object) -> None:
    """Hexadecimal digits."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise EpcisError(f"{_shown(value)} has other characters than hexadecimal digits.")


def unit(value: object) -> None:
    """A unit of UN/CEFACT Recommendation 20."""
    if not isinstance(value, str) or not _UNIT.fullmatch(value):
        raise EpcisError(f"{_shown(value)} is not a unit of UN/CEFACT Recommendation 20, such as KGM.")


def foreign(value: Any, depth: int = 0) -> None:
    """What an extension holds is its own; it has a limit of depth, and of each text."""
    if depth > DEPTH_MAX:
        raise EpcisError(f"An extension is {DEPTH_MAX} levels deep at most.")
    if isinstance(value, str):
        if len(value) > TEXT_MAX:
            raise EpcisError(f"A text has {TEXT_MAX} characters at most.")
    elif isinstance(value, dict):
        for name, each in value.items():
            foreign(name, depth)
            foreign(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            foreign(each, depth + 1)


def _shown(value: object) -> str:
    return repr(value)[:80] if isinstance(value, (str, int, float, bool)) or value is None else type(value).__name__
