"""Sums of footprints. The sum is exact; the interval says which errors are shared.

Lines of one factor share its error, so their bounds add up linearly (a refund takes its purchase's bounds away again).
Different factors err independently: the distances of their groups' bounds from their sums add up in quadrature, above
and below apart, as the distributions are skewed. Errors that all factors of a country share (its price index) are
small beside these and not modelled.
"""

from collections.abc import Iterable
from math import isqrt

from bocage.engines.carbon.types import Footprint, Total


def total(footprints: Iterable[Footprint]) -> Total:
    """The sum of footprints, with its 90 % interval in whole micrograms."""
    groups: dict[str, list[int]] = {}
    by_category: dict[str, int] = {}
    lines = counted = unknown = not_assessed = 0
    for one in footprints:
        lines += 1
        not_assessed += not one.assessed
        if not one.counted:
            continue
        counted += 1
        unknown += one.category == "unknown"
        by_category[one.category] = by_category.get(one.category, 0) + one.micrograms
        refund = one.micrograms < 0
        group = groups.setdefault(one.factor, [0, 0, 0])
        group[0] += one.micrograms
        group[1] += one.high_micrograms if refund else one.low_micrograms
        group[2] += one.low_micrograms if refund else one.high_micrograms
    micrograms = sum(g[0] for g in groups.values())
    # A group that refunds outweigh has its bounds the other way round.
    below = sum((g[0] - min(g[1], g[2])) ** 2 for g in groups.values())
    above = sum((max(g[1], g[2]) - g[0]) ** 2 for g in groups.values())
    return Total(
        micrograms=micrograms,
        low_micrograms=micrograms - isqrt(below),
        high_micrograms=micrograms + isqrt(above),
        lines=lines,
        counted=counted,
        unknown=unknown,
        not_assessed=not_assessed,
        by_category=tuple(sorted(by_category.items(), key=lambda pair: (-pair[1], pair[0]))),
    )
