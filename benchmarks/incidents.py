"""Incidents on a simulated motorway: ours on loops and on tracks beside California #7, #8 and SND.

    ./bocage extras add city
    .venv/bin/python benchmarks/incidents.py [--seeds 1-5] [--runs FOLDER]

Thresholds, ours and the published algorithms', were chosen on seeds 101 and 102; report on others. Each run is kept in
FOLDER: a second call goes on where the first stopped. A seed is four runs, about two minutes of processor time.
"""

import argparse
import time
from pathlib import Path

from rich.console import Console

from bocage.engines.incidents.commands import listing, seeds_of
from bocage.engines.incidents.evaluating import evaluate, runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=seeds_of, default=range(1, 6))
    parser.add_argument("--runs", type=Path, default=Path("incident-runs"))
    asked = parser.parse_args()
    asked.runs.mkdir(parents=True, exist_ok=True)
    played = list(runs(asked.runs, asked.seeds))
    begun = time.process_time()
    scores = evaluate(played)
    spent = time.process_time() - begun
    Console().print(listing(scores, f"seeds {asked.seeds.start} to {asked.seeds.stop - 1}"))
    seconds = sum(len(run.tracks) for run in played)
    Console().print(f"{1000 * spent / seconds:.1f} ms of processor a second of road, all detectors together")


if __name__ == "__main__":
    main()
