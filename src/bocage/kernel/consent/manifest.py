"""The facts that consent puts in the log, and what it holds of a person."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType

_ANSWER = {"purpose": "string", "text_version": "integer"}

EVENTS: tuple[EventType, ...] = (
    EventType("consent.granted", _("Somebody agreed to a use of their data."), _ANSWER),
    EventType("consent.refused", _("Somebody said no to a use of their data."), _ANSWER),
    EventType("consent.withdrawn", _("Somebody took an agreement back."), _ANSWER),
    EventType("consent.expired", _("An agreement came to its end."), _ANSWER),
    EventType("person.erased", _("A person's data was erased."), {"person_id": "uuid", "kept": "list"}),
)
