"""`./bocage city twin`: the demo town's streets and lights, played live in SUMO."""

import logging
import random
import sys
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bocage.kernel.start import set_up_django

WRONG = 2


def run_twin(
    to: Annotated[str, typer.Option(help="Where the town's pages and API answer; this installation's own.")] = "",
    seed: Annotated[int | None, typer.Option(help="The same seed lets the same people drive.")] = None,
) -> None:
    """Play the demo town's streets in SUMO until stopped: its lights are run by engines/signals, and what detectors and
    cabinets say goes into the stream through the API. `./bocage up` starts it where the extra `city` is installed."""
    set_up_django()
    from django.conf import settings

    from bocage.kernel.stopping import stop_on_signal
    from bocage.services.city import demo
    from bocage.services.city.town_map import town_map
    from bocage.services.city.twin import journal, planner, roads, running, sending

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if settings.MODE == "production":
        typer.echo("city: the twin is of the demo town's streets; a real town's own detectors speak", err=True)
        raise typer.Exit(WRONG)
    folder = settings.HOME / "twin"
    zone = ZoneInfo(settings.TOWN["time_zone"])
    detectors = {f"D{number}": street for number, street in enumerate(demo.DETECTORS, 1)}
    chosen = random.SystemRandom().randrange(2**31) if seed is None else seed
    try:
        town = running.open_town(folder / "net", town_map().streets, detectors, chosen)
    except roads.TwinError as error:
        typer.echo(f"city: {error}", err=True)
        raise typer.Exit(WRONG) from None
    lights = running.described(town)
    said = journal.Journal(folder)
    thinking = planner.Planner(town.roads.net, sum(len(one.links) for one in town.network.signals))
    address = to or settings.PUBLIC_URL
    sender = sending.Sender(said, address, demo.twin_key, lights, folder / "refused.jsonl")
    stop = stop_on_signal()
    sender.start()
    typer.echo(f"{len(lights)} lights of an invented town, made-up traffic; sending to {address}")
    sys.stdout.flush()
    try:
        running.live(running.Twin(town, said, thinking, chosen), stop, running.hour_in(zone))
    finally:
        thinking.end()
        sender.stop()
        sender.join(sending.TIMEOUT_SECONDS)
        town.libsumo.close()
