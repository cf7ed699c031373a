"""Forest's commands: they need neither server nor database."""

import typer

from bocage.services.forest import model_commands, table_commands
from bocage.services.forest.batch_command import forest
from bocage.services.forest.business_command import business
from bocage.services.forest.footprint_command import carbon, footprint


def register(app: typer.Typer) -> None:
    """Add `footprint`, `carbon` and `forest` to the command line."""
    app.command()(footprint)
    model_commands.register(carbon)
    table_commands.register(carbon)
    carbon.command()(business)
    app.add_typer(carbon, name="carbon")
    app.add_typer(forest, name="forest")
