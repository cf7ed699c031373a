"""A small town for drawing pages without a database: services with cards, activity and notifications."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from bocage.kernel.manifest import QuickAction, Service
from bocage.kernel.notifications.types import Notification, NotificationPage
from bocage.shell import scenes
from bocage.shell.types import ActivityRow, Card, Place, RailSection

NOW = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)
ANA = SimpleNamespace(
    pk=UUID(int=1),
    id=UUID(int=1),
    is_authenticated=True,
    display_name="Ana Ribeiro",
    handle="ana",
    language="en",
    time_zone="Europe/Paris",
)

OPERATOR_PLACES = tuple(
    QuickAction(title, f"sample-{name}", icon)
    for title, name, icon in (
        ("Overview", "home", "gauge"),
        ("Ledger", "ledger", "book-open-check"),
        ("Events", "live", "list-tree"),
        ("Consents", "trust", "hand-heart"),
        ("Jobs", "factory", "list-checks"),
    )
)

ME_SECTIONS = (
    RailSection(
        "",
        [
            Place("My details", "/", "id-card", note="Name, handle, mail"),
            Place("Sign-in and devices", "/", "fingerprint-pattern", note="2 passkeys"),
        ],
    ),
    RailSection(
        "My data",
        [
            Place("Who may see what", "/", "hand-heart", note="3 purposes granted", count=1),
            Place("Who saw what", "/", "eye"),
            Place("Take it with me", "/", "download"),
        ],
    ),
)


def wallet_card(request: HttpRequest) -> Card:
    note = "€50.00 held for Halles market until Friday"
    return Card("wallet", "samples/wallet.html", {"amount_minor": 24860, "currency": "EUR", "note": note})


def forest_card(request: HttpRequest) -> Card:
    return Card("forest", "samples/forest.html", {"trees": scenes.grove(14, 0.3), "grams": 1284, "share": 68})


def trip_card(request: HttpRequest) -> Card:
    return Card("trip", "samples/trip.html")


def broken_card(request: HttpRequest) -> Card:
    raise RuntimeError("the sample service is broken on purpose")


def payments(request: HttpRequest) -> list[ActivityRow]:
    def row(hours: int, icon: str, title: str, amount_minor: int, gain: str = "", tint: str = "") -> ActivityRow:
        happened_at = NOW - timedelta(hours=hours)
        return ActivityRow(
            title, happened_at, icon, tint, url="/", amount_minor=amount_minor, currency="EUR", gain=gain
        )

    return [
        row(1, "coffee", "Moulin Café", -340, "4 g to collect"),
        row(2, "train-front", "Tram line 2", -180, "86 g to collect"),
        row(22, "store", "Halles market", -2165),
        row(23, "arrow-down-left", "Wei Lin", 4000, tint="leaf"),
    ]


def _service(name: str, title: str, icon: str, tint: str, sentence: str, **more: Any) -> Service:
    return Service(name, title, icon, tint, sentence, home=f"sample-{name}", **more)


def full_town() -> tuple[Service, ...]:
    """Services as they will be, each with something to show."""
    scan = QuickAction("Scan to pay", "sample-scan", "scan-line", ("qr", "code", "camera"))
    send = QuickAction("Send money", "sample-send", "send", ("transfer", "friend"))
    code = QuickAction("My code", "sample-code", "qr-code", ("receive", "show"))
    plant = QuickAction("Plant toward a tree", "sample-forest", "sprout", ("grams", "oak"))
    return (
        _service(
            "pay",
            "Pay",
            "wallet",
            "leaf",
            "Pay shops and friends, and see each payment at once.",
            actions=(scan, send, code),
            card=wallet_card,
            activity=payments,
        ),
        _service(
            "forest",
            "Forest",
            "trees",
            "leaf",
            "See the footprint of what you buy and grow trees with what you save.",
            actions=(plant,),
            card=forest_card,
        ),
        _service("ride", "Ride", "car-taxi-front", "sky", "Go anywhere in town, alone or shared.", card=trip_card),
        _service("parcel", "Parcel", "package", "clay", "Send things across town and follow them."),
        _service("shop", "Shop", "store", "plum", "Buy from the shops of the town."),
        _service("travel", "Travel", "train-front", "sky", "Trains, trams and tickets."),
        _service("clinic", "Care", "stethoscope", "rose", "See a doctor, book and keep your papers."),
        _service(
            "health", "Health pass", "shield-check", "leaf", "Know whether you met an infection, and tell no one."
        ),
        _service("live", "Live", "radio", "rose", "What is on tonight, live."),
        _service("factory", "Made for you", "scissors", "plum", "Things made to your measure nearby."),
        _service("home", "Home", "lamp", "sun", "Lights, heat and energy of your home."),
        _service("trust", "Trust", "gauge", "clay", "What others can rely on, and why."),
    )


def bare_town() -> tuple[Service, ...]:
    """The first hour: a wallet with nothing in it, a forest without a tree."""

    def empty_wallet(request: HttpRequest) -> Card:
        return Card("wallet", "samples/wallet.html", {"amount_minor": 0, "currency": "EUR", "note": "Top up to begin."})

    def bare_land(request: HttpRequest) -> Card:
        return Card("forest", "samples/forest.html", {"trees": [], "grams": 0, "share": 0})

    pay, forest = full_town()[:2]
    return (
        Service(
            pay.name, pay.title, pay.icon, pay.tint, pay.sentence, pay.home, actions=pay.actions, card=empty_wallet
        ),
        Service(forest.name, forest.title, forest.icon, forest.tint, forest.sentence, forest.home, card=bare_land),
    )


def failing_town() -> tuple[Service, ...]:
    """A town in which one service cannot answer."""
    broken = Service("ride", "Ride", "car-taxi-front", "sky", "Broken.", home="sample-ride", card=broken_card)
    return (*full_town()[:2], broken)


def notification_page(*, is_empty: bool = False) -> NotificationPage:
    if is_empty:
        return NotificationPage((), None)
    lines = [
        ("Wei Lin sent you €40.00", "For the concert", "/", False, 1),
        ("Two new footprints", "Your November statement is read: 86 lines, 212 kg.", "/", False, 5),
        ("Forest read your payments", "Under the purpose you agreed to on 12 November.", "", True, 30),
        ("Your oak stands in Vallon parish", "Planted by 12 neighbours.", "/", True, 80),
    ]
    found = [
        Notification(UUID(int=at), title, body, url, NOW - timedelta(hours=hours), read)
        for at, (title, body, url, read, hours) in enumerate(lines)
    ]
    return NotificationPage(tuple(found), UUID(int=9))
