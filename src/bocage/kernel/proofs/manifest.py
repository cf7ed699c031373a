"""The fact that proofs put in the log."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = (
    EventType(
        "ledger.checkpoint_signed",
        _("A checkpoint over the ledger was signed."),
        {"number": "integer", "digest": "string", "signed_at": "datetime"},
    ),
)
