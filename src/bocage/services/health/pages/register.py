"""The public register: what the scheme is, and every colour that was set by hand, counted; no sign-in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bocage.services.health import rules
from bocage.services.health.queries import scheme


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The scheme in force and the append-only register, for everybody."""
    context: dict[str, Any] = {
        "scheme": scheme.in_force(),
        "entries": scheme.register(),
        "manual": scheme.manual_count(),
    }
    found = context["scheme"]
    if found is not None and found.rules in rules.BY_BUDGET:
        context |= {"by_budget": True, "days": scheme.day_rules(found.id)}
    return render(request, "health/register.html", context)
