"""`./bocage up`, `down`, `status`, `reset` and `upgrade`."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bocage.kernel.postgres import launcher
from bocage.kernel.postgres.roles import RolesError
from bocage.runtime.place import Home, RuntimeRefusal, home, is_running, read_state, sole_runner
from bocage.runtime.processes import GivenUp, end_leftovers

DOWN_SECONDS = 30
NOT_RUNNING_STATUS = 3


def register(app: typer.Typer) -> None:
    """Add the runtime's commands to the command line."""
    for command in (up, down, status, reset, upgrade):
        app.command()(command)


def up(
    port: Annotated[int, typer.Option(help="The port of pages and API; streams take the next one.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on; everywhere when a certificate is given.")] = "",
    public_url: Annotated[str, typer.Option(help="How people reach this: https://city.example")] = "",
    streams_url: Annotated[str, typer.Option(help="How pages reach the streams, when not at the public address.")] = "",
    certificate: Annotated[Path | None, typer.Option(help="PEM file of the certificate with its chain.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of the certificate's key.")] = None,
    demo: Annotated[bool, typer.Option(help="Settle a demo city in an empty installation.")] = True,
    production: Annotated[bool, typer.Option(help="Run for real: no demo city, HTTPS only.")] = False,
) -> None:
    """Start everything, and run until Ctrl-C."""
    from bocage.runtime.up import Wish
    from bocage.runtime.up import up as run

    wish = Wish(port, host, public_url, streams_url, certificate, key, demo, production)
    with refusals():
        raise typer.Exit(run(home(), wish, Console(highlight=False)))


def down() -> None:
    """Stop what `up` started, from another terminal."""
    with refusals():
        typer.echo(_down(home()))


def _down(place: Home) -> str:
    state = read_state(place)
    if not is_running(place):
        ended = end_leftovers(state.run) if state is not None else 0
        had_database = place.cluster.exists() and launcher.alive(place.cluster)
        launcher.stop(place.cluster)
        place.state_file.unlink(missing_ok=True)
        left = [f"{ended} process(es)"] if ended else []
        left += ["the database"] if had_database else []
        return "Bocage was not running." + (
            f" Stopped what an earlier start left: {' and '.join(left)}." if left else ""
        )
    if state is None:
        raise RuntimeRefusal("Bocage is just starting. Try again in a moment.")
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while is_running(place):
        if time.monotonic() > deadline:
            raise RuntimeRefusal(f"Process {state.pid} did not stop within {DOWN_SECONDS} s. Its logs: {place.logs}")
        time.sleep(0.1)
    return "Bocage is down."


def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show what runs. Exit status 3 when nothing does."""
    found = _status(home())
    if as_json:
        typer.echo(json.dumps(found, indent=1))
    elif not found["running"]:
        typer.echo("Bocage is not running. Start it with ./bocage up.")
    else:
        table = Table(title=f"Bocage at {found['address']} ({'ready' if found['ready'] else 'not ready'})")
        for heading in ("process", "pid", "running for", "restarts"):
            table.add_column(heading, justify="left" if heading == "process" else "right")
        for each in found["processes"]:
            age = str(timedelta(seconds=each["age_seconds"])) if each["alive"] else "down"
            table.add_row(each["name"], str(each["pid"] or ""), age, str(each["restarts"]))
        console = Console()
        console.print(table)
        console.print(f"Database: {found['database']}. Data folder: {found['home']}", highlight=False)
    if not found["running"]:
        raise typer.Exit(NOT_RUNNING_STATUS)


def _status(place: Home) -> dict[str, Any]:
    from bocage.runtime.up import READY_STATUS, answer

    state = read_state(place)
    running = is_running(place) and state is not None
    if not running or state is None:
        return {"running": False, "home": str(place.folder), "processes": []}
    if os.environ.get("DATABASE_URL"):
        database = "external (DATABASE_URL)"
    else:
        server = launcher.running(place.cluster)
        database = f"embedded PostgreSQL on port {server.port}" if server is not None else "down"
    return {
        "running": True,
        "ready": answer(state.local_url) == READY_STATUS,
        "address": state.address,
        "mode": state.mode,
        "pid": state.pid,
        "home": str(place.folder),
        "database": database,
        "processes": [
            {
                "name": each.name,
                "pid": each.pid,
                "alive": each.pid > 0,
                "age_seconds": int(time.time() - each.started_at) if each.pid else 0,
                "restarts": each.restarts,
            }
            for each in state.processes
        ],
    }


def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete the data folder: the embedded database, files, keys and logs. Nothing brings them back."""
    place = home()
    with refusals():
        if not place.folder.exists():
            typer.echo("There is no data yet; nothing to delete.")
            return
        if not place.secret_file.exists():
            raise RuntimeRefusal(
                f"{place.folder} is not a data folder of Bocage (it has no secret.key); nothing deleted."
            )
        if is_running(place):
            raise RuntimeRefusal("Bocage is running. Stop it first: ./bocage down")
        if not yes:
            typer.confirm(f"Delete everything in {place.folder}? Nothing brings it back", abort=True)
        _reset(place)
        typer.echo("Deleted. The next ./bocage up begins anew.")
        if os.environ.get("DATABASE_URL"):
            typer.echo("The database in DATABASE_URL is untouched.")


def _reset(place: Home) -> None:
    with sole_runner(place) as alone:
        if not alone:
            raise RuntimeRefusal("Bocage has just been started. Stop it first: ./bocage down")
        for cluster in place.folder.glob("postgres*"):
            launcher.remove(cluster)
        shutil.rmtree(place.folder)


def upgrade(
    from_binaries: Annotated[
        Path | None,
        typer.Option(help="The programs of the PostgreSQL that wrote the data, or where pip put its wheel."),
    ] = None,
) -> None:
    """Move the data to another major version of PostgreSQL; the old data is kept beside it."""
    from bocage.runtime.upgrade import upgrade as move

    place = home()
    with refusals():
        if not place.folder.exists():
            raise RuntimeRefusal(f"There is no data in {place.folder} yet: ./bocage up makes it.")
        with sole_runner(place) as alone:
            if not alone:
                raise RuntimeRefusal("Bocage is running. Stop it first: ./bocage down")
            kept = move(place, from_binaries, typer.echo)
        if kept is not None:
            typer.echo(f"Moved. The old data is kept in {kept}; delete it when you are sure.")


@contextmanager
def refusals() -> Iterator[None]:
    """One clear error instead of a trace, for what a person can mend."""
    try:
        yield
    except (RuntimeRefusal, GivenUp, RolesError, launcher.LaunchError) as error:
        typer.echo(f"bocage: {error}", err=True)
        raise typer.Exit(1) from None
