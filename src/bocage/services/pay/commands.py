"""`./bocage pay code|exchange|rate`, and `./bocage ledger reconcile`: codes, the bank's files, rates, comparing."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from bocage.kernel.start import set_up_django

pay = typer.Typer(help="Payment codes and the bank's files.", no_args_is_help=True)
OPEN = 1
WRONG = 2


def register(app: typer.Typer) -> None:
    """Add `pay` to the command line, and `reconcile` to the kernel's group `ledger` where that is there."""
    app.add_typer(pay, name="pay")
    made = (each.typer_instance for each in app.registered_groups if each.name == "ledger")
    group = next((each for each in made if each is not None), None)
    if group is not None:
        group.command()(reconcile)


@pay.command()
def code(
    text: Annotated[str, typer.Argument(help="The text that a camera reads from the QR.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What an EMVCo merchant-presented payment code says, of whatever network. Needs no database."""
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


@pay.command()
def rate(
    sell_unit: Annotated[str, typer.Argument(help="What is given, such as EUR.")],
    buy_unit: Annotated[str, typer.Argument(help="What is got for it, such as points.")],
    numerator: Annotated[int, typer.Argument(help="So many minor units are got ...")],
    denominator: Annotated[int, typer.Argument(help="... for so many minor units given.")],
) -> None:
    """Set from now on what one unit buys of another, and name the accounts of the house that it goes through.

    Exchanges are refused where the second account has not enough; `./bocage ledger post` fills it.
    """
    set_up_django()
    from django.db import transaction

    from bocage.kernel.acting import Actor, acting_as
    from bocage.kernel.errors import Refusal
    from bocage.kernel.payments import actions as payments

    try:
        with transaction.atomic(), acting_as(Actor.for_service("payments")):
            payments.set_rate(sell_unit, buy_unit, numerator, denominator)
            accounts = [(unit, payments.liquidity_of(unit)) for unit in (sell_unit, buy_unit)]
    except Refusal as refusal:
        typer.echo(f"rate: {refusal}", err=True)
        raise typer.Exit(WRONG) from None
    typer.echo(f"{denominator} minor units of {sell_unit} buy {numerator} of {buy_unit}")
    for unit, account_id in accounts:
        typer.echo(f"{unit:12} {account_id}")


def reconcile(
    files: Annotated[
        list[Path] | None, typer.Argument(help="The bank's camt.053 or camt.054 files. None: compare again.")
    ] = None,
    window_days: Annotated[
        int, typer.Option("--days", help="How far apart bank and ledger may be where no reference tells.")
    ] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the bank's statements with the ledger: matched, unmatched on either side, ambiguous, double.

    The same file again changes nothing, and nothing here moves money. Exits 1 where something is left to look at, 2
    for a file that cannot be read, of which nothing is taken.
    """
    set_up_django()
    from bocage.kernel.errors import Refusal
    from bocage.services.pay.actions import reconciling
    from bocage.services.pay.bank import folder
    from bocage.services.pay.queries.reconciling import reconciliation

    try:
        contents = [(path.name, folder.content_of(path)) for path in files or []]
        taken = reconciling.take_statements(contents, window_days)
        found = reconciliation(window_days)
    except (Refusal, OSError, folder.TooLarge) as error:
        says = error.message if isinstance(error, Refusal) else error
        typer.echo(f"reconcile: {says}", err=True)
        raise typer.Exit(WRONG) from None
    if as_json:
        result: dict[str, Any] = asdict(found) | {"whole": found.whole, "files": [asdict(each) for each in taken]}
        typer.echo(json.dumps(result, default=str, ensure_ascii=False, indent=1))
    else:
        _show(taken, found)
    if not found.whole:
        raise typer.Exit(OPEN)


def _show(taken: Any, found: Any) -> None:
    """Bank and ledger for a reader: the files, how many of each finding, then what is left to look at."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for each in taken:
        console.print(f"{each.name}: {each.format}, {each.lines} booked lines, {each.new} new", markup=False)
        for note in each.notes:
            console.print(f"  {note}", markup=False)
    for finding, count in found.counts.items():
        console.print(f"{count:>8}  {finding.replace('_', ' ')}", markup=False)
    console.print(f"{found.missing_count:>8}  in the ledger alone ({found.awaited} more the bank may still book)")
    table = Table("Day", "Amount, minor", "Finding", "Reference", "Text", "Where")
    for line in found.open_lines:
        where = f"{line.file_name}:{line.source_line}"
        table.add_row(
            *(str(line.booked_on), f"{line.amount_minor} {line.currency}", line.finding.replace("_", " ")),
            *(line.reference, f"{line.party_name} {line.text}"[:60], where),
        )
    for each in found.missing:
        amount = f"{each.amount_minor} {each.currency}"
        table.add_row(str(each.on), amount, "ledger alone", " ".join(each.references)[:60], each.code, str(each.id))
    if table.row_count:
        console.print(table)
