"""Road users and infractions in drawn clips with exact truth: accuracy, and frames a second on one core.

    ./bocage extras add video
    .venv/bin/python benchmarks/video.py [--seeds 11-20] [--model NANODET.onnx]

Thresholds were chosen on seeds 1, 2 and 4; report on others. A seed is a minute of street at ten frames a second, its
weather by turns sun, overcast, night and rain. The rate counts processor time of detector, tracker and rules, not of
drawing.
"""

import argparse
import os
from pathlib import Path

from rich.console import Console

from bocage.engines.video.commands import detector, listing, seeds_of
from bocage.engines.video.evaluating import evaluate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=seeds_of, default=range(11, 21))
    parser.add_argument("--model", type=Path)
    asked = parser.parse_args()
    facts = evaluate(asked.seeds, detector(asked.model)).facts()
    for table in listing({"seeds": f"{asked.seeds.start}-{asked.seeds.stop - 1}", **facts}):
        Console().print(table)
    Console().print(f"load {os.getloadavg()[0]:.1f}; {asked.model or 'background subtraction'}")


if __name__ == "__main__":
    main()
