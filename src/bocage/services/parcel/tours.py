"""A tour as `engines.arrivals` knows one: what is known of a parcel ahead, at the moment of the last one handed over.

Nobody writes a courier's plan down. It is taken to be the order of the tour on her phone (postcode, street), at the
same number of seconds a parcel: the engine learns how far the truth is from that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bocage.engines.arrivals import Ahead

PLANNED_SECONDS_A_PARCEL = 240.0
# Which moments of a finished tour are asked (parcels handed over by then), and which parcels ahead.
ASKED_AFTER = (0, 4, 9, 14, 19, 24, 29, 39, 59, 89)
ASKED_AHEAD = (0, 1, 2, 4, 7, 11, 17, 25, 40, 60)
# A tour of fewer parcels says little about tours.
PARCELS_MIN = 5


@dataclass(frozen=True)
class Handed:
    """A parcel of a finished tour: its place in the order of the tour, when it was loaded and when handed over."""

    door: tuple[str, str]
    loaded_at: datetime
    handed_at: datetime


def ahead(begun: datetime, moment: datetime, handed_over: int, doors_before: int, parcels_before: int) -> Ahead:
    """What is known at `moment` (in the town's time zone) of a parcel that so many come before."""
    elapsed, planned = (moment - begun).total_seconds(), PLANNED_SECONDS_A_PARCEL * handed_over
    return Ahead(
        planned_seconds=PLANNED_SECONDS_A_PARCEL * (parcels_before + 1),
        stops_before=doors_before,
        parcels_before=parcels_before,
        delay_seconds=elapsed - planned,
        # Ten minutes to each side, so that the first parcel does not decide.
        pace=(elapsed + 600) / (planned + 600),
        hour=moment.hour + moment.minute / 60,
        weekday=moment.weekday(),
    )


def taught(tour: Sequence[Handed]) -> Iterator[tuple[Ahead, float]]:
    """What a finished tour teaches: at some moments, of some parcels, what was known and the seconds it took."""
    if len(tour) < PARCELS_MIN:
        return
    by_time = sorted(tour, key=lambda each: each.handed_at)
    begun = min(each.loaded_at for each in tour)
    for done in ASKED_AFTER:
        if done >= len(by_time):
            return
        moment = by_time[done - 1].handed_at if done else begun
        left = sorted(by_time[done:], key=lambda each: each.door)
        for place in ASKED_AHEAD:
            if place >= len(left):
                break
            target = left[place]
            doors = len({each.door for each in left[:place]} - {target.door})
            # What was loaded on the way was not on the tour yet.
            if target.loaded_at <= moment:
                known = ahead(begun, moment, done, doors, place)
                yield known, (target.handed_at - moment).total_seconds()
