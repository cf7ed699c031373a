"""The facts that approvals put in the log."""

from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = ()
