"""Reports: a citizen's own, what of all of them everybody may see, and what operators read."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import not_found
from bocage.services.city import limits
from bocage.services.city.models import Report, ReportStep
from bocage.services.city.types import ReportNumbers, ReportStepView, ReportView

OPEN = ("new", "taken", "planned")
COUNTED = timedelta(days=90)
_MEDIAN_SQL = """
select percentile_cont(0.5) within group (order by extract(epoch from answered_at - at) / 3600)
from city_report where at > %s and answered_at is not null
"""


def mine(person_id: UUID) -> list[ReportView]:
    """Her latest reports."""
    return [
        _view(row, whole=True) for row in Report.objects.filter(person_id=person_id).order_by("-id")[: limits.PAGE_ROWS]
    ]


def own(person_id: UUID, report_id: UUID) -> ReportView:
    """One of hers, with all that happened. Raises a `Refusal` (404)."""
    row = Report.objects.filter(id=report_id, person_id=person_id).first()
    if row is None:
        raise not_found(_("There is no such report of yours."))
    return _view(row, whole=True, steps=_steps(row))


def near(streets: Collection[str]) -> list[ReportView]:
    """Open reports on some streets: what and where; no words, no picture, nobody."""
    with acting_as(Actor.for_service("city")):
        rows = Report.objects.filter(street__in=list(streets), state__in=OPEN).order_by("-id")
        return [_view(row) for row in rows[: limits.NEAR_ROWS]]


def waiting(state: str, before: UUID | None = None) -> tuple[list[ReportView], UUID | None]:
    """For operators: reports in a state, the latest first, without words; and where the next page begins."""
    with acting_as(Actor.for_service("city")):
        rows = Report.objects.filter(state=state).order_by("-id")
        rows = rows.filter(id__lt=before) if before else rows
        found = list(rows[: limits.PAGE_ROWS + 1])
    more = found[limits.PAGE_ROWS - 1].id if len(found) > limits.PAGE_ROWS else None
    return [_view(row) for row in found[: limits.PAGE_ROWS]], more


def counts() -> dict[str, int]:
    """How many reports are in each state."""
    with acting_as(Actor.for_service("city")):
        return dict(Report.objects.values_list("state").annotate(Count("id")))


def for_operator(report_id: UUID) -> tuple[ReportView, UUID]:
    """One report with its words, and whose it is; the page leaves a receipt. Raises a `Refusal` (404)."""
    with acting_as(Actor.for_service("city")):
        row = Report.objects.filter(id=report_id).first()
        if row is None:
            raise not_found(_("There is no such report, or its citizen has taken her agreement back."))
        return _view(row, whole=True, steps=_steps(row)), row.person_id


def numbers() -> ReportNumbers:
    """What everybody may know of the reports of 90 days."""
    since = clock.now() - COUNTED
    with acting_as(Actor.for_service("city")):
        answered = Q(answered_at__isnull=False)
        rows = Report.objects.filter(at__gt=since).values("kind")
        kinds = list(
            rows.annotate(
                made=Count("id"),
                answered=Count("id", filter=answered),
                ended=Count("id", filter=Q(ended_at__isnull=False)),
            ).order_by("-made", "kind")
        )
        with connection.cursor() as cursor:
            cursor.execute(_MEDIAN_SQL, [since])
            median = cursor.fetchone()[0]
    return ReportNumbers(
        made=sum(each["made"] for each in kinds),
        answered=sum(each["answered"] for each in kinds),
        ended=sum(each["ended"] for each in kinds),
        median_hours=None if median is None else float(median),
        by_kind=tuple((each["kind"], each["made"], each["ended"]) for each in kinds),
    )


def export(person_id: UUID) -> dict[str, Any]:
    """All that is held of her: her reports and what became of them; photos are among her files."""
    columns = ("id", "kind", "street", "x_m", "y_m", "words", "photo_id", "state", "at", "answered_at", "ended_at")
    steps = ReportStep.objects.filter(person_id=person_id).order_by("at", "id")
    return {
        "reports": list(Report.objects.filter(person_id=person_id).order_by("id").values(*columns)),
        "answers": list(steps.values("report_id", "at", "state", "answer")),
    }


def _steps(row: Report) -> tuple[ReportStepView, ...]:
    steps = row.steps.order_by("-at", "-id")[: limits.STEPS_SHOWN]
    return tuple(ReportStepView(each.at, each.state, each.answer) for each in steps)


def _view(row: Report, *, whole: bool = False, steps: tuple[ReportStepView, ...] = ()) -> ReportView:
    return ReportView(
        id=row.id,
        kind=row.kind,
        street=row.street,
        x_m=row.x_m,
        y_m=row.y_m,
        state=row.state,
        at=row.at,
        words=row.words if whole else "",
        has_photo=whole and row.photo_id is not None,
        revision=row.revision,
        steps=steps,
    )
