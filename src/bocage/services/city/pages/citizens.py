"""What people see of their town: my street, a report and its answers, the numbers that are public."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.work import defer
from bocage.services.city import jobs, words
from bocage.services.city.actions import photos, reports
from bocage.services.city.pages.asking import READ, WRITE
from bocage.services.city.pages.drawing import drawn
from bocage.services.city.pages.forms import ReportForm
from bocage.services.city.queries import alerts, works
from bocage.services.city.queries import reports as queries
from bocage.services.city.town_map import town_map
from bocage.services.city.types import ReportView, WorksView
from bocage.shell.asking import UNPROCESSABLE, page, refuse

STREET = "city_street"
COUNTED_DAYS = 30
PHOTO_BYTES_MAX = 10 * 1024 * 1024


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """My street: what is planned and what was reported near it; for everybody, signed in or not."""
    sheet = town_map()
    asked = request.GET.get("street")
    chosen = asked if asked is not None else request.session.get(STREET, "")
    chosen = chosen if sheet.has(chosen) else ""
    if asked is not None and request.user.is_authenticated:
        request.session[STREET] = chosen
    streets = sheet.near(chosen) if chosen else sheet.names()
    planned, near = works.planned(streets if sheet.streets else None), queries.near(streets)
    subject_id = current_actor().subject_id if request.user.is_authenticated else None
    context = {
        "streets": sheet.names(),
        "chosen": chosen,
        "map": drawn(sheet, planned, near, chosen),
        "works": [works_row(each) for each in planned],
        "near": [report_row(each) for each in near],
        "mine": [report_row(each) for each in queries.mine(subject_id)] if subject_id else [],
    }
    return render(request, "city/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def report(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Report a problem; sent twice, it is reported once."""
    sheet, agreed = town_map(), is_granted(subject_id, reports.PURPOSE)
    initial = {"report_id": uuid7(), "street": request.GET.get("street") or request.session.get(STREET, "")}
    form = ReportForm(sheet.names(), agreed, request.POST or None, request.FILES or None, initial=initial)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            if not agreed:
                reports.agree(subject_id)
            report_id = _report(subject_id, given)
        except Refusal as refusal:
            refuse(form, _at("photo", refusal) if refusal.field == "file" else refusal)
        else:
            defer(jobs.judge_now)
            messages.success(request, _("Thank you. Each step that the town takes stands here, and you are told."))
            return redirect("city:my-report", report_id)
    chosen = str(form["street"].value() or "")
    context = {"form": form, "map": drawn(sheet, chosen=chosen), "agreed": agreed}
    return render(request, "city/report.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_safe
@page(READ)
def follow(request: HttpRequest, subject_id: UUID, report_id: UUID) -> HttpResponse:
    """One of my reports and what happened to it."""
    found = queries.own(subject_id, report_id)
    steps = [
        (words.REPORT_STATES[step.state], step, "done" if step.state in reports.ENDED else "now" if not at else "done")
        for at, step in enumerate(found.steps)
    ]
    context = {**report_row(found), "steps": steps, "map": drawn(town_map(), (), [found], found.street)}
    return render(request, "city/my_report.html", context)


@require_safe
@page(READ)
def photo(request: HttpRequest, subject_id: UUID, report_id: UUID) -> HttpResponse:
    """The photo of one of my reports."""
    return picture(*photos.own(subject_id, report_id))


@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """What everybody may know: how many reports, how soon they are answered, which alerts. No person is in it."""
    since = clock.now() - timedelta(days=COUNTED_DAYS)
    found = queries.numbers()
    kinds = [(words.REPORTS[kind], words.REPORT_ICONS[kind], made, ended) for kind, made, ended in found.by_kind]
    raised = alerts.raised_by_kind(since)
    median = found.median_hours
    context = {
        "numbers": found,
        "kinds": kinds,
        "raised": raised,
        "raised_max": max((count for _title, count in raised), default=1),
        "raised_count": sum(count for _title, count in raised),
        "median_days": None if median is None else median / 24,
        "median_hours": median,
        "works": len(works.planned()),
    }
    return render(request, "city/numbers.html", context)


def report_row(found: ReportView) -> dict[str, Any]:
    """A report with its words."""
    return {
        "report": found,
        "title": words.REPORTS[found.kind],
        "icon": words.REPORT_ICONS[found.kind],
        "state": words.REPORT_STATES[found.state],
        "badge": words.REPORT_BADGES[found.state],
    }


def works_row(found: WorksView) -> dict[str, Any]:
    """Works with their words."""
    return {"works": found, "closes": words.CLOSES[found.closes]}


def picture(media_type: str, content: bytes) -> HttpResponse:
    """A picture that is for this reader alone."""
    answer = HttpResponse(content, content_type=media_type)
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = "inline"
    return answer


def _report(subject_id: UUID, given: dict[str, Any]) -> UUID:
    file = given["photo"]
    if file is not None and file.size > PHOTO_BYTES_MAX:
        raise Refusal("file_too_large", _("At most 10 MB, please."), field="photo", status=413)
    x_m, y_m = given["x_m"], given["y_m"]
    return reports.report(
        subject_id,
        given["report_id"],
        given["kind"],
        street=given["street"],
        point_m=None if x_m is None or y_m is None else (x_m, y_m),
        said=given["words"],
        photo=file.read() if file is not None else None,
        photo_type=(file.content_type or "") if file is not None else "",
    )


def _at(field: str, refusal: Refusal) -> Refusal:
    return Refusal(refusal.code, refusal.message, field=field, status=refusal.status)
