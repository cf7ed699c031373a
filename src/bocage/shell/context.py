"""What every template may ask for. All of it is worked out only where a template asks."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from bocage.shell import rails

THEME_COOKIE = "theme"
THEMES = ("light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """The town, the chosen theme, and the places around the page."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    unread: Callable[[], int] = lambda: rails.unread_count(request)  # noqa: E731 (a template calls it, if it asks)
    return {
        "town": settings.TOWN,
        "streams_url": settings.STREAMS_URL,
        "theme": theme if theme in THEMES else "",
        "tabs": rails.tabs,
        "operator_rail": rails.operator_rail,
        "merchant_rail": rails.merchant_rail,
        "unread": unread,
        "acting_for": rails.acting_for,
        "device_tag": rails.device_tag,
    }
