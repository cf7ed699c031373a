"""Parcels an hour that robots sort on a made-up floor, and what their company costs them.

    .venv/bin/python benchmarks/sorting.py [--across 8] [--down 5] [--parcels 2000] [--robots 5 10 20 40 80]

One cell a second. Beside it stands what as many robots would do if none ever hindered another: the shortest ways alone.
No controller can do better with the same errands. Simulated: no figure of any real centre.
"""

import argparse
import os
import random
import time

from bocage.engines.sorting import draw, sort

HEAD = f"{'robots':>6}{'steps':>8}{'parcels/h':>11}{'unhindered/h':>14}{'efficiency':>12}{'cpu ms/step':>13}{'load':>6}"


def main() -> None:
    """Print a line a number of robots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--across", type=int, default=8)
    parser.add_argument("--down", type=int, default=5)
    parser.add_argument("--parcels", type=int, default=2_000)
    parser.add_argument("--robots", type=int, nargs="+", default=[5, 10, 20, 40, 80])
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    floor = draw(asked.across, asked.down)
    print(f"{len(floor.ways)} cells, {len(floor.inducts)} inducts, {len(floor.stands)} chutes, {asked.parcels} parcels")
    print(HEAD)
    dice = random.Random(asked.seed)
    chutes = [dice.randrange(len(floor.stands)) for _ in range(asked.parcels)]
    for robots in asked.robots:
        begun = time.process_time()
        found = sort(floor, chutes, robots, asked.seed)
        cpu = 1000 * (time.process_time() - begun) / found.steps
        rate = 3600 * found.parcels_a_second
        ideal = f"{rate / found.efficiency:>14,.0f}{found.efficiency:>12.3f}"
        print(f"{robots:>6}{found.steps:>8,}{rate:>11,.0f}{ideal}{cpu:>13.2f}{os.getloadavg()[0]:>6.1f}", flush=True)


if __name__ == "__main__":
    main()
