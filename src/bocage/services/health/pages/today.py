"""The pass itself."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bocage.services.health.queries import scheme


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The pass; without a scheme in force, that nothing is collected."""
    return render(request, "health/home.html", {"scheme": scheme.in_force()})
