"""Planned works for everybody, and what slows travel for services that ask."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from bocage.kernel import clock
from bocage.kernel.ports import TravelCondition
from bocage.services.city import limits, rulebook
from bocage.services.city.models import Alert, Works
from bocage.services.city.queries.alerts import language
from bocage.services.city.town_map import town_map
from bocage.services.city.types import WorksView

# Alerts of these families say something of a road; infractions are of somebody, and are told to nobody.
TRAVEL_FAMILIES = ("traffic", "incidents", "places")
CONDITIONS_MAX = 500


def planned(streets: Collection[str] | None = None) -> list[WorksView]:
    """Works that are not over, on some streets or on all, those that begin first before the others."""
    now = clock.now()
    rows = Works.objects.filter(cancelled_at=None, until_at__gt=now).order_by("from_at", "id")
    rows = rows if streets is None else rows.filter(street__in=list(streets))
    return [_view(row, now) for row in rows[: limits.NEAR_ROWS]]


def latest() -> list[WorksView]:
    """For operators: the works planned last, cancelled and past ones among them."""
    now = clock.now()
    return [_view(row, now) for row in Works.objects.order_by("-id")[: limits.PAGE_ROWS]]


def conditions(since: datetime, until: datetime) -> list[TravelCondition]:
    """What the port `TravelConditions` answers."""
    sheet = town_map()
    works = Works.objects.filter(cancelled_at=None, from_at__lt=until, until_at__gt=since).order_by("from_at", "id")
    found = []
    for row in works[:CONDITIONS_MAX]:
        x_m, y_m = sheet.middle_of(row.street) or (None, None)
        found.append(
            TravelCondition(
                str(row.id), "works", row.title, row.street, row.closes, x_m, y_m, row.from_at, row.until_at
            )
        )
    rules = rulebook.in_force().rules
    kinds = [rule.name for rule in rules.values() if rule.family in TRAVEL_FAMILIES]
    shown = Alert.objects.filter(suppressed_by="", kind__in=kinds, raised_at__lt=until).exclude(verdict="false")
    shown = shown.filter(Q(cleared_at=None) | Q(cleared_at__gt=since)).order_by("raised_at", "id")
    for alert in shown[:CONDITIONS_MAX]:
        title = rules[alert.kind].title[language()]
        found.append(
            TravelCondition(
                alert.id, alert.kind, title, alert.on, "", alert.x_m, alert.y_m, alert.raised_at, alert.cleared_at
            )
        )
    return sorted(found, key=lambda each: (each.since, each.id))


def _view(row: Works, now: datetime) -> WorksView:
    return WorksView(
        id=row.id,
        title=row.title,
        street=row.street,
        closes=row.closes,
        words=row.words,
        from_at=row.from_at,
        until_at=row.until_at,
        cancelled=row.cancelled_at is not None,
        now=row.cancelled_at is None and row.from_at <= now < row.until_at,
    )
