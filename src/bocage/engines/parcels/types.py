"""What numbers and event documents say, and the one error for each of them that is wrong."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

Action = Literal["ADD", "OBSERVE", "DELETE"]


class NumberError(ValueError):
    """A number, element string or Digital Link that is wrong: stable `code` and plain `problem`."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(code, problem)
        self.code = code
        self.problem = problem

    def __str__(self) -> str:
        return self.problem


class EpcisError(ValueError):
    """An event document that is wrong: the `path` of the first fault, such as `epcisBody.eventList[1].bizStep`."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(problem, path)
        self.problem = problem
        self.path = path

    def within(self, place: str | int) -> "EpcisError":
        """The same fault, seen from one level further out."""
        step = f"[{place}]" if isinstance(place, int) else place
        joint = "." if self.path and not self.path.startswith("[") else ""
        return EpcisError(self.problem, f"{step}{joint}{self.path}")

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


class Event(NamedTuple):
    """An event that was checked. `at` is an instant with the offset it was written with.

    `offset_minutes` is the local time's distance from UTC where it happened. `epcs` are the instances it is about: of
    an object event or a transaction its list and parent, of an aggregation its parent and children, of a transformation
    what went in and came out. "" where the document says nothing. `body` is the event as it was written.
    """

    type: str
    event_id: str
    at: datetime
    offset_minutes: int
    action: str
    biz_step: str
    disposition: str
    read_point: str
    biz_location: str
    epcs: tuple[str, ...]
    body: dict[str, Any]


class Document(NamedTuple):
    """A document that was checked: its events in order, and the `@context` entries beside GS1's own."""

    type: str
    created_at: datetime | None
    events: tuple[Event, ...]
    namespaces: dict[str, str]
