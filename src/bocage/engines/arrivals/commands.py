"""`./bocage arrivals`: learns from finished tours when the next stops will be served, and measures itself."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console
from rich.table import Table as Listing

from bocage.engines.arrivals.evaluating import Evaluation, evaluate
from bocage.engines.arrivals.forecasting import Arrivals
from bocage.engines.arrivals.reading import read_table, write_table
from bocage.engines.arrivals.simulating import COURIERS_LIMIT, DAYS_LIMIT, simulate
from bocage.engines.arrivals.types import ArrivalsError

arrivals = typer.Typer(
    name="arrivals", help="When a tour will be at each door, with an interval.", no_args_is_help=True
)
Tours = Annotated[Path, typer.Argument(metavar="TOURS.csv", help="What was known and what came, a row each.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Of what is drawn by lot.")]


def register(app: typer.Typer) -> None:
    """Add `arrivals` to the command line."""
    app.add_typer(arrivals, name="arrivals")


@arrivals.command(name="simulate")
def simulate_command(
    out: Annotated[Path, typer.Argument(metavar="OUT.csv", help="Where the rows go.")],
    days: Annotated[int, typer.Option(min=1, max=DAYS_LIMIT)] = 100,
    couriers: Annotated[int, typer.Option(min=1, max=COURIERS_LIMIT)] = 6,
    seed: Seed = 1,
) -> None:
    """Draw days of a made-up town's couriers, to try it out: simulated, not measured."""
    try:
        table = simulate(days, couriers, seed)
        write_table(table, out)
    except OSError as error:
        _stop(f"{out}: {error.strerror}")
    typer.echo(f"{out}: {len(table.day):,} simulated rows of {days} days")


@arrivals.command(name="train")
def train_command(
    tours: Tours, out: Annotated[Path, typer.Argument(metavar="OUT.json", help="One file.")], seed: Seed = 1
) -> None:
    """Learn from all of a table; its later days set the ends of the intervals."""
    try:
        with Console(stderr=True).status("training"):
            Arrivals.train(read_table(tours), seed).save(out)
    except ArrivalsError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{out}: {error.strerror}")
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")


@arrivals.command(name="evaluate")
def evaluate_command(
    tours: Tours, seed: Seed = 1, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Train on the first four fifths of the days and judge the rest: errors, and how often the interval held."""
    try:
        with Console(stderr=True).status("training and judging"):
            found = evaluate(read_table(tours), seed)
    except ArrivalsError as error:
        _stop(str(error))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    Console().print(listing(found, tours.name))


def listing(found: Evaluation, name: str) -> Listing:
    """The evaluation as a table."""
    table = Listing(title=f"{name}: {found.days_judged} days judged, {found.days_trained} trained on", box=None)
    table.add_column()
    table.add_column(justify="right")
    all_of, near, middle, far = (f"{100 * share:.1f} %" for share in found.coverage)
    low, high = (f"{100 * share:.0f}" for share in found.coverage_days)
    table.add_row("inside the 80 % interval", all_of)
    table.add_row("  due in 15 min / 1 h / later", f"{near} / {middle} / {far}")
    table.add_row("  worst and best day", f"{low} to {high} %")
    table.add_row("mean width of the interval", f"{found.width_seconds / 60:.1f} min")
    table.add_row("mean error", f"{found.error_seconds / 60:.2f} min")
    table.add_row("  of the plan", f"{found.plan_error_seconds / 60:.2f} min")
    table.add_row("  of the plan by today's pace", f"{found.paced_plan_error_seconds / 60:.2f} min")
    table.add_row("within half an hour of what was said", f"{100 * found.within_half_hour:.1f} %")
    return table


def _stop(message: str) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(2)
