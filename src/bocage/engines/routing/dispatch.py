"""Same-day dispatch: orders come all day, and at each wave some are sent out while others wait for neighbours.

An order that waits may share a van with orders that are not placed yet. What those will be is drawn from earlier days:
each scenario is today's open orders and the orders that came later on some earlier day, planned together, where goods
are loaded no sooner than they are there. An order that goes out at once in most scenarios goes out now. See L. Lan,
J. M. H. van Doorn, N. A. Wouda, A. Rijal, S. Bhulai, "An iterative sample scenario approach for the dynamic dispatch
waves problem", Transportation Science 58 (2024) 726-740; the rules of a day are those of the EURO Meets NeurIPS 2022
competition (W. Kool et al., "The EURO Meets NeurIPS 2022 vehicle routing competition", PMLR 220, 2023): as many vans
as are needed, and the cost is the way they drive.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from pyvrp.stop import MaxIterations

from bocage.engines.routing.checking import TOLERANCE, check, drive
from bocage.engines.routing.pyvrp_model import Model, search
from bocage.engines.routing.types import Plan, Problem, Route, RoutingError, Stop, Verdict, Visit

ORDERS_LIMIT = 5_000
WAVES_LIMIT = 288


@dataclass(frozen=True, slots=True)
class Order:
    """A stop that is known from `placed` on. Its window is what was promised."""

    placed: float
    stop: Stop


@dataclass(frozen=True, slots=True)
class Sent:
    """A van that left: when, with which orders (by index of the day), in that order."""

    leaves: float
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A whole day as it was driven. `refused` are orders that were never promised, since no van could be in time."""

    sent: tuple[Sent, ...]
    refused: tuple[int, ...]
    verdict: Verdict


Policy = Callable[[Problem, float, float | None, Sequence[Order]], list[bool]]
"""From a problem, now, the next wave (None: there is none) and the open orders: which of them go out now."""


def in_time(problem: Problem, stop: Stop, leaves: float) -> bool:
    """Whether a van for this stop alone that leaves then keeps its window and is back before the depot closes."""
    alone = replace(problem, stops=(replace(stop, release=leaves),), shipments=())
    return check(alone, Plan((Route(0, (Visit("stop", 0),)),))).valid


def greedy(problem: Problem, now: float, after: float | None, waiting: Sequence[Order]) -> list[bool]:
    """Everything goes out at once."""
    return [True] * len(waiting)


def lazy(problem: Problem, now: float, after: float | None, waiting: Sequence[Order]) -> list[bool]:
    """Only what would be late goes out."""
    return [after is None or not in_time(problem, order.stop, after) for order in waiting]


@dataclass
class Foresight:
    """Sends what goes out at once in most scenarios. `past`: the orders of earlier days, by the same clock.

    `scenarios` a round, each searched for `iterations` (no clock: the same seed decides the same on any machine);
    `rounds`: after each but the last, orders that hardly ever go out are taken to wait, and the others judged anew.
    """

    past: Sequence[Sequence[Order]]
    scenarios: int = 10
    rounds: int = 2
    iterations: int = 150
    hold_below: float = 0.2
    send_from: float = 0.5
    seed: int = 0
    _random: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.past or self.scenarios < 1 or self.rounds < 1 or self.iterations < 1:
            raise RoutingError("foresight needs an earlier day, a scenario, a round and an iteration at least")
        self._random = np.random.default_rng(self.seed)

    def __call__(self, problem: Problem, now: float, after: float | None, waiting: Sequence[Order]) -> list[bool]:
        """Which of the open orders go out now; whatever would be late otherwise does."""
        must = lazy(problem, now, after, waiting)
        if after is None or all(must):
            return must
        held = [False] * len(waiting)
        for number in range(self.rounds):
            share = self._shares(problem, now, after, waiting, held)
            bar = self.send_from if number == self.rounds - 1 else self.hold_below
            held = [not due and part < bar for due, part in zip(must, share, strict=True)]
        return [not one for one in held]

    def _shares(
        self, problem: Problem, now: float, after: float, waiting: Sequence[Order], held: Sequence[bool]
    ) -> list[float]:
        """In which share of the scenarios each open order goes out now."""
        known = [replace(order.stop, release=after if wait else now) for order, wait in zip(waiting, held, strict=True)]
        counts = np.zeros(len(known))
        for number in self._random.integers(len(self.past), size=self.scenarios):
            ahead = [
                replace(order.stop, release=max(order.placed, after))
                for order in self.past[int(number)]
                if order.placed > now and in_time(problem, order.stop, max(order.placed, after))
            ]
            plan = _planned(problem, [*known, *ahead], self.iterations, int(self._random.integers(2**31)))
            for route in plan.routes:
                members = [visit.index for visit in route.visits]
                if all(index < len(known) and known[index].release <= now for index in members):
                    counts[members] += 1
        return [float(share) for share in counts / self.scenarios]


def run_day(
    problem: Problem, orders: Sequence[Order], waves: Sequence[float], policy: Policy, iterations: int = 1_000
) -> Dispatched:
    """A day by one policy. At each wave it sees the orders placed until then and no others; what is sent is sent.

    The verdict is the checker's, over the whole day: each order once, in its window, loaded no sooner than it was sent.

    Raises:
        RoutingError: too many orders or waves, waves out of order, or vans that cannot carry what was promised.
    """
    if not 0 < len(waves) <= WAVES_LIMIT or any(b <= a for a, b in pairwise(waves)):
        raise RoutingError(f"1 to {WAVES_LIMIT} waves are due, each after the one before")
    if len(orders) > ORDERS_LIMIT:
        raise RoutingError(f"at most {ORDERS_LIMIT:,} orders a day")
    refused, first = [], {}
    for index, order in enumerate(orders):
        wave = next((one for one in waves if one >= order.placed), None)
        if wave is None or not in_time(problem, order.stop, wave):
            refused.append(index)
        else:
            first[index] = wave
    sent: list[Sent] = []
    waiting: list[int] = []
    for number, now in enumerate(waves):
        waiting += [index for index, wave in first.items() if wave == now]
        after = waves[number + 1] if number + 1 < len(waves) else None
        going = policy(problem, now, after, [orders[index] for index in waiting])
        leaving = [index for index, goes in zip(waiting, going, strict=True) if goes]
        waiting = [index for index, goes in zip(waiting, going, strict=True) if not goes]
        if leaving:
            stops = [replace(orders[index].stop, release=now) for index in leaving]
            plan = _planned(problem, stops, iterations, number)
            sent += [Sent(now, tuple(leaving[visit.index] for visit in route.visits)) for route in plan.routes]
    return Dispatched(tuple(sent), tuple(refused), _verdict(problem, orders, sent, refused))


def _planned(problem: Problem, stops: Sequence[Stop], iterations: int, seed: int) -> Plan:
    whole = replace(problem, stops=tuple(stops), shipments=())
    model = Model(whole)
    found = search(model, MaxIterations(iterations), seed)
    if not found.is_feasible():
        # One van an order is a plan that keeps every promise, since none was made that a van alone could not keep.
        begin = Plan(tuple(Route(0, (Visit("stop", index),)) for index in range(len(stops))))
        found = search(model, MaxIterations(iterations), seed, begin)
    return model.plan(found)


def _verdict(problem: Problem, orders: Sequence[Order], sent: Sequence[Sent], refused: Sequence[int]) -> Verdict:
    leaves = {index: van.leaves for van in sent for index in van.orders}
    early = [index for index, at in leaves.items() if at < orders[index].placed - TOLERANCE]
    if early:
        raise RoutingError(f"order {early[0]} was sent before it was placed")
    kept = [index for index in range(len(orders)) if index not in set(refused)]
    place = {index: position for position, index in enumerate(kept)}
    stops = tuple(replace(orders[index].stop, release=leaves.get(index, 0.0)) for index in kept)
    whole = replace(problem, stops=stops, shipments=())
    plan = Plan(tuple(Route(0, tuple(Visit("stop", place[index]) for index in van.orders)) for van in sent))
    return check(whole, plan)


def arrivals(problem: Problem, orders: Sequence[Order], van: Sent) -> list[tuple[int, float]]:
    """When a van that was sent begins at each of its orders."""
    stops = tuple(replace(orders[index].stop, release=van.leaves) for index in van.orders)
    route = Route(0, tuple(Visit("stop", position) for position in range(len(stops))))
    timeline = drive(replace(problem, stops=stops, shipments=()), route).timeline
    return [(index, timed.begin) for index, timed in zip(van.orders, timeline, strict=True)]
