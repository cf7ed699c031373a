"""Days of a made-up town's couriers, to try arrivals out. Simulated: no figure here was measured anywhere.

The plan knows each leg and each door, and a mean traffic. What it does not know: the rush hours' shape, the day
(weather), the courier's own pace, doors that take long, a road that is blocked.
"""

import numpy as np

from bocage.engines.arrivals.types import ArrivalsError, Floats, Indices, Table

STOPS = 40
ASKED_AFTER = (0, 4, 9, 14, 19, 24, 29)  # stops done when somebody asks
ASKED_AHEAD = (1, 2, 3, 5, 8, 12, 18, 26)  # stops on from there
LEG_SECONDS = 180.0
PLANNED_TRAFFIC = 1.12
DOOR_SECONDS, PARCEL_SECONDS = 90.0, 20.0
DAYS_LIMIT, COURIERS_LIMIT = 2_000, 100


def simulate(days: int, couriers: int = 6, seed: int = 1) -> Table:
    """What was known and what came on so many days, always the same for the same seed.

    Raises:
        ArrivalsError: more days or couriers than are simulated.
    """
    if not (1 <= days <= DAYS_LIMIT and 1 <= couriers <= COURIERS_LIMIT):
        raise ArrivalsError(f"1 to {DAYS_LIMIT:,} days and 1 to {COURIERS_LIMIT} couriers are simulated")
    random = np.random.default_rng(seed)
    tours = days * couriers
    day = np.repeat(np.arange(days, dtype=np.int64), couriers)
    legs = random.gamma(2.0, LEG_SECONDS / 2, (tours, STOPS))
    parcels = 1 + random.poisson(0.4, (tours, STOPS))
    doors = np.asarray(DOOR_SECONDS + PARCEL_SECONDS * parcels, dtype=np.float64)
    begun = 3600 * (8.3 + random.uniform(0, 5, tours))
    arrives, leaves = _driven(random, day, couriers, begun, legs, doors)
    planned_leaves = np.cumsum(legs * PLANNED_TRAFFIC + doors, axis=1)
    planned_arrives = planned_leaves - doors
    aboard = np.cumsum(parcels, axis=1)
    rows, actual = [], []
    for done in ASKED_AFTER:
        now = leaves[:, done - 1] if done else begun
        planned_now = planned_leaves[:, done - 1] if done else np.zeros(tours)
        handed = aboard[:, done - 1] if done else np.zeros(tours)
        pace = (now - begun + 600) / (planned_now + 600)
        for ahead in ASKED_AHEAD:
            target = done + ahead - 1
            if target >= STOPS:
                continue
            before = (aboard[:, target - 1] if target else np.zeros(tours)) - handed
            known = (
                planned_arrives[:, target] - planned_now, np.full(tours, ahead - 1.0), before,
                now - begun - planned_now, pace, now / 3600 % 24, (day % 7).astype(float),
            )  # fmt: skip
            rows.append(np.column_stack(known))
            actual.append(arrives[:, target] - now)
    repeats = len(rows)
    return Table(np.tile(day, repeats).astype(np.int64), np.vstack(rows), np.concatenate(actual))


def _driven(
    random: np.random.Generator, day: Indices, couriers: int, begun: Floats, legs: Floats, doors: Floats
) -> tuple[Floats, Floats]:
    """(tours, stops): when each stop was reached and left, in seconds of the day."""
    tours = len(begun)
    weather = np.exp(random.normal(0, 0.08, int(day.max()) + 1))[day]
    own = np.tile(np.exp(random.normal(0, 0.08, couriers)), tours // couriers) * np.exp(random.normal(0, 0.04, tours))
    busy = np.where(day % 7 == 4, 1.06, 1.0)
    clock, arrives, leaves = begun.copy(), np.empty_like(legs), np.empty_like(legs)
    for stop in range(STOPS):
        hour = clock / 3600 % 24
        rush = 1 + 0.35 * np.exp(-(((hour - 8.5) / 0.9) ** 2)) + 0.45 * np.exp(-(((hour - 17.2) / 1.1) ** 2))
        blocked = np.where(random.random(tours) < 0.01, random.exponential(600, tours), 0.0)
        clock = clock + legs[:, stop] * rush * weather * busy * np.exp(random.normal(-0.03, 0.25, tours)) + blocked
        arrives[:, stop] = clock
        long = np.where(random.random(tours) < 0.08, random.exponential(240, tours), 0.0)
        clock = clock + doors[:, stop] * own * np.exp(random.normal(-0.08, 0.4, tours)) + long
        leaves[:, stop] = clock
    return arrives, leaves
