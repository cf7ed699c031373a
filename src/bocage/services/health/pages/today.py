"""The pass itself: colour, reasons, what would change it; the sources; contesting; the record to keep."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bocage.services.health.actions import appeals, deciding, sources
from bocage.services.health.pages.asking import READ, WRITE
from bocage.services.health.queries import passes, scheme
from bocage.shell.asking import page


@never_cache
@require_safe
@page(READ)
def home(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The pass; without a scheme in force, that nothing is collected."""
    found = scheme.in_force()
    context: dict[str, Any] = {"scheme": found}
    if found:
        asked = passes.sources(subject_id)
        context |= {"sources": asked, "has_pass": any(each.live for each in asked)}
        if context["has_pass"]:
            held = deciding.current(subject_id)
            context |= {
                "colour": passes.colour_of(held),
                "appeal": passes.appeal(subject_id),
                "by_hand": passes.by_hand(subject_id),
                "visits": passes.visits(subject_id)[:3],
            }
    return render(request, "health/home.html", context)


@require_POST
@page(WRITE)
def answer(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Agree to a source, or take it back and have what came from it deleted."""
    yes = request.POST.get("answer") == "yes"
    sources.answer(subject_id, request.POST.get("purpose", ""), yes=yes)
    messages.success(
        request, _("Agreed. You can take it back at any time.") if yes else _("Taken back, and its data is deleted.")
    )
    return redirect("health:sources" if request.POST.get("from") == "sources" else "health:home")


@require_safe
@page(READ)
def show_sources(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The sources, each with its purpose and its switch."""
    return render(request, "health/sources.html", {"sources": passes.sources(subject_id), "scheme": scheme.in_force()})


@require_POST
@page(WRITE)
def appeal(request: HttpRequest, subject_id: UUID, decision_id: UUID) -> HttpResponse:
    """Contest the colour; words are welcome and not needed."""
    appeals.appeal(subject_id, decision_id, request.POST.get("words", ""))
    messages.success(request, _("Contested. An official looks at it, without your name."))
    return redirect("health:home")


@require_safe
@page(READ)
def history(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The decisions of 14 days, each with its record."""
    return render(request, "health/history.html", {"colours": passes.history(subject_id)})


@require_safe
@page(READ)
def record(request: HttpRequest, subject_id: UUID, decision_id: UUID) -> HttpResponse:
    """The signed record as a file."""
    found = passes.document(subject_id, decision_id)
    if found is None:
        raise Http404
    answer = JsonResponse(found, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="colour-{decision_id.hex[-6:]}.json"'
    return answer
