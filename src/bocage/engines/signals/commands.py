"""`./bocage signals`: run a network's lights in SUMO under one controller, with neither server nor database."""

import json
import os
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Never

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bocage.engines.signals.sumo import BLIND_METRES, Setting, read_scenario, simulate
from bocage.engines.signals.types import Call, ControllerName, Limits, SignalsError

signals = typer.Typer(name="signals", help="Traffic lights that adapt, and what they replace.", no_args_is_help=True)


@signals.callback()
def group() -> None:
    """Traffic lights that adapt, and what they replace."""


def register(app: typer.Typer) -> None:
    """Add `signals` to the command line."""
    app.add_typer(signals, name="signals")


@signals.command()
def run(
    network: Annotated[Path, typer.Argument(metavar="NET_OR_SUMOCFG", help="A .sumocfg, or .net.xml beside routes.")],
    controller: Annotated[ControllerName, typer.Option(help="Who runs the lights.")] = "bocage",
    seed: Annotated[int, typer.Option(help="Of SUMO's random numbers.", min=0, max=2**31 - 1)] = 1,
    unseen_share: Annotated[float, typer.Option(help="Of vehicles that no sensor ever sees.", min=0, max=1)] = 0.0,
    sensor_range: Annotated[float, typer.Option(help="Metres before a stop line.", min=1)] = BLIND_METRES,
    demand_scale: Annotated[float, typer.Option(help="Times the demand.", min=0.01, max=20)] = 1.0,
    begin: Annotated[int | None, typer.Option(help="First second, instead of the file's own.", min=0)] = None,
    end: Annotated[int | None, typer.Option(help="Last second, likewise.", min=1)] = None,
    min_green: Annotated[int, typer.Option(help="Shortest green, seconds.", min=3, max=60)] = 5,
    amber: Annotated[int | None, typer.Option(help="Seconds, instead of the net's own.", min=2, max=8)] = None,
    all_red: Annotated[int, typer.Option(help="Seconds between amber and the next green.", min=0, max=10)] = 0,
    max_red: Annotated[int, typer.Option(help="Longest wait at red, seconds.", min=30, max=600)] = 120,
    pedestrians: Annotated[bool, typer.Option("--pedestrians", help="Greens last until people have crossed.")] = False,
    why: Annotated[Path | None, typer.Option(help="Write the reason of each change here, JSON lines.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Run one scenario to its end and say what it cost those who drove. Needs `./bocage extras add city`.

    delay is RESCO's: seconds lost on the way and before getting in, a trip, unfinished and undeparted trips counted,
    nobody teleported.
    """
    limits = Limits(min_green, all_red, max_red, amber, pedestrians)
    setting = Setting(controller, seed, limits, unseen_share, sensor_range, demand_scale)
    with ExitStack() as stack:
        told = None
        if why is not None:
            try:
                file = stack.enter_context(why.open("w", encoding="utf-8"))
            except OSError as error:
                _stop(f"{why}: {error.strerror}")

            def told(second: int, signal: str, state: str, call: Call) -> None:
                line = {"second": second, "signal": signal, "phase": call.phase, "state": state, "reason": call.reason}
                file.write(json.dumps(line) + "\n")

        try:
            outcome = simulate(read_scenario(network, begin, end), setting, told)
        except SignalsError as error:
            _stop(str(error))
    document: dict[str, Any] = {
        "network": network.name,
        "controller": controller,
        "seed": seed,
        "unseen_share": unseen_share,
        "sensor_range_metres": None if sensor_range >= BLIND_METRES else sensor_range,
        "demand_scale": demand_scale,
        "limits": asdict(limits),
        "delay_seconds": round(outcome.scores.delay, 3),
        "time_loss_seconds": round(outcome.scores.time_loss, 3),
        "depart_delay_seconds": round(outcome.scores.depart_delay, 3),
        "waiting_seconds": round(outcome.scores.waiting, 3),
        "priority_delay_seconds": {kind: round(delay, 3) for kind, delay in outcome.scores.priority_delay.items()},
        "trips": outcome.scores.trips,
        "finished": outcome.scores.finished,
        "controller_ms_per_second": round(outcome.controller_ms, 3),
        "sensing_ms_per_second": round(outcome.sensing_ms, 3),
        "handed_back_share": round(outcome.handed_back_share, 4),
        "switches": outcome.switches,
        "forced_by_limits": outcome.forced,
        "vehicles_mean": round(outcome.vehicles_mean, 1),
        "wall_seconds": round(outcome.wall_seconds, 2),
        "load": round(os.getloadavg()[0], 1),
    }
    if as_json:
        typer.echo(json.dumps(document))
        return
    _print(document)


def _print(document: dict[str, Any]) -> None:
    console = Console()
    console.print(f"[bold]{escape(document['network'])}[/bold] under {document['controller']}, seed {document['seed']}")
    table = Table("what", "value", box=None)
    for key in (
        "delay_seconds",
        "time_loss_seconds",
        "depart_delay_seconds",
        "waiting_seconds",
        "trips",
        "finished",
        "controller_ms_per_second",
        "handed_back_share",
        "switches",
    ):
        table.add_row(key.replace("_", " "), f"{document[key]:,}")
    console.print(table)


def _stop(message: str) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(2)
