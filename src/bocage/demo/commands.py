"""`./bocage demo populate|live`."""

import random
from typing import Annotated

import typer

from bocage.kernel.start import set_up_django

demo = typer.Typer(help="The demo city.", no_args_is_help=True)
DEFAULT_PAUSE_SECONDS = 4.0


def register(app: typer.Typer) -> None:
    """Add `demo` to the command line."""
    app.add_typer(demo, name="demo")


@demo.command()
def populate() -> None:
    """Fill an empty installation with the demo city; does nothing where it already is."""
    set_up_django()
    from bocage.demo import city

    made = city.populate()
    typer.echo("the demo city is there" if made else "the demo city was there already")


@demo.command()
def live(
    pause_seconds: Annotated[
        float, typer.Option(min=0.1, help="Between two happenings, on average.")
    ] = DEFAULT_PAUSE_SECONDS,
    seed: Annotated[int | None, typer.Option(help="The same seed tells the same story.")] = None,
) -> None:
    """Let the demo city live: somebody pays, sends or plants something every few seconds, until stopped."""
    set_up_django()
    from bocage.demo import city
    from bocage.kernel.stopping import stop_on_signal

    city.live(stop_on_signal(), pause_seconds, random.Random(seed))  # noqa: S311 - a story, not a secret
