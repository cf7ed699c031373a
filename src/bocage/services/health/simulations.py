"""The laboratory behind the officials' page: simulated towns, no person's data. Runs are kept in the installation."""

import math
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
# The figure, in units of its own: the field of points, between the axes' labels.
LEFT, RIGHT, TOP, BOTTOM = 44, 314, 12, 196
DAY_TICKS = (0, 1, 2, 5, 10, 20, 40, 90)


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
    def attack_per_100(self) -> int:
        return round(100 * self.attack)

    @property
    def attack_sd_per_100(self) -> int:
        return round(100 * self.attack_sd)

    @property
    def precision_percent(self) -> int:
        return round(100 * self.precision)

    @property
    def recall_percent(self) -> int:
        return round(100 * self.recall)


@dataclass(frozen=True)
class Mark:
    """A tick of an axis, or a row's point, at `x`, `y` of the figure."""

    x: float
    y: float
    label: str
    chosen: bool = False
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class TradeOff:
    """The rows as points, numbered as listed: infections upwards, days at home to the right (by square root)."""

    points: tuple[Mark, ...]
    days: tuple[Mark, ...]
    infections: tuple[Mark, ...]


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


def trade_off(found: list[Row]) -> TradeOff:
    """Where each row stands in the figure."""
    most_days = max([2.0, *(row.restricted_days for row in found)])
    most_infections = max([1.0, *(row.attack + row.attack_sd for row in found)])

    def right(days: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * math.sqrt(days / most_days), 1)

    def up(attack: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * max(attack, 0.0) / most_infections, 1)

    points = [
        Mark(
            right(row.restricted_days),
            up(row.attack),
            str(number),
            row.budget_days is not None,
            up(row.attack - row.attack_sd),
            up(row.attack + row.attack_sd),
        )
        for number, row in enumerate(found, 1)
    ]
    days = [Mark(right(tick), BOTTOM, str(tick)) for tick in DAY_TICKS if tick <= most_days]
    infections = [Mark(LEFT, up(share / 100), str(share)) for share in (0, 25, 50, 75, 100)]
    return TradeOff(tuple(points), tuple(days), tuple(infections))


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
