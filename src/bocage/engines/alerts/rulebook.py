"""Rules as people write them, in TOML, read and checked: a wrong one is refused with its file, line and field.

A file is tables, one a kind; `[defaults]` gives what its kinds share. `kinds/` holds the kinds that are shipped, a file
a family.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bocage.engines.alerts.checking import Reader
from bocage.engines.alerts.types import AlertsError, Rule

FOLDER = Path(__file__).parent / "kinds"
TEXT_MAX = 1_000_000
KINDS_MAX = 1_000
NAME = re.compile(r"[a-z][a-z0-9_]{2,59}")


@cache
def shipped() -> tuple[Rule, ...]:
    """The kinds that come with Bocage, by family and name."""
    rules = [rule for path in sorted(FOLDER.glob("*.toml")) for rule in parse(path.read_text(), path.name, path.stem)]
    _parents_exist(rules, {})
    return tuple(rules)


def read(path: Path) -> tuple[Rule, ...]:
    """The rules of a file of one's own. Raises AlertsError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AlertsError(str(path), "", error.strerror or "cannot be read") from None
    if len(data) > TEXT_MAX:
        raise AlertsError(str(path), "", f"is longer than {TEXT_MAX:,} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise AlertsError(str(path), "", "is not UTF-8 text") from None
    return parse(text, str(path), path.stem)


def parse(text: str, file: str, family: str) -> tuple[Rule, ...]:
    """Rules from TOML text; `file` is what errors call it. Raises AlertsError at the first fault."""
    if len(text) > TEXT_MAX:
        raise AlertsError(file, "", f"is longer than {TEXT_MAX:,} characters")
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise AlertsError(f"{file}:{line[1]}" if line else file, "", f"is not TOML: {error}") from None
    defaults = tables.pop("defaults", {})
    if not isinstance(defaults, dict):
        raise AlertsError(file, "defaults", "must be a table")
    if len(tables) > KINDS_MAX:
        raise AlertsError(file, "", f"has {len(tables)} kinds; at most {KINDS_MAX} are taken")
    lines = text.splitlines()
    return tuple(_rule(name, said, defaults, file, family, lines) for name, said in tables.items())


def merged(own: tuple[Rule, ...], ground: tuple[Rule, ...] | None = None) -> tuple[Rule, ...]:
    """One's own kinds over the shipped ones: the same name replaces. Raises AlertsError for a parent nobody knows."""
    known = {rule.name: rule for rule in (shipped() if ground is None else ground)}
    known |= {rule.name: rule for rule in own}
    _parents_exist(list(own), known)
    return tuple(known.values())


def said(rule: Rule) -> dict[str, Any]:
    """What a file would say of the rule, default by default: `amended(rule, said(rule))` is the rule again."""
    settings = {
        name: [str(each) for each in value] if isinstance(value, tuple) else value
        for name, value in rule.settings.items()
    }
    return {
        "title": dict(rule.title),
        "says": dict(rule.says),
        "operator": rule.operator,
        "stream": rule.stream,
        "where": [str(each) for each in rule.where],
        "when": [str(each) for each in rule.when],
        "clear": [str(each) for each in rule.clear],
        **settings,
        "for_seconds": rule.for_seconds,
        "clear_seconds": rule.clear_seconds,
        "dedup": rule.dedup,
        "dedup_seconds": rule.dedup_seconds,
        "near_m": rule.near_m,
        "agree_min": rule.agree_min,
        "suppressed_by": list(rule.suppressed_by),
        "suppress_m": rule.suppress_m,
        "severity": str(rule.severity),
        "owner": rule.owner,
        "action": dict(rule.action),
        "evidence": list(rule.evidence),
        "evidence_seconds": rule.evidence_seconds,
        "evidence_days": rule.evidence_days,
    }


def amended(rule: Rule, changes: Mapping[str, Any]) -> Rule:
    """The rule with some of its fields said anew, checked as a file is. Raises AlertsError naming the field."""

    def refuse(field: str, what: str) -> AlertsError:
        return AlertsError("", field, what)

    return Reader(rule.name, {**said(rule), **changes}, refuse).rule(rule.family, rule.file)


def _rule(name: str, said: Any, defaults: Mapping[str, Any], file: str, family: str, lines: list[str]) -> Rule:
    where = _line_of(lines, name, None)
    if not NAME.fullmatch(name):
        raise AlertsError(f"{file}:{where}", name[:60], "is no name: 3 to 60 small letters, digits and _")
    if not isinstance(said, dict):
        raise AlertsError(f"{file}:{where}", name, "must be a table, [name]")

    def refuse(field: str, what: str) -> AlertsError:
        key = field.partition(".")[0].partition("[")[0]
        return AlertsError(f"{file}:{_line_of(lines, name, key)}", f"{name}.{field}", what)

    return Reader(name, {**defaults, **said}, refuse).rule(family, file)


def _line_of(lines: list[str], name: str, key: str | None) -> int:
    """The line of a kind's key, of its header where the key is not there; keys of its own before those of defaults."""
    header = re.compile(rf"\s*\[\s*\"?{re.escape(name)}\"?\s*[\].]")
    begin = next((number for number, line in enumerate(lines, 1) if header.match(line)), 1)
    if key is None:
        return begin
    for number, line in enumerate(lines[begin:], begin + 1):
        if line.lstrip().startswith("[") and not header.match(line):
            break
        if re.match(rf"\s*\"?{re.escape(key)}\"?\s*[=.]", line):
            return number
    return begin


def _parents_exist(rules: list[Rule], known: Mapping[str, Rule]) -> None:
    names = {rule.name for rule in rules} | set(known)
    if len({rule.name for rule in rules}) < len(rules):
        raise AlertsError("", "", "two kinds have one name")
    for rule in rules:
        for parent in rule.suppressed_by:
            if parent not in names:
                raise AlertsError(rule.file, f"{rule.name}.suppressed_by", f"there is no kind {parent}")
