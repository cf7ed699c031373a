"""What runs by itself: the log and who has heard it, the queue of jobs, and messages on their way out."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bocage.kernel import work
from bocage.kernel.approvals.actions import acted
from bocage.kernel.errors import Refusal
from bocage.kernel.events import actions as eventing
from bocage.kernel.events import queries as events
from bocage.kernel.messages import queries as messages
from bocage.kernel.messages.types import Message
from bocage.shell.api_site import decode_cursor, encode_cursor
from bocage.shell.console.access import Operator, looking_at, operators_only
from bocage.shell.console.forms import LookReasonForm, ReasonForm
from bocage.shell.console.pages import PAGE_ROWS, cursor_of

UNPROCESSABLE = 422
JOB_STATUSES = {
    "failed": pgettext_lazy("jobs", "Failed"),
    "todo": pgettext_lazy("jobs", "Waiting"),
    "doing": pgettext_lazy("jobs", "Running"),
    "succeeded": pgettext_lazy("jobs", "Done"),
}


@require_safe
@operators_only
def event_log(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The log's newest lines (that, not what), how far each service has heard it, and what failed."""
    return _event_page(request, operator)


@require_POST
@operators_only
def dead_letter(request: HttpRequest, operator: Operator, service: str, position: int) -> HttpResponse:
    """Try an event that was given up again, or forget it for good with a reason."""
    operator.require(operator.may_act)
    if request.POST.get("do") == "retry":
        eventing.retry_dead(service, position)
        flash.success(request, _("It is tried again now."))
    else:
        form = ReasonForm(request.POST, auto_id=f"{service}-{position}-%s")
        if not form.is_valid():
            return _event_page(request, operator, (service, position, form))
        eventing.discard_dead(service, position, form.cleaned_data["reason"])
        flash.success(request, _("It is forgotten. The log keeps that, and your reason."))
    acted("dead_letter", operator.id, kind=service)
    return redirect("console-events")


def _event_page(
    request: HttpRequest, operator: Operator, refused: tuple[str, int, ReasonForm] | None = None
) -> HttpResponse:
    latest = events.latest(cursor_of(request), PAGE_ROWS)
    letters = [
        (
            letter,
            refused[2]
            if refused and refused[:2] == (letter.service, letter.position)
            else ReasonForm(auto_id=f"{letter.service}-{letter.position}-%s"),
        )
        for letter in events.dead_letters(limit=PAGE_ROWS)
    ]
    context = {
        "operator": operator,
        "latest": latest,
        "next_url": f"?before={latest[-1].position}" if len(latest) == PAGE_ROWS else "",
        "subscriptions": events.subscriptions(),
        "letters": letters,
        "letters_cut": len(letters) == PAGE_ROWS,
    }
    return render(request, "console/events.html", context, status=UNPROCESSABLE if refused else 200)


@require_safe
@operators_only
def jobs(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The queue by status, and the jobs of one status."""
    status = request.GET.get("status", "failed")
    if status not in JOB_STATUSES:
        raise Refusal("bad_status", _("Choose a status from the list."), field="status", status=400)
    counts = work.counts()
    found = work.jobs(status, cursor_of(request), PAGE_ROWS)
    context = {
        "operator": operator,
        "status": status,
        "tabs": [(key, title, counts[key]) for key, title in JOB_STATUSES.items()],
        "jobs": found,
        "next_url": f"?status={status}&before={found[-1].id}" if len(found) == PAGE_ROWS else "",
    }
    return render(request, "console/jobs.html", context)


@require_POST
@operators_only
def retry_job(request: HttpRequest, operator: Operator, job_id: int) -> HttpResponse:
    """Queue a failed job again."""
    operator.require(operator.may_act)
    work.retry_failed(job_id)
    acted("retry_job", operator.id)
    flash.success(request, _("The job waits in the queue again."))
    return redirect("console-jobs")


@require_safe
@operators_only
def outbox(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Messages that left, or wait here because no mail server is set: that, and to whom.

    What they say may open somebody's account. Only a demo town, which has no mail server, shows it at once.
    """
    operator.require(operator.may_act)
    found = messages.outbox(decode_cursor(request.GET.get("cursor")), PAGE_ROWS)
    context = {
        "rows": [(each, LookReasonForm(auto_id=f"{each.id}-%s")) for each in found],
        "texts_shown": _is_demo(),
        "next_url": f"?cursor={encode_cursor(found[-1].id)}" if len(found) == PAGE_ROWS else "",
    }
    return render(request, "console/outbox.html", context)


@require_POST
@operators_only
def read_message(request: HttpRequest, operator: Operator, message_id: UUID) -> HttpResponse:
    """What one message says, for a reason that its receiver reads."""
    operator.require(operator.may_act)
    found = messages.message(message_id)
    form = LookReasonForm(request.POST, auto_id=f"{message_id}-%s")
    if not form.is_valid():
        context = {"rows": [(found, form)], "texts_shown": _is_demo(), "next_url": ""}
        return render(request, "console/outbox.html", context, status=UNPROCESSABLE)
    _read(operator, found, form.cleaned_data["reason"])
    return render(request, "console/message.html", {"message": found})


def _read(operator: Operator, message: Message, reason: str) -> None:
    if message.person_id is None:
        acted("read_message", operator.id, kind="messages", target_id=message.id)
        return
    with looking_at(operator, message.person_id, _("a message to you"), reason):
        pass


def _is_demo() -> bool:
    return settings.MODE != "production"
