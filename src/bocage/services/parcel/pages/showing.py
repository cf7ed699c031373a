"""How parcels are shown: the story as moments, the way in four stages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from bocage.services.parcel.types import Moment, Status
from bocage.services.parcel.words import step_title

_BAD = frozenset({Status.EXCEPTION, Status.ATTEMPT_FAILED, Status.RETURNED})
_STAGES = (
    (Status.ACCEPTED, 1),
    (Status.IN_TRANSIT, 2),
    (Status.OUT_FOR_DELIVERY, 3),
    (Status.DELIVERED, 4),
)


@dataclass(frozen=True)
class StoryLine:
    """A moment as a page shows it: `state` is now, bad or done."""

    title: str
    at: datetime
    place: str
    state: str


def as_story(moments: Sequence[Moment]) -> list[StoryLine]:
    """The moments as lines, the latest first."""
    return [
        StoryLine(
            step_title(each.step, each.disposition),
            each.at,
            place_text(each.place),
            "bad" if each.status in _BAD else "now" if number == 0 else "done",
        )
        for number, each in enumerate(moments)
    ]


def place_text(uri: str) -> str:
    """The readable end of a place's URI; nothing for a GS1 location number, which tells a person nothing."""
    if not uri.startswith(("http://", "https://")) or "/414/" in uri:
        return ""
    return unquote(uri.rstrip("/").rpartition("/")[2]).replace("-", " ").replace("_", " ")[:60]


def stage_of(status: Status) -> int:
    """How many of the four stages of a way are reached: handed over, on its way, with the courier, delivered."""
    if status is Status.CANCELLED:
        return 0
    return max((stage for reached, stage in _STAGES if status >= reached), default=0)
