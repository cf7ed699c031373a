"""Days of orders drawn from a file with time windows, as the EURO Meets NeurIPS 2022 competition draws them.

Each wave's orders take place, window, service and size of stops drawn independently of one another; an order is kept
when a van alone that leaves at the wave can still bring it. These days are simulated; the stops are the file's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t

from bocage.engines.routing.dispatch import (
    ORDERS_LIMIT,
    WAVES_LIMIT,
    Dispatched,
    Foresight,
    Order,
    greedy,
    in_time,
    lazy,
    run_day,
)
from bocage.engines.routing.types import Floats, Problem, RoutingError

# Earlier days have seeds of their own, so that no day that is driven is ever among those that foresight has seen.
PAST_SEED = 1_000_000
PAST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Compared:
    """One day by three policies: everything at once, as late as can be, and with foresight."""

    orders: tuple[Order, ...]
    greedy: Dispatched
    lazy: Dispatched
    ours: Dispatched

    @property
    def saving(self) -> float:
        """Per cent of greedy's cost."""
        return 100 * (1 - self.ours.verdict.cost / self.greedy.verdict.cost)


def compare(problem: Problem, seed: int, waves: int = 6, orders_a_wave: int = 20) -> Compared:
    """A drawn day by each policy; as many vans as there are orders. Foresight has seen 30 other days.

    Raises:
        RoutingError: days cannot be drawn from this problem, or the seed is one of an earlier day.
    """
    if not 0 <= seed < PAST_SEED:
        raise RoutingError(f"a day's seed is 0 to {PAST_SEED - 1:,}")
    if problem.shipments or problem.stations or len(problem.vehicles) != 1:
        raise RoutingError("days are drawn from stops of one depot with one kind of vehicle")
    at = waves_of(problem, waves)
    hired = replace(problem, vehicles=(replace(problem.vehicles[0], count=waves * orders_a_wave),))
    past = [draw_day(problem, at, orders_a_wave, PAST_SEED + number) for number in range(PAST_DAYS)]
    day = draw_day(problem, at, orders_a_wave, seed)
    if not day:
        raise RoutingError("no order of this day can be brought in time")
    foresight = Foresight(past, seed=seed)
    return Compared(day, *(run_day(hired, day, at, policy) for policy in (greedy, lazy, foresight)))


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % interval (Student's t); the interval is endless for a single value."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, -np.inf, np.inf
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def waves_of(problem: Problem, count: int) -> tuple[float, ...]:
    """So many waves, evenly from the depot's opening to when the last stop's window opens.

    Raises:
        RoutingError: the stops have no windows, or the number of waves makes no sense.
    """
    if not 2 <= count <= WAVES_LIMIT:
        raise RoutingError(f"2 to {WAVES_LIMIT} waves a day")
    begins = problem.depots[0].early
    last = max((stop.early for stop in problem.stops), default=begins)
    if last <= begins or not np.isfinite(problem.depots[0].late):
        raise RoutingError("days are drawn from stops with time windows and a depot that closes")
    steps: Floats = np.linspace(begins, last, count)
    return tuple(float(step) for step in steps)


def draw_day(problem: Problem, waves: Sequence[float], orders_a_wave: int, seed: int) -> tuple[Order, ...]:
    """One day's orders, always the same for the same seed.

    Raises:
        RoutingError: more orders than a day may have.
    """
    if orders_a_wave < 1 or orders_a_wave * len(waves) > ORDERS_LIMIT:
        raise RoutingError(f"1 order a wave at least, and {ORDERS_LIMIT:,} a day at most")
    random, pool = np.random.default_rng(seed), problem.stops
    drawn: list[Order] = []
    for wave in waves:
        for _ in range(orders_a_wave):
            where, when, what, how = (pool[int(index)] for index in random.integers(len(pool), size=4))
            stop = replace(
                where, name=str(len(drawn) + 1), early=when.early, late=when.late, service=how.service,
                delivery=what.delivery,
            )  # fmt: skip
            if in_time(problem, stop, wave):
                drawn.append(Order(wave, stop))
    return tuple(drawn)
