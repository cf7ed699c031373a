"""What the payload of an EU Digital COVID Certificate must look like, version by version.

Source: eHealth Network, "EU DCC JSON schema specification" 1.0.0 to 1.3.0, in its own terms: a text, its greatest
length and its pattern (searched, as JSON Schema does), a whole number and its range, what is required. `format` is a
note there and not a rule; whether dates are dates and codes are known is said by `dcc_values`, as a step of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bocage.engines.passes.types import PassError


@dataclass(frozen=True)
class Text:
    """A text of at most `length` characters in which `pattern` is found."""

    length: int | None = None
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Whole:
    """A whole number between `least` and `most`."""

    least: int
    most: int | None


@dataclass(frozen=True)
class Group:
    """An object of these fields; those in `optional` may be missing, and others than these are let be."""

    fields: Mapping[str, Text | Whole]
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rules:
    """One version of the schema."""

    birth: Text
    person: Group
    entries: Mapping[str, Group] = field(default_factory=dict)
    entries_max: int | None = None


_VERSION = re.compile(r"^[0-9]+.[0-9]+.[0-9]+$")
_LETTERS = re.compile(r"^[A-Z<]*$")
_COUNTRY = Text(pattern=re.compile(r"[A-Z]{1,10}"))
_ANY = Text()


def _rules(birth: str, length: int, doses_max: int | None) -> Rules:
    short = Text(length)
    common = {"tg": _ANY, "co": _COUNTRY, "is": short, "ci": short}
    dose = Whole(1, doses_max)
    name, standard_name = Text(length), Text(length, _LETTERS)
    return Rules(
        birth=Text(pattern=re.compile(birth)),
        person=Group(
            {"fn": name, "fnt": standard_name, "gn": name, "gnt": standard_name}, frozenset({"fn", "gn", "gnt"})
        ),
        entries={
            "v": Group({**common, "vp": _ANY, "mp": _ANY, "ma": _ANY, "dn": dose, "sd": dose, "dt": _ANY}),
            "t": Group(
                {**common, "tt": _ANY, "nm": _ANY, "ma": _ANY, "sc": _ANY, "dr": _ANY, "tr": _ANY, "tc": short},
                frozenset({"nm", "ma", "dr"}),
            ),
            "r": Group({**common, "fr": _ANY, "df": _ANY, "du": _ANY}),
        },
    )


def _with_test(rules: Rules, fields: Mapping[str, Text | Whole], optional: frozenset[str]) -> Rules:
    """`rules` with a test entry of exactly these fields."""
    return replace(rules, entries={**rules.entries, "t": Group(fields, optional)})


def _without_dr(rules: Rules) -> dict[str, Text | Whole]:
    return {name: rule for name, rule in rules.entries["t"].fields.items() if name != "dr"}


def _of_1_0() -> Rules:
    return _rules(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", 50, 9)


def _of_1_1() -> Rules:
    return _rules(r"^(19|20)[0-9][0-9](-[0-9][0-9]){0,2}$", 50, 9)


def _of_1_2() -> Rules:
    rules = _of_1_1()
    return _with_test(rules, _without_dr(rules), frozenset({"nm", "ma"}))


def _of_1_3() -> Rules:
    rules = replace(_rules(r"^((19|20)[0-9][0-9](-[0-9][0-9]){0,2}){0,1}$", 80, None), entries_max=1)
    return _with_test(rules, {**_without_dr(rules), "nm": Text(80)}, frozenset({"nm", "ma", "tc"}))


# By (minor, patch) of version 1; a version that is not listed is held to the newest that is not newer.
_BY_VERSION = {(0, 0): _of_1_0(), (1, 0): _of_1_1(), (2, 0): _of_1_2(), (3, 0): _of_1_3()}
_ENTRIES = ("v", "t", "r")


def check(payload: Any) -> None:
    """PassError naming the first field that is not as the payload's own version of the schema says."""
    if not isinstance(payload, Mapping):
        raise PassError("the payload is not a map")
    _require(payload, ("ver", "nam", "dob"), "")
    rules = _for(payload["ver"])
    _check_text(payload["dob"], rules.birth, "dob")
    _check_group(payload["nam"], rules.person, "nam")
    present = [name for name in _ENTRIES if name in payload]
    for name in present:
        entries = payload[name]
        if not isinstance(entries, list | tuple) or not entries:
            raise PassError(f"{name}: not a list of at least one")
        if rules.entries_max is not None and len(entries) > rules.entries_max:
            raise PassError(f"{name}: more than {rules.entries_max} entry")
        for number, entry in enumerate(entries):
            _check_group(entry, rules.entries[name], f"{name}[{number}]")
    # Regulation (EU) 2021/953, article 3: a certificate states one vaccination, one test or one recovery.
    if len(present) != 1:
        raise PassError(f"one of v, t and r, not {len(present)} of them")


def _for(version: Any) -> Rules:
    if not isinstance(version, str) or not _VERSION.search(version):
        raise PassError("ver: not a version such as 1.3.0")
    try:
        major, minor, patch = (int(part) for part in version.split("."))
    except ValueError:
        raise PassError("ver: not a version such as 1.3.0") from None
    if major != 1:
        raise PassError(f"ver: version {major} of the schema is not known")
    return _BY_VERSION[max(known for known in _BY_VERSION if known <= (minor, patch))]


def _require(held: Mapping[Any, Any], names: Any, where: str) -> None:
    for name in names:
        if name not in held:
            raise PassError(f"{where}{name}: missing")


def _check_group(held: Any, group: Group, where: str) -> None:
    if not isinstance(held, Mapping):
        raise PassError(f"{where}: not a map")
    _require(held, [name for name in group.fields if name not in group.optional], f"{where}.")
    for name, rule in group.fields.items():
        if name not in held:
            continue
        if isinstance(rule, Text):
            _check_text(held[name], rule, f"{where}.{name}")
        else:
            _check_whole(held[name], rule, f"{where}.{name}")


def _check_text(value: Any, rule: Text, where: str) -> None:
    if not isinstance(value, str):
        raise PassError(f"{where}: not a text")
    if rule.length is not None and len(value) > rule.length:
        raise PassError(f"{where}: longer than {rule.length} characters")
    if rule.pattern is not None and not rule.pattern.search(value):
        raise PassError(f"{where}: {value[:40]!r} is not of its pattern")


def _check_whole(value: Any, rule: Whole, where: str) -> None:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise PassError(f"{where}: not a whole number")
    if value < rule.least or (rule.most is not None and value > rule.most):
        raise PassError(f"{where}: {value} is not between {rule.least} and {rule.most or 'any'}")
