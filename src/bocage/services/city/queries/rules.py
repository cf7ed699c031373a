"""The kinds of alerts as operators read and change them, their versions, and dry runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.engines.alerts import Comparison, Rule, streams
from bocage.kernel import clock
from bocage.kernel.errors import not_found
from bocage.kernel.identity import queries as identity
from bocage.services.city import reading, rulebook
from bocage.services.city.models import RuleChange, Trial
from bocage.services.city.queries.alerts import language

VERSIONS_SHOWN = 50
PAIRED = timedelta(hours=1)


@dataclass(frozen=True)
class Threshold:
    """A comparison of a rule with a number that may be changed: `speed_kmh < 20`, with its label and unit."""

    list_name: str
    place: int
    label: str
    operator: str
    unit: str
    limit: float


@dataclass(frozen=True)
class Version:
    """One change of a kind: which fields, by whom, when."""

    number: int
    fields: Sequence[str]
    by: str
    at: datetime


@dataclass(frozen=True)
class RuleView:
    """A kind in force: number 0 is as shipped. `fixed` are the comparisons that are no numbers."""

    rule: Rule
    shipped: Rule
    title: str
    says: str
    action: str
    stream: str
    number: int
    changes: Mapping[str, Any]
    thresholds: Sequence[Threshold]
    fixed: Sequence[str]
    versions: Sequence[Version]


@dataclass(frozen=True)
class TrialView:
    """A dry run. `only_now` and `only_changed` are the alerts that the other rule would not have raised."""

    id: UUID
    kind: str
    title: str
    day: date
    done: bool
    refused: str
    records: int
    raised_now: int
    raised_changed: int
    hidden_now: int
    hidden_changed: int
    both: int
    only_now: Sequence[Mapping[str, Any]]
    only_changed: Sequence[Mapping[str, Any]]
    not_judged: str
    changes: Mapping[str, Any]


def rule(kind: str) -> RuleView:
    """One kind. Raises a `Refusal` (404)."""
    book = rulebook.in_force()
    found = book.rules.get(kind)
    if found is None:
        raise not_found(_("There is no such kind of alert."))
    rows = list(RuleChange.objects.filter(kind=kind).order_by("-number")[:VERSIONS_SHOWN])
    names = identity.party_names({row.made_by for row in rows})
    spoken = language()
    return RuleView(
        rule=found,
        shipped=rulebook.shipped(kind) or found,
        title=found.title[spoken],
        says=found.says[spoken],
        action=found.action[spoken],
        stream=streams()[found.stream].title[spoken],
        number=book.numbers.get(kind, 0),
        changes=rows[0].changes if rows else {},
        thresholds=tuple(_thresholds(found)),
        fixed=tuple(str(each) for each in (*found.where, *found.when, *found.clear) if each.limit is None),
        versions=tuple(Version(row.number, sorted(row.changes), names[row.made_by], row.at) for row in rows),
    )


def kinds() -> list[tuple[str, list[tuple[Rule, str, str, int]]]]:
    """Every kind by family: the rule, its title, its words, the number of its latest change."""
    book, spoken = rulebook.in_force(), language()
    families: dict[str, list[tuple[Rule, str, str, int]]] = {}
    for found in book.rules.values():
        row = (found, found.title[spoken], found.says[spoken], book.numbers.get(found.name, 0))
        families.setdefault(found.family, []).append(row)
    return list(families.items())


def days() -> list[date]:
    """The days that a dry run may go over, the town's yesterday first where it is kept."""
    kept = list(reading.days())
    yesterday = clock.today(settings.TOWN["time_zone"]) - timedelta(days=1)
    return sorted(kept, key=lambda day: (day != yesterday, -day.toordinal()))


def trial(trial_id: UUID) -> TrialView:
    """A dry run and what it found. Raises a `Refusal` (404)."""
    row = Trial.objects.filter(id=trial_id).first()
    if row is None:
        raise not_found(_("There is no such dry run, or its 30 days are over."))
    result = row.result or {}
    now, changed = (result.get(name, {}) for name in ("now", "changed"))
    alerts_now, alerts_changed = (each.get("alerts", []) for each in (now, changed))
    only_now, only_changed = _unpaired(alerts_now, alerts_changed), _unpaired(alerts_changed, alerts_now)
    known = rulebook.in_force().rules.get(row.kind)
    return TrialView(
        id=row.id,
        kind=row.kind,
        title=known.title[language()] if known else row.kind,
        day=row.day,
        done=row.done_at is not None,
        refused=result.get("refused", ""),
        records=now.get("records", 0),
        raised_now=now.get("raised", 0),
        raised_changed=changed.get("raised", 0),
        hidden_now=now.get("hidden", 0),
        hidden_changed=changed.get("hidden", 0),
        both=len(alerts_now) - len(only_now),
        only_now=[_spoken(each) for each in only_now],
        only_changed=[_spoken(each) for each in only_changed],
        not_judged=now.get("not_judged", ""),
        changes=row.changes,
    )


def _thresholds(found: Rule) -> list[Threshold]:
    fields, spoken = streams()[found.stream].fields, language()
    rows = []
    for name, comparisons in (("when", found.when), ("clear", found.clear)):
        for place, each in enumerate(comparisons):
            if each.limit is not None:
                field = fields.get(each.field)
                label = field.label[spoken] if field else _added(each)
                rows.append(Threshold(name, place, label, each.operator, field.unit if field else "", each.limit))
    return rows


def _added(each: Comparison) -> str:
    return str(each.field).replace("_", " ")


def _unpaired(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of mine that have no counterpart. A changed duration moves an alert's instant: within an hour at the same
    source it is the same one, each counted once."""
    left = [(each, datetime.fromisoformat(each["at"])) for each in theirs]
    alone = []
    for each in mine:
        at = datetime.fromisoformat(each["at"])
        for place, (other, when) in enumerate(left):
            if (each["source"], each["on"]) == (other["source"], other["on"]) and abs(when - at) <= PAIRED:
                del left[place]
                break
        else:
            alone.append(each)
    return alone


def _spoken(each: dict[str, Any]) -> dict[str, Any]:
    instants = {name: datetime.fromisoformat(each[name]) if each[name] else None for name in ("at", "cleared_at")}
    return {**each, **instants, "reason": each["reason"][language()]}
