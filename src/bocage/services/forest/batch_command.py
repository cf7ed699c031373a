"""`./bocage forest batch` and `release`: a city's lines weighed at once, without server or database."""

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from bocage.engines import carbon as engine

SECRET_VARIABLE = "BOCAGE_RELEASE_SECRET"  # noqa: S105 - the name of the variable, not what it holds
THREADS_MAX = 64

forest = typer.Typer(name="forest", help="A whole city's footprint.", no_args_is_help=True)


@forest.command()
def batch(
    files: Annotated[list[Path], typer.Argument(help="Parquet or CSV: person, booked_on, amount_minor, ...")],
    out: Annotated[Path, typer.Option(help="The folder of the run; a stopped run goes on there.")],
    book: Annotated[str, typer.Option(help="The version of factors, prices and rules.")] = engine.LATEST,
    threads: Annotated[int, typer.Option(min=1, max=THREADS_MAX)] = os.cpu_count() or 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with what was done.")] = False,
) -> None:
    """Weigh hundreds of millions of lines: a Parquet of person-months, and the city's months by factor."""
    try:
        from bocage.engines.carbon import batch as city
    except ModuleNotFoundError as error:
        _stop(f"This needs {error.name}, which the base does not carry: ./bocage extras add analytics")
    bars = Progress(
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    tasks = {name: bars.add_task(name, total=None) for name in ("texts", "parts", "weighing")}
    try:
        with bars, city.connect(threads=threads, spill=out / "spill") as db:

            def told(step: str, done: int, of: int) -> None:
                bars.update(tasks[step], completed=done, total=of)

            encoded = city.encode(db, files, out, book=engine.load(book), progress=told)
            weighed = city.weigh(db, out, progress=told)
    except engine.CarbonError as error:
        _stop(str(error))
    did = {
        "lines": encoded.lines,
        "parts": encoded.parts,
        "texts": encoded.texts,
        "new_texts": encoded.new_texts,
        "refunds": encoded.refunds,
        "weighed_parts": weighed,
        "book": book,
        "folder": str(out),
    }
    if as_json:
        print(json.dumps(did))
        return
    table = Table("What", "How many", title=f"Weighed with book {book}")
    for name, value in did.items():
        if isinstance(value, int):
            table.add_row(name.replace("_", " "), f"{value:,}")
    out_console = Console()
    out_console.print(table)
    out_console.print(f"person-months-*.parquet and city-months-*.parquet are in {out}.")


@forest.command()
def release(
    folder: Annotated[Path, typer.Argument(help="The folder of a finished `forest batch`.")],
    epsilon: Annotated[float, typer.Option(help="The privacy budget of a person's month.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a cell.")] = False,
) -> None:
    """What may be published of a run: sums of 20 people or more, with noise that is stated.

    BOCAGE_RELEASE_SECRET (16 characters or more) fixes the noise, so that publishing again gives the same figures.
    """
    try:
        from bocage.engines.carbon import batch as city
    except ModuleNotFoundError as error:
        _stop(f"This needs {error.name}, which the base does not carry: ./bocage extras add analytics")
    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret:
        _stop(f"Set {SECRET_VARIABLE} to a secret that you keep, such as {secrets.token_urlsafe(24)}")
    try:
        with city.connect() as db:
            cells = city.release(db, folder, secret.encode(), epsilon=epsilon)
    except engine.CarbonError as error:
        _stop(str(error))
    if as_json:
        for cell in cells:
            print(json.dumps({name: getattr(cell, name) for name in cell.__slots__}))
        return
    table = Table("Month", "Category", "People", "kg CO2e", "Noise (90 %)", title=f"Publishable, epsilon {epsilon}")
    for cell in cells:
        title = engine.class_title(cell.category)
        table.add_row(cell.month, title, f"{cell.people:,}+", f"{cell.kg:,}", f"± {cell.noise_90_kg:,}")
    Console().print(table)


def _stop(text: str) -> Never:
    print(f"bocage: {text}", file=sys.stderr)
    raise typer.Exit(2)
