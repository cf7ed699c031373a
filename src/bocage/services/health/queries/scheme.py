"""The scheme in force and its public register."""

from uuid import UUID

from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.services.health import limits, types, words
from bocage.services.health.models import DayRule, RegisterLine, Scheme


def in_force() -> types.Scheme | None:
    """The scheme in force, or None: then nothing is collected and no colour is shown."""
    with own_tables("health"):
        row = Scheme.objects.filter(ended_at=None, sunset_at__gt=clock.now()).first()
    if row is None:
        return None
    return types.Scheme(
        id=row.id,
        title=row.title,
        legal_basis=row.legal_basis,
        rules=row.rules,
        budget_days=row.budget_days,
        demo=row.demo,
        starts_at=row.starts_at,
        sunset_at=row.sunset_at,
    )


def register() -> list[types.RegisterEntry]:
    """The public register, newest first, 200 lines at most."""
    with own_tables("health"):
        rows = list(RegisterLine.objects.order_by("-at", "-id")[: limits.LIST_ROWS_MAX])
    return [types.RegisterEntry(row.kind, str(words.REGISTER[row.kind]), row.words, row.at) for row in rows]


def day_rules(scheme_id: UUID) -> list[types.DayRule]:
    """What a scheme's budget made of each day, newest first, 14 days at most."""
    with own_tables("health"):
        rows = list(DayRule.objects.filter(scheme_id=scheme_id).order_by("-day")[: limits.KEPT.days])
    return [
        types.DayRule(row.day, 100 * row.yellow, row.places, row.people, row.spent_days / row.people) for row in rows
    ]


def manual_count() -> int:
    """How many colours were ever set by hand."""
    with own_tables("health"):
        return RegisterLine.objects.filter(kind="manual_set").count()
