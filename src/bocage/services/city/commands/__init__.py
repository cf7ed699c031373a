"""`./bocage alerts list|run|check`, which need no database, `./bocage city import` and `./bocage city twin`."""

import typer

from bocage.services.city.commands import alerts, stream, twin

group = typer.Typer(help="Kinds of alerts, and what they make of a recorded stream.", no_args_is_help=True)
group.command("list")(alerts.list_kinds)
group.command("run")(alerts.run)
group.command("check")(alerts.check)
city = typer.Typer(help="What the town's sensors say.", no_args_is_help=True)
city.callback()(lambda: None)
city.command("import")(stream.import_stream)
city.command("twin")(twin.run_twin)


def register(app: typer.Typer) -> None:
    """Add `alerts` and `city` to the command line."""
    app.add_typer(group, name="alerts")
    app.add_typer(city, name="city")
