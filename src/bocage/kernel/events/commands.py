"""`./bocage log verify`: whether the log of facts is as it was written."""

import json
import os
from dataclasses import asdict
from typing import Annotated

import typer

from bocage.kernel.start import set_up_django

log = typer.Typer(help="The log of facts.", no_args_is_help=True)
BROKEN_EXIT = 1


def register(app: typer.Typer) -> None:
    """Add `log` to the command line."""
    app.add_typer(log, name="log")


@log.callback()
def _group() -> None:
    """Keep `verify` a word of its own while it is the only one."""


@log.command()
def verify(
    from_position: Annotated[int, typer.Option("--from", min=1, help="The first position to examine.")] = 1,
    to_position: Annotated[
        int | None, typer.Option("--to", min=1, help="The last one; the log's end when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Examine the log's chain: no gap, each fact as it was written, each link over the one before. Exits 1 on a fault.

    Keep the last link somewhere else: as long as a later run still finds it at its position, nobody rewrote the log.
    """
    # The auditor may read every event and write none.
    os.environ["BOCAGE_DATABASE_ROLE"] = "auditor"
    set_up_django()
    from bocage.kernel.events import queries

    report = queries.verify_chain(from_position, to_position)
    link = report.last_link.hex()
    if as_json:
        faults = [asdict(fault) for fault in report.faults]
        found = {"whole": not faults, "from": from_position, "to": report.last_position, "link": link, "faults": faults}
        typer.echo(json.dumps(found, indent=1))
    elif report.faults:
        typer.echo(f"the log is NOT as it was written: {len(report.faults)} fault(s)")
        for fault in report.faults:
            typer.echo(f"{fault.position:>12}  {fault.what}")
    else:
        typer.echo(f"the log is whole from {from_position} to {report.last_position}; its last link is {link}")
    if report.faults:
        raise typer.Exit(BROKEN_EXIT)
