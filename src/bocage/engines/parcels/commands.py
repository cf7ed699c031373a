"""`./bocage epcis check`: event documents held to GS1 EPCIS 2.0, with neither server nor database."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from bocage.engines.parcels import EpcisError, read_document
from bocage.engines.parcels.epcis.documents import DOCUMENT_BYTES_MAX

epcis = typer.Typer(name="epcis", help="Event documents of GS1 EPCIS 2.0.", no_args_is_help=True)


@epcis.callback()
def describe() -> None:
    """Event documents of GS1 EPCIS 2.0."""


def register(app: typer.Typer) -> None:
    """Add `epcis` to the command line."""
    app.add_typer(epcis, name="epcis")


@epcis.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Documents in JSON or JSON-LD.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Check each document: vocabulary, namespaces, times, identifiers, what belongs together. 1 if one is wrong."""
    faults = 0
    for path in files:
        verdict = examined(path)
        faults += not verdict["valid"]
        if as_json:
            typer.echo(json.dumps(verdict, ensure_ascii=False))
        elif verdict["valid"]:
            typer.echo(f"{path}: {verdict['events']} event(s), no fault")
        else:
            where = f"{verdict['path']}: " if verdict["path"] else ""
            typer.echo(f"{path}: {where}{verdict['problem']}")
    if faults:
        raise typer.Exit(1)


def examined(path: Path) -> dict[str, Any]:
    """The verdict on one file: `valid`, `events`, and of the first fault its `path` and `problem`."""
    begun = time.process_time()
    try:
        if path.stat().st_size > DOCUMENT_BYTES_MAX:
            raise EpcisError(f"A document has {DOCUMENT_BYTES_MAX // 1024**2} MiB at most.")
        document = read_document(path.read_bytes())
    except OSError as error:
        return _verdict(path, 0, begun, EpcisError(f"The file cannot be read: {error.strerror}."))
    except EpcisError as error:
        return _verdict(path, 0, begun, error)
    return _verdict(path, len(document.events), begun, None)


def _verdict(path: Path, events: int, begun: float, fault: EpcisError | None) -> dict[str, Any]:
    return {
        "file": str(path),
        "valid": fault is None,
        "events": events,
        "path": fault.path if fault else "",
        "problem": fault.problem if fault else "",
        "cpu_seconds": round(time.process_time() - begun, 6),
    }
