"""The budget of restricted days: each day's thresholds follow from what is left of it and from everybody's risk."""

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import Sum

from bocage.engines import epidemic
from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.services.health import colouring, rules
from bocage.services.health.models import DayRule, Decision, Due, Scheme


def choose(scheme: Scheme, chance: Mapping[UUID, float], positive: Set[UUID]) -> None:
    """Give today its thresholds, once a day, as the service.

    `chance`: who is infectious today with what probability; whoever has a colour and met nobody counts with the
    background's. `positive`: who had a positive test in the window: red, while `explain` would say so, whatever is
    left. All who have a colour are due for it then.
    """
    today = clock.today(settings.TOWN["time_zone"])
    if scheme.rules not in rules.BY_BUDGET:
        return
    with own_tables("health"):
        if DayRule.objects.filter(scheme_id=scheme.id, day=today).exists():
            return
        held = dict(Decision.objects.filter(current=True).values_list("person_id", "colour"))
        people = sorted(held.keys() | chance.keys())
        if not people:
            return
        rule = rules.VERSIONS[scheme.rules]
        risk = np.array([min(chance.get(each, rules.BACKGROUND_A_DAY), 1.0) for each in people])
        spent = DayRule.objects.filter(scheme_id=scheme.id).aggregate(days=Sum("cost_days"))["days"] or 0.0
        begins, ends = _day_of(scheme.starts_at), _day_of(scheme.sunset_at)
        found = epidemic.colours(
            epidemic.Plan(float(scheme.budget_days), max((ends - begins).days, 1)),
            (today - begins).days,
            spent,
            risk,
            np.array([held.get(each, colouring.GREEN) != colouring.GREEN for each in people], dtype=bool),
            np.array([each in positive for each in people], dtype=bool) & (risk > rule.release),
            rule,
        )
        DayRule.objects.bulk_create(
            [
                DayRule(
                    scheme_id=scheme.id,
                    day=today,
                    yellow=found.rule.yellow,
                    release=found.rule.release,
                    red=found.rule.red,
                    people=len(people),
                    places=found.places,
                    spent_days=spent,
                    cost_days=found.cost_days,
                )
            ],
            ignore_conflicts=True,
        )
        now = clock.now()
        Due.objects.bulk_create([Due(person_id=each, at=now) for each in sorted(held)], ignore_conflicts=True)


def rule_of(scheme: Scheme) -> tuple[epidemic.Rule, colouring.Budget | None]:
    """The rule that holds now, and the budget's account of it; inside `own_tables`. Before a day's own, the last."""
    rule = rules.VERSIONS[scheme.rules]
    if scheme.rules not in rules.BY_BUDGET:
        return rule, None
    row = DayRule.objects.filter(scheme_id=scheme.id).order_by("-day").first()
    if row is None:
        return rule, None
    account = colouring.Budget(
        day=row.day,
        budget_days=float(scheme.budget_days),
        spent_days=round(row.spent_days / row.people, 4),
        places=row.places,
        people=row.people,
    )
    return replace(rule, yellow=row.yellow, release=row.release, red=row.red), account


def _day_of(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(settings.TOWN["time_zone"])).date()
