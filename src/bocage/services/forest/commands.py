"""Forest's commands: they need neither server nor database."""

import typer

from bocage.services.forest import model_commands
from bocage.services.forest.footprint_command import carbon, footprint


def register(app: typer.Typer) -> None:
    """Add `footprint` and `carbon` to the command line."""
    app.command()(footprint)
    model_commands.register(carbon)
    app.add_typer(carbon, name="carbon")
