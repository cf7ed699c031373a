"""From facts to a colour and its record: pure, so that anybody recomputes it from the record alone, byte for byte.

A record is canonical JSON (sorted keys, no spaces, UTF-8): what went in (`rule`, `evidence`, `manual`, `appeal`,
`previous`, `inputs`, the digests of the rows that the evidence was read from) and what came out (`decision`).
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from bocage.engines import epidemic

FORMAT = "bocage-colour/2"
# Records of before the budget gave thresholds: they know none.
FORMER = "bocage-colour/1"
LIFE = timedelta(hours=24)
RECORD_CHARACTERS_MAX = 250_000
GREEN = "green"
_INPUTS = frozenset(
    {"format", "scheme", "decided_at", "ends_at", "rule", "evidence", "manual", "appeal", "previous", "inputs"}
)
_BY_FORMAT = {FORMER: _INPUTS, FORMAT: _INPUTS | {"budget"}}


class RecordError(ValueError):
    """A record that cannot be recomputed; the message names the field."""


@dataclass(frozen=True)
class Appealed:
    """The appeal that covers these facts: from when on it suspends the colour."""

    suspends_at: datetime


@dataclass(frozen=True)
class Budget:
    """How the rule's thresholds came about: what the scheme may cost a person, what is spent, the places of the day.

    `spent_days` a person, before `day`; `places`: how many of `people` there was room for besides known cases.
    """

    day: date
    budget_days: float
    spent_days: float
    places: int
    people: int


@dataclass(frozen=True)
class ByHand:
    """A colour that two officials set, until when."""

    colour: str
    until: datetime


def canonical(value: Any) -> str:
    """Equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of a fact, in hex."""
    return sha256(canonical(value).encode()).hexdigest()


def record(
    evidence: epidemic.Evidence,
    *,
    rule: epidemic.Rule,
    scheme: str,
    scheme_ends_at: datetime,
    at: datetime,
    inputs: list[str],
    previous: str = GREEN,
    manual: ByHand | None = None,
    appeal: Appealed | None = None,
    budget: Budget | None = None,
) -> dict[str, Any]:
    """The whole record of a decision taken at `at`."""
    return _decided(
        {
            "format": FORMAT,
            "scheme": scheme,
            "decided_at": _instant(at),
            "ends_at": _instant(scheme_ends_at),
            "rule": asdict(rule),
            "evidence": json.loads(epidemic.dumps(evidence)),
            "manual": {"colour": manual.colour, "until": _instant(manual.until)} if manual else None,
            "appeal": {"suspends_at": _instant(appeal.suspends_at)} if appeal else None,
            "previous": previous,
            "inputs": sorted(inputs),
            "budget": asdict(budget) | {"day": budget.day.isoformat()} if budget else None,
        }
    )


def recomputed(text: str) -> str:
    """The record that the inputs of `text` lead to; the same text, unless somebody changed it. Raises RecordError."""
    if len(text) > RECORD_CHARACTERS_MAX:
        raise RecordError(f"record: {len(text)} characters; at most {RECORD_CHARACTERS_MAX} are taken")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"record: not JSON ({error})") from None
    inputs = _BY_FORMAT.get(str(given.get("format"))) if isinstance(given, dict) else None
    if inputs is None or set(given) != inputs | {"decision"}:
        raise RecordError(f"record: not a record of the format {FORMAT}")
    try:
        return canonical(_decided({name: given[name] for name in inputs}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"record: {error}") from None


def _decided(inputs: dict[str, Any]) -> dict[str, Any]:
    evidence = epidemic.loads(canonical(inputs["evidence"]))
    rule = epidemic.Rule(**inputs["rule"])
    at = datetime.fromisoformat(inputs["decided_at"])
    found = epidemic.explain(evidence, rule, epidemic.Colour(inputs["previous"]))
    manual, appeal = inputs["manual"], inputs["appeal"]
    computed = manual["colour"] if manual else found.colour.value
    suspended = appeal is not None and datetime.fromisoformat(appeal["suspends_at"]) <= at
    ends = [at + LIFE, datetime.fromisoformat(inputs["ends_at"])]
    if manual:
        ends.append(datetime.fromisoformat(manual["until"]))
    if appeal and not suspended:
        ends.append(datetime.fromisoformat(appeal["suspends_at"]))
    decision = {
        "colour": GREEN if suspended else computed,
        "computed": computed,
        "suspended": suspended,
        "positive": any(kind == "positive" for kind, _ in evidence.answers),
        "infected": found.infected,
        "infectious": found.infectious,
        "reasons": [
            {"kind": each.kind, "on": _day(each.day), "place": each.place, "change": each.change}
            for each in found.reasons
        ],
        "green_on": _day(found.green_on) if computed != GREEN else None,
        "after_negative_test": found.colour_after_negative_test.value,
        "valid_until": _instant(min(ends)),
    }
    return {**inputs, "decision": decision}


def _day(number: int | None) -> str | None:
    return None if number is None else date.fromordinal(number).isoformat()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
