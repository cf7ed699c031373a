"""The operators' desk for citizens: reports to answer, works to plan."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.city import words
from bocage.services.city.actions import photos, reports
from bocage.services.city.actions import works as planning
from bocage.services.city.pages.asking import whole
from bocage.services.city.pages.citizens import picture, report_row, works_row
from bocage.services.city.pages.drawing import drawn
from bocage.services.city.pages.forms import AnswerForm, WorksForm
from bocage.services.city.queries import reports as queries
from bocage.services.city.queries import works
from bocage.services.city.town_map import town_map
from bocage.shell.api_site import decode_cursor, encode_cursor
from bocage.shell.asking import UNPROCESSABLE, operator_page, refuse


@require_safe
@operator_page
def show_reports(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """Reports by state, without words and names: those stand on the report's own page, which leaves a receipt."""
    state = request.GET.get("state", "new")
    state = state if state in words.REPORT_STATES else "new"
    rows, more = queries.waiting(state, decode_cursor(request.GET.get("before")))
    counts = queries.counts()
    context = {
        "tabs": [(name, title, counts.get(name, 0), name == state) for name, title in words.REPORT_STATES.items()],
        "rows": [report_row(row) for row in rows],
        "next": f"?state={state}&before={encode_cursor(more)}" if more else "",
    }
    return render(request, "city/console/reports.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def show_report(request: HttpRequest, operator_id: UUID, report_id: UUID) -> HttpResponse:
    """One report with its words, and an answer, which its citizen reads at once."""
    form, changed = AnswerForm(request.POST or None), ""
    if form.is_bound and form.is_valid():
        revision = whole(request.POST.get("revision", ""), "revision")
        try:
            with transaction.atomic():
                reports.answer(
                    report_id, operator_id, revision, form.cleaned_data["state"], form.cleaned_data["answer"]
                )
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            changed = str(refusal.message) if refusal.code == "report_changed" else ""
            if not changed:
                refuse(form, refusal)
        else:
            messages.success(request, _("Answered. The person has been told."))
            return redirect("city:reports")
    found, person_id = queries.for_operator(report_id)
    steps = [(words.REPORT_STATES[step.state], step) for step in found.steps]
    context = {
        **report_row(found),
        "form": form,
        "changed": changed,
        "steps": steps,
        "map": drawn(town_map(), (), [found], found.street),
    }
    answer = render(request, "city/console/report.html", context, status=_status(form, changed))
    # A page that refuses an answer shows her words too: the receipt stays, whatever the status.
    reports.looked_at(person_id)
    setattr(answer, "recorded", True)
    return answer


@require_safe
@operator_page
def report_photo(request: HttpRequest, operator_id: UUID, report_id: UUID) -> HttpResponse:
    """The photo; its citizen finds the look among her receipts."""
    return picture(*photos.for_operator(report_id, operator_id))


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def show_works(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """Works, and a form for more; sent twice, they are planned once."""
    form = WorksForm(town_map().names(), request.POST or None, initial={"works_id": uuid7(), "closes": "lane"})
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            planning.plan(
                operator_id, given["works_id"], given["title"], given["street"], given["closes"], given["begins"],
                given["until"], given["words"],
            )  # fmt: skip
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Planned. Everybody sees it now."))
            return redirect("city:works")
    context = {"form": form, "rows": [works_row(each) for each in works.latest()]}
    return render(request, "city/console/works.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
@operator_page
def cancel_works(request: HttpRequest, operator_id: UUID, works_id: UUID) -> HttpResponse:
    """They do not take place, or are over sooner."""
    planning.cancel(operator_id, works_id)
    messages.success(request, _("Taken back. Nobody sees them any more."))
    return redirect("city:works")


def _status(form: AnswerForm, changed: str) -> int:
    if changed:
        return 409
    return UNPROCESSABLE if form.is_bound else 200
