"""The laboratory behind the officials' page: simulated towns, no person's data. Runs are kept in the installation."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from bocage.engines.epidemic.laboratory.sweep import Summary, saved, summaries, sweep
from bocage.engines.epidemic.laboratory.world import POLICIES, PolicyName, World

AGENTS_MIN, AGENTS_MAX = 1_000, 20_000
SEEDS_MAX = 5
DAYS = 91
ROWS_MAX = 40


@dataclass(frozen=True)
class Row:
    """One policy in one town: means over its runs. Shares are of one; `budget_days` is None for a naive policy."""

    policy: PolicyName
    budget_days: float | None
    agents: int
    runs: int
    attack: float
    attack_sd: float
    restricted_days: float
    precision: float
    recall: float
    by_age: tuple[float, ...]

    @property
    def attack_percent(self) -> int:
        return round(100 * self.attack)

    @property
    def precision_percent(self) -> int:
        return round(100 * self.precision)


def folder() -> Path:
    """Where runs are kept."""
    return Path(settings.HOME) / "epidemic"


def installed() -> bool:
    """Whether Covasim is there."""
    return find_spec("covasim") is not None


def rows() -> list[Row]:
    """Every policy that was played, the fewest infections first."""
    found = [_row(each) for each in summaries(saved(folder()))] if folder().is_dir() else []
    return sorted(found, key=lambda row: (-row.agents, row.attack))[:ROWS_MAX]


def play(budget_days: float, agents: int, seeds: int) -> None:
    """Play every policy on each seed; what was played before is taken as it is."""
    worlds = [
        World(
            policy=policy, budget_days=budget_days if policy == "bocage" else 0.0, agents=agents, days=DAYS, seed=seed
        )
        for policy in POLICIES
        for seed in range(1, seeds + 1)
    ]
    sweep(worlds, folder(), processes=1)


def _row(summary: Summary) -> Row:
    world = summary.world
    return Row(
        policy=world.policy,
        budget_days=world.budget_days if world.policy == "bocage" else None,
        agents=world.agents,
        runs=len(summary.seeds),
        attack=summary.mean("attack") or 0.0,
        attack_sd=summary.attack_sd,
        restricted_days=summary.mean("restricted_days") or 0.0,
        precision=summary.mean("precision") or 0.0,
        recall=summary.mean("recall") or 0.0,
        by_age=tuple(days for days, _, _ in summary.age_bands()),
    )
