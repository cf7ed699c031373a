"""`./bocage pass verify|gate|colour`, `./bocage epidemic`: passes and the laboratory on the command line."""

import typer

from bocage.services.health.commands import colour, gate, verifying
from bocage.services.health.commands.epidemic import epidemic

passes = typer.Typer(help="Certificates, health cards and colour tokens.", no_args_is_help=True)
passes.command("verify")(verifying.verify)
passes.command("gate")(gate.gate)
passes.command("colour")(colour.colour)


def register(app: typer.Typer) -> None:
    """Add `pass` and `epidemic` to the command line."""
    app.add_typer(passes, name="pass")
    app.command()(epidemic)
