"""The operators' inbox of alerts: filter, open, take over, hand over, close; and how often each kind is right."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.engines.alerts import streams as streams_known
from bocage.kernel.errors import Refusal
from bocage.services.city import words
from bocage.services.city.actions import handling, observing
from bocage.services.city.pages.asking import whole
from bocage.services.city.pages.forms import CloseForm, FilterForm, HandOverForm, SenderForm
from bocage.services.city.queries import alerts, streams
from bocage.services.city.types import AlertView
from bocage.shell.asking import UNPROCESSABLE, operator_page, refuse

SHOWN: dict[str, words.Text] = {
    "open": pgettext_lazy("city", "Open"),
    "mine": gettext_lazy("Mine"),
    "hidden": gettext_lazy("Explained"),
    "closed": gettext_lazy("Closed"),
}
PAGES_MAX = 200


@never_cache
@require_safe
@operator_page
def inbox(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """What waits, the most urgent first; the list asks for itself again while the page is open."""
    form = FilterForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    show = request.GET.get("show", "open")
    show = show if show in SHOWN else "open"
    page = min(max(whole(request.GET.get("page") or "1", "page"), 1), PAGES_MAX)
    asked = {name: str(given.get(name, "")).replace("\0", "") for name in ("desk", "severity", "text")}
    rows, more = alerts.inbox(operator_id, show=show, page=page, **asked)
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "form": form,
        "filtered": bool(kept),
        "show": show,
        "rows": [_row(row) for row in rows],
        "counted": alerts.counted(operator_id),
        "tabs": [(name, title, name == show, urlencode({"show": name, **kept})) for name, title in SHOWN.items()],
        "here": urlencode({"show": show, **kept, "page": page}),
        "next": urlencode({"show": show, **kept, "page": page + 1}) if more else "",
        "judged_at": streams.judged_at(),
    }
    part = "#list" if request.headers.get("HX-Request") else ""
    return render(request, f"city/console/inbox.html{part}", context)


@never_cache
@require_safe
@operator_page
def show(request: HttpRequest, operator_id: UUID, alert_id: str) -> HttpResponse:
    """One alert: why, what to do, what was seen, what happened, and what can be done now."""
    return _alert_page(request, operator_id, alert_id)


@require_POST
@operator_page
def act(request: HttpRequest, operator_id: UUID, alert_id: str) -> HttpResponse:
    """Take over, hand over, close or open again, whatever the button said."""
    verb, revision = request.POST.get("do", ""), whole(request.POST.get("revision", ""), "revision")
    forms_given = {"hand": HandOverForm(request.POST), "close": CloseForm(request.POST)}
    form = forms_given.get(verb)
    try:
        if verb == "take":
            handling.take_over(alert_id, operator_id, revision)
            messages.success(request, _("It is yours."))
        elif verb == "open":
            handling.open_again(alert_id, operator_id, revision)
            messages.success(request, _("It is open again, and yours."))
        elif form is None:
            raise Refusal("bad_verb", _("This page is out of date. Load it again."), status=400)
        elif not form.is_valid():
            return _alert_page(request, operator_id, alert_id, bound={verb: form})
        elif verb == "hand":
            given = form.cleaned_data
            handling.hand_over(alert_id, operator_id, revision, given["handle"], given["note"])
            messages.success(request, _("Handed over; they have been told."))
        else:
            given = form.cleaned_data
            handling.close(alert_id, operator_id, revision, given["verdict"], given["note"])
            messages.success(request, _("Closed."))
            return redirect("city:inbox")
    except Refusal as refusal:
        if refusal.code == "alert_changed":
            return _alert_page(
                request, operator_id, alert_id, changed=str(refusal.message), bound={verb: form} if form else {}
            )
        if form is None or refusal.status == 404:
            raise
        refuse(form, refusal)
        return _alert_page(request, operator_id, alert_id, bound={verb: form})
    return redirect("city:alert", alert_id)


@require_safe
@operator_page
def precision(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """Of each kind's alerts that were closed, how many were true."""
    rows = [
        {
            "row": row,
            "percent": round(100 * row.share),
            "low": round(100 * row.low),
            "high": round(100 * row.high),
        }
        for row in alerts.precision()
    ]
    return render(request, "city/console/precision.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def senders(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """Who may send observations, how the stream stands, and a form to let another send."""
    form = SenderForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            observing.let_send(form.cleaned_data["handle"], operator_id)
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Its programs may send now, with a key of the scope city:observe."))
            return redirect("city:senders")
    intake = streams.intake()
    left_out = [(words.LEFT_OUT.get(reason, reason), count) for reason, count in intake.left_out.items()]
    context = {"form": form, "senders": streams.senders(), "intake": intake, "left_out": left_out}
    return render(request, "city/console/senders.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
@operator_page
def stop_sender(request: HttpRequest, operator_id: UUID, organisation_id: UUID) -> HttpResponse:
    """Take nothing more from an organisation."""
    observing.stop_sending(organisation_id, operator_id)
    messages.success(request, _("Nothing more is taken from it. What it sent stays until its days are over."))
    return redirect("city:senders")


def _alert_page(
    request: HttpRequest,
    operator_id: UUID,
    alert_id: str,
    changed: str = "",
    bound: Mapping[str, forms.Form] | None = None,
) -> HttpResponse:
    found, bound = alerts.alert(alert_id), bound or {}
    stream = streams_known().get(found.evidence[0]["stream"]) if found.evidence else None
    fields = stream.fields if stream else {}
    names = [name for name in fields if any(name in record for record in found.evidence)]
    context: dict[str, Any] = {
        **_row(found),
        "mine": found.holder_id == operator_id and found.state == "taken",
        "changed": changed,
        "hand": bound.get("hand") or HandOverForm(),
        "close": bound.get("close") or CloseForm(),
        "failed": "hand" if "hand" in bound else "close" if "close" in bound else "",
        "names": [(fields[name].label[alerts.language()], fields[name].unit) for name in names],
        "evidence": [(parse_datetime(record["at"]), [record.get(n, "") for n in names]) for record in found.evidence],
        "steps": [(step, words.STEP_STATES.get(step.what, "")) for step in found.steps],
    }
    status = 409 if changed else UNPROCESSABLE if bound else 200
    return render(request, "city/console/alert.html", context, status=status)


def _row(alert: AlertView) -> dict[str, Any]:
    """An alert with its words and colours."""
    return {
        "alert": alert,
        "soon": words.SEVERITIES[alert.severity],
        "badge": words.SEVERITY_BADGES[alert.severity],
        "tint": words.SEVERITY_TINTS[alert.severity],
        "icon": words.FAMILY_ICONS[alert.family],
        "desk": words.DESKS[alert.desk],
        "verdict": words.VERDICTS.get(alert.verdict, ""),
    }
