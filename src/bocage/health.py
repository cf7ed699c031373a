"""Whether this process lives, whether it can serve, and how the installation is."""

import hmac
import ipaddress
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.acting.middleware import without_transaction
from bocage.shell import operations

type View = Callable[[HttpRequest], HttpResponse]

_PROXY_HEADERS = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP")


@without_transaction
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "live"})


@without_transaction
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return _waiting()
    return JsonResponse({"status": "ready"})


def watchers_only(view: View) -> View:
    """For this machine, and for whoever knows the words in `BOCAGE_METRICS_TOKEN_FILE` (`Authorization: Bearer ...`).

    What came through a proxy came from elsewhere, whatever address it shows.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not (_is_local(request) or _has_token(request)):
            return JsonResponse({"status": "forbidden"}, status=403)
        return view(request)

    return guarded


@without_transaction
@watchers_only
def parts(request: HttpRequest) -> HttpResponse:
    """Every figure, and what somebody has to look at; 503 when the database does not answer."""
    try:
        with acting_as(Actor.nobody()):
            found = operations.figures()
    except DatabaseError:
        return _waiting()
    look_at = operations.concerns(found)
    return JsonResponse(
        {
            "status": "attention" if look_at else "well",
            "concerns": look_at,
            "log": {"head": found.head, "behind_events": found.behind_events, "behind_seconds": found.behind_seconds},
            "dead_events": found.dead_events,
            "jobs": {**found.jobs, "stalled": found.stalled_jobs, "overdue_seconds": found.overdue_seconds},
            "ledger": {
                "unbalanced_units": list(found.unbalanced_units),
                "unsealed": found.sealing.unsealed,
                "sealing_behind_seconds": found.sealing_behind_seconds,
                "poster_epoch": found.sealing.poster_epoch,
                "queued": found.waiting.requests if found.waiting else None,
                "queue_oldest_seconds": found.waiting.oldest_seconds if found.waiting else None,
                "checkpoint_at": found.sealing.checkpoint_at,
                "audited_at": found.audit.at if found.audit else None,
            },
            "database": {"bytes": found.database_bytes, "connections": found.connections},
            "changes_behind_bytes": {each.name: each.behind_bytes for each in found.slots},
            "backup": {
                "last_copy_at": found.backup.last_copy_at,
                "received_through": found.backup.received_through,
            },
        }
    )


@without_transaction
@watchers_only
def metrics(request: HttpRequest) -> HttpResponse:
    """The same figures in Prometheus's text format."""
    try:
        with acting_as(Actor.nobody()):
            found = operations.figures()
    except DatabaseError:
        return _waiting()
    return HttpResponse(operations.exposition(found), content_type=CONTENT_TYPE_LATEST)


def _waiting() -> JsonResponse:
    return JsonResponse({"status": "waiting for the database"}, status=503)


def _is_local(request: HttpRequest) -> bool:
    if any(header in request.META for header in _PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    file = os.environ.get("BOCAGE_METRICS_TOKEN_FILE", "")
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if not file or scheme.lower() != "bearer":
        return False
    wanted = Path(file).read_text().strip()
    return bool(wanted) and hmac.compare_digest(given.strip().encode(), wanted.encode())
