"""Our signals beside those they replace, re-run in the same SUMO, on the networks that you have (extra `city`).

    .venv/bin/python benchmarks/signals.py FOLDER --seeds 1-10
    .venv/bin/python benchmarks/signals.py FOLDER --seeds 1-3 --only bocage actuated --safety
    .venv/bin/python benchmarks/signals.py FOLDER --seeds 1-10 --only bocage --unseen-share 0.2 --sensor-range 100
    .venv/bin/python benchmarks/signals.py --large 1310 --seeds 1

FOLDER holds RESCO's scenarios, a folder each (Pi-Star-Lab/RESCO, also within the wheel of sumo-rl): every `.sumocfg`
in it is run, and every `.net.xml` with its `.rou.xml` that no `.sumocfg` stands beside. Ambers last 3 s everywhere, as
in RESCO; `--own-amber` keeps each net's. `--safety` adds pedestrian minimums and 2 s of all-red. `--large` makes a
network of at least so many signals by netgenerate, with traffic, and runs that. A run is a process of its own; delay
in seconds a trip by RESCO's definition; the controller's time is of this processor, whatever else runs.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

CONTROLLERS = ("fixed", "actuated", "maxwave", "maxpressure", "bocage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seeds", default="1-3", help="as 1-10 or 4")
    parser.add_argument("--only", nargs="+", choices=CONTROLLERS, default=list(CONTROLLERS))
    parser.add_argument("--networks", nargs="+", help="names of scenarios, instead of all")
    parser.add_argument("--safety", action="store_true")
    parser.add_argument("--own-amber", action="store_true")
    parser.add_argument("--end", type=int, help="the second to stop at, instead of each scenario's own")
    parser.add_argument("--unseen-share", type=float, default=0.0)
    parser.add_argument("--sensor-range", type=float)
    parser.add_argument("--large", type=int, help="signals of a generated network, a grid")
    parser.add_argument("--vehicles-per-hour", type=int, default=18_000, help="of the generated network")
    asked = parser.parse_args()
    options = [] if asked.own_amber or asked.large else ["--amber", "3"]
    options += ["--pedestrians", "--all-red", "2"] if asked.safety else []
    options += ["--end", str(asked.end)] if asked.end else []
    options += ["--unseen-share", str(asked.unseen_share)] if asked.unseen_share else []
    options += ["--sensor-range", str(asked.sensor_range)] if asked.sensor_range else []
    with TemporaryDirectory() as made:
        if asked.large:
            scenarios = [generated(Path(made), asked.large, asked.vehicles_per_hour)]
        elif asked.folder:
            scenarios = found(asked.folder, asked.networks)
        else:
            parser.error("FOLDER or --large is needed")
        table = Table(title=f"delay, s a trip; seeds {asked.seeds} {' '.join(options)}")
        for column in ("network", "controller", "median", "mean", "worst", "handed back %", "ms a second", "vehicles"):
            table.add_column(column, justify="left" if column in ("network", "controller") else "right")
        for scenario in scenarios:
            for controller in asked.only:
                runs = [run(scenario, controller, seed, options) for seed in seeds(asked.seeds)]
                table.add_row(scenario.name.split(".")[0], controller, *cells(runs))
        Console(width=110).print(table)


def run(scenario: Path, controller: str, seed: int, options: list[str]) -> dict[str, Any]:
    """One run in a process of its own; its line goes to stderr as it comes."""
    command = [sys.executable, "-m", "bocage.cli", "signals", "run", str(scenario), "--controller", controller]
    command += ["--seed", str(seed), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    shown = f"{answer['delay_seconds']:.2f} s, {100 * answer['handed_back_share']:.1f} % handed back, "
    shown += f"{answer['controller_ms_per_second']:.1f} ms a second, load {os.getloadavg()[0]:.1f}"
    print(f"{scenario.name} {controller} seed {seed}: {shown}", file=sys.stderr, flush=True)
    return answer


def cells(runs: list[dict[str, Any]]) -> list[str]:
    """One row's figures over its seeds."""
    delays = [one["delay_seconds"] for one in runs]
    others = [statistics.mean(one[key] for one in runs) for key in ("controller_ms_per_second", "vehicles_mean")]
    back = 100 * statistics.mean(one["handed_back_share"] for one in runs)
    figures = (statistics.median(delays), statistics.mean(delays), max(delays))
    return [*(f"{one:.2f}" for one in figures), f"{back:.1f}", *(f"{one:.1f}" for one in others)]


def seeds(text: str) -> range:
    """`1-10` as numbers."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def found(folder: Path, names: list[str] | None) -> list[Path]:
    """The scenarios below a folder: each .sumocfg, and each network with routes that has none."""
    configured = sorted(folder.rglob("*.sumocfg"))
    plain = [
        net
        for net in sorted(folder.rglob("*.net.xml"))
        if not list(net.parent.glob("*.sumocfg")) and list(net.parent.glob("*.rou.xml"))
    ]
    scenarios = [one for one in (*configured, *plain) if not names or one.name.split(".")[0] in names]
    if not scenarios:
        sys.exit(f"{folder}: there is no scenario in it")
    return scenarios


def generated(folder: Path, signals: int, vehicles_per_hour: int) -> Path:
    """A grid of at least so many signals by netgenerate, two lanes a street, and trips between random edges."""
    import sumo

    columns = math.ceil(math.sqrt(signals))
    rows = math.ceil(signals / columns)
    net, routes = folder / "large.net.xml", folder / "large.rou.xml"
    binaries = Path(sumo.SUMO_HOME) / "bin"
    command = [binaries / "netgenerate", "--grid", "--grid.x-number", columns, "--grid.y-number", rows]
    command += ["--grid.length", 180, "--default.lanenumber", 2, "--seed", 1]
    command += ["--default-junction-type", "traffic_light", "--turn-lanes", 1, "-o", net]
    subprocess.run([str(one) for one in command], check=True, capture_output=True)
    script = Path(sumo.SUMO_HOME) / "tools" / "randomTrips.py"
    command = [sys.executable, script, "-n", net, "-r", routes, "-e", 3600, "--seed", 1, "--fringe-factor", 5]
    command += ["--insertion-rate", vehicles_per_hour, "--min-distance", 800, "--max-distance", 4000]
    environment = os.environ | {"SUMO_HOME": sumo.SUMO_HOME}
    subprocess.run([str(one) for one in command], check=True, capture_output=True, env=environment, cwd=folder)
    return net


if __name__ == "__main__":
    main()
