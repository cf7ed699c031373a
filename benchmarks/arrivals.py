"""How often the 80 % interval of an arrival holds on days not trained on, and how wide it is (extra `parcel`).

    .venv/bin/python benchmarks/arrivals.py [TOURS.csv...] [--seeds 5] [--days 200] [--couriers 6]

Without files: `--seeds` made-up towns, each of so many simulated days, the last fifth judged; a figure of simulated
days says that the method keeps its share there and nothing about any real city. Files are tables of finished tours.
Beside it stand the plan itself and the plan times today's pace.
"""

import argparse
import os
import time
from pathlib import Path

from bocage.engines.arrivals import Table, evaluate, read_table
from bocage.engines.arrivals.simulating import simulate

HEAD = (
    f"{'tours':<16}{'rows':>8}{'days':>6}{'inside %':>10}{'near':>7}{'middle':>8}{'far':>7}{'days from':>11}{'to':>5}"
)
MORE = f"{'width min':>11}{'error':>7}{'plan':>7}{'paced':>7}{'cpu s':>7}{'load':>6}"


def main() -> None:
    """Print a line a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tours", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--days", type=int, default=200)
    parser.add_argument("--couriers", type=int, default=6)
    asked = parser.parse_args()
    print(HEAD + MORE)
    for path in asked.tours:
        show(path.name, read_table(path))
    if not asked.tours:
        for seed in range(2, asked.seeds + 2):  # the trees' settings were chosen on the town of seed 1
            show(f"simulated {seed}", simulate(asked.days, asked.couriers, seed))


def show(name: str, table: Table) -> None:
    """One table's line."""
    begun = time.process_time()
    found = evaluate(table)
    inside, near, middle, far = (100 * share for share in found.coverage)
    low, high = (100 * share for share in found.coverage_days)
    minutes = "".join(
        f"{seconds / 60:>7.2f}"
        for seconds in (found.error_seconds, found.plan_error_seconds, found.paced_plan_error_seconds)
    )
    shares = f"{inside:>10.2f}{near:>7.1f}{middle:>8.1f}{far:>7.1f}{low:>11.0f}{high:>5.0f}"
    spent = f"{time.process_time() - begun:>7.1f}{os.getloadavg()[0]:>6.1f}"
    days = found.days_judged
    print(f"{name:<16}{found.rows_judged:>8}{days:>6}{shares}{found.width_seconds / 60:>11.1f}{minutes}{spent}")


if __name__ == "__main__":
    main()
