"""A year seen whole: what would matter most, what if, a goal, and the letter of the month."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal
from bocage.services.forest import insight, levers
from bocage.services.forest.actions import aiming
from bocage.services.forest.documents import letter_pdf

_PERCENT_MAX = 100


@login_required
@require_GET
def year_page(request: HttpRequest) -> HttpResponse:
    """The five changes that matter most, each with its sums; levers to pull; oneself and the country beside it."""
    person = current_actor().required_subject()
    year = insight.year(person)
    percents = {lever.slug: _percent(request, lever.slug) for lever in levers.LEVERS}
    changes = levers.pulled(year.items, percents)
    saved = sum(each.micrograms for each in changes)
    context: dict[str, Any] = {
        "year": year,
        "advice": levers.advice(year.items) if year.is_enough else [],
        "changes": changes,
        "saved": saved,
        "left": year.micrograms - saved,
        "saved_minor": sum(each.saved_minor for each in changes),
        "left_percent": max(0, (year.micrograms - saved) * 100 // year.micrograms) if year.micrograms > 0 else 0,
        "currency": year.currency,
        "comparison": insight.comparison(person),
        "national": insight.national(settings.TOWN["country"]),
        "average": insight.average(settings.TOWN["country"]),
        "letter": insight.wants_letter(person),
        "goals": aiming.GOALS,
    }
    return render(request, "forest/year.html", context)


@login_required
@require_POST
def aim(request: HttpRequest) -> HttpResponse:
    """Set a goal, or ask for the letter of the month or no longer."""
    person = current_actor().required_subject()
    if "letter" in request.POST:
        aiming.choose_letter(person, wanted=request.POST["letter"] == "yes")
        messages.success(request, _("So be it."))
    else:
        aiming.set_goal(person, _whole(request.POST.get("goal"), "goal"))
        messages.success(request, _("Your goal is set."))
    return redirect("forest:year")


@login_required
@require_GET
def letter_file(request: HttpRequest) -> HttpResponse:
    """The letter of the last whole month, as a PDF."""
    person = current_actor().required_subject()
    answer = HttpResponse(
        letter_pdf(insight.comparison(person), levers.advice(insight.year(person).items), settings.TOWN["currency"]),
        content_type="application/pdf",
    )
    answer["Content-Disposition"] = 'inline; filename="forest-month.pdf"'
    return answer


def _percent(request: HttpRequest, name: str) -> int:
    return _whole(request.GET.get(name), name)


def _whole(text: str | None, field: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > _PERCENT_MAX:
        raise Refusal("bad_percent", _("Give a whole number from 0 to 100."), field=field, status=400)
    return int(text)


urlpatterns = [
    path("year", year_page, name="year"),
    path("year/aim", aim, name="aim"),
    path("year/letter.pdf", letter_file, name="letter-file"),
]
