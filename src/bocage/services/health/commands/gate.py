"""`./bocage pass gate`: a turnstile's side. A code a line comes in (from its scanner), a decision a line goes out."""

import json
import os
import sys
from typing import Annotated
from uuid import uuid4

import httpx
import typer

from bocage.engines import passes
from bocage.engines.passes import PassError, Trust, admission, limits
from bocage.kernel import clock
from bocage.services.health.commands import verifying

REMEMBERED_MAX = 100_000
_TIMEOUT_SECONDS = 5


def gate(
    trust: Annotated[list[str] | None, typer.Option(help="A file of keys, as for `pass verify`. Offline.")] = None,
    url: Annotated[
        str, typer.Option(help="Ask this installation, which lets each token through once. Key in BOCAGE_GATE_KEY.")
    ] = "",
) -> None:
    """Answer each line of input with a line of JSON: open or not, the colour, whom to compare, and why.

    With `--url` a token is spent at the installation: shown a second time, at any gate, it is refused. Without a
    connection this gate refuses what it has let through itself, and a copy shown at another gate within the token's
    few minutes opens that one too.
    """
    if bool(trust) == bool(url):
        typer.echo("gate: give either --trust or --url", err=True)
        raise typer.Exit(verifying.WRONG)
    try:
        trusted = verifying.trusted_of(trust or [])
    except PassError as error:
        typer.echo(f"gate: {error}", err=True)
        raise typer.Exit(verifying.WRONG) from None
    seen: dict[str, float] = {}
    for line in sys.stdin:
        code = line.rstrip("\r\n")
        if code:
            answer = _ask(url, code) if url else _decide(code, trusted, seen)
            typer.echo(json.dumps(answer, ensure_ascii=False))
            sys.stdout.flush()


def _decide(code: str, trusted: Trust, seen: dict[str, float]) -> dict[str, object]:
    now = clock.now().timestamp()
    verdict = passes.verify(code, trusted, now)
    shown = admission.admit(verdict, now)
    nonce = str((verdict.content or {}).get("nonce", ""))
    if shown.colour != "refused" and verdict.kind is passes.Kind.TOKEN:
        for old in [key for key, until in seen.items() if until < now]:
            del seen[old]
        if nonce in seen:
            shown = admission.Admission("refused", "spent: shown before at this gate")
        elif len(seen) >= REMEMBERED_MAX:
            shown = admission.Admission("refused", "this gate's memory of spent tokens is full")
        else:
            seen[nonce] = float((verdict.content or {})["expires_at"])
    return {
        "open": shown.colour == "green" and not shown.name,
        "colour": shown.colour,
        "name": shown.name,
        "reason": shown.reason,
    }


def _ask(url: str, code: str) -> dict[str, object]:
    """The installation's decision. A gate that cannot ask stays shut, and says why."""
    headers = {"Authorization": f"Bearer {os.environ.get('BOCAGE_GATE_KEY', '')}"}
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/api/v1/health/gate/verify",
            json={"codes": [code[: limits.TEXT_CHARACTERS_MAX]], "attempt": uuid4().hex},
            headers=headers,
            timeout=_TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        decision = answer.json()["decisions"][0]
        return {
            "open": decision["open"] is True,
            "colour": decision["colour"],
            "name": "",
            "reason": decision["reason"],
        }
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, IndexError, TypeError) as error:
        reason = f"the installation did not answer: {type(error).__name__}"
        return {"open": False, "colour": "refused", "name": "", "reason": reason}
