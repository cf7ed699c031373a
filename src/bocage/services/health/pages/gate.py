"""The gate: a page that checks passes on the device itself, with or without a connection. No sign-in.

Page and keys are the same for everybody. Only the desk, which sends counts, asks who is signed in.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.services.health.queries import gates
from bocage.shell.policy import scanning_page
from bocage.shell.pwa import PRECACHED, page_worker

GATE = "health:gate"
_MODULES = ("gate-desk", "admission", "tokens", "dcc", "shc", "cose", "cbor", "coding", "refusal")
_FILES = (
    *PRECACHED,
    "js/elements/qr-scanner.js",
    "vendor/zxing/reader/index.js",
    "vendor/zxing/share.js",
    "vendor/zxing/zxing_reader.wasm",
    "health/health.css",
    "health/gate/gate.css",
    *(f"health/gate/{name}.js" for name in _MODULES),
)


@scanning_page
@require_safe
def gate(request: HttpRequest) -> HttpResponse:
    """The page: camera, picture or typing; then a colour, a shape and a word."""
    return render(request, "health/gate.html", {"counts_url": reverse("api:add_counts")})


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The gate's own service worker, for this page alone."""
    return page_worker(request, "gate", (reverse("health:gate"), reverse("health:gate-keys")), _FILES)


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Whose signatures are believed, for the browser's WebCrypto; public keys, the same for everybody."""
    response = JsonResponse(gates.keys_for_gates() | {"at": int(clock.now().timestamp())})
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def card_keys(request: HttpRequest) -> HttpResponse:
    """The keys of the town's health cards, where their framework looks for them; readable from any site."""
    response = JsonResponse(gates.card_keys())
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-cache"
    return response


@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """For whom the signed-in person counts, if for anybody, and the token with which the page sends."""
    try:
        organisation = str(identity.require_scope(GATE)) if request.user.is_authenticated else None
    except Refusal:
        organisation = None
    return JsonResponse({"organisation": organisation, "csrf": get_token(request) if organisation else ""})
