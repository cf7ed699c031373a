"""A town of 15,000 stops on real roads, planned on two cores and held to every rule by the checker (extra `parcel`).

    .venv/bin/python benchmarks/town.py EXTRACT [--stops 15000] [--seconds 600] [--processes 2] [--seed 1]

EXTRACT is an OpenStreetMap file. The stops are drawn by lot among its junctions that vans reach (made up, labelled so):
a parcel or more each, a minute at the door, and a third with a window of two hours. Vans carry 160 parcels for eight
hours from one depot; the cost is the seconds they drive. `--seconds` are by the clock, from the finished table of ways
on. Beside it stands the first plan of clusters alone, with no round of re-clustering, in a tenth of the time.
"""

import argparse
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bocage.engines.roads import Network
from bocage.engines.roads.building import build
from bocage.engines.routing import Plan, Problem, check
from bocage.engines.routing.clusters import ROUNDS, solve_city
from bocage.engines.routing.pyvrp_model import Deadline
from bocage.engines.routing.types import Convention, Depot, Floats, Indices, Profile, Stop, Vehicle

SHIFT = 8 * 3600.0
WINDOW = 2 * 3600.0
JUNCTIONS_MOST = 5_000


@dataclass(frozen=True)
class Ways:
    """Seconds between places by the junctions they are at: `table[from, to]`."""

    junction: Indices
    table: NDArray[np.float32]

    def block(self, rows: Indices, columns: Indices) -> Floats:
        """From each of `rows` to each of `columns`."""
        return self.table[np.ix_(self.junction[rows], self.junction[columns])].astype(np.float64)

    def along(self, places: Indices) -> Floats:
        """From each place to the next one."""
        at = self.junction[places]
        return self.table[at[:-1], at[1:]].astype(np.float64)


def main() -> None:
    """Print what was planned, by whom, and what the checker says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extract", type=Path)
    parser.add_argument("--stops", type=int, default=15_000)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    cpu = spent()
    problem = town(asked.extract, asked.stops, asked.seed)
    print(f"{problem.name}: {asked.stops:,} stops; ways between all junctions in {spent() - cpu:.0f} CPU-s", flush=True)
    for name, share, rounds in (("clusters alone", 0.1, 0), ("re-clustered", 1.0, ROUNDS)):
        begun, cpu = time.monotonic(), spent()
        plan = solve_city(problem, Deadline(asked.seconds * share), asked.seed, asked.processes, rounds)
        took = f"{time.monotonic() - begun:.0f} s by the clock, {spent() - cpu:.0f} CPU-s"
        show(problem, plan, f"{name}: {took}, load {os.getloadavg()[0]:.1f}")


def town(extract: Path, count: int, seed: int) -> Problem:
    """Stops by lot among the junctions of an extract that vans reach, the depot at the most central one."""
    graph = build(extract)
    network, random = Network(graph, "van"), np.random.default_rng(seed)
    junctions = np.sort(random.permutation(network.main)[:JUNCTIONS_MOST])
    metres = np.column_stack([graph.longitude * np.cos(np.radians(graph.latitude.mean())), graph.latitude]) * 111_195
    here = metres[junctions]
    middle = int(np.argmin(np.hypot(*(here - np.median(here, axis=0)).T)))
    at = np.concatenate([[middle], random.integers(len(junctions), size=count)]).astype(np.int64)
    ways = Ways(at, network.matrix(junctions, junctions).astype(np.float32))
    opens = np.where(random.random(count) < 1 / 3, random.uniform(0, SHIFT - WINDOW - 3600, count) // 900 * 900, -1.0)
    parcels = 1 + random.poisson(0.3, count)
    stops = tuple(
        Stop(str(number + 1), number + 1, max(early, 0.0), early + WINDOW if early >= 0 else SHIFT, 60.0, int(amount))
        for number, (early, amount) in enumerate(zip(opens.tolist(), parcels, strict=True))
    )
    van = Vehicle("van", count, 160, shift_late=SHIFT, max_duration=SHIFT)
    return Problem(
        name=f"{extract.name} (made-up stops)",
        convention=Convention("seconds driven", 1),
        coordinates=here[at],
        profiles=(Profile("van", ways, ways),),
        depots=(Depot("depot", 0, 0.0, SHIFT),),
        vehicles=(van,),
        stops=stops,
    )


def show(problem: Problem, plan: Plan, said: str) -> None:
    """What the checker says of a plan."""
    verdict = check(problem, plan)
    missing = sum(one.rule == "missing" for one in verdict.violations)
    print(f"{said}\n  {verdict.vehicles} vans, {verdict.cost / 3600:,.1f} hours of driving; ", end="")
    print(f"{missing} stops missed, {len(verdict.violations) - missing} other rules broken", flush=True)


def spent() -> float:
    """Processor seconds of this process and of those it has waited for."""
    ours, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return ours.ru_utime + ours.ru_stime + theirs.ru_utime + theirs.ru_stime


if __name__ == "__main__":
    main()
