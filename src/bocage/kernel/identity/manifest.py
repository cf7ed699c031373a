"""The facts that identity puts in the log."""

from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = ()
