"""A world to try policies in: its size, its epidemic, what of it can be seen. Needs no Covasim."""

from dataclasses import dataclass
from typing import Literal

from bocage.engines.epidemic.policy import BUDGET_MAX_DAYS
from bocage.engines.epidemic.types import EpidemicError

AGENTS_MAX = 1_000_000
DAYS_MAX = 1000
SEED_MAX = 2**31 - 1

PolicyName = Literal["none", "test", "trace", "household", "contacts", "bocage"]

POLICIES: dict[PolicyName, str] = {
    "none": "nothing is done",
    "test": "tests for those who report an illness, isolation of cases",
    "trace": "tests for contacts of cases too, isolation of cases",
    "household": "as trace, and 14 days at home for the household of a case",
    "contacts": "as trace, and 14 days at home for every contact of a case",
    "bocage": "tests and days at home by inferred risk, within a budget",
}


@dataclass(frozen=True, slots=True)
class World:
    """One run. Shares are of people; `tests` is a share a day; `epsilon` is for policy "bocage" alone.

    `contacts`: "all" that Covasim has, or as "observed": of the household, and meetings in the community where both
    ends checked in (`check_in` each). The policy never knows `beta_scale`. Without
    `messages` the inference is plain factorised neighbours.
    """

    policy: PolicyName = "bocage"
    budget_days: float = 2.2
    agents: int = 20_000
    days: int = 91
    seed: int = 1
    beta_scale: float = 1.0
    adoption: float = 0.75
    symptoms: bool = True
    reporting: float = 0.6
    background_illness_per_day: float = 0.002
    tests: float = 0.005
    sensitivity: float = 0.85
    delay_days: int = 1
    contacts: Literal["all", "observed"] = "all"
    check_in: float = 0.6
    epsilon: float | None = None
    messages: bool = True
    haste: float | None = None
    floor: float | None = None

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise EpidemicError("policy", f"{self.policy!r} is none of {', '.join(POLICIES)}.")
        if self.contacts not in ("all", "observed"):
            raise EpidemicError("contacts", f"{self.contacts!r} is neither all nor observed.")
        for name, low, high in (
            ("budget_days", 0, BUDGET_MAX_DAYS),
            ("agents", 100, AGENTS_MAX),
            ("days", 2, DAYS_MAX),
            ("seed", 0, SEED_MAX),
            ("beta_scale", 0.01, 20),
            ("adoption", 0, 1),
            ("reporting", 0, 1),
            ("background_illness_per_day", 1e-6, 0.2),
            ("tests", 0, 1),
            ("sensitivity", 0.01, 1),
            ("delay_days", 0, 14),
            ("check_in", 0, 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise EpidemicError(name, f"{value!r} is not between {low:g} and {high:g}.")
        if self.epsilon is not None and not 0 < self.epsilon <= 1:
            raise EpidemicError("epsilon", f"{self.epsilon!r} is not above 0 and at most 1.")


def aaai24(**changes: object) -> World:
    """The protocol of Romijnders et al. (AAAI-24): tests 2 % a day by score, near-perfect, known at once; no budget."""
    base: dict[str, object] = {
        "budget_days": 0.0,
        "agents": 50_000,
        "adoption": 1.0,
        "reporting": 1.0,
        "background_illness_per_day": 0.001,
        "tests": 0.02,
        "sensitivity": 0.999,
        "delay_days": 0,
    }
    return World(**(base | changes))  # type: ignore[arg-type]
