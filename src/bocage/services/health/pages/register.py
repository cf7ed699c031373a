"""The public register: what the scheme is, and every colour that was set by hand, counted; no sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bocage.services.health.queries import scheme


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The scheme in force and the append-only register, for everybody."""
    context = {"scheme": scheme.in_force(), "entries": scheme.register(), "manual": scheme.manual_count()}
    return render(request, "health/register.html", context)
