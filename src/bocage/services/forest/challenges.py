"""Each season has its challenges; who meets one is joined in the forest by an animal. They earn no grams.

Only acts that can no longer be sent back count: collected ones, and ripe ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bocage.services.forest.landscape import Season, season_of

MOVING = frozenset({"bus", "metro", "rail", "coach", "bicycle", "train_not_plane"})
KEEPING = frozenset({"second_hand", "repair", "refill"})
GIVING = "given"


@dataclass(frozen=True)
class Challenge:
    """So many acts of these kinds (or waterings of others' trees, `GIVING`) within a season bring `animal`."""

    slug: str
    title: Promise
    acts: frozenset[str]
    count: int
    animals: Mapping[Season, str]
    titles: Mapping[Season, Promise]
    icon: str

    def animal(self, season: Season) -> str:
        """Who comes in that season."""
        return self.animals[season]


@dataclass(frozen=True)
class Progress:
    """How far somebody is with a challenge of this season."""

    title: str
    icon: str
    done: int
    count: int
    animal: str

    @property
    def met(self) -> bool:
        return self.done >= self.count

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.count)


_HEDGEHOG, _FOX, _ROBIN, _DEER = _("a hedgehog"), _("a fox"), _("a robin"), _("a deer")
_OWL, _HARE, _BUTTERFLY, _SQUIRREL = _("an owl"), _("a hare"), _("a butterfly"), _("a squirrel")
CHALLENGES = (
    Challenge(
        "moving",
        _("20 ways without a car"),
        MOVING,
        20,
        {"spring": "hare", "summer": "fox", "autumn": "deer", "winter": "deer"},
        {"spring": _HARE, "summer": _FOX, "autumn": _DEER, "winter": _DEER},
        "tram-front",
    ),
    Challenge(
        "keeping",
        _("3 things mended, refilled or bought used"),
        KEEPING,
        3,
        {"spring": "butterfly", "summer": "hedgehog", "autumn": "squirrel", "winter": "owl"},
        {"spring": _BUTTERFLY, "summer": _HEDGEHOG, "autumn": _SQUIRREL, "winter": _OWL},
        "wrench",
    ),
    Challenge(
        "together",
        _("5 waterings of others' trees"),
        frozenset({GIVING}),
        5,
        {"spring": "robin", "summer": "butterfly", "autumn": "hedgehog", "winter": "robin"},
        {"spring": _ROBIN, "summer": _BUTTERFLY, "autumn": _HEDGEHOG, "winter": _ROBIN},
        "droplets",
    ),
)

type Counts = Mapping[tuple[int, str], int]


def season_number(day: date) -> int:
    """Seasons counted through the years: December belongs to the winter of the year that follows."""
    months = day.year * 12 + day.month
    return months // 3


def progress(counts: Counts, today: date) -> list[Progress]:
    """This season's challenges. `counts`: how often each act was done in each season."""
    season, number = season_of(today), season_number(today)
    return [
        Progress(str(each.title), each.icon, _done(each, counts, number), each.count, str(each.titles[season]))
        for each in CHALLENGES
    ]


def animals(counts: Counts) -> list[str]:
    """Who has moved in, in this and earlier seasons."""
    numbers = sorted({number for number, _act in counts})
    return [
        each.animal(_season(number))
        for number in numbers
        for each in CHALLENGES
        if _done(each, counts, number) >= each.count
    ]


def _done(challenge: Challenge, counts: Counts, number: int) -> int:
    return sum(counts.get((number, act), 0) for act in challenge.acts)


def _season(number: int) -> Season:
    seasons: tuple[Season, ...] = ("winter", "spring", "summer", "autumn")
    return seasons[number % 4]
