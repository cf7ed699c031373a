"""The rules in force: those that are shipped, each with its latest change; and what of a rule may be changed here."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from bocage.engines import alerts
from bocage.engines.alerts import AlertsError, Rule
from bocage.kernel.errors import Refusal
from bocage.services.city.models import RuleChange

# Thresholds, durations, and the words that say them; never code, never who owns it or what it reads.
EDITABLE = ("says", "when", "clear", "for_seconds", "clear_seconds", "dedup_seconds", "agree_min", "severity")


@dataclass(frozen=True)
class Book:
    """Every kind in force by its name, and the number of each kind's latest change (0: as shipped)."""

    rules: Mapping[str, Rule]
    numbers: Mapping[str, int]


def in_force() -> Book:
    """The rules that alerts are judged by now."""
    ranked = RuleChange.objects.annotate(
        place=Window(RowNumber(), partition_by=[F("kind")], order_by=F("number").desc())
    )
    latest = [(row.kind, row.number, row.changes) for row in ranked.filter(place=1)]
    return _book(tuple((kind, number, _Frozen(changes)) for kind, number, changes in latest))


def changed(rule: Rule, changes: Mapping[str, Any]) -> Rule:
    """The rule with these fields said anew. Raises a `Refusal` naming the field that will not do."""
    for field in changes:
        if field not in EDITABLE:
            raise Refusal("not_editable", f"{field}: is no field that can be changed here", field=field)
    try:
        return alerts.amended(rule, changes)
    except AlertsError as error:
        raise Refusal("bad_rule", str(error), field=error.field.partition("[")[0].partition(".")[0]) from None


def shipped(kind: str) -> Rule | None:
    """A kind as it is shipped."""
    return next((rule for rule in alerts.shipped() if rule.name == kind), None)


class _Frozen(dict[str, Any]):
    """Changes as a key of the cache: equal by what they say."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items())))


@lru_cache(maxsize=4)
def _book(latest: tuple[tuple[str, int, _Frozen], ...]) -> Book:
    rules = {rule.name: rule for rule in alerts.shipped()}
    for kind, _number, changes in latest:
        if kind in rules:
            rules[kind] = alerts.amended(rules[kind], changes)
    return Book(rules, {kind: number for kind, number, _changes in latest if kind in rules})
