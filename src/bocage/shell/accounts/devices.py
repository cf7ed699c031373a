"""A browser in a few words, for the list of devices: guessed from its User-Agent, which may lie."""

import re

from django.utils.translation import gettext as _

# The first that matches: Edge also says Chrome, and Chrome also says Safari.
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(Chrome|HeadlessChrome|CriOS)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
_SYSTEMS = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Mac", re.compile(r"\bMac(intosh| OS)\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
PHONES = frozenset({"iPhone", "Android"})


def describe(user_agent: str) -> str:
    """ "Firefox on Linux", or as much of it as the browser tells."""
    browser = next((name for name, pattern in _BROWSERS if pattern.search(user_agent)), "")
    system = system_of(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def system_of(user_agent: str) -> str:
    """ "Android", "Mac" and so on; empty when the browser does not tell."""
    return next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
