"""Same-day dispatch with foresight beside sending everything at once, over seeded days (extra `parcel`).

    .venv/bin/python benchmarks/dispatch.py --each 5 --days 20 Solomon/*.txt

`--each N` takes N files, evenly spread over their names in order; the days go round them in turn, day k with seed k.
Each policy plans with the same solver and the same number of iterations, so that the figures are the same on any
machine. "Lazy" sends only what would be late otherwise. The days are simulated from the files' stops as in the EURO
Meets NeurIPS 2022 competition, whose winner was 12.7 % below greedy on that competition's own instances.
"""

import argparse
import os
import time
from pathlib import Path

from bocage.engines.routing import read
from bocage.engines.routing.days import compare, interval

HEAD = f"{'day':<5}{'from':<10}{'orders':>7}{'greedy':>11}{'lazy':>11}{'ours':>11}{'saved %':>9}{'cpu s':>7}{'load':>6}"


def main() -> None:
    """Print a line a day, then the mean saving with its interval."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instances", nargs="+", type=Path)
    parser.add_argument("--each", type=int)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    paths = sorted(asked.instances, key=lambda path: path.name)
    count = min(asked.each or len(paths), len(paths))
    chosen = [paths[(2 * number + 1) * len(paths) // (2 * count)] for number in range(count)]
    savings, lazy, promised, broken = [], [], 0, 0
    print(HEAD)
    for number in range(asked.seed, asked.seed + asked.days):
        path, begun = chosen[(number - asked.seed) % len(chosen)], time.process_time()
        day = compare(read(path), number)
        costs = [way.verdict.cost for way in (day.greedy, day.lazy, day.ours)]
        savings.append(day.saving)
        lazy.append(100 * (1 - costs[1] / costs[0]))
        promised += len(day.orders) - len(day.ours.refused)
        broken += len(day.ours.verdict.violations)
        shown = "".join(f"{cost:>11,.1f}" for cost in costs)
        spent = f"{time.process_time() - begun:>7.1f}{os.getloadavg()[0]:>6.1f}"
        print(f"{number:<5}{path.stem:<10}{len(day.orders):>7}{shown}{day.saving:>9.2f}{spent}", flush=True)
    mean, low, high = interval(savings)
    print(f"{len(savings)} days: saved {mean:.2f} % of greedy's way, 95 % interval of the mean {low:.2f} to {high:.2f}")
    print(f"lazy: {interval(lazy)[0]:.2f} %; {promised} promises, {broken} rules broken (by the independent checker)")


if __name__ == "__main__":
    main()
