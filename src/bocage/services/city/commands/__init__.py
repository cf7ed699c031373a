"""`./bocage alerts list|run|check`: alerts on the command line. Needs no database."""

import typer

from bocage.services.city.commands import alerts

group = typer.Typer(help="Kinds of alerts, and what they make of a recorded stream.", no_args_is_help=True)
group.command("list")(alerts.list_kinds)
group.command("run")(alerts.run)
group.command("check")(alerts.check)


def register(app: typer.Typer) -> None:
    """Add `alerts` to the command line."""
    app.add_typer(group, name="alerts")
