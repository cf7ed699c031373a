"""`./bocage forecast`: learns from a table of readings, says what comes next, and measures itself."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console
from rich.table import Table as Listing

from bocage.engines.forecast.evaluating import Evaluation, evaluate
from bocage.engines.forecast.forecaster import Forecaster
from bocage.engines.forecast.reading import read_adjacency, read_table
from bocage.engines.forecast.types import Floats, ForecastError, Table

forecast = typer.Typer(
    name="forecast", help="Speeds or flows of detectors 5 to 60 minutes ahead, with intervals.", no_args_is_help=True
)
Speeds = Annotated[Path, typer.Argument(metavar="SPEEDS.csv", help="A header of detectors, then a row a step.")]
Adjacency = Annotated[
    Path | None, typer.Argument(metavar="[ADJACENCY.csv]", help="A square of weights, or from,to,cost rows.")
]
Step = Annotated[int, typer.Option("--step-minutes", min=1, max=60, help="Minutes between two rows.")]
First = Annotated[str, typer.Option("--first", help="The time of day of the first row, HH:MM.")]
Zeros = Annotated[bool, typer.Option("--zeros-count", help="A zero is a reading, as of flows; else it is missing.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Of what is drawn by lot in training.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def register(app: typer.Typer) -> None:
    """Add `forecast` to the command line."""
    app.add_typer(forecast, name="forecast")


@forecast.command(name="evaluate")
def evaluate_command(
    speeds: Speeds,
    adjacency: Adjacency = None,
    step_minutes: Step = 5,
    first: First = "00:00",
    zeros_count: Zeros = False,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Train on the first four fifths and measure on the last: errors at 15, 30 and 60 minutes, coverage, baselines."""
    try:
        with Console(stderr=True).status("training and measuring"):
            found = evaluate(*_read(speeds, adjacency, step_minutes, first, zeros_count), seed)
    except ForecastError as error:
        _stop(error)
    if as_json:
        typer.echo(json.dumps(found.facts()))
        return
    Console().print(_listing(found, speeds.name))
    typer.echo(
        f"{found.detectors} detectors, {found.trained_steps} of {found.steps} steps trained on in "
        f"{found.training_seconds:.0f} s ({found.training_cpu_seconds:.0f} s of processor)"
    )


@forecast.command()
def train(
    speeds: Speeds,
    out: Annotated[Path, typer.Argument(metavar="OUT.npz", help="Where the forecaster goes, one file.")],
    adjacency: Annotated[Path | None, typer.Option("--adjacency", help="A square of weights, or from,to,cost.")] = None,
    step_minutes: Step = 5,
    first: First = "00:00",
    zeros_count: Zeros = False,
    seed: Seed = 1,
) -> None:
    """Learn from all of a table; the forecaster goes on from its last row."""
    try:
        with Console(stderr=True).status("training"):
            Forecaster.train(*_read(speeds, adjacency, step_minutes, first, zeros_count), seed).save(out)
    except ForecastError as error:
        _stop(error)
    except OSError as error:
        _stop(f"{out}: {error.strerror}")
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")


@forecast.command()
def run(
    trained: Annotated[Path, typer.Argument(metavar="OUT.npz", help="A forecaster of `forecast train`.")],
    minutes: Annotated[int, typer.Option("--minutes", min=1, max=60, help="How far ahead.")] = 15,
    observe: Annotated[
        Path | None, typer.Option("--observe", metavar="MORE.csv", help="Readings since, with the same header.")
    ] = None,
    zeros_count: Zeros = False,
    as_json: AsJson = False,
) -> None:
    """Forecast every detector from the last reading that is known, with intervals and reasons."""
    try:
        forecaster = Forecaster.load(trained)
        if observe is not None:
            more = read_table(observe, step_minutes=forecaster.step_minutes, zero_is_missing=not zeros_count)
            if more.names != forecaster.names:
                raise ForecastError(f"{observe.name}, line 1: these are not the forecaster's detectors in their order")
            for row in more.values.tolist():
                forecaster.observe(row)
        found = forecaster.forecast(minutes)
    except ForecastError as error:
        _stop(error)
    if as_json:
        typer.echo(json.dumps({"minutes": minutes, "forecasts": [asdict(each) for each in found]}))
        return
    listing = Listing(title=f"in {minutes} minutes")
    for column in ("detector", "forecast", "80 %", "90 %", "why"):
        listing.add_column(column)
    for each in found:
        ends = (f"{each.low_80:.1f} to {each.high_80:.1f}", f"{each.low_90:.1f} to {each.high_90:.1f}")
        listing.add_row(each.detector, f"{each.value:.1f}", *ends, "; ".join(each.reasons))
    Console().print(listing)


def _read(
    speeds: Path, adjacency: Path | None, step_minutes: int, first: str, zeros_count: bool
) -> tuple[Table, Floats | None]:
    hour, _, minute = first.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise ForecastError(f"first: {first[:20]!r} is no time of day such as 06:30")
    slot = (int(hour) * 60 + int(minute)) // step_minutes
    table = read_table(speeds, step_minutes=step_minutes, first_slot=slot, zero_is_missing=not zeros_count)
    return table, None if adjacency is None else read_adjacency(adjacency, table.names)


def _listing(found: Evaluation, name: str) -> Listing:
    listing = Listing(title=f"{name}: mean absolute error on the last fifth")
    listing.add_column("")
    for minutes in found.horizons:
        listing.add_column(f"{minutes} min", justify="right")
    figures = list(found.horizons.values())
    listing.add_row("bocage", *(f"[bold]{each.mae:.2f}[/bold]" for each in figures))
    for other in figures[0].others:
        listing.add_row(other, *(f"{each.others[other]:.2f}" for each in figures))
    for promised in figures[0].intervals.coverage:
        listing.add_row(f"{promised} % held", *(f"{100 * each.intervals.coverage[promised]:.1f} %" for each in figures))
        listing.add_row(f"{promised} % width", *(f"{each.intervals.width[promised]:.1f}" for each in figures))
    listing.add_row("bocage, silent detectors", *(f"{each.silent_mae:.2f}" for each in figures))
    for promised in figures[0].silent.coverage:
        held = (f"{100 * each.silent.coverage[promised]:.1f} %" for each in figures)
        listing.add_row(f"{promised} % held, silent", *held)
    return listing


def _stop(error: ForecastError | str) -> Never:
    typer.echo(str(error), err=True)
    raise typer.Exit(2)
