"""From risk to restrictions under a budget: who stays at home today, and who is tested.

The budget is in restricted days a person over a horizon, isolation of known cases included. Each day spends what keeps
it on the plan, with hysteresis, so that nobody is let go and called back from day to day, and with release as soon as
the risk falls. No threshold is fixed beforehand: what is left of the budget decides it anew each day, in any epidemic.

Two ways to spend it. `colours` is a pure function for a pass, where the same probability must give everybody the same
colour and the rule of the day is published: risks, days spent, budget -> the day's `Rule`, a colour for each person,
and the sentence that says how the threshold came about.

    today = colours(Plan(budget_days=2.2, horizon_days=90), day, spent_days, risk.infectious, restricted, isolated)
    explain(evidence(risk, person), today.rule, previous).colour   # the same colour, with the person's reasons
    spent_days += today.cost_days

`Controller` is for the laboratory: it ranks by the infections that a restriction is expected to prevent.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from bocage.engines.epidemic.explaining import RISK_DECIMALS, Colour, Rule
from bocage.engines.epidemic.types import PEOPLE_MAX, Bools, EpidemicError, Floats, Ints

BUDGET_MAX_DAYS = 1000.0
# Of the budget, set aside for cases that are found when the rest is spent.
RESERVE = 0.01
COLOURS = (Colour.GREEN, Colour.YELLOW, Colour.RED)
_GREEN, _YELLOW, _RED = range(3)
_STEP = 10.0**-RISK_DECIMALS

BUDGET = (
    "At most {budget} days at home a person in {horizon} days, of which {spent} are spent: "
    "today there is room for {places} people, the likeliest, from a probability of {percent} % on."
)
NO_BUDGET = (
    "At most {budget} days at home a person in {horizon} days, of which {spent} are spent: "
    "today there is no room for anybody but those who tested positive."
)
BUDGET_TEMPLATES = (BUDGET, NO_BUDGET)


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
        if not 0 < self.floor <= 1:
            raise EpidemicError("floor", f"{self.floor!r} is not above 0 and at most 1.")
        if not 1 <= self.keep <= 100:
            raise EpidemicError("keep", f"{self.keep!r} is not between 1 and 100.")

    def places(self, people: int, day: int, spent_days: float, isolated: int) -> int:
        """How many people can be restricted on `day` (from 0) besides the `isolated`, to end within the budget.

        `spent_days` are those of all people together. Known cases stay isolated whatever is decided, so theirs comes
        off first.
        """
        left = (1 - RESERVE) * self.budget_days * people - spent_days
        left_days = max(self.horizon_days - day, 1)
        return max(int((left / left_days - isolated) * self.haste), 0)


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """What a budget makes of one day.

    `rule` holds the day's thresholds, to give to `explain`. `colour` [people] counts into COLOURS, `restricted`
    [people] are those not green. `places` is how many could be restricted besides those isolated; `cost_days` what the
    day adds to the days spent. `template` is one of BUDGET_TEMPLATES, `values` fill it.
    """

    rule: Rule
    colour: Ints
    restricted: Bools
    places: int
    cost_days: float
    template: str
    values: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return self.template.format(**dict(self.values))


def colours(
    plan: Plan,
    day: int,
    spent_days: float,
    chance: Floats,
    restricted: Bools,
    isolated: Bools,
    rule: Rule | None = None,
) -> Today:
    """The day's thresholds and everybody's colour: at most as many are restricted as keep the plan within its budget.

    `day` counts from 0 to the plan's horizon; beyond it what is left may be spent at once. `spent_days` are those of
    all people so far, `chance` [people] today's probability of being infectious, `restricted` [people] those not green
    yesterday, `isolated` [people] those with a positive test, who are red by `rule` and count, though no budget frees
    them; nor whoever is infectious with a probability of 1. Equal probabilities give equal colours among those
    restricted and among those not: where the last place is shared, none of them gets it. `rule` gives the version and
    the least probability that is red. Pure: equal inputs, equal answer. Raises `EpidemicError`.
    """
    rule = rule or Rule()
    people = _checked(day, spent_days, chance, restricted, isolated)
    # Compared as `explain` compares, at the decimals that a record holds.
    risk = np.round(np.asarray(chance, dtype=np.float64), RISK_DECIMALS)
    places = plan.places(people, day, spent_days, int(isolated.sum()))
    free = risk[~isolated]
    stayed = restricted[~isolated]
    floor = max(plan.floor, _STEP)
    # Yesterday's keep their place within a wider circle, and within today's places.
    wider = _cut(free, int(places * plan.keep), floor)
    release = max(wider, _cut(free[stayed], places, floor))
    room = places - int((free[stayed] >= release).sum())
    yellow = max(_cut(free[~stayed], room, floor), release)
    # Red follows upwards: where there is no room for yellow there is none for a red without a test either.
    made = replace(rule, yellow=min(yellow, 1.0), release=min(release, 1.0), red=max(rule.red, min(yellow, 1.0)))
    colour = np.full(people, _GREEN, dtype=np.int8)
    colour[(risk >= made.yellow) | (restricted & (risk >= made.release))] = _YELLOW
    colour[risk >= made.red] = _RED
    colour[isolated] = _RED
    at_home = colour != _GREEN
    values = (
        ("budget", f"{plan.budget_days:g}"),
        ("horizon", str(plan.horizon_days)),
        ("spent", f"{spent_days / people:.2f}"),
        ("places", str(places)),
        ("percent", f"{100 * made.yellow:.2f}"),
    )
    return Today(made, colour, at_home, places, float(at_home.sum()), BUDGET if places else NO_BUDGET, values)


def _cut(risk: Floats, places: int, floor: float) -> float:
    """The least probability from which at most `places` people are at or above it, and not below `floor`."""
    if places >= len(risk):
        return floor
    # The next lower rank does not fit any more, nor does who shares it.
    highest_out = float(np.partition(risk, len(risk) - places - 1)[len(risk) - places - 1])
    return max(round(highest_out + _STEP, RISK_DECIMALS), floor)


def _checked(day: int, spent_days: float, chance: Floats, restricted: Bools, isolated: Bools) -> int:
    people = len(chance)
    if type(day) is not int or day < 0:
        raise EpidemicError("day", f"{day!r} is not a whole number from 0.")
    if not 1 <= people <= PEOPLE_MAX:
        raise EpidemicError("chance", f"is of {people} people; between 1 and {PEOPLE_MAX} are taken.")
    if not (math.isfinite(spent_days) and spent_days >= 0):
        raise EpidemicError("spent_days", f"{spent_days!r} is not a number from 0.")
    if not bool(np.all((np.asarray(chance) >= 0) & (np.asarray(chance) <= 1 + _STEP))):
        raise EpidemicError("chance", "holds values outside 0 to 1.")
    for name, array in (("restricted", restricted), ("isolated", isolated)):
        if array.shape != (people,) or array.dtype != np.bool_:
            raise EpidemicError(name, f"needs {people} values that are true or false.")
    return people


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
        places = self.plan.places(self.people, day, self.spent_days, int(isolated.sum()))
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
