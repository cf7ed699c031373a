"""Recorded streams from files: JSON lines or CSV, one record a line, refused with file, line and field when wrong.

    {"at": "2026-11-27T08:00:00Z", "stream": "detector", "id": "D14", "on": "Quai Sud", "speed_kmh": 12}

`at` is ISO 8601 with its zone, or seconds since 1970; `x_m`, `y_m` and `on` may be absent; every other field is one of
the stream's own, in the unit its name ends with. In CSV an empty cell says nothing.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bocage.engines.alerts.streams import Field, streams
from bocage.engines.alerts.types import AlertsError, Record

LINE_MAX = 20_000
RECORDS_MAX = 20_000_000
NAME_MAX = 80
LATEST_SECONDS = 4_102_444_800
# What a record says besides its stream's own fields.
COMMON = ("at", "stream", "id", "on", "x_m", "y_m")


def read_stream(path: Path) -> Iterator[Record]:
    """The records of a file, in its order. Raises AlertsError at the first line that is wrong."""
    return (record for _where, record in read_lines(path))


def read_lines(path: Path) -> Iterator[tuple[str, Record]]:
    """The same, each with its file and line (`evening.jsonl:7`)."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = _csv(path, file) if path.suffix.lower() == ".csv" else _json_lines(path, file)
            for number, (where, said) in enumerate(lines):
                if number >= RECORDS_MAX:
                    raise AlertsError(where, "", f"more than {RECORDS_MAX:,} records")
                yield where, record_of(said, where)
    except OSError as error:
        raise AlertsError(str(path), "", error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise AlertsError(str(path), "", "is not UTF-8 text") from None


def record_of(said: Mapping[str, Any], where: str) -> Record:
    """A record from its fields. Raises AlertsError naming `where` and the field."""
    stream = streams().get(_word(said.get("stream"), where, "stream"))
    if stream is None:
        raise AlertsError(where, "stream", f"{said['stream']!r:.60} is none of {', '.join(streams())}")
    values: dict[str, float | str] = {}
    for name, value in said.items():
        if name in COMMON or value is None:
            continue
        field = stream.fields.get(name)
        if field is None:
            raise AlertsError(where, str(name)[:60], f"the stream {stream.name} has no such field")
        values[name] = _value(field, value, where)
    return Record(
        at_ms=_at_ms(said.get("at"), where),
        stream=stream.name,
        id=_word(said.get("id"), where, "id"),
        values=values,
        on=_word(said["on"], where, "on") if said.get("on") not in (None, "") else "",
        x_m=_metres(said.get("x_m"), where, "x_m"),
        y_m=_metres(said.get("y_m"), where, "y_m"),
    )


def _json_lines(path: Path, file: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    number = 0
    while line := file.readline(LINE_MAX + 1):
        number += 1
        where = f"{path}:{number}"
        if len(line) > LINE_MAX:
            raise AlertsError(where, "", f"the line is longer than {LINE_MAX:,} characters")
        if not line.strip():
            continue
        try:
            said = json.loads(line, parse_constant=lambda constant: constant)
        except (ValueError, RecursionError) as error:
            raise AlertsError(where, "", f"is not JSON: {error}") from None
        if not isinstance(said, dict):
            raise AlertsError(where, "", "must be an object, one a line")
        yield where, said


def _csv(path: Path, file: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    rows = csv.DictReader(file, strict=True)
    try:
        for row in rows:
            where = f"{path}:{rows.line_num}"
            if None in row:
                raise AlertsError(where, "", "has more cells than the heading")
            yield where, {name: _cell(value) for name, value in row.items() if value not in (None, "")}
    except csv.Error as error:
        raise AlertsError(f"{path}:{rows.line_num}", "", f"is not CSV: {error}") from None


def _cell(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _value(field: Field, value: Any, where: str) -> float | str:
    if field.words is not None:
        if isinstance(value, bool):
            value = "yes" if value else "no"
        word = _word(value, where, field.name)
        if field.words and word not in field.words:
            raise AlertsError(where, field.name, f"{word!r:.60} is none of {', '.join(field.words)}")
        return word
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e18:
        raise AlertsError(where, field.name, f"must be a number{field.unit and ' of ' + field.unit}, not {value!r:.60}")
    if not field.low <= value <= field.high:
        what = f"{value:g} {field.unit}".strip()
        raise AlertsError(where, field.name, f"{what} is not between {field.low:g} and {field.high:g}")
    return float(value)


def _at_ms(value: Any, where: str) -> int:
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise AlertsError(where, "at", f"{value!r:.60} is no instant such as 2026-11-27T08:00:00Z") from None
        if at.tzinfo is None:
            raise AlertsError(where, "at", f"{value!r:.60} does not say its zone; end it with Z for UTC")
        value = at.timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LATEST_SECONDS:
        raise AlertsError(where, "at", f"{value!r:.60} is no instant between 1970 and 2100")
    return round(value * 1000)


def _word(value: Any, where: str, field: str) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > NAME_MAX or not text.isprintable():
        raise AlertsError(where, field, f"must be a name of 1 to {NAME_MAX} characters, not {value!r:.60}")
    return text


def _metres(value: Any, where: str, field: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e7:
        raise AlertsError(where, field, f"must be metres within 10,000 km, not {value!r:.60}")
    return float(value)
