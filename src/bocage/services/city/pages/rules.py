"""The operators' rules: every kind in plain words, a change tried on a day of the stream, and proposed."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bocage.engines.alerts import AlertsError
from bocage.kernel.approvals import actions as approvals
from bocage.kernel.errors import Refusal
from bocage.kernel.work import defer
from bocage.services.city import jobs, verbs, words
from bocage.services.city.actions import judging, rules
from bocage.services.city.pages.forms import ReasonForm, RuleForm
from bocage.services.city.queries import rules as queries
from bocage.shell.asking import UNPROCESSABLE, operator_page, refuse
from bocage.shell.templatetags.shell import day_text


@require_safe
@operator_page
def show_kinds(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """Every kind by family, in plain words."""
    silent, kinds = judging.not_judged(), queries.kinds()
    families = [
        {
            "title": words.FAMILIES[family],
            "icon": words.FAMILY_ICONS[family],
            "rows": [
                {
                    "name": rule.name,
                    "title": title,
                    "says": says,
                    "number": number,
                    "soon": words.SEVERITIES[rule.severity],
                    "badge": words.SEVERITY_BADGES[rule.severity],
                    "silent": rule.name in silent,
                }
                for rule, title, says, number in rows
            ],
        }
        for family, rows in kinds
    ]
    count = sum(len(rows) for _family, rows in kinds)
    return render(request, "city/console/kinds.html", {"families": families, "count": count, "silent": len(silent)})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def show_rule(request: HttpRequest, operator_id: UUID, kind: str) -> HttpResponse:
    """One kind, its versions, and a form that tries a change on a day of the stream."""
    view = queries.rule(kind)
    days = [(each.isoformat(), day_text(each)) for each in queries.days()]
    form = RuleForm(view, days, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            changes = form.changes()
            trial_id = rules.ask_trial(kind, changes, date.fromisoformat(form.cleaned_data["day"]), operator_id)
        except Refusal as refusal:
            refuse(form, refusal)
        except AlertsError as error:
            form.add_error(None, str(error))
        else:
            defer(jobs.try_rule, trial_id=str(trial_id))
            return redirect("city:trial", trial_id)
    context = {
        "view": view,
        "form": form,
        "days": days,
        "soon": words.SEVERITIES[view.rule.severity],
        "badge": words.SEVERITY_BADGES[view.rule.severity],
        "desk": words.DESKS[view.rule.owner],
        "silent": judging.not_judged().get(kind, ""),
    }
    return render(request, "city/console/rule.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def show_trial(request: HttpRequest, operator_id: UUID, trial_id: UUID) -> HttpResponse:
    """What a changed rule would have raised beside what the rule in force raises; and a form to propose it."""
    view = queries.trial(trial_id)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        payload = {"kind": view.kind, "changes": view.changes, "number": queries.rule(view.kind).number}
        try:
            approvals.propose(verbs.CHANGE_RULE, payload, operator_id, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Proposed. A second person decides; until then the rule stays as it is."))
            return redirect("city:rule", view.kind)
    context = {"trial": view, "form": form, "unchanged": not view.only_now and not view.only_changed}
    part = "#state" if request.headers.get("HX-Request") else ""
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, f"city/console/trial.html{part}", context, status=status)
