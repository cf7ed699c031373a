"""The shell's own pages: home, all services, search, notifications, and what is shown when something goes wrong."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.manifest import Service, services
from bocage.kernel.notifications import actions as notification_actions
from bocage.kernel.notifications import queries as notification_queries
from bocage.shell import finding, rails
from bocage.shell.api_site import problem
from bocage.shell.context import THEME_COOKIE, THEMES
from bocage.shell.types import ActivityRow, Card

logger = logging.getLogger(__name__)

ACTIVITY_ROWS = 6
API_PATH = "/api/"
NOTIFICATIONS_A_PAGE = 30
THEME_AGE_SECONDS = 60 * 60 * 24 * 365
_MORNING_HOURS = range(5, 12)
_AFTERNOON_HOURS = range(12, 18)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: what each service has to show a person, or the welcome for a visitor."""
    if not request.user.is_authenticated:
        return render(request, "welcome.html", {"services": rails.in_order()})
    cards, failed = _gather_cards(request)
    rows, silent = _gather_activity(request)
    context = {
        "now": clock.now(),
        "greeting": greeting(clock.now(), request.user.display_name),
        "top_cards": [card for card in cards if card.kind == "wallet"],
        "cards": [card for card in cards if card.kind != "wallet"],
        "tiles": rails.tiles(),
        "rows": rows,
        "failed": sorted({*failed, *silent}),
    }
    return render(request, "home.html", context)


def greeting(instant: datetime, name: str) -> str:
    """Good morning, afternoon or evening, by the clock of the person's own zone."""
    hour = timezone.localtime(instant).hour
    first = name.split()[0] if name.split() else name
    if hour in _MORNING_HOURS:
        return _("Good morning, %(name)s") % {"name": first}
    if hour in _AFTERNOON_HOURS:
        return _("Good afternoon, %(name)s") % {"name": first}
    return _("Good evening, %(name)s") % {"name": first}


def _gather_cards(request: HttpRequest) -> tuple[list[Card], list[str]]:
    """The services' cards in their order, and the titles of services that could not draw theirs."""
    cards: list[Card] = []
    failed: list[str] = []
    for service in services():
        if service.card is None:
            continue
        try:
            card = _apart(service.card, request)
        except Exception:
            failed.append(_failure(service))
        else:
            cards += [card] if card is not None else []
    return sorted(cards, key=lambda card: card.rank), failed


def _gather_activity(request: HttpRequest) -> tuple[list[ActivityRow], list[str]]:
    rows: list[ActivityRow] = []
    failed: list[str] = []
    for service in services():
        if service.activity is None:
            continue
        try:
            rows += _apart(service.activity, request)
        except Exception:
            failed.append(_failure(service))
    return latest(rows), failed


def latest(rows: Iterable[ActivityRow]) -> list[ActivityRow]:
    """The newest rows of all services, newest first."""
    return sorted(rows, key=lambda row: row.happened_at, reverse=True)[:ACTIVITY_ROWS]


def _apart[Answer](ask: Callable[[HttpRequest], Answer], request: HttpRequest) -> Answer:
    """Ask one service behind a savepoint, so that its failure cannot break the transaction of the whole page."""
    with transaction.atomic():
        return ask(request)


def _failure(service: Service) -> str:
    """Log what just went wrong; the page says it to the person."""
    logger.exception("the service %s could not draw its part of the home screen", service.name)
    return str(service.title)


@login_required
@require_safe
def all_services(request: HttpRequest) -> HttpResponse:
    """Every service with its sentence."""
    return render(request, "services.html", {"services": [each for each in rails.in_order() if each.home]})


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Services and actions by word; only the results where htmx asks while somebody types."""
    text = request.GET.get("q", "").replace("\x00", "")[: finding.MAX_QUERY_CHARACTERS]
    template = "search.html#results" if request.headers.get("HX-Request") else "search.html"
    response = render(request, template, {"text": text, "groups": finding.find(text)})
    response["Vary"] = "HX-Request"
    return response


@login_required
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """What has happened, newest first, a page at a time."""
    found = notification_queries.latest(
        _person_id(request), _cursor(request.GET.get("before", "")), NOTIFICATIONS_A_PAGE
    )
    return render(request, "notifications.html", {"found": found})


def _person_id(request: HttpRequest) -> UUID:
    """Who is signed in, behind `login_required`."""
    assert request.user.is_authenticated
    return UUID(str(request.user.pk))


def _cursor(text: str) -> UUID | None:
    """The notification after which to go on. A damaged one is refused."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refusal(
            "cursor_unreadable",
            _("This link is damaged. Open notifications again from home."),
            field="before",
            status=400,
        ) from None


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    notification_actions.mark_read(_person_id(request))
    return redirect("notifications")


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme on this device; "auto" follows the device."""
    theme = request.POST.get("theme", "")
    if theme not in (*THEMES, "auto"):
        raise Refusal("theme_unknown", _("Choose light, dark or as the device."), field="theme")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("me")
    response = redirect(back)
    if theme == "auto":
        response.delete_cookie(THEME_COOKIE)
    else:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=THEME_AGE_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


# -- When something goes wrong ----------------------------------------------------------------------------------------
def error_page(request: HttpRequest, status: int) -> HttpResponse:
    """The answer to an error that no Refusal describes: a page, or a problem for a program."""
    if request.path.startswith(API_PATH):
        title = _("Bad request") if status == HTTPStatus.BAD_REQUEST else _("Refused")
        return problem(status, HTTPStatus(status).name.lower(), title, HTTPStatus(status).description)
    return render(request, "error.html", {"status": status}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: whatever broke may be something that a context processor needs."""
    return HttpResponse(render_to_string("error.html", {"status": 500}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that waited too long, or came from elsewhere."""
    refusal = Refusal(
        "form_expired",
        _("This form has waited too long. Go back, load the page again and send it once more."),
        status=403,
    )
    return render(request, "error.html", {"status": 403, "refusal": refusal}, status=403)
