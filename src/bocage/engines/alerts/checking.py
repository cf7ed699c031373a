"""Checks what a rule says, field by field, against its stream and its operator, and makes it a Rule."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bocage.engines.alerts.operators import ADDS, CLOCK
from bocage.engines.alerts.streams import Stream, streams
from bocage.engines.alerts.types import LANGUAGES, AlertsError, Comparison, Rule, Severity

OWNERS = (
    "traffic_control", "signal_workshop", "field_crew", "enforcement", "emergency_control", "transit_control",
    "parking_office", "ride_control", "parcel_control", "environment", "energy_desk", "water_desk", "street_care",
    "event_office", "citizen_desk", "platform_team",
)  # fmt: skip
EVIDENCE = ("records", "clip", "image", "signal_log", "map", "reports")
DEDUP = ("entity", "on", "kind", "near")
AGGREGATES = ADDS["threshold"]
TEXT_MAX = 600
COMPARISONS_MAX = 8
SECONDS_MAX = 604_800
WINDOW_SECONDS_MAX = 86_400
DAYS_MAX = 365
PARENTS_MAX = 20
COMPARISON = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(<=|>=|==|!=|<|>)\s*([^\s<>=!].*?)\s*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
WORD = re.compile(r"[A-Za-z0-9_. -]{1,40}")
# Each operator's settings: name -> kind of value; a trailing "?" marks one that may be absent.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "threshold": {"field": "number_field?", "over_seconds": "window?", "aggregate": "aggregate?"},
    "rate_of_change": {"field": "number_field", "over_seconds": "window"},
    "zscore": {"field": "number_field"},
    "absence": {},
    "duration_in_state": {"unchanged": "field?"},
    "sequence": {"first": "comparisons", "within_seconds": "window?", "missing": "flag?"},
    "spatial_cluster": {"radius_m": "metres", "within_seconds": "window"},
    "forecast_exceeds": {"field": "number_field?", "over_seconds": "window?", "horizon_seconds": "seconds?"},
    "geometry": {"zone": "place?", "line": "place?"},
}
KEYS = {
    "title", "says", "operator", "stream", "where", "when", "clear", "for_seconds", "clear_seconds", "dedup",
    "dedup_seconds", "near_m", "agree_min", "suppressed_by", "suppress_m", "severity", "owner", "action", "evidence",
    "evidence_seconds", "evidence_days", "silent_seconds",
}  # fmt: skip


class Reader:
    """Reads one rule; `refuse(field, what)` makes the error with its place."""

    def __init__(self, name: str, said: Mapping[str, Any], refuse: Callable[[str, str], AlertsError]) -> None:
        self.name, self.said, self.refuse = name, said, refuse

    def rule(self, family: str, file: str) -> Rule:
        """The rule. Raises AlertsError at its first fault."""
        operator = self._choice("operator", tuple(ADDS), "threshold")
        stream = streams()[self._choice("stream", tuple(streams()))]
        for key in self.said:
            if key not in KEYS and key not in SETTINGS[operator]:
                raise self.refuse(key, f"is no field of a rule, nor a setting of {operator}")
        settings = {
            key: value
            for key, kind in SETTINGS[operator].items()
            if (value := self._setting(key, kind.removesuffix("?"), kind.endswith("?"), stream)) is not None
        }
        if "silent_seconds" in self.said:
            settings["silent_seconds"] = self._number("silent_seconds", 0.0, SECONDS_MAX)
        columns = ADDS[operator]
        rule = Rule(
            name=self.name,
            family=family,
            title=self._texts("title"),
            says=self._texts("says"),
            operator=operator,
            stream=stream.name,
            where=self._comparisons("where", stream, ()),
            when=self._comparisons("when", stream, columns),
            clear=self._comparisons("clear", stream, columns),
            settings=settings,
            for_seconds=self._number("for_seconds", 0.0, SECONDS_MAX),
            clear_seconds=self._number("clear_seconds", 0.0, SECONDS_MAX),
            dedup=self._choice("dedup", DEDUP, "entity"),
            dedup_seconds=self._number("dedup_seconds", 300.0, SECONDS_MAX),
            near_m=self._number("near_m", 0.0, 100_000),
            agree_min=int(self._number("agree_min", 1.0, 1_000, whole=True)),
            suppressed_by=self._names("suppressed_by"),
            suppress_m=self._number("suppress_m", 0.0, 100_000),
            severity=Severity(self._choice("severity", tuple(Severity), "minor")),
            owner=self._choice("owner", OWNERS),
            action=self._texts("action"),
            evidence=self._listed("evidence", EVIDENCE),
            evidence_seconds=self._number("evidence_seconds", 120.0, 3_600),
            evidence_days=int(self._number("evidence_days", 30.0, DAYS_MAX, whole=True)),
            file=file,
        )
        self._together(rule, stream)
        return rule

    def _together(self, rule: Rule, stream: Stream) -> None:
        """What is wrong only in combination."""
        if rule.operator == "absence":
            if rule.when or rule.clear or rule.for_seconds <= 0:
                raise self.refuse("for_seconds", "an absence has a time without a record, above 0, and no `when`")
            if stream.passing:
                raise self.refuse("stream", f"sources of {stream.name} come and go: their absence says nothing")
        elif not rule.when and not rule.settings.get("unchanged"):
            raise self.refuse("when", "says nothing: give at least one comparison")
        if rule.operator == "duration_in_state" and rule.for_seconds <= 0:
            raise self.refuse("for_seconds", "a duration must be above 0")
        if rule.settings.get("missing") and rule.for_seconds <= 0:
            raise self.refuse("for_seconds", "how long may it be missing? give a time above 0")
        if rule.operator == "sequence" and not rule.settings.get("missing") and "within_seconds" not in rule.settings:
            raise self.refuse("within_seconds", "is needed: how long after the first may the second come?")
        if rule.operator == "geometry" and ("zone" in rule.settings) == ("line" in rule.settings):
            raise self.refuse("zone", "give either a zone or a line")
        if rule.operator == "threshold" and len(rule.settings.keys() & {"field", "over_seconds", "aggregate"}) not in (
            0,
            3,
        ):
            raise self.refuse("aggregate", "goes with a field and over_seconds, all three or none")
        if rule.dedup == "near" and rule.near_m <= 0:
            raise self.refuse("near_m", "must be above 0 where dedup is near")
        if rule.agree_min > 1 and rule.dedup == "entity":
            raise self.refuse("agree_min", "several sources agree under a dedup of on, kind or near, not entity")
        if self.name in rule.suppressed_by:
            raise self.refuse("suppressed_by", "names itself")

    # -- Values ------------------------------------------------------------------------------------------------------

    def _setting(self, key: str, kind: str, optional: bool, stream: Stream) -> Any:
        if key not in self.said:
            if optional:
                return None
            raise self.refuse(key, "is missing")
        if kind in ("number_field", "field"):
            field = self._choice(key, tuple(stream.fields))
            if kind == "number_field" and stream.fields[field].words is not None:
                raise self.refuse(key, f"{field} is a word, not a number")
            return field
        if kind == "aggregate":
            return self._choice(key, AGGREGATES)
        if kind == "comparisons":
            return self._comparisons(key, stream, ())
        if kind == "flag":
            if not isinstance(self.said[key], bool):
                raise self.refuse(key, "must be true or false")
            return self.said[key]
        if kind == "place":
            value = self.said[key]
            if not isinstance(value, str) or not WORD.fullmatch(value):
                raise self.refuse(key, "must name a kind of place")
            return value
        number = self._number(key, 0.0, {"window": WINDOW_SECONDS_MAX, "metres": 100_000}.get(kind, SECONDS_MAX))
        if number <= 0:
            raise self.refuse(key, "must be above 0")
        return number

    def _number(self, key: str, default: float, most: float, *, whole: bool = False) -> float:
        value = self.said.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e18:
            raise self.refuse(key, f"must be a number, not {value!r:.60}")
        if not 0 <= value <= most:
            raise self.refuse(key, f"{value:g} is not between 0 and {most:g}")
        if whole and (value != int(value) or value < 1):
            raise self.refuse(key, f"{value:g} is not a whole number above 0")
        return float(value)

    def _choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.said.get(key, default)
        if value is None:
            raise self.refuse(key, "is missing")
        if not isinstance(value, str) or value not in choices:
            raise self.refuse(key, f"{value!r:.60} is none of {', '.join(choices)}")
        return value

    def _texts(self, key: str) -> Mapping[str, str]:
        value = self.said.get(key)
        if not isinstance(value, dict) or set(value) != set(LANGUAGES):
            raise self.refuse(key, f"must have a text in each of {', '.join(LANGUAGES)}")
        for language, text in value.items():
            if not isinstance(text, str) or not text.strip() or len(text) > TEXT_MAX or "\0" in text:
                raise self.refuse(f"{key}.{language}", f"must be a text of 1 to {TEXT_MAX} characters")
        return dict(value)

    def _listed(self, key: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        value = self.said.get(key, [])
        if not isinstance(value, list) or any(each not in choices for each in value):
            raise self.refuse(key, f"must be a list of {', '.join(choices)}")
        return tuple(value)

    def _names(self, key: str) -> tuple[str, ...]:
        value = self.said.get(key, [])
        if not isinstance(value, list) or len(value) > PARENTS_MAX or any(not isinstance(each, str) for each in value):
            raise self.refuse(key, f"must be a list of at most {PARENTS_MAX} kinds")
        return tuple(value)

    def _comparisons(self, key: str, stream: Stream, columns: tuple[str, ...]) -> tuple[Comparison, ...]:
        value = self.said.get(key, [])
        if not isinstance(value, list) or len(value) > COMPARISONS_MAX:
            raise self.refuse(key, f"must be a list of at most {COMPARISONS_MAX} comparisons")
        return tuple(self._comparison(f"{key}[{n}]", each, stream, columns) for n, each in enumerate(value))

    def _comparison(self, key: str, text: Any, stream: Stream, columns: tuple[str, ...]) -> Comparison:
        found = COMPARISON.fullmatch(text) if isinstance(text, str) and len(text) < 200 else None
        if found is None:
            raise self.refuse(key, f"{text!r:.80} is no comparison, such as `speed_kmh < 20` or `lamps == dark`")
        field, operator, right = found.groups()
        known = stream.fields.get(field)
        if known is None and field not in (*columns, *CLOCK):
            choices = ", ".join((*columns, *stream.fields, *CLOCK))
            raise self.refuse(key, f"the stream {stream.name} has no {field}; it has {choices}")
        if known is not None and known.words is not None:
            return self._of_words(key, field, operator, right, known.words)
        if NUMBER.fullmatch(right):
            return Comparison(field, operator, limit=float(right))
        other = stream.fields.get(right)
        if other is None or other.words is not None:
            raise self.refuse(key, f"{right!r:.60} is neither a number nor a number of the stream {stream.name}")
        return Comparison(field, operator, other=right)

    def _of_words(self, key: str, field: str, operator: str, right: str, known: tuple[str, ...]) -> Comparison:
        if operator not in ("==", "!="):
            raise self.refuse(key, f"{field} is a word: compare it with == or !=")
        words = tuple(word.strip() for word in right.split("|"))
        for word in words:
            if (known and word not in known) or not WORD.fullmatch(word):
                raise self.refuse(key, f"{word!r:.60} is none of {', '.join(known) or 'the words allowed'}")
        return Comparison(field, operator, words=words)
