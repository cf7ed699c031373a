"""The matching: first what names its counterpart, then what can only be one by amount and day.

Nothing is guessed: by amount and day alone, a pair is made where each of the two has no other that would do. The order
of the two lists decides nothing, so the same movements give the same findings. O(n log n).
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from uuid import UUID

from .types import Finding, Movement, Verdict

CANDIDATES_MAX = 10


def reference_key(text: str) -> str:
    """A reference as it is compared: its letters and digits, as capitals. Banks put spaces in and signs out."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def match(
    booked: Sequence[Movement], expected: Sequence[Movement], taken: Collection[UUID], window: timedelta
) -> dict[UUID, Verdict]:
    """A verdict for each booked movement, by its id.

    `taken` are the expected movements that have their match already: they can be named again, which is a duplicate,
    and are out of question otherwise. `window` is how far apart the two days may be where no reference tells.
    """
    order = sorted(booked, key=lambda each: (each.on, each.id))
    used = set(taken)
    verdicts = _by_reference(order, expected, used, window)
    rest = [each for each in order if each.id not in verdicts]
    verdicts |= _by_amount(rest, [each for each in expected if each.id not in used], window)
    return verdicts


def _by_reference(
    order: Sequence[Movement], expected: Sequence[Movement], used: set[UUID], window: timedelta
) -> dict[UUID, Verdict]:
    index: dict[tuple[str, str], list[Movement]] = defaultdict(list)
    for each in expected:
        for key in _keys(each):
            index[each.currency, key].append(each)
    verdicts = {}
    for each in order:
        named = {found.id: found for key in _keys(each) for found in index.get((each.currency, key), ())}
        if named:
            verdicts[each.id] = _named(each, list(named.values()), used, window)
    return verdicts


def _keys(each: Movement) -> set[str]:
    return {key for text in each.references if (key := reference_key(text))}


def _named(each: Movement, named: list[Movement], used: set[UUID], window: timedelta) -> Verdict:
    """The verdict on a booked movement that names expected ones."""
    equal = [found for found in named if found.amount_minor == each.amount_minor]
    if not equal:
        return Verdict(Finding.DIFFERS, _ids(named))
    free = [found for found in equal if found.id not in used]
    if not free:
        return Verdict(Finding.DUPLICATE, _ids(equal))
    if len(free) > 1:
        near = [found for found in free if abs(found.on - each.on) <= window]
        if len(near) != 1:
            return Verdict(Finding.AMBIGUOUS, _ids(near or free))
        free = near
    used.add(free[0].id)
    return Verdict(Finding.REFERENCE, (free[0].id,))


def _by_amount(rest: Sequence[Movement], free: Sequence[Movement], window: timedelta) -> dict[UUID, Verdict]:
    there, here = _by_day(free), _by_day(rest)
    verdicts = {}
    for each in rest:
        near = _near(there.get((each.currency, each.amount_minor), []), each.on, window)
        if not near:
            verdicts[each.id] = Verdict(Finding.UNMATCHED, ())
            continue
        rivals = _near(here[each.currency, each.amount_minor], near[0].on, window)
        alone = len(near) == 1 and len(rivals) == 1
        verdicts[each.id] = Verdict(Finding.AMOUNT_AND_DAY if alone else Finding.AMBIGUOUS, _ids(near))
    return verdicts


def _by_day(movements: Sequence[Movement]) -> dict[tuple[str, int], list[Movement]]:
    """The movements of each currency and amount, by day."""
    found: dict[tuple[str, int], list[Movement]] = defaultdict(list)
    for each in movements:
        found[each.currency, each.amount_minor].append(each)
    for group in found.values():
        group.sort(key=lambda each: (each.on, each.id))
    return found


def _near(group: list[Movement], day: date, window: timedelta) -> list[Movement]:
    first = bisect_left(group, day - window, key=lambda each: each.on)
    last = bisect_right(group, day + window, key=lambda each: each.on)
    # One more than is shown says that there are more than one; the rest is not needed.
    return group[first : min(last, first + CANDIDATES_MAX)]


def _ids(movements: Sequence[Movement]) -> tuple[UUID, ...]:
    return tuple(each.id for each in movements[:CANDIDATES_MAX])
