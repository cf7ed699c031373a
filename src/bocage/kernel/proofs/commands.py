"""`./bocage verify` and `./bocage ledger ...`: a receipt's proof, the audit, and the books."""

import json
import os
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from bocage.kernel.start import set_up_django

ledger = typer.Typer(help="The ledger: audit, checkpoints and the books.", no_args_is_help=True)
BROKEN_EXIT = 1
WRONG_EXIT = 2
_PUBLIC_KEY_BYTES = 32

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add `verify` and `ledger` to the command line."""
    app.command()(verify)
    app.add_typer(ledger, name="ledger")


def verify(
    receipts: Annotated[list[Path], typer.Argument(help="Proof files, as downloaded beside receipts.")],
    key: Annotated[
        str | None, typer.Option("--key", help="The town's public key for checkpoints: 64 hex digits.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check receipts' proofs offline: no server, no database. Exits 1 where one does not hold, naming the step."""
    from bocage.kernel.proofs import limits, verifying

    try:
        public_key = bytes.fromhex(key) if key is not None else None
    except ValueError:
        public_key = b""
    if public_key is not None and len(public_key) != _PUBLIC_KEY_BYTES:
        typer.echo("verify: --key is not a public key of 64 hex digits", err=True)
        raise typer.Exit(WRONG_EXIT)
    answers: list[dict[str, Any]] = []
    for path in receipts:
        try:
            with path.open("rb") as file:
                raw = file.read(limits.PROOF_BYTES_MAX + 1)
        except OSError as error:
            typer.echo(f"verify: {path}: {error.strerror}", err=True)
            raise typer.Exit(WRONG_EXIT) from None
        steps = verifying.verify(raw, public_key)
        answers.append({"file": str(path), "holds": steps[-1].passed, "steps": [asdict(each) for each in steps]})
    if as_json:
        typer.echo(json.dumps(answers, indent=1, ensure_ascii=False))
    for answer in answers if not as_json else ():
        typer.echo(f"{answer['file']}: {'HOLDS' if answer['holds'] else 'DOES NOT HOLD'}")
        for step in answer["steps"]:
            typer.echo(f"  {'ok  ' if step['passed'] else 'FAIL'} {step['name']:<10} {step['says']}")
    if not all(answer["holds"] for answer in answers):
        raise typer.Exit(BROKEN_EXIT)


@ledger.command()
def audit(as_json: AsJson = False) -> None:
    """Recompute every leaf, root, link, balance and checkpoint. Exits 1 on a fault, naming the first bad row."""
    _as_auditor()
    from django.db import connection, transaction
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from bocage.kernel.proofs import last_audit
    from bocage.kernel.proofs.audit import audit as examine

    with connection.cursor() as cursor:
        cursor.execute("set session characteristics as transaction isolation level repeatable read")
    columns = (TextColumn("transfers"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=as_json) as bar, transaction.atomic():
        task = bar.add_task("transfers", total=None)
        try:
            report = examine(lambda done, total: bar.update(task, completed=done, total=total))
        except RuntimeError as error:
            # What cannot even be read is no reason to go on showing that all was well the last time.
            last_audit.keep_failure(str(error))
            raise
    try:
        last_audit.keep(report)
    except OSError as error:
        typer.echo(f"audit: the console will not show this one: {error}", err=True)
    rate = report.transfers / report.wall_seconds
    if as_json:
        typer.echo(json.dumps({"whole": not report.faults, "rows_per_second": round(rate), **asdict(report)}, indent=1))
    else:
        typer.echo(
            f"{report.transfers} transfers, {report.batches} batches, {report.accounts} accounts,"
            f" {report.checkpoints} checkpoints; {report.unsealed} wait for their batch"
        )
        typer.echo(
            f"{report.wall_seconds:.1f} s ({report.cpu_seconds:.1f} s of CPU here), {rate:,.0f} transfers a second"
        )
        for fault in report.faults:
            typer.echo(f"FAULT {fault.place}: {fault.says}")
        typer.echo("the ledger is NOT as it was written" if report.faults else "the ledger is whole")
    if report.faults:
        raise typer.Exit(BROKEN_EXIT)


@ledger.command()
def checkpoint(as_json: AsJson = False) -> None:
    """Sign a checkpoint over what was sealed since the last one, now; the jobs do it once a day."""
    set_up_django()
    from bocage.kernel.acting import Actor, acting_as
    from bocage.kernel.proofs import actions, notes
    from bocage.kernel.proofs.verifying import fingerprint

    with acting_as(Actor.for_service("proofs")):
        signed = actions.sign_checkpoint()
    if signed is None:
        typer.echo("null" if as_json else "nothing was sealed since the last checkpoint")
        return
    if as_json:
        found = {"number": signed.number, "text": signed.text, "digest": notes.digest(signed.text)}
        typer.echo(json.dumps({**found, "public_key": signed.public_key.hex()}))
        return
    typer.echo(signed.text, nl=False)
    typer.echo(f"key {signed.public_key.hex()} ({fingerprint(signed.public_key)})")


@ledger.command(name="trial-balance")
def trial_balance(as_json: AsJson = False) -> None:
    """Debits and credits of every unit and kind of account, in minor units. Exits 1 where a unit does not balance."""
    _as_auditor()
    from bocage.kernel.ledger import queries

    lines = queries.trial_balance()
    off = sorted({each.unit for each in lines} - _balanced(lines))
    if as_json:
        typer.echo(json.dumps({"balanced": not off, "lines": [asdict(each) for each in lines]}, indent=1))
    else:
        typer.echo(f"{'unit':<8} {'kind':<14} {'accounts':>9} {'debits':>20} {'credits':>20} {'held':>16}")
        for each in lines:
            typer.echo(
                f"{each.unit:<8} {each.kind:<14} {each.accounts:>9} {each.debits_posted_minor:>20}"
                f" {each.credits_posted_minor:>20} {each.debits_pending_minor:>16}"
            )
        typer.echo(f"NOT balanced: {', '.join(off)}" if off else "balanced in every unit")
    if off:
        raise typer.Exit(BROKEN_EXIT)


@ledger.command(name="balance-sheet")
def balance_sheet(as_json: AsJson = False) -> None:
    """What backs each unit, and what is owed in it, in minor units. Exits 1 where the two differ."""
    _as_auditor()
    from bocage.kernel.proofs.statements import balance_sheets

    sheets = balance_sheets()
    if as_json:
        typer.echo(json.dumps([{**asdict(each), "balanced": each.balanced} for each in sheets], indent=1))
    for each in sheets if not as_json else ():
        typer.echo(f"{each.unit}{'' if each.balanced else '  NOT BALANCED'}")
        for title, lines, total_minor in (
            ("assets", each.assets, each.assets_minor),
            ("liabilities", each.liabilities, each.liabilities_minor),
        ):
            for line in lines:
                typer.echo(f"  {title:<12} {line.kind:<16} {line.amount_minor:>20}")
            typer.echo(f"  {title:<12} {'in all':<16} {total_minor:>20}")
    if not all(each.balanced for each in sheets):
        raise typer.Exit(BROKEN_EXIT)


@ledger.command()
def export(
    to: Annotated[Path | None, typer.Argument(help="The Beancount file to write; it must not be there yet.")] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="Write Parquet instead, every account and transfer: a new folder.")
    ] = None,
    opened_on: Annotated[str, typer.Option(help="The day on which Beancount opens the accounts.")] = "2020-01-01",
    as_json: AsJson = False,
) -> None:
    """Write the ledger as Beancount text, by kinds of account, or as Parquet, row by row. Neither names anybody."""
    if (to is None) == (parquet is None):
        typer.echo("export: give a file for Beancount, or --parquet FOLDER", err=True)
        raise typer.Exit(WRONG_EXIT)
    _as_auditor()
    try:
        written = _export_parquet(parquet, as_json) if parquet else _export_beancount(to, date.fromisoformat(opened_on))
    except (OSError, ValueError) as error:
        typer.echo(f"export: {error}", err=True)
        raise typer.Exit(WRONG_EXIT) from None
    except ModuleNotFoundError as error:
        typer.echo(
            f"export: this needs {error.name}, which the base does not carry: ./bocage extras add analytics", err=True
        )
        raise typer.Exit(WRONG_EXIT) from None
    if as_json:
        typer.echo(json.dumps({"to": str(parquet or to), "rows": written}))
    else:
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in written.items())
        typer.echo(f"{counts} in {parquet or to}")


def _export_beancount(to: Path | None, opened_on: date) -> dict[str, int]:
    from django.db import transaction

    from bocage.kernel.proofs.statements import beancount

    assert to is not None, "one of the two was given"
    with to.open("x", encoding="utf-8") as file, transaction.atomic():
        return {"directives": sum(bool(file.write(text)) for text in beancount(opened_on))}


def _export_parquet(folder: Path, quiet: bool) -> dict[str, int]:
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    from bocage.kernel.proofs.parquet import write_parquet

    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        return write_parquet(folder, lambda name, rows: bar.update(task, description=name, completed=rows))


def _as_auditor() -> None:
    # The auditor may read everything and write nothing.
    os.environ["BOCAGE_DATABASE_ROLE"] = "auditor"
    set_up_django()


def _balanced(lines: Any) -> set[str]:
    sums: dict[str, int] = {}
    for each in lines:
        sums[each.unit] = sums.get(each.unit, 0) + each.debits_posted_minor - each.credits_posted_minor
    return {unit for unit, sum_minor in sums.items() if sum_minor == 0}
