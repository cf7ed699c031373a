"""`./bocage <command>`: the runtime's, the kernel's and every service's commands under one roof."""

import importlib
import os
import sys
import threading
from typing import Annotated

import typer

from bocage.kernel.manifest import has_module, service_names
from bocage.kernel.start import find_installation, set_up_django
from bocage.kernel.stopping import stop_on_signal

app = typer.Typer(
    name="bocage",
    help="Everyday life in a city, owned by the people who use it.\n\n"
    "Besides these: `./bocage test` runs the tests, `./bocage extras` lists and adds optional engines.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.command()
def work() -> None:
    """Run queued jobs until stopped."""
    set_up_django()
    from bocage.kernel import work as jobs

    jobs.run_worker(stop_on_signal())


@app.command()
def deliver() -> None:
    """Put events in order and deliver them to those who hear them, and seal the ledger's transfers, until stopped."""
    set_up_django()
    from bocage.kernel.events import loop
    from bocage.kernel.ledger import sealer

    stop = stop_on_signal()
    sealing = threading.Thread(target=sealer.run, args=(stop,), name="sealer")
    sealing.start()
    try:
        loop.run(stop)
    finally:
        stop.set()
        sealing.join()


@app.command()
def post() -> None:
    """Write lane B of the ledger, or stand by while another process does, until stopped."""
    os.environ["BOCAGE_DATABASE_ROLE"] = "poster"
    set_up_django()
    from bocage.kernel.ledger import serving

    serving.run(stop_on_signal())


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def manage(context: typer.Context) -> None:
    """Run one of Django's own commands, such as `shell` or `makemessages`."""
    from django.core.management import execute_from_command_line

    find_installation()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bocage.settings")
    execute_from_command_line(["bocage manage", *context.args])


@app.command()
def translate(
    check: Annotated[bool, typer.Option(help="Change nothing; fail when something is missing.")] = False,
) -> None:
    """Compile the message catalogues."""
    from bocage.kernel import translations

    changed = translations.compile_all(check=check)
    typer.echo(f"{len(changed)} catalogue(s) {'out of date' if check else 'compiled'}")
    if check and changed:
        raise typer.Exit(1)


def register_all(wanted: str = "") -> None:
    """Add every part's commands to `app`; stop at the command `wanted` where it is met.

    All of them take five seconds to load, which every process of an installation would wait.
    """
    modules = [
        f"bocage.{name}.commands"
        for name in ("runtime", "kernel.identity", "kernel.events", "kernel.proofs", "demo", "scaffold")
    ]
    modules += ["bocage.runtime.copies", "bocage.runtime.faults.command"]
    engines = ("routing", "roads", "arrivals", "sorting", "parcels", "signals", "forecast", "incidents", "video")
    modules += [f"bocage.engines.{name}.commands" for name in engines]
    modules += [f"bocage.services.{name}.commands" for name in service_names() if has_module(name, "commands")]
    # Last: it joins the group `ledger` of whoever else has made it.
    modules.append("bocage.kernel.ledger.commands")
    for module in modules:
        if wanted and wanted in command_names():
            return
        importlib.import_module(module).register(app)


def command_names() -> set[str]:
    """The commands known so far, groups not among them: several parts may add to one group."""
    return {
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
        if command.callback is not None
    }


def main() -> None:
    """Run the command line."""
    register_all(sys.argv[1] if len(sys.argv) > 1 else "")
    app(prog_name="./bocage")


if __name__ == "__main__":
    main()
