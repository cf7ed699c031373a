"""From risk to restrictions under a budget: who stays at home today, and who is tested.

The budget is in restricted days a person over a horizon, isolation of known cases included. Each day the controller
spends what keeps it on its plan, on those whose restriction is expected to prevent most; with hysteresis, so that
nobody is let go and called back from day to day, and with release as soon as the expected harm falls.
"""

from dataclasses import dataclass, field

import numpy as np

from bocage.engines.epidemic.types import Bools, EpidemicError, Floats, Ints

BUDGET_MAX_DAYS = 1000.0
# Of the budget, set aside for cases that are found when the rest is spent.
RESERVE = 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """How a budget is spent; the defaults were chosen on seeds that no reported figure uses (benchmarks/epidemic.py).

    `haste`: today's share of what is left, against an even share. `floor`: a probability of being infectious below
    which nobody is restricted, however much is left. `keep`: somebody restricted stays so while their rank is within
    this multiple of today's places.
    """

    budget_days: float
    horizon_days: int
    haste: float = 1.0
    floor: float = 0.004
    keep: float = 1.3

    def __post_init__(self) -> None:
        if not 0 <= self.budget_days <= BUDGET_MAX_DAYS:
            raise EpidemicError("budget", f"{self.budget_days!r} is not between 0 and {BUDGET_MAX_DAYS:g} days.")
        if self.horizon_days < 1:
            raise EpidemicError("days", f"{self.horizon_days!r} is not a whole number from 1.")


@dataclass(slots=True, eq=False)
class Controller:
    """Holds the plan over a run of days: call `decide` once a day, in order."""

    plan: Plan
    people: int
    spent_days: float = 0.0
    restricted: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        self.restricted = np.zeros(self.people, dtype=bool)

    def decide(self, day: int, chance: Floats, harm: Floats, isolated: Bools, may: Bools) -> Bools:
        """[people] who is restricted today. `day` counts from 0.

        `chance` of being infectious soon, `harm` the infections expected to be prevented, `isolated` known cases (they
        cost too), `may` those who can be restricted at all.
        """
        left_days = max(self.plan.horizon_days - day, 1)
        left = (1 - RESERVE) * self.plan.budget_days * self.people - self.spent_days
        # Known cases stay isolated whatever is decided here, so theirs comes off first.
        places = int(max((left / left_days - float(isolated.sum())) * self.plan.haste, 0))
        able = may & ~isolated & (chance >= self.plan.floor)
        ranked = _best(harm, np.flatnonzero(able), int(places * self.plan.keep))
        # Those restricted yesterday keep their place within the wider circle; the rest goes by rank.
        staying = ranked[self.restricted[ranked]]
        chosen = np.zeros(self.people, dtype=bool)
        chosen[staying[:places]] = True
        for_new = places - int(chosen.sum())
        chosen[ranked[~chosen[ranked]][:for_new]] = True
        self.restricted = chosen
        self.spent_days += float(chosen.sum() + isolated.sum())
        return chosen


def likeliest(chance: Floats, count: int, may: Bools) -> Ints:
    """Whom to test: the `count` likeliest to be infectious among those who may be tested; ties by number."""
    return _best(chance, np.flatnonzero(may), count)


def _best(values: Floats, among: Ints, count: int) -> Ints:
    if count < len(among):
        cut = np.partition(values[among], len(among) - count)[len(among) - count] if count else np.inf
        among = among[values[among] >= cut]
    return among[np.argsort(-values[among], kind="stable")][:count]
