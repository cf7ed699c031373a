"""The sample town as a site without a database: its addresses, who is signed in, and which town it is."""

import math
import threading
from typing import Any
from unittest import mock

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.i18n import set_language

from bocage.shell.policy import scanning_page
from bocage.shell.tests import samples

TOWNS = {"full": samples.full_town, "bare": samples.bare_town, "failing": samples.failing_town}
# What is patched is the process's, not the thread's.
_ONE_AT_A_TIME = threading.Lock()
SAMPLE_NAMES = ("scan", "send", "code", *(service.name for service in samples.full_town()))


class SendForm(forms.Form):
    to = forms.CharField(label="To", help_text="A handle such as @wei, or the code the other person shows.")
    memo = forms.CharField(label="What for", required=False, widget=forms.Textarea, max_length=140)
    kind = forms.ChoiceField(
        label="How", choices=[("gift", "As a gift"), ("share", "My share of a bill")], widget=forms.RadioSelect
    )
    agree = forms.BooleanField(label="Tell me when it has arrived", help_text="In the app and by mail.")


class SampleTown:
    """Middleware: who is signed in and which town it is, from the address."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from bocage.kernel import clock

        who = request.GET.get("who")
        request.user = mock.Mock(is_authenticated=False) if who == "nobody" else samples.ANA  # type: ignore[assignment]
        town = request.GET.get("town", "full")
        services = TOWNS[town]
        unread = 0 if town == "bare" else 2
        found = samples.notification_page(is_empty=town == "bare")
        with (
            _ONE_AT_A_TIME,
            mock.patch("bocage.shell.rails.services", services),
            mock.patch("bocage.shell.finding.services", services),
            mock.patch("bocage.shell.pages.services", services),
            mock.patch("bocage.shell.pwa.services", services),
            mock.patch("bocage.shell.rails.OPERATOR_PLACES", samples.OPERATOR_PLACES),
            mock.patch("bocage.shell.pages._apart", lambda ask, asked: ask(asked)),
            mock.patch("bocage.shell.rails.unread_count", lambda asked: unread),
            mock.patch("bocage.shell.pages.notification_queries.latest", lambda *arguments: found),
            clock.frozen(samples.NOW),
        ):
            response: HttpResponse = self.get_response(request)
            return response


def gallery(request: HttpRequest, name: str) -> HttpResponse:
    """One of the pages in tests/templates/samples."""

    form = SendForm({"to": "", "memo": "Concert"} if "errors" in request.GET else None)
    series = [(hour, round(420 + 320 * math.exp(-(((hour - 8) / 3) ** 2))), 400 + 9 * hour) for hour in range(24)]
    people = [
        ("0198-4f2a", "Ana Ribeiro", "Moulin Café", 340, "ok", "posted"),
        ("0198-4f29", "Wei Lin", "Ana Ribeiro", 4000, "ok", "posted"),
        ("0198-4f11", "Fatou Diallo", "Halles market", 12000, "watch", "held"),
        ("0198-4e07", "Unknown", "Ana Ribeiro", 900000, "alert", "refused"),
    ]
    context = {"form": form, "series": series, "transfers": people}
    return render(request, f"samples/{name}.html", context)


@scanning_page
def scan(request: HttpRequest) -> HttpResponse:
    return render(request, "samples/scan.html")


def error(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "error.html", {"status": status}, status=status)


def me(request: HttpRequest) -> HttpResponse:
    return render(request, "me.html", {"person": samples.ANA, "sections": samples.ME_SECTIONS})


def nowhere(request: HttpRequest) -> HttpResponse:
    return render(request, "samples/forms.html", {"form": SendForm()})


urlpatterns = [
    path("", include("bocage.shell.urls")),
    path("me/", me, name="me"),
    path("logout", nowhere, name="account_logout"),
    path("login", nowhere, name="account_login"),
    path("signup", nowhere, name="account_signup"),
    path("language", set_language, name="set_language"),
    path("gallery/scan", scan),
    path("gallery/console", gallery, {"name": "console"}, name="sample-ledger"),
    path("gallery/<name>", gallery),
    path("error/<int:status>", error),
    *(path(f"sample/{name}", nowhere, name=f"sample-{name}") for name in SAMPLE_NAMES),
]
