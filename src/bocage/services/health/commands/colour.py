"""`./bocage pass colour RECORD`: recompute a colour from its record, and check who signed it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bocage.kernel.start import set_up_django

WRONG = 2
FILE_BYTES_MAX = 1_000_000


def colour(
    file: Annotated[Path, typer.Argument(help="The record as the pass hands it out (JSON).")],
    key: Annotated[
        str, typer.Option(help="The public key in hex. Without it, the installation's registry is asked.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Work the colour out anew from the inputs in its record: equal to the byte or not, and signed or not.

    Ends with 0 when both hold, with 1 when one does not, with 2 when the file is no record. With --key it needs
    neither database nor network.
    """
    from bocage.services.health import colouring

    try:
        given = _read(file)
        again = colouring.recomputed(given["record"])
    except (OSError, ValueError) as error:
        typer.echo(f"colour: {file}: {error}", err=True)
        raise typer.Exit(WRONG) from None
    decision: dict[str, Any] = json.loads(again)["decision"]
    answer = {
        "recomputes": again == given["record"],
        "signed": _signed(given, key),
        "colour": decision["colour"],
        "infectious": decision["infectious"],
        "green_on": decision["green_on"],
        "reasons": decision["reasons"],
    }
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"colour      {answer['colour']}")
        typer.echo(f"recomputes  {'yes, byte for byte' if answer['recomputes'] else 'NO: the record was changed'}")
        typer.echo(f"signed      {'yes' if answer['signed'] else 'NO: not by the key'}")
        typer.echo(f"infectious  {decision['infectious']:.1%} today")
        for each in decision["reasons"]:
            where = f" at a {each['place']}" if each["place"] else ""
            typer.echo(f"            {each['change']:+.4f}  {each['kind']}{where} {each['on'] or ''}")
    if not (answer["recomputes"] and answer["signed"]):
        raise typer.Exit(1)


def _read(file: Path) -> dict[str, str]:
    if file.stat().st_size > FILE_BYTES_MAX:
        raise ValueError(f"more than {FILE_BYTES_MAX} bytes")
    given = json.loads(file.read_text())
    names = {"record", "signature", "key_id", "signed_at"}
    if not isinstance(given, dict) or set(given) != names or not all(isinstance(each, str) for each in given.values()):
        raise ValueError("needs the texts record, signature, key_id and signed_at")
    bytes.fromhex(given["signature"])
    UUID(given["key_id"])
    datetime.fromisoformat(given["signed_at"])
    return given


def _signed(given: dict[str, str], key: str) -> bool:
    message, value = given["record"].encode(), bytes.fromhex(given["signature"])
    if key:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(value, message)
        except (InvalidSignature, ValueError):
            return False
        return True
    set_up_django()
    from bocage.kernel.keys import actions as keys
    from bocage.kernel.keys.types import Signature
    from bocage.services.health.actions.deciding import SIGNING

    made = Signature(UUID(given["key_id"]), value, datetime.fromisoformat(given["signed_at"]))
    return keys.verify(SIGNING, message, made)
