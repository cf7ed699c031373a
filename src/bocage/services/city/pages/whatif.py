"""The operators' questions to the twin: close a street, give buses a lane, go by the fixed plan."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.work import defer
from bocage.services.city import jobs, words
from bocage.services.city.actions import whatif
from bocage.services.city.pages.forms import WhatIfForm
from bocage.services.city.queries import whatif as queries
from bocage.services.city.queries.whatif import Asked, Difference
from bocage.services.city.town_map import town_map
from bocage.shell.asking import UNPROCESSABLE, operator_page, refuse

MEASURES: dict[str, tuple[words.Text, str]] = {
    "delay_seconds": (pgettext_lazy("city", "Lost by a car or lorry on its way"), "s"),
    "bus_delay_seconds": (pgettext_lazy("city", "Lost by a bus, stops left out"), "s"),
    "walk_seconds": (pgettext_lazy("city", "Wait on foot at a light"), "s"),
    "co2_g": (pgettext_lazy("city", "CO2 of a trip"), "g"),
    "no_way": (pgettext_lazy("city", "Trips that find no way"), ""),
    "unfinished": (pgettext_lazy("city", "Still on their way at the end"), ""),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def show_questions(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """What was asked, and a form to ask."""
    streets = [each.name for each in town_map().streets if each.kind in ("street", "main")]
    form = WhatIfForm(streets, request.POST or None, initial={"question_id": uuid7()})
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            if not whatif.is_installed():
                raise Refusal("no_sumo", _("This needs SUMO: ./bocage extras add city"))
            asked = whatif.ask(
                operator_id, given["question_id"], given["change"], given["street"], given["hour"], given["seeds"]
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            defer(jobs.play_what_if, question_id=str(asked))
            return redirect("city:what-if-answer", asked)
    context = {"form": form, "rows": [_row(each) for each in queries.latest()], "installed": whatif.is_installed()}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "city/console/what_if.html", context, status=status)


@never_cache
@require_safe
@operator_page
def show_answer(request: HttpRequest, operator_id: UUID, question_id: UUID) -> HttpResponse:
    """How far a question is, and what came of it."""
    context = _row(queries.question(question_id))
    part = "#state" if request.headers.get("HX-Request") else ""
    return render(request, f"city/console/what_if_answer.html{part}", context)


def title_of(asked: Asked) -> str:
    """The question in words."""
    if asked.change == "close":
        return _("%(street)s closed") % {"street": asked.street}
    if asked.change == "bus_lane":
        return _("A bus lane on %(street)s") % {"street": asked.street}
    return _("Lights by their fixed plans")


def measured(difference: Difference) -> dict[str, Any]:
    """A difference with its words."""
    title, unit = MEASURES[difference.measure]
    badge = "info" if not difference.sure else "watch" if difference.mean > 0 else "ok"
    return {"difference": difference, "title": title, "unit": unit, "badge": badge}


def _row(asked: Asked) -> dict[str, Any]:
    return {"asked": asked, "title": title_of(asked), "measures": [measured(each) for each in asked.differences]}
