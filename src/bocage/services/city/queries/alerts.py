"""The inbox, an alert with all that happened to it, and how often each kind is right."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import sqrt
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bocage.engines.alerts import Rule
from bocage.kernel.errors import not_found
from bocage.kernel.identity import queries as identity
from bocage.services.city import limits, rulebook, words
from bocage.services.city.models import Alert, AlertStep
from bocage.services.city.types import AlertView, Counted, Precision, Step

# 97.5th percentile of the standard normal: a two-sided interval of 95%.
Z = 1.959964
_URGENCY = Case(
    *(When(severity=name, then=Value(place)) for place, name in enumerate(words.SEVERITIES)),
    output_field=IntegerField(),
)
_OPEN = Q(state__in=("new", "taken"), suppressed_by="")


def inbox(
    operator_id: UUID, *, show: str = "open", desk: str = "", severity: str = "", text: str = "", page: int = 1
) -> tuple[list[AlertView], bool]:
    """A page of alerts, the most urgent and then the latest first; and whether there are more.

    `show` is open, mine, closed or hidden (explained by another alert or by planned works).
    """
    rows = Alert.objects.defer("evidence").filter(_shown(show, operator_id))
    rows = rows.filter(desk=desk) if desk else rows
    rows = rows.filter(severity=severity) if severity else rows
    if text:
        kinds = [rule.name for rule in rulebook.in_force().rules.values() if _says(rule, text)]
        rows = rows.filter(Q(source__icontains=text) | Q(on__icontains=text) | Q(kind__in=kinds))
    rows = rows.order_by("-closed_at", "-id") if show == "closed" else rows.order_by(_URGENCY, "-raised_at", "-id")
    first = (page - 1) * limits.PAGE_ROWS
    found = list(rows[first : first + limits.PAGE_ROWS + 1])
    return _views(found[: limits.PAGE_ROWS]), len(found) > limits.PAGE_ROWS


def counted(operator_id: UUID) -> Counted:
    """What waits, in one query."""
    found = Alert.objects.aggregate(
        new=Count("id", filter=_OPEN & Q(state="new")),
        taken=Count("id", filter=_OPEN & Q(state="taken")),
        mine=Count("id", filter=_OPEN & Q(holder_id=operator_id)),
        critical=Count("id", filter=_OPEN & Q(severity="critical")),
        hidden=Count("id", filter=_shown("hidden", operator_id)),
    )
    return Counted(**found)


def alert(alert_id: str) -> AlertView:
    """One alert with its evidence and every step. Raises a `Refusal` (404)."""
    row = Alert.objects.filter(id=alert_id).first()
    if row is None:
        raise not_found(_("There is no such alert."))
    (view,) = _views([row])
    steps = list(row.steps.order_by("-at", "-id")[: limits.STEPS_SHOWN])
    return replace(view, evidence=tuple(row.evidence), steps=tuple(_steps(steps)))


def precision() -> list[Precision]:
    """For each kind that was ever closed: how many were true among those judged, with Wilson's interval."""
    rows = (
        Alert.objects.filter(state="closed")
        .values("kind")
        .annotate(
            true=Count("id", filter=Q(verdict="true")),
            false=Count("id", filter=Q(verdict="false")),
            duplicates=Count("id", filter=Q(verdict="duplicate")),
            planned=Count("id", filter=Q(verdict="planned")),
        )
    )
    rules = rulebook.in_force().rules
    found = []
    for row in rows:
        closed = row["true"] + row["false"]
        low, high = wilson(row["true"], closed)
        title = _title(rules.get(row["kind"]), row["kind"])
        found.append(Precision(row["kind"], title, row["true"], closed, low, high, row["duplicates"], row["planned"]))
    return sorted(found, key=lambda each: (-each.closed, each.title))


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's score interval of 95% for a share (J. Am. Stat. Assoc. 22, 1927); (0, 1) without a trial."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    middle = share + Z * Z / (2 * trials)
    spread = Z * sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials))
    scale = 1 + Z * Z / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def raised_by_kind(since: Any) -> list[tuple[str, int]]:
    """How many alerts of each kind were shown since then, most first: of no person, for everybody to see."""
    rules = rulebook.in_force().rules
    rows = Alert.objects.filter(raised_at__gte=since, suppressed_by="").values_list("kind").annotate(raised=Count("id"))
    return [(_title(rules.get(kind), kind), count) for kind, count in rows.order_by("-raised", "kind")]


def language() -> str:
    """The language in which rules speak to this reader: "fr" or "en"."""
    return "fr" if (get_language() or "").startswith("fr") else "en"


def _shown(show: str, operator_id: UUID) -> Q:
    if show == "mine":
        return _OPEN & Q(holder_id=operator_id)
    if show == "closed":
        return Q(state="closed")
    if show == "hidden":
        return Q(state__in=("new", "taken"), cleared_at=None) & ~Q(suppressed_by="")
    return _OPEN


def _says(rule: Rule, text: str) -> bool:
    return text.casefold() in rule.title[language()].casefold() or text.casefold() in rule.name


def _title(rule: Rule | None, kind: str) -> str:
    return rule.title[language()] if rule is not None else kind


def _views(rows: Iterable[Alert]) -> list[AlertView]:
    rows = list(rows)
    rules: Mapping[str, Rule] = rulebook.in_force().rules
    names = identity.party_names({row.holder_id for row in rows if row.holder_id})
    return [_view(row, rules.get(row.kind), names) for row in rows]


def _view(row: Alert, rule: Rule | None, names: Mapping[UUID, str]) -> AlertView:
    spoken = language()
    return AlertView(
        id=row.id,
        kind=row.kind,
        family=rule.family if rule else "platform",
        title=_title(rule, row.kind),
        says=rule.says[spoken] if rule else "",
        action=rule.action[spoken] if rule else "",
        reason=row.reason[spoken],
        severity=row.severity,
        desk=row.desk,
        source=row.source,
        on=row.on,
        x_m=row.x_m,
        y_m=row.y_m,
        raised_at=row.raised_at,
        changed_at=row.changed_at,
        cleared_at=row.cleared_at,
        agreeing=row.agreeing,
        repeats=row.repeats,
        suppressed_by=row.suppressed_by,
        silent=row.silent,
        rule_number=row.rule_number,
        state=row.state,
        holder_id=row.holder_id,
        holder=names.get(row.holder_id, "") if row.holder_id else "",
        verdict=row.verdict,
        closed_at=row.closed_at,
        revision=row.revision,
    )


def _steps(rows: list[AlertStep]) -> list[Step]:
    names = identity.party_names({id for row in rows for id in (row.by_id, row.to_id) if id})
    return [
        Step(
            row.at,
            row.what,
            str(words.STEPS[row.what]),
            names[row.by_id] if row.by_id else "",
            names[row.to_id] if row.to_id else "",
            row.note,
        )
        for row in rows
    ]
