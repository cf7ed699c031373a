"""The facts that the ledger says of itself."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = (
    EventType(
        "ledger.answered",
        _("Transfers that a service had sent to be posted in batches were answered."),
        {"service": "string", "batch": "integer", "answers": "list"},
    ),
)
