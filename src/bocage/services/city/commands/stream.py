"""`./bocage city import`: recorded observations into the stream of the town."""

import itertools
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bocage.engines import alerts
from bocage.engines.alerts import AlertsError
from bocage.kernel.start import set_up_django

WRONG = 2


def import_stream(
    stream: Annotated[Path, typer.Argument(help="A recorded stream: JSON lines, or .csv.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Put a recorded stream (at most 13 days old) into the town's: for dry runs, and for the rules where it is recent.

    Done again, it changes nothing. The first line that is wrong is named by file, line and field, and stops it there.
    """
    set_up_django()
    from bocage.kernel.acting import Actor, acting_as
    from bocage.kernel.errors import Refusal
    from bocage.services.city import jobs, limits
    from bocage.services.city.actions import observing

    taken = known = 0
    err = Console(stderr=True)
    try:
        # All of the file is read once before anything is taken.
        count = sum(1 for _record in alerts.read_stream(stream))
        lines = alerts.read_lines(stream)
        with Progress(console=err, disable=as_json or not err.is_terminal, transient=True) as progress:
            task = progress.add_task("Importing", total=count)
            while batch := list(itertools.islice(lines, limits.IMPORT_RECORDS_A_TURN)):
                with acting_as(Actor.for_service("city")):
                    found = observing.store(
                        [record for _where, record in batch], named=[where for where, _record in batch]
                    )
                taken, known = taken + found.taken, known + found.known
                progress.advance(task, len(batch))
    except (AlertsError, Refusal) as error:
        typer.echo(f"city: {error}", err=True)
        raise typer.Exit(WRONG) from None
    jobs.run()
    if as_json:
        typer.echo(json.dumps({"taken": taken, "known": known}))
    else:
        typer.echo(f"{taken:,} records taken, {known:,} known before; judged")
