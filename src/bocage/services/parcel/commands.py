"""`./bocage parcel carrier|capture`: who carries parcels here, and event documents from files."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from bocage.kernel.start import set_up_django

parcel = typer.Typer(help="Parcels: carriers, and event documents from files.", no_args_is_help=True)
WRONG = 2


def register(app: typer.Typer) -> None:
    """Add `parcel` to the command line."""
    app.add_typer(parcel, name="parcel")


@parcel.command()
def carrier(
    handle: Annotated[str, typer.Argument(help="The organisation's name here, such as velo.")],
    prefix: Annotated[str, typer.Option(help="Its GS1 company prefix, 6 to 12 digits.")],
    service: Annotated[str, typer.Option(help="The two letters of its S10 numbers.")],
) -> None:
    """Let an organisation carry parcels in this town."""
    set_up_django()
    from bocage.kernel.acting import Actor, acting_as
    from bocage.kernel.errors import Refusal
    from bocage.services.parcel.actions import carriers

    try:
        with acting_as(Actor.nobody()):
            found = carriers.register_carrier(handle, prefix, service)
    except Refusal as refusal:
        typer.echo(f"carrier: {refusal}", err=True)
        raise typer.Exit(WRONG) from None
    typer.echo(f"{found.name} carries parcels, with the prefix {found.company_prefix} and {found.s10_service} numbers.")


@parcel.command()
def capture(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="EPCIS 2.0 documents in JSON or JSON-LD.")],
    by: Annotated[str, typer.Option(help="The carrier whose scans these are.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Take event documents from files, each of them whole or not at all; the same file again changes nothing."""
    set_up_django()
    from bocage.engines.parcels import EpcisError, read_document
    from bocage.engines.parcels.epcis.documents import DOCUMENT_BYTES_MAX
    from bocage.kernel.acting import Actor, acting_as
    from bocage.kernel.errors import Refusal
    from bocage.kernel.identity import queries as identity
    from bocage.services.parcel.actions import capturing

    with acting_as(Actor.nobody()):
        organisation = identity.organisation_by_handle(by)
    if organisation is None:
        typer.echo(f"capture: there is no organisation {by}", err=True)
        raise typer.Exit(WRONG)
    for path in files:
        begun = time.monotonic()
        try:
            if path.stat().st_size > DOCUMENT_BYTES_MAX:
                raise EpcisError(f"A document has {DOCUMENT_BYTES_MAX // 1024**2} MiB at most.")
            document = read_document(path.read_bytes())
            with acting_as(Actor.for_service("parcel")):
                done = capturing.capture(organisation.id, document.events)
        except (EpcisError, Refusal, OSError) as error:
            says = str(error.message) if isinstance(error, Refusal) else str(error)
            where = f"{error.field}: " if isinstance(error, Refusal) and error.field else ""
            typer.echo(f"{path}: {where}{says}", err=True)
            raise typer.Exit(WRONG) from None
        seconds = time.monotonic() - begun
        if as_json:
            facts = {"file": str(path), "events": done.events, "new": done.new, "known": done.known}
            typer.echo(json.dumps({**facts, "seconds": round(seconds, 3)}))
        else:
            typer.echo(f"{path}: {done.events} events, {done.new} new, {done.known} known before, {seconds:.2f} s")
