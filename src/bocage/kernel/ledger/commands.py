"""`./bocage ledger post`: many transfers from a file, by an operator with access to the machine."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bocage.kernel.start import set_up_django

GROUP = "ledger"
REFUSED_EXIT = 1
WRONG_EXIT = 2


def register(app: typer.Typer) -> None:
    """Add `ledger post` to the command line, to the group `ledger` where another package has made it."""
    made = (each.typer_instance for each in app.registered_groups if each.name == GROUP)
    group = next((each for each in made if each is not None), None)
    if group is None:
        group = typer.Typer(help="The ledger.", no_args_is_help=True)
        app.add_typer(group, name=GROUP)
        group.callback()(_group)
    group.command(name="post")(post)


def _group() -> None:
    """The ledger: post many transfers at once."""


def post(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: id,from,to,amount_minor,unit,code.")],
    each: Annotated[bool, typer.Option("--each", help="Each by itself, instead of all or nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Post up to 8,192 transfers between accounts: payroll, fares, metering. Exits 1 where any was refused.

    Run again with the same file it gives the same answers and moves nothing twice.
    """
    set_up_django()
    from bocage.kernel.acting import Actor, acting_as
    from bocage.kernel.errors import Refusal
    from bocage.kernel.ledger import bulk
    from bocage.kernel.ledger.types import Refused

    try:
        transfers = bulk.read_file(file)
        with acting_as(Actor.for_service("ledger")):
            answers = bulk.post_many(transfers, "each" if each else "all")
    except (bulk.FileError, Refusal) as error:
        typer.echo(f"ledger post: {error}", err=True)
        raise typer.Exit(WRONG_EXIT) from None
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    if as_json:
        rows = [
            {
                "id": str(answer.transfer_id),
                "refused": answer.code if isinstance(answer, Refused) else None,
                "amount_minor": None if isinstance(answer, Refused) else answer.amount_minor,
            }
            for answer in answers
        ]
        typer.echo(json.dumps({"posted": len(answers) - len(refused), "refused": len(refused), "answers": rows}))
    else:
        typer.echo(f"{len(answers) - len(refused)} posted, {len(refused)} refused")
        for answer in refused:
            typer.echo(f"  {answer.transfer_id}  {answer.code}")
    if refused:
        raise typer.Exit(REFUSED_EXIT)
