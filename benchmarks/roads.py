"""What it costs to build a road graph of an extract and to fill a matrix, beside a plain Dijkstra that checks it.

    .venv/bin/python benchmarks/roads.py EXTRACT... [--mode van] [--points 1000] [--checked 4] [--seed 1]

EXTRACT is an OpenStreetMap file (`.osm`, `.osm.gz`, `.osm.pbf`; Geofabrik has them by region) or a made-up town of
`./bocage roads town`. The matrix is of `--points` junctions drawn of the network's connected part, each to each. The
oracle is Dijkstra over edges in plain Python, which asks of each pair of edges whether one may follow the other; from
`--checked` of the sources it says what the matrix should hold. Times are CPU seconds of this process.
"""

import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bocage.engines.roads import MODES, Network
from bocage.engines.roads.building import build
from bocage.engines.roads.tests.test_roads import oracle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("extracts", nargs="+", type=Path)
    parser.add_argument("--mode", choices=MODES, default="van")
    parser.add_argument("--points", type=int, default=1_000)
    parser.add_argument("--checked", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    table = Table(title=f"{asked.mode}, CPU seconds of one process, load {os.getloadavg()[0]:.1f}")
    size = f"{asked.points:,} x {asked.points:,}"
    for column in ("extract", "junctions", "edges", "build", size, "plain Dijkstra, a source", "largest difference, s"):
        table.add_column(column, justify="left" if column == "extract" else "right")
    for path in asked.extracts:
        table.add_row(path.name, *measured(path, asked))
    Console().print(table)


def measured(path: Path, asked: argparse.Namespace) -> list[str]:
    """One extract's row, without its name."""
    begun = time.process_time()
    graph = build(path)
    built = time.process_time() - begun
    begun = time.process_time()
    network = Network(graph, asked.mode)
    dice = np.random.default_rng(asked.seed)
    places = dice.choice(network.main, asked.points)
    matrix = network.matrix(places, places)
    filled = time.process_time() - begun
    begun, worst = time.process_time(), 0.0
    for row in range(min(asked.checked, asked.points)):
        plain = oracle(graph, asked.mode, int(places[row]))
        expected = np.asarray([plain.get(int(place), math.inf) for place in places])
        both = np.isfinite(expected) & np.isfinite(matrix[row])
        if not np.array_equal(np.isfinite(expected), np.isfinite(matrix[row])):
            worst = math.inf
        worst = max(worst, float(np.abs(expected[both] - matrix[row][both]).max(initial=0.0)))
    each = (time.process_time() - begun) / max(1, min(asked.checked, asked.points))
    return [
        f"{graph.junctions:,}",
        f"{len(graph.tail):,}",
        f"{built:.2f}",
        f"{filled:.2f}",
        f"{each:.3f}",
        f"{worst:.6f}",
    ]


if __name__ == "__main__":
    main()
