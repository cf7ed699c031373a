"""Questions to the twin and what came of them: means over seeds with Student's interval of the paired differences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.errors import not_found
from bocage.services.city import limits
from bocage.services.city.models import WhatIf

# Student's t, 97.5 %, by degrees of freedom 1 to 9.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
MEASURES = ("delay_seconds", "bus_delay_seconds", "walk_seconds", "co2_g", "no_way", "unfinished")


@dataclass(frozen=True)
class Difference:
    """A measure as it is, changed, and the mean difference with its interval of 95 %."""

    measure: str
    now: float
    changed: float
    mean: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the seeds agree on the sign."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Asked:
    """A question, how far it is, and its differences once two seeds are played."""

    id: UUID
    change: str
    street: str
    hour: int
    seeds: int
    at: datetime
    done: bool
    failed: str
    played: int
    trips: int
    differences: Sequence[Difference]


def latest() -> list[Asked]:
    """The questions asked last."""
    return [_asked(row) for row in WhatIf.objects.order_by("-at")[: limits.PAGE_ROWS]]


def question(question_id: UUID) -> Asked:
    """One question. Raises a `Refusal` (404)."""
    row = WhatIf.objects.filter(id=question_id).first()
    if row is None:
        raise not_found(_("There is no such question."))
    return _asked(row)


def difference(measure: str, now: Sequence[float], changed: Sequence[float]) -> Difference:
    """The paired difference of two or more seeds."""
    gaps = [after - before for before, after in zip(now, changed, strict=True)]
    count = len(gaps)
    mean = sum(gaps) / count
    spread = sqrt(sum((gap - mean) ** 2 for gap in gaps) / (count - 1)) * STUDENT[count - 2] / sqrt(count)
    return Difference(measure, sum(now) / count, sum(changed) / count, mean, mean - spread, mean + spread)


def _asked(row: WhatIf) -> Asked:
    played: list[dict[str, Any]] = row.played
    differences = [
        difference(name, [each["now"][name] for each in played], [each["changed"][name] for each in played])
        for name in (MEASURES if len(played) > 1 else ())
    ]
    trips = round(sum(each["now"]["trips"] for each in played) / max(len(played), 1))
    done = row.done_at is not None
    return Asked(
        row.id, row.change, row.street, row.hour, row.seeds, row.at, done, row.failed, len(played), trips, differences
    )
