"""What a run is judged by."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bocage.engines.epidemic.laboratory.deciding import Decision, Seen
from bocage.engines.epidemic.laboratory.world import World
from bocage.engines.epidemic.types import Bools, Floats

BANDS = ((0, 20), (20, 40), (40, 60), (60, 200))
BINS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0001)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run. Shares unless the name or what follows says otherwise.

    `attack`: infections a person, reinfections counted (so that it can exceed 1). `restricted_days`: a person,
    isolation included. `precision`: of restricted days, those of infected people; `recall`: of infected days, those
    restricted. `peak_permille`: most infected at once.
    `calibration`: for each bin of BINS the days in it, the mean probability of being infectious and the share who were
    (enrolled, not diagnosed). `calibration_error`: their mean gap, weighted, against the share infectious.
    `by_age`: for BANDS the restricted days a person, of uninfected people the restricted days, and the precision.
    `auc`: of the risk for being infected, mean over days, among those enrolled and not diagnosed.
    """

    world: World
    attack: float
    restricted_days: float
    precision: float
    recall: float
    peak_permille: float
    auc: float | None
    calibration: tuple[tuple[int, float, float], ...]
    calibration_error: float | None
    by_age: tuple[tuple[float, float, float], ...]
    inference_cpu_seconds_a_day: float
    cpu_seconds: float

    def fields(self) -> dict[str, Any]:
        return asdict(self)


class Tally:
    """Sums over the days of one run."""

    def __init__(self, world: World, ages: Floats) -> None:
        self.world = world
        self.band = np.searchsorted([high for _, high in BANDS], ages, side="right")
        self.restricted = np.zeros(world.agents)
        self.rightly = np.zeros(world.agents)
        self.infected_days = 0
        self.peak = 0
        self.cpu: list[float] = []
        self.areas: list[float] = []
        self.bins = np.zeros((len(BINS) - 1, 3))

    def day(
        self, day: int, state: dict[str, Bools], restricted: Bools, seen: Seen, decision: Decision, cpu: float
    ) -> None:
        infected = state["infected"]
        self.restricted += restricted
        self.rightly += restricted & infected
        self.infected_days += int(infected.sum())
        self.peak = max(self.peak, int(infected.sum()))
        self.cpu.append(cpu)
        if decision.risk is None:
            return
        among = seen.enrolled & ~seen.diagnosed & ~state["dead"]
        chance, truth = decision.risk.infectious[among], state["infectious"][among]
        place = np.clip(np.searchsorted(BINS, chance, side="right") - 1, 0, len(BINS) - 2)
        for column, weights in enumerate((None, chance, truth.astype(float))):
            self.bins[:, column] += np.bincount(place, weights, len(BINS) - 1)
        if (area := rank_area(decision.risk.infected[among], infected[among])) is not None:
            self.areas.append(area)

    def outcome(self, infections: float, cpu_seconds: float) -> Outcome:
        agents, counts = self.world.agents, self.bins[:, 0]
        mean = np.divide(self.bins[:, 1], counts, out=np.zeros_like(counts), where=counts > 0)
        share = np.divide(self.bins[:, 2], counts, out=np.zeros_like(counts), where=counts > 0)
        cases = self.bins[:, 2].sum()
        total, right = float(self.restricted.sum()), float(self.rightly.sum())
        ages = []
        for band in range(len(BANDS)):
            inside = self.band == band
            days, well = self.restricted[inside].sum(), self.rightly[inside].sum()
            size = max(int(inside.sum()), 1)
            ages.append((round(days / size, 3), round((days - well) / size, 3), round(well / max(days, 1), 3)))
        return Outcome(
            world=self.world,
            attack=round(infections / agents, 4),
            restricted_days=round(total / agents, 3),
            precision=round(right / max(total, 1.0), 4),
            recall=round(right / max(self.infected_days, 1), 4),
            peak_permille=round(self.peak / agents * 1000, 3),
            auc=round(float(np.mean(self.areas)), 4) if self.areas else None,
            calibration=tuple(
                (int(count), round(float(p), 5), round(float(y), 5))
                for count, p, y in zip(counts, mean, share, strict=True)
            ),
            calibration_error=round(float(np.abs(self.bins[:, 1] - self.bins[:, 2]).sum() / cases), 4)
            if cases
            else None,
            by_age=tuple(ages),
            inference_cpu_seconds_a_day=round(float(np.mean(self.cpu)), 4),
            cpu_seconds=round(cpu_seconds, 1),
        )


def rank_area(score: Floats, truth: Bools) -> float | None:
    """Area under the ROC curve (Mann-Whitney, ties by half); None with fewer than five of either kind."""
    positive = int(truth.sum())
    negative = len(truth) - positive
    if min(positive, negative) < 5:
        return None
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((rank[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))
