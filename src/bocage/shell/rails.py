"""The places around a page: the tabs of the app, the rails of the operator's and the merchant's console."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel.acting import current_actor
from bocage.kernel.identity import queries as identity
from bocage.kernel.manifest import QuickAction, Service, services
from bocage.kernel.notifications import queries as notifications
from bocage.shell.types import ActingFor, Place, RailSection, Tile

TAB_SERVICES = ("pay", "forest")
SCAN_ICON = "scan-line"
MAX_TILES = 12
OPERATOR_PLACES = (
    QuickAction(gettext_lazy("Overview"), "console-home", "gauge"),
    QuickAction(gettext_lazy("Ledger"), "console-ledger", "book-open-check"),
    QuickAction(gettext_lazy("Events"), "console-events", "list-tree"),
    QuickAction(gettext_lazy("Consents"), "console-consents", "hand-heart"),
    QuickAction(gettext_lazy("Jobs"), "console-jobs", "list-checks"),
    QuickAction(gettext_lazy("Operations"), "console-operations", "activity"),
    QuickAction(gettext_lazy("Messages"), "console-outbox", "mail"),
    QuickAction(gettext_lazy("People"), "console-people", "users"),
    QuickAction(gettext_lazy("Approvals"), "console-approvals", "stamp"),
    QuickAction(gettext_lazy("Programs"), "console-programs", "app-window"),
)


def tabs() -> list[Place]:
    """Home, the services of daily use, the scanner in the middle, and Me: those that this town has."""
    daily = {service.name: service for service in services() if service.home}
    middle = [
        Place(str(action.title), reverse(action.url_name), SCAN_ICON)
        for service in services()
        for action in service.actions
        if action.icon == SCAN_ICON
    ][:1]
    before, after = ([_tab(daily[name])] if name in daily else [] for name in TAB_SERVICES)
    home = Place(_("Home"), reverse("home"), "house")
    me = Place(_("Me"), reverse("me"), "user-round", prefix=reverse("me"))
    return [home, *before, *middle, *after, me]


def _tab(service: Service) -> Place:
    url = reverse(service.home or "")
    return Place(str(service.title), url, service.icon, prefix=url)


def tiles() -> list[Tile]:
    """The services that have a first page; where they are many, the last tile leads to all of them."""
    shown = [
        Tile(str(service.title), reverse(service.home), service.icon, service.tint)
        for service in in_order()
        if service.home
    ]
    if len(shown) <= MAX_TILES:
        return shown
    return [*shown[: MAX_TILES - 1], Tile(_("All"), reverse("services"), "layout-grid", "ink")]


def in_order() -> list[Service]:
    """All services: those of daily use first, then by name."""
    daily = {name: place for place, name in enumerate(TAB_SERVICES)}
    return sorted(services(), key=lambda service: (daily.get(service.name, len(daily)), service.name))


def merchant_rail() -> list[RailSection]:
    """The places for somebody who acts for a shop or firm: each service's `merchant` pages."""
    return [RailSection(service.title, places_of(service.merchant)) for service in in_order() if service.merchant]


def operator_rail() -> list[RailSection]:
    """The places for who runs the town: the platform's own, then each service's `console` pages."""
    brought = [RailSection(service.title, places_of(service.console)) for service in in_order() if service.console]
    return [RailSection("", places_of(OPERATOR_PLACES)), *brought]


def places_of(actions: Iterable[QuickAction]) -> list[Place]:
    """Links to what the actions name. An URL name that does not exist is an error of the manifest."""
    return [Place(str(action.title), reverse(action.url_name), action.icon) for action in actions]


def acting_for() -> ActingFor | None:
    """Whom the person acts for just now; nobody when she acts for herself."""
    actor = current_actor()
    if actor.subject_id is None or actor.subject_id == actor.person_id:
        return None
    organisation = identity.organisations([actor.subject_id]).get(actor.subject_id)
    if organisation is None:
        return ActingFor(identity.party_name(actor.subject_id))
    first = next((action for service in in_order() for action in service.merchant), None)
    return ActingFor(organisation.name, reverse(first.url_name) if first else "")


def device_tag() -> str:
    """By what a browser tells that another person is signed in, or nobody (""): then it forgets what it kept of her."""
    person_id = current_actor().person_id
    return salted_hmac("shell.device", str(person_id), algorithm="sha256").hexdigest()[:16] if person_id else ""


def unread_count(request: HttpRequest) -> int:
    """How many notifications wait for the person who is signed in."""
    return notifications.unread_count(request.user.pk) if request.user.is_authenticated else 0
