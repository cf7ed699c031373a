"""Webhooks: an organisation has the events about itself sent to an address of its own, signed.

Signatures follow Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`: v1, HMAC-SHA256); the body
is the CloudEvents envelope. An event may arrive twice or out of order: `webhook-id` is the event's id, `sequence` its
place.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import new as hmac
from secrets import token_bytes
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.addresses import check_url
from bocage.kernel.events.models import DESCRIPTION_LENGTH, WebhookDeliveryRow, WebhookRow
from bocage.kernel.events.registry import event_types
from bocage.kernel.events.types import Webhook, WebhookDelivery
from bocage.kernel.ids import uuid7
from bocage.kernel.keys.master import seal, unseal

SUBSCRIPTION = "webhooks"
WEBHOOKS_MAX = 10
TYPES_MAX = 50
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that Standard Webhooks gives secrets
FORMER_SECRET_LIFE = timedelta(hours=24)
PAGE_MAX = 100

_FAN_OUT_SQL = """
insert into webhook_delivery
    (id, webhook_id, organisation_id, event_id, position, type, state, attempts, created_at, next_attempt_at,
     last_error)
select uuidv7(), w.id, w.organisation_id, e.id, p.position, e.type, 'waiting', 0, %(now)s, %(now)s, ''
from event_position p join event e on e.seq = p.event_seq
    join webhook w on w.organisation_id = e.subject_id and w.disabled_at is null and e.type = any(w.types)
        and w.created_at <= e.time
where p.position > %(after)s and p.position <= %(up_to)s
on conflict do nothing
"""
SPAN = 5000


def create_webhook(organisation_id: UUID, url: str, types: Sequence[str], description: str = "") -> tuple[Webhook, str]:
    """Have events of `types` about the organisation sent to `url`. The webhook, and its secret: shown this once.

    Refuses an address that is not a public https one, an unknown type, and an eleventh webhook.
    """
    check_url(url)
    wanted = sorted(set(types))
    unknown = [each for each in wanted if each not in event_types()]
    if not wanted or len(wanted) > TYPES_MAX or unknown:
        raise Refusal(
            "unknown_event_type",
            _("Choose from 1 to 50 of the event types in the guide."),
            field="types",
        )
    if len(description) > DESCRIPTION_LENGTH:
        raise Refusal("too_long", _("At most 120 characters, please."), field="description")
    if WebhookRow.objects.filter(organisation_id=organisation_id).count() >= WEBHOOKS_MAX:
        raise conflict("too_many", _("Ten webhooks at most: delete one first."))
    webhook_id, secret = uuid7(), new_secret()
    row = WebhookRow.objects.create(
        id=webhook_id,
        organisation_id=organisation_id,
        url=url,
        description=description,
        types=wanted,
        sealed_secret=seal(secret.encode(), _context(webhook_id)),
        created_at=clock.now(),
    )
    return _webhook(row), secret


def webhooks(organisation_id: UUID) -> list[Webhook]:
    """The organisation's webhooks, oldest first."""
    return [_webhook(row) for row in WebhookRow.objects.filter(organisation_id=organisation_id).order_by("id")]


def disable_webhook(webhook_id: UUID, reason: str = "") -> None:
    """Send no more to it; what waits is given up."""
    row = _find(webhook_id)
    row.disabled_at, row.disabled_reason = clock.now(), reason[:DESCRIPTION_LENGTH]
    row.save(update_fields=["disabled_at", "disabled_reason"])
    row.deliveries.filter(state="waiting").update(state="dead", next_attempt_at=None)


def enable_webhook(webhook_id: UUID) -> None:
    """Send to it again from now on; `resend` what it missed."""
    row = _find(webhook_id)
    row.disabled_at, row.disabled_reason, row.failing_since = None, "", None
    row.save(update_fields=["disabled_at", "disabled_reason", "failing_since"])


def delete_webhook(webhook_id: UUID) -> None:
    """Forget it with the record of its deliveries."""
    _find(webhook_id).delete()


def rotate_secret(webhook_id: UUID) -> str:
    """A new secret, shown this once. For 24 hours what is sent carries a signature by each of the two."""
    row, secret = _find(webhook_id), new_secret()
    row.sealed_former_secret, row.former_secret_until = row.sealed_secret, clock.now() + FORMER_SECRET_LIFE
    row.sealed_secret = seal(secret.encode(), _context(webhook_id))
    row.save(update_fields=["sealed_former_secret", "former_secret_until", "sealed_secret"])
    return secret


def resend(delivery_id: UUID) -> None:
    """Send one event again, now, with all its attempts before it."""
    row = WebhookDeliveryRow.objects.select_related("webhook").filter(id=delivery_id).first()
    if row is None:
        raise not_found(_("There is no such delivery."), field="delivery")
    if row.webhook.disabled_at is not None:
        raise conflict("webhook_disabled", _("Enable the webhook first."))
    row.state, row.attempts, row.next_attempt_at = "waiting", 0, clock.now()
    row.save(update_fields=["state", "attempts", "next_attempt_at"])


def deliveries(webhook_id: UUID, before: UUID | None = None, limit: int = 50) -> list[WebhookDelivery]:
    """The newest `limit` (at most 100) deliveries of a webhook, older than `before` when given."""
    rows = WebhookDeliveryRow.objects.filter(webhook_id=webhook_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [
        WebhookDelivery(
            row.id,
            row.event_id,
            row.type,
            row.state,
            row.attempts,
            row.created_at,
            row.next_attempt_at,
            row.last_attempt_at,
            row.last_status,
            row.last_error,
            row.duration_ms,
        )
        for row in rows[: min(max(limit, 1), PAGE_MAX)]
    ]


def fan_out() -> bool:
    """Write down which events are to be sent where, in the order of the log; whether the cursor moved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select s.position < (select coalesce(max(position), 0) from event_position) from event_subscription s"
            " where service = %s",
            [SUBSCRIPTION],
        )
        behind = cursor.fetchone()
        if behind is None or not behind[0]:
            return False
    with acting_as(Actor.for_service(SUBSCRIPTION)), connection.cursor() as cursor:
        cursor.execute(
            "select s.position, least((select max(position) from event_position), s.position + %s)"
            " from event_subscription s where service = %s for update of s skip locked",
            [SPAN, SUBSCRIPTION],
        )
        found = cursor.fetchone()
        if found is None:
            return False
        cursor.execute(_FAN_OUT_SQL, {"now": clock.now(), "after": found[0], "up_to": found[1]})
        queued = cursor.rowcount
        cursor.execute(
            "update event_subscription set position = %s, delivered = delivered + %s where service = %s",
            [found[1], queued, SUBSCRIPTION],
        )
        if queued:
            from bocage.kernel.events.jobs import send_webhooks
            from bocage.kernel.work import defer

            defer(send_webhooks)
    return True


def new_secret() -> str:
    """A signing secret in the form that Standard Webhooks libraries take."""
    return SECRET_PREFIX + b64encode(token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One `v1,...` signature of a message."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    return "v1," + b64encode(hmac(key, f"{message_id}.{timestamp}.".encode() + body, sha256).digest()).decode()


def secrets_of(row: WebhookRow, now: datetime) -> list[str]:
    """The secrets to sign with: the present one, and the former for a day after a change."""
    sealed = [row.sealed_secret]
    if row.sealed_former_secret and row.former_secret_until and now < row.former_secret_until:
        sealed.append(row.sealed_former_secret)
    return [unseal(bytes(each), _context(row.id)).decode() for each in sealed]


def _find(webhook_id: UUID) -> WebhookRow:
    row = WebhookRow.objects.select_for_update().filter(id=webhook_id).first()
    if row is None:
        raise not_found(_("There is no such webhook."), field="webhook")
    return row


def _webhook(row: WebhookRow) -> Webhook:
    return Webhook(
        row.id,
        row.organisation_id,
        row.url,
        row.description,
        tuple(row.types),
        row.created_at,
        row.disabled_at,
        row.disabled_reason,
        row.failing_since,
    )


def _context(webhook_id: UUID) -> str:
    return f"secret of webhook {webhook_id}"
