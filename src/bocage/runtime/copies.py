"""`./bocage backup`, `restore` and `replica`: the installation's copies."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bocage.kernel.stopping import stop_on_signal
from bocage.runtime.commands import refusals
from bocage.runtime.place import Home, RuntimeRefusal, home

replica = typer.Typer(help="A second server that follows this one, ready to take over.", no_args_is_help=True)
PassphraseFile = Annotated[
    Path | None,
    typer.Option(envvar="BOCAGE_BACKUP_PASSPHRASE_FILE", help="The file of the words that seal the secret."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(backup)
    app.command()(restore)
    app.add_typer(replica, name="replica")


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backups go: a new folder, or that of the ones before.")],
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on receiving every change until stopped, with a whole copy a day.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    keep: Annotated[int, typer.Option(min=1, max=1000, help="How many whole copies to keep.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Copy the running installation: database, files and settings, and every change since the last backup."""
    from bocage.runtime import backup as taking

    place, console = home(), Console(stderr=as_json, highlight=False)

    def say(line: str) -> None:
        console.print(line, soft_wrap=True, markup=False)

    with refusals():
        passphrase = _passphrase(passphrase_file)
        if follow:
            taking.follow(place, folder, passphrase, keep, stop_on_signal(), say)
            return
        taken = taking.take(place, folder, passphrase, keep, say)
    base = taken.base
    if as_json:
        found = {"copy": str(base.folder), "bytes": base.bytes, "files": base.files, "secret": taken.secret_inside}
        found |= {"finished_at": base.finished_at.isoformat(), "through": taken.through.isoformat()}
        typer.echo(json.dumps({**found, "forgotten": taken.forgotten}, indent=1))
        return
    table = Table.grid(padding=(0, 2))
    table.add_row("Copy", f"{base.folder}  ({base.bytes / 1e6:.0f} MB, {base.files} files)")
    table.add_row("Reaches", f"any moment from the oldest copy on, up to {taken.through:%Y-%m-%d %H:%M:%S} UTC")
    if taken.forgotten:
        table.add_row("Removed", f"{taken.forgotten} older than the {keep} that are kept")
    console.print(table, soft_wrap=True)
    if not taken.secret_inside:
        say(
            f"The secret is not in it. Keep {place.secret_file} somewhere else: without it nothing in the backup can "
            "be read. Or let the backup carry it, sealed: --passphrase-file FILE"
        )


def restore(
    folder: Annotated[Path, typer.Argument(help="Where the backups are.")],
    to: Annotated[Path, typer.Option(help="The data folder to make: a new or empty one.")],
    at: Annotated[
        str, typer.Option(help="The moment to go back to, with its zone: 2026-03-01T09:30:00+01:00. Else: the latest.")
    ] = "",
    passphrase_file: PassphraseFile = None,
    secret_key: Annotated[Path | None, typer.Option(help="The secret.key, when it is not in the backup.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the installation again in a new folder, as it was at a moment, and audit its ledger and log there."""
    from bocage.runtime import restore as making

    console = Console(stderr=as_json, highlight=False)

    def say(line: str) -> None:
        console.print(line, soft_wrap=True, markup=False)

    with refusals():
        keys = making.Keys(_passphrase(passphrase_file), secret_key)
        restored = making.restore(folder, to, _moment(at), keys, say)
    if as_json:
        typer.echo(making.as_json(restored))
        return
    for name, said in restored.examined.items():
        say(f"{name}: {said}")
    reached = restored.last_commit_at
    say(f"Restored into {restored.home.folder} from {restored.base.folder.name}.")
    say(f"Its last transaction: {reached:%Y-%m-%d %H:%M:%S} UTC." if reached else "Nothing had to be replayed.")
    settings = [f"{name}={value!r}" for name, value in restored.base.settings.items()]
    if restored.fallbacks:
        settings.append("BOCAGE_SECRET_KEY_FALLBACK_FILES=" + ":".join(str(file) for file in restored.fallbacks))
    say("Start it: " + " ".join([*settings, f"BOCAGE_HOME={restored.home.folder}", "./bocage up"]))


@replica.command()
def make(
    to: Annotated[Path, typer.Argument(help="The data folder to make: a new or empty one.")], as_json: AsJson = False
) -> None:
    """Copy the running server into a new folder and let the copy follow it, change by change."""
    from bocage.runtime import standby

    with refusals():
        lag = standby.make(home(), Home(to.expanduser().resolve()), typer.echo if not as_json else lambda _line: None)
    if as_json:
        typer.echo(json.dumps({"home": str(to), "port": lag.port, "behind_bytes": lag.behind_bytes}))
    else:
        typer.echo(f"The replica in {to} follows on port {lag.port}, {lag.behind_bytes} bytes behind.")


@replica.command()
def forget() -> None:
    """Keep no more changes for the replica that followed this server, because it is gone for good."""
    from bocage.runtime import standby

    with refusals():
        standby.forget(home())
    typer.echo("Forgotten. The next replica is made with: ./bocage replica make FOLDER")


@replica.command()
def promote(folder: Annotated[Path, typer.Argument(help="The data folder of the replica.")]) -> None:
    """Let the replica be the one that is written to. End the old primary first: two would go different ways."""
    from bocage.runtime import standby

    with refusals():
        seconds = standby.promote(Home(folder.expanduser().resolve()))
    typer.echo(f"Promoted in {seconds:.1f} s. Start Bocage on it: BOCAGE_HOME={folder} ./bocage up")


def _passphrase(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.expanduser().read_text().strip()
    except OSError as error:
        raise RuntimeRefusal(f"The passphrase cannot be read: {error}") from None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RuntimeRefusal(f"--at {text}: give day, time and zone, as in 2026-03-01T09:30:00+01:00 or ...T08:30:00Z")
    return moment
