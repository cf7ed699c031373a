"""`./bocage incidents`: how well incidents are found on a motorway where it is known what happened."""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table

from bocage.engines.incidents.evaluating import evaluate, runs
from bocage.engines.incidents.laboratory import motorway
from bocage.engines.incidents.laboratory.playing import Run
from bocage.engines.incidents.measuring import Score
from bocage.engines.incidents.types import IncidentsError

SEEDS_LIMIT = 1_000

incidents = typer.Typer(name="incidents", help="Incidents on loops and tracks.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `incidents` to the command line."""
    app.add_typer(incidents, name="incidents")


@incidents.callback()
def group() -> None:
    """Incidents on loops and tracks."""


@incidents.command(name="evaluate")
def evaluate_command(
    seeds: Annotated[str, typer.Option("--seeds", metavar="A-B", help="From A to B, both of them.")] = "1-3",
    runs_folder: Annotated[
        Path | None, typer.Option("--runs", help="Where runs are kept, so that a second call goes on from there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Play a motorway in SUMO, four demands a seed with one incident each, and score every detector on it."""
    try:
        wanted = seeds_of(seeds)
        with tempfile.TemporaryDirectory() as fresh, Console(stderr=True).status("playing") as status:
            folder = runs_folder or Path(fresh)
            folder.mkdir(parents=True, exist_ok=True)
            scores = evaluate(_told(runs(folder, wanted), len(wanted) * len(motorway.DEMAND), status))
    except IncidentsError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{runs_folder}: {error.strerror}")
    if as_json:
        facts = {"seeds": seeds, "load": round(os.getloadavg()[0], 1)}
        typer.echo(json.dumps(facts | {"scores": {name: score.facts() for name, score in scores.items()}}))
        return
    Console().print(listing(scores, f"seeds {seeds}"))


def _told(played: Iterable[Run], count: int, status: Status) -> Iterator[Run]:
    """One run after the other, so that no more than one is held, and how many there have been."""
    for number, run in enumerate(played, start=1):
        status.update(f"played {number} of {count}")
        yield run


def seeds_of(text: str) -> range:
    """`3-7`, or one number.

    Raises:
        IncidentsError: it is neither, or more than a thousand.
    """
    found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", text)
    if not found:
        raise IncidentsError(f"seeds: {text[:40]!r} is not such as 1-10")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 0 <= last - first < SEEDS_LIMIT:
        raise IncidentsError(f"seeds: {text!r} is not from 1 to {SEEDS_LIMIT:,} of them")
    return range(first, last + 1)


def listing(scores: dict[str, Score], title: str) -> Table:
    """Scores as a table for people."""
    table = Table(title=title)
    for column in ("", "found", "mean s", "p95 s", "false a station and day", "precision", "95 %"):
        table.add_column(column, justify="left" if not column else "right")
    for name, each in scores.items():
        seconds = ("-", "-") if each.mean_seconds is None else (f"{each.mean_seconds:.0f}", f"{each.p95_seconds:.0f}")
        precision = "-" if each.precision is None else f"{each.precision:.2f}"
        low, high = each.precision_95
        found = f"{each.found} of {each.incidents}"
        table.add_row(name, found, *seconds, f"{each.false_a_station_day:.2f}", precision, f"{low:.2f} to {high:.2f}")
    return table


def _stop(message: str) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(2)
