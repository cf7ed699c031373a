"""What makes the site an app: its manifest, the service worker and the page for when there is no network."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2s
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bocage.kernel.acting.middleware import without_transaction
from bocage.kernel.manifest import services

MAX_SHORTCUTS = 4
TEMPLATES = Path(__file__).parent / "templates"
# The page without a network and what it stands in.
OFFLINE_TEMPLATES = ("offline.html", "phone.html")
PRECACHED = (
    "css/frame.css",
    "css/components.css",
    "css/forms.css",
    "css/data.css",
    "js/app.js",
    "vendor/htmx/htmx.min.js",
    "vendor/fonts/inter-latin-wght-normal.woff2",
    "vendor/fonts/bricolage-grotesque-latin-wght-normal.woff2",
    "icons/icon.svg",
)


@without_transaction
def manifest(request: HttpRequest) -> HttpResponse:
    """How the app is named and drawn once it is installed; its shortcuts are the first actions of the services."""
    actions = [action for service in services() for action in service.actions][:MAX_SHORTCUTS]
    icons = [("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any")]
    icons += [("maskable-192.png", "192x192", "maskable"), ("maskable-512.png", "512x512", "maskable")]
    answer = {
        "id": "/",
        "name": "Bocage",
        "short_name": "Bocage",
        "description": _("Your town in one place: pay, move, take care, and grow a forest together."),
        "lang": get_language(),
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f4ee",
        "theme_color": "#1f4d3a",
        "categories": ["finance", "lifestyle", "utilities"],
        "icons": [
            {"src": static(f"icons/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in icons
        ],
        "shortcuts": [{"name": str(action.title), "url": reverse(action.url_name)} for action in actions],
    }
    response = JsonResponse(answer, content_type="application/manifest+json")
    response["Vary"] = "Accept-Language, Cookie"
    return response


@without_transaction
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, told which files make the shell; its version follows from their names, which carry their hashes.

    It is the same for everybody: were the offline page's language part of it, choosing another would look like news.
    """
    files = [static(name) for name in PRECACHED]
    sources = [(TEMPLATES / name).read_text() for name in OFFLINE_TEMPLATES]
    version = blake2s("\n".join((*files, *sources)).encode(), digest_size=8).hexdigest()
    context = {"files": json.dumps(files), "offline": reverse("offline"), "version": version}
    response = render(request, "shell/sw.js", context, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response


def page_worker(
    request: HttpRequest,
    name: str,
    pages: Sequence[str],
    files: Sequence[str],
    *,
    instead: Mapping[str, str] | None = None,
    language: str = "",
    content: bytes = b"",
) -> HttpResponse:
    """The service worker of one page that works offline: keeps `pages`, its addresses, and `files`, static ones.

    Nothing personal may be in them: they are fetched without cookies. The version follows from the files' hashes.
    `instead` says which of the pages stands in for a personal one that cannot be reached; its `content` makes a new
    version too, as nobody opens it with a connection. `language` is theirs; the browser's, where it is empty.
    """
    addresses = [static(file) for file in files]
    version = blake2s("\n".join((language, *pages, *addresses)).encode() + content, digest_size=8).hexdigest()
    context = {
        "name": name,
        "pages": json.dumps(list(pages)),
        "instead": json.dumps(dict(instead or {})),
        "files": json.dumps(addresses),
        "language": language,
        "version": version,
    }
    response = render(request, "shell/page_sw.js", context, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@without_transaction
def offline(request: HttpRequest) -> HttpResponse:
    """Shown by the service worker when a page cannot be reached. Nothing personal: it is kept on the device."""
    return render(request, "offline.html")
