"""Whole minor units in proportion: a rate applied, an amount shared out. Exact: nothing appears or vanishes."""

from collections.abc import Sequence


def converted(amount_minor: int, numerator: int, denominator: int) -> tuple[int, int]:
    """`amount_minor` times the rate, rounded down, and the remainder in 1/`denominator` of a minor unit.

    Down, so that an exchange there and back never gains; what is rounded off stays on the liquidity account.
    """
    return divmod(amount_minor * numerator, denominator)


def shared_out(amount_minor: int, parts: Sequence[int]) -> tuple[int, ...]:
    """`amount_minor` among `parts` (weights >= 0, one of them > 0), whole; the sum is the amount exactly.

    Hamilton's method of largest remainders: each gets its quota rounded down, and the units left go one each to the
    largest remainders, the earlier first where two are equal.
    """
    whole = sum(parts)
    quotas = [divmod(amount_minor * part, whole) for part in parts]
    left = amount_minor - sum(quota for quota, _rest in quotas)
    favoured = set(sorted(range(len(parts)), key=lambda place: -quotas[place][1])[:left])
    return tuple(quota + (place in favoured) for place, (quota, _rest) in enumerate(quotas))


def next_step(step_minor: int, totals: Sequence[int], taken: Sequence[int]) -> tuple[int, ...]:
    """How the next `step_minor` of the sum of `totals` goes to each, of which `taken` has gone to each before.

    In proportion to the totals over all steps together, never above a total, so that many small steps end where one
    large step would. `step_minor` is at most what is left.
    """
    whole, done = sum(totals), sum(taken) + step_minor
    room = [total - had for total, had in zip(totals, taken, strict=True)]
    # What each is owed by now, in 1/whole of a minor unit; a step before may have rounded it up.
    owed = [done * total - had * whole for total, had in zip(totals, taken, strict=True)]
    given = [min(max(due, 0) // whole, free) for due, free in zip(owed, room, strict=True)]
    left = step_minor - sum(given)
    order = sorted(range(len(totals)), key=lambda place: given[place] * whole - owed[place])
    for place in order if left > 0 else reversed(order):
        if left > 0 and given[place] < room[place]:
            given[place] += 1
            left -= 1
        elif left < 0 and given[place] > 0:
            given[place] -= 1
            left += 1
    if left:
        # Rounded up too far before: the others' room takes it.
        for place in order:
            more = min(left, room[place] - given[place])
            given[place] += more
            left -= more
    return tuple(given)
