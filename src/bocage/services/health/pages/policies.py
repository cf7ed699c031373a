"""The officials' laboratory: what each policy would prevent, and what it would cost people, in simulated towns."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bocage.kernel import work
from bocage.services.health import jobs, simulations
from bocage.shell.asking import UNPROCESSABLE, official_page

TITLES = {
    "none": gettext_lazy("Nothing is done"),
    "test": gettext_lazy("Tests for the ill; cases isolate"),
    "trace": gettext_lazy("Contacts of cases are tested too"),
    "household": gettext_lazy("The household of a case stays home 14 days"),
    "contacts": gettext_lazy("Every contact of a case stays home 14 days"),
    "bocage": gettext_lazy("By risk, within a budget of days"),
}


class PlayForm(forms.Form):
    """What to simulate."""

    budget_days = forms.FloatField(
        label=gettext_lazy("Restricted days a person, at most"), min_value=0.1, max_value=90, initial=2.2
    )
    agents = forms.IntegerField(
        label=gettext_lazy("People in the simulated town"),
        min_value=simulations.AGENTS_MIN,
        max_value=simulations.AGENTS_MAX,
        initial=5_000,
    )
    seeds = forms.IntegerField(
        label=gettext_lazy("Runs of each policy"), min_value=1, max_value=simulations.SEEDS_MAX, initial=2
    )


@require_http_methods(["GET", "HEAD", "POST"])
@official_page
def compare(request: HttpRequest, official_id: UUID) -> HttpResponse:
    """The trade-off as a table, and a form that plays more."""
    form = PlayForm(request.POST or None)
    installed = simulations.installed()
    if form.is_bound and form.is_valid() and installed:
        queued = work.defer(jobs.simulate, **form.cleaned_data)
        said = _("The towns are being simulated; this page shows each result as it comes.")
        messages.success(request, said if queued else _("A simulation waits already; let it finish first."))
        return redirect("health:policies")
    found = simulations.rows()
    rows: list[dict[str, Any]] = [{"row": row, "title": TITLES[row.policy]} for row in found]
    context = {"form": form, "rows": rows, "figure": simulations.trade_off(found), "installed": installed}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "health/console/policies.html", context, status=status)
