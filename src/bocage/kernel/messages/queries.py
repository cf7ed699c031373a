"""The outbox, for the operator's page."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import not_found
from bocage.kernel.messages.actions import SENDER
from bocage.kernel.messages.models import OutboxRow
from bocage.kernel.messages.types import Message, State

PAGE_MAX = 100


def outbox(before: UUID | None = None, limit: int = 50, address: str | None = None) -> list[Message]:
    """The newest `limit` (at most 100) messages, older than `before` and to `address` when given.

    Shows everybody's messages: the page that calls it is for operators, or for a demo town.
    """
    with acting_as(Actor.for_service(SENDER)):
        rows = OutboxRow.objects.order_by("-id")
        if before is not None:
            rows = rows.filter(id__lt=before)
        if address is not None:
            rows = rows.filter(address=address)
        return [_message(row) for row in rows[: min(max(limit, 1), PAGE_MAX)]]


def message(message_id: UUID) -> Message:
    """One message, for the operator's page. Raises a `Refusal` (404) when there is none."""
    with acting_as(Actor.for_service(SENDER)):
        row = OutboxRow.objects.filter(id=message_id).first()
    if row is None:
        raise not_found(_("There is no such message."))
    return _message(row)


def _message(row: OutboxRow) -> Message:
    return Message(
        row.id,
        row.person_id,
        row.channel,
        row.address,
        row.subject,
        row.body,
        State(row.state),
        row.attempts,
        row.created_at,
        row.sent_at,
        row.error,
    )
