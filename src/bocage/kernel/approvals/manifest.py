"""The facts that approvals put in the log. They carry ids alone, so that erasing a person leaves the audit whole."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = (
    EventType(
        name="operator.acted",
        says=_("An administrator did something."),
        fields={"by": "uuid", "act": "string", "kind": "string", "target": "uuid?"},
    ),
    EventType(
        name="operator.glass_broken",
        says=_("An administrator did alone, in an emergency, what needs two people."),
        fields={"by": "uuid", "kind": "string", "target": "uuid"},
    ),
)
