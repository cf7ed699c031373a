"""Sending what the webhooks owe: the worker's part.

Three steps, so that no transaction is open while we wait for somebody else's server: claim (a lease that ends by itself
when this process dies), send, write down how it went.
"""

import json
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any
from uuid import UUID

import httpx
from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events.actions import emit
from bocage.kernel.events.addresses import AddressRefused, resolve
from bocage.kernel.events.models import ERROR_LENGTH, WebhookDeliveryRow, WebhookRow
from bocage.kernel.events.queries import event_about
from bocage.kernel.events.types import to_cloudevent
from bocage.kernel.events.webhooks import SUBSCRIPTION, secrets_of, signature

BATCH = 16
IN_PARALLEL = 8
TIMEOUT_SECONDS = 10.0
EXCHANGE_SECONDS_MAX = 20.0
LEASE = timedelta(seconds=60)
ANSWER_BYTES_MAX = 4096
DISABLE_AFTER = timedelta(days=5)
# How long to wait after the first, second... failed attempt; after the last the delivery is given up.
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000))

_CLAIM_SQL = """
update webhook_delivery d set next_attempt_at = %(until)s, attempts = d.attempts + 1, last_attempt_at = %(now)s
where d.id in (
    select due.id from webhook_delivery due where due.state = 'waiting' and due.next_attempt_at <= %(now)s
    order by due.next_attempt_at limit %(limit)s for update skip locked
)
returning d.id, d.webhook_id, d.organisation_id, d.event_id
"""


@dataclass(frozen=True)
class _Letter:
    delivery_id: UUID
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class _Outcome:
    delivery_id: UUID
    status: int | None
    error: str
    duration_ms: int

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Deadline:
    """Cuts the connection when a whole exchange takes too long: httpx's own limit begins anew with every byte."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(EXCHANGE_SECONDS_MAX, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """httpx's trace of a request, which shows the socket once it is connected."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def send_due() -> int:
    """Send every delivery whose time has come; how many were tried."""
    tried = 0
    with ThreadPoolExecutor(IN_PARALLEL, thread_name_prefix="webhooks") as pool:
        while claimed := _claim():
            letters = [letter for each in claimed if (letter := _write(*each)) is not None]
            outcomes = list(pool.map(_send, letters))
            _record(outcomes)
            tried += len(claimed)
    return tried


def _claim() -> Sequence[tuple[UUID, UUID, UUID, UUID]]:
    now = clock.now()
    with acting_as(Actor.for_service(SUBSCRIPTION)), connection.cursor() as cursor:
        cursor.execute(_CLAIM_SQL, {"now": now, "until": now + LEASE, "limit": BATCH})
        return [(row[0], row[1], row[2], row[3]) for row in cursor.fetchall()]


def _write(delivery_id: UUID, webhook_id: UUID, organisation_id: UUID, event_id: UUID) -> _Letter | None:
    """The signed letter; None, and the delivery given up, when its event can no longer be read."""
    with acting_as(Actor(subject_id=organisation_id)):
        event = event_about(organisation_id, event_id)
        webhook = WebhookRow.objects.filter(id=webhook_id, disabled_at=None).first()
        if event is None or webhook is None:
            WebhookDeliveryRow.objects.filter(id=delivery_id).update(
                state="dead", next_attempt_at=None, last_error="the event was erased, or the webhook disabled"
            )
            return None
    body = json.dumps(to_cloudevent(event), separators=(",", ":"), ensure_ascii=False).encode()
    now = clock.now()
    timestamp, message_id = int(now.timestamp()), str(event_id)
    signatures = [signature(secret, message_id, timestamp, body) for secret in secrets_of(webhook, now)]
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "Bocage-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
    return _Letter(delivery_id, webhook.url, headers, body)


def _send(letter: _Letter) -> _Outcome:
    began = time.monotonic()
    status, error = None, ""
    try:
        target = resolve(letter.url)
        with (
            _Deadline() as deadline,
            httpx.Client(trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS) as client,
            client.stream(
                "POST",
                target.url,
                content=letter.body,
                headers={**letter.headers, "host": target.host_header},
                extensions={"sni_hostname": target.host, "trace": deadline.watch},
            ) as response,
        ):
            status = response.status_code
            if not 200 <= status < 300:
                error = f"answered {status}: {_beginning(response, began)}"
    except AddressRefused as refused:
        error = str(refused)
    # Whatever one address does, the outcomes of the others in the batch must be written down.
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as failure:
        error = f"{type(failure).__name__}: {failure}"
    return _Outcome(
        letter.delivery_id, status, error.replace("\0", "")[:ERROR_LENGTH], int((time.monotonic() - began) * 1000)
    )


def _beginning(response: httpx.Response, began: float) -> str:
    """What the answer says, as far as we care to read it."""
    read = b""
    for part in response.iter_raw(ANSWER_BYTES_MAX):
        read += part
        if len(read) >= ANSWER_BYTES_MAX or time.monotonic() - began > TIMEOUT_SECONDS:
            break
    return read[:500].decode("utf-8", "replace")


def _record(outcomes: Sequence[_Outcome]) -> None:
    now = clock.now()
    with acting_as(Actor.for_service(SUBSCRIPTION)):
        rows = WebhookDeliveryRow.objects.select_for_update(of=("self",)).select_related("webhook")
        found = {row.id: row for row in rows.filter(id__in=[each.delivery_id for each in outcomes])}
        for outcome in outcomes:
            row = found.get(outcome.delivery_id)
            if row is None:
                continue
            row.last_status, row.last_error, row.duration_ms = outcome.status, outcome.error, outcome.duration_ms
            if outcome.arrived:
                row.state, row.next_attempt_at = "sent", None
            elif row.attempts > len(DELAYS):
                row.state, row.next_attempt_at = "dead", None
            else:
                row.next_attempt_at = now + DELAYS[row.attempts - 1]
            row.save(update_fields=["last_status", "last_error", "duration_ms", "state", "next_attempt_at"])
            _judge(row.webhook_id, outcome)


def _judge(webhook_id: UUID, outcome: _Outcome) -> None:
    """Remember since when the address fails; stop sending to it after five days without one success."""
    now = clock.now()
    webhook = WebhookRow.objects.select_for_update().get(id=webhook_id)
    if outcome.arrived:
        if webhook.failing_since is not None:
            webhook.failing_since = None
            webhook.save(update_fields=["failing_since"])
        return
    if webhook.failing_since is None:
        webhook.failing_since = now
    elif webhook.disabled_at is None and now - webhook.failing_since >= DISABLE_AFTER:
        webhook.disabled_at, webhook.disabled_reason = now, "failing for five days"
        webhook.deliveries.filter(state="waiting").update(state="dead", next_attempt_at=None)
        emit(
            "events.webhook_disabled",
            subject_id=webhook.organisation_id,
            data={"webhook_id": webhook.id, "url": webhook.url, "failing_since": webhook.failing_since},
        )
    webhook.save(update_fields=["failing_since", "disabled_at", "disabled_reason"])
