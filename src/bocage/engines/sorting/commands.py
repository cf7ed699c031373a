"""`./bocage sorting`: how many parcels an hour robots sort on a floor, and whether the waves are done in time."""

import json
import random
import time
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console

from bocage.engines.sorting.centre import sort
from bocage.engines.sorting.floor import draw, read_floor
from bocage.engines.sorting.types import CELLS_LIMIT, PARCELS_LIMIT, ROBOTS_LIMIT, SortingError
from bocage.engines.sorting.waves import Route, plan_waves

sorting = typer.Typer(name="sorting", help="A sorting centre's waves and robots, simulated.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `sorting` to the command line."""
    app.add_typer(sorting, name="sorting")


@sorting.command(name="run")
def run_command(
    drawing: Annotated[Path | None, typer.Option("--floor", help="Rows of . # x I; else one of 8 by 5 chutes.")] = None,
    robots: Annotated[int, typer.Option(min=1, max=ROBOTS_LIMIT)] = 40,
    parcels: Annotated[int, typer.Option(min=1, max=PARCELS_LIMIT)] = 1_000,
    vans: Annotated[int, typer.Option(min=1, max=10_000, help="Vans, among which the parcels are shared by lot.")] = 60,
    every: Annotated[float, typer.Option(min=0, help="Seconds between two vans' leaving.")] = 30.0,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Sort parcels by lot, wave by wave: steps (a second each), parcels an hour, and which waves come late."""
    try:
        if drawing is not None and drawing.stat().st_size > 2 * CELLS_LIMIT:
            raise SortingError(f"{drawing.name}: at most {CELLS_LIMIT:,} cells")
        floor = draw(8, 5) if drawing is None else read_floor(drawing.read_text(encoding="ascii"))
        dice, cpu = random.Random(seed), time.process_time()  # noqa: S311 - a simulation, not a secret
        share = [0] * vans
        for _ in range(parcels):
            share[dice.randrange(vans)] += 1
        routes = [Route(f"van {van + 1:05}", every * (van + 1), count) for van, count in enumerate(share)]
        waves, clock, rows = plan_waves(routes, len(floor.stands), 1.0), 0, []
        for number, wave in enumerate(waves):
            order = [chute for chute, route in enumerate(wave.routes) for _ in range(route.parcels)]
            dice.shuffle(order)
            found = sort(floor, order, robots, seed + number)
            clock += found.steps
            row: dict[str, float] = {
                "vans": len(wave.routes),
                "parcels": len(order),
                "starts": clock - found.steps,
                "ends": clock,
            }
            rows.append(row | {"first_van_leaves": wave.routes[0].leaves, "efficiency": round(found.efficiency, 3)})
    except SortingError as error:
        _stop(str(error))
    except (OSError, UnicodeDecodeError) as error:
        _stop(f"{drawing}: {error}")
    spent = time.process_time() - cpu
    document = {
        "robots": robots, "chutes": len(floor.stands), "parcels": parcels, "steps": clock,
        "parcels_an_hour": round(3600 * parcels / clock) if clock else 0, "waves": rows,
        "cpu_milliseconds_a_step": round(1000 * spent / clock, 3) if clock else 0.0,
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(document))
        return
    console = Console()
    console.print(f"[bold]{parcels:,} parcels[/bold], {robots} robots, {len(floor.stands)} chutes: {clock:,} s")
    console.print(f"{document['parcels_an_hour']:,} parcels an hour (simulated, one cell a second)")
    for number, row in enumerate(rows, start=1):
        late = row["ends"] - row["first_van_leaves"]
        said = f"[red]{late:,.0f} s after its first van leaves[/red]" if late > 0 else f"{-late:,.0f} s to spare"
        console.print(f"  wave {number}: {row['parcels']} parcels for {row['vans']} vans, {said}")


@sorting.command(name="draw")
def draw_command(
    across: Annotated[int, typer.Option(min=1, max=200)] = 8, down: Annotated[int, typer.Option(min=1, max=200)] = 5
) -> None:
    """A floor as `sorting run --floor` reads it, to be changed by hand."""
    try:
        typer.echo("\n".join(draw(across, down).rows))
    except SortingError as error:
        _stop(str(error))


def _stop(message: str) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(2)
