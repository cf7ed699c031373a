"""The forecast on a city's detectors beside last value, historical mean and ridge, by several seeds of its training.

    ./bocage extras add city
    .venv/bin/python benchmarks/forecast.py SPEEDS.csv [ADJACENCY.csv] [--seeds 1] [--step-minutes 5]

Published beside it are errors on METR-LA's four months (207 detectors of Los Angeles): a week of it is less to learn
from and other days to be measured on, so they say how hard the field is, not who is better. SPEEDS.csv is a header of
detectors, then a row a step; the last fifth is measured, the rest is trained and calibrated on.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bocage.engines.forecast import evaluate, read_adjacency, read_table

PUBLISHED = {
    "DCRNN, four months (Li et al. 2018, their repository)": ("2.67", "3.08", "3.56"),
    "MegaCRN, four months (Jiang et al. 2023)": ("2.52", "2.93", "3.38"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("speeds", type=Path)
    parser.add_argument("adjacency", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--step-minutes", type=int, default=5)
    asked = parser.parse_args()
    table = read_table(asked.speeds, step_minutes=asked.step_minutes)
    adjacency = read_adjacency(asked.adjacency, table.names) if asked.adjacency else None
    found = [evaluate(table, adjacency, seed) for seed in range(1, asked.seeds + 1)]
    listing = Table(title=f"{asked.speeds.name}: mean absolute error on the last fifth, load {os.getloadavg()[0]:.1f}")
    listing.add_column("")
    horizons = list(found[0].horizons)
    for minutes in horizons:
        listing.add_column(f"{minutes} min", justify="right")
    for name, published in PUBLISHED.items():
        listing.add_row(name, *published)
    for name in found[0].horizons[horizons[0]].others:
        listing.add_row(
            name, *(f"{np.mean([each.horizons[at].others[name] for each in found]):.2f}" for at in horizons)
        )
    for seed, each in enumerate(found, start=1):
        listing.add_row(f"bocage, seed {seed}", *(f"{each.horizons[at].mae:.2f}" for at in horizons))
    for promised in found[0].horizons[horizons[0]].intervals.coverage:
        held = [np.mean([each.horizons[at].intervals.coverage[promised] for each in found]) for at in horizons]
        listing.add_row(f"{promised} % intervals held", *(f"{100 * each:.1f} %" for each in held))
    Console().print(listing)
    wall = max(each.training_seconds for each in found)
    processor = max(each.training_cpu_seconds for each in found)
    Console().print(f"training, the slowest: {wall:.0f} s on the clock, {processor:.0f} s of processor")


if __name__ == "__main__":
    main()
