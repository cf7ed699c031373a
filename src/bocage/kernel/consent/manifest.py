"""The facts that consent puts in the log, and what it holds of a person."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bocage.kernel.consent import queries
from bocage.kernel.manifest import EventType

_ANSWER = {"purpose": "string", "text_version": "integer"}

EVENTS: tuple[EventType, ...] = (
    EventType("consent.granted", _("Somebody agreed to a use of their data."), _ANSWER),
    EventType("consent.refused", _("Somebody said no to a use of their data."), _ANSWER),
    EventType("consent.withdrawn", _("Somebody took an agreement back."), _ANSWER),
    EventType("consent.expired", _("An agreement came to its end."), _ANSWER),
    EventType("person.erased", _("A person's data was erased."), {"person_id": "uuid", "kept": "list"}),
)


def export(person_id: UUID) -> dict[str, Any]:
    """What the person agreed to and refused, when and in which words, and who read what."""
    receipts, before = [], None
    while True:
        page = queries.receipts(person_id, before, limit=queries.RECEIPTS_PAGE_MAX)
        receipts += [asdict(receipt) for receipt in page.receipts]
        before = page.next_before
        if before is None:
            break
    return {
        "agreements": [asdict(grant) for grant in queries.grants(person_id)],
        "history": [asdict(line) for line in queries.history(person_id)],
        "receipts": receipts,
    }


def erase(person_id: UUID) -> list[str]:
    """Nothing is deleted: what was agreed to, and who read, is the proof that the reading was allowed."""
    return [
        _now("Your agreements and the receipts of who read your data, as proof of what was allowed. No name in them.")
    ]
