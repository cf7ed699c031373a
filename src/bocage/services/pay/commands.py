"""`./bocage pay code|exchange`: what a payment code says, and an exchange with the bank at once."""

import json
from typing import Annotated

import typer

from bocage.kernel.start import set_up_django

pay = typer.Typer(help="Payment codes and the bank's files.", no_args_is_help=True)
WRONG = 2


def register(app: typer.Typer) -> None:
    """Add `pay` to the command line."""
    app.add_typer(pay, name="pay")


@pay.command()
def code(
    text: Annotated[str, typer.Argument(help="The text that a camera reads from the QR.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What an EMVCo merchant-presented payment code says, of whatever network. Needs no database."""
    from dataclasses import asdict

    from bocage.engines import emvco

    try:
        read = emvco.decode(text)
    except emvco.EmvError as error:
        typer.echo(f"code: {error}", err=True)
        raise typer.Exit(WRONG) from None
    if as_json:
        typer.echo(json.dumps(asdict(read), ensure_ascii=False))
        return
    try:
        emvco.payee_of(read)
        network = "Bocage"
    except emvco.EmvError:
        network = "another network"
    rows = {
        "network": network,
        "name": read.name,
        "city": f"{read.city}, {read.country}",
        "category": read.mcc,
        "amount": "the payer types it"
        if read.amount_minor is None
        else f"{read.amount_minor} ({read.currency}, minor)",
        "kind": {True: "for one payment", False: "for any number of payments", None: "not said"}[read.dynamic],
        "reference": read.additional.reference_label if read.additional else None,
    }
    for name, value in rows.items():
        if value is not None:
            typer.echo(f"{name:10} {value}")


@pay.command()
def exchange() -> None:
    """Send what is ordered to the bank and take what it sent, now; the jobs do it every minute."""
    set_up_django()
    from bocage.kernel.errors import Refusal
    from bocage.services.pay.actions import exchange as actions

    try:
        files = actions.exchange()
    except Refusal as refusal:
        typer.echo(f"exchange: {refusal}", err=True)
        raise typer.Exit(WRONG) from None
    for taken in files:
        state = taken.refusal or ("taken before" if taken.again else f"{taken.entries} lines, {taken.unmatched} open")
        typer.echo(f"{taken.name}: {state}")
    typer.echo(f"{len(files)} files taken")
