"""`./bocage routes`: plan and check from the shell, with neither server nor database."""

import importlib.util
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Never

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bocage.engines.routing.checking import check
from bocage.engines.routing.plans import numbers, read_plan
from bocage.engines.routing.reading import read
from bocage.engines.routing.reasons import Reason, explain
from bocage.engines.routing.types import Plan, Problem, RoutingError, Verdict

SHOWN_ROUTES = 30
SHOWN_VIOLATIONS = 20
SHOWN_CHARACTERS = 70

routes = typer.Typer(name="routes", help="Plan routes and check them.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A CVRPLIB (.vrp), WCCI 2020 (.evrp), Solomon or Li & Lim file.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def register(app: typer.Typer) -> None:
    """Add `routes` to the command line."""
    app.add_typer(routes, name="routes")


@routes.command(name="solve")
def solve_file(
    file: File,
    seconds: Annotated[float, typer.Option("--time", help="How long to search.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Of the search's random numbers.", min=0)] = 0,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Write the JSON here, for `routes check`.")] = None,
    engine: Annotated[Literal["auto", "pyvrp", "vroom"], typer.Option(help="Which solver.")] = "auto",
    clock: Annotated[Literal["wall", "cpu"], typer.Option(help="What --time counts.")] = "wall",
    vehicles: Annotated[int | None, typer.Option(help="What if there were only so many?", min=1)] = None,
    processes: Annotated[int, typer.Option(help="Above 1,500 stops: clusters at a time.", min=1, max=64)] = 1,
) -> None:
    """Plan a file's routes: cost in the format's own convention, every plan checked by code that is no solver."""
    if importlib.util.find_spec("pyvrp") is None or importlib.util.find_spec("vroom") is None:
        _stop("planning needs PyVRP and VROOM: ./bocage extras add parcel")
    from bocage.engines.routing.solving import solve

    problem = _read(file)
    if vehicles is not None:
        problem = replace(problem, vehicles=(replace(problem.vehicles[0], count=vehicles),))
    wall, cpu = time.monotonic(), time.process_time()
    try:
        plan = solve(problem, seconds, seed, engine, clock, processes)
    except RoutingError as error:
        _stop(str(error))
    spent = {"wall_seconds": round(time.monotonic() - wall, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    document = _document(problem, plan, check(problem, plan)) | spent | {"seed": seed, "engine": engine}
    if out is not None:
        out.write_text(json.dumps(document) + "\n", encoding="utf-8")
    _say(document, as_json)


@routes.command(name="check")
def check_file(
    file: File,
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="JSON of `routes solve`, or a CVRPLIB .sol.")],
    as_json: AsJson = False,
    reasons: Annotated[bool, typer.Option("--reasons", help="Say why each stop stands where it does.")] = False,
) -> None:
    """Check a plan from anywhere against its file: capacity, windows, order, battery, shift, every stop once."""
    problem = _read(file)
    wall, cpu = time.monotonic(), time.process_time()
    try:
        plan = read_plan(plan_file, problem)
        verdict = check(problem, plan)
        why = explain(problem, plan) if reasons else []
    except RoutingError as error:
        _stop(str(error))
    spent = {"wall_seconds": round(time.monotonic() - wall, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    document = _document(problem, plan, verdict) | spent
    if reasons:
        document["reasons"] = [_reason(problem, one) for one in why]
    _say(document, as_json)


@routes.command(name="dispatch")
def dispatch_days(
    file: File,
    days: Annotated[int, typer.Option(help="How many days.", min=1, max=1_000)] = 5,
    seed: Annotated[int, typer.Option(help="Of the first day; the next one has the next.", min=0)] = 1,
    waves: Annotated[int, typer.Option(help="How often a day vans leave.", min=2, max=288)] = 6,
    orders: Annotated[int, typer.Option(help="Orders drawn a wave.", min=1, max=500)] = 20,
    as_json: AsJson = False,
) -> None:
    """Same-day orders drawn from a file with windows: what waiting for neighbours saves, every promise kept."""
    if importlib.util.find_spec("pyvrp") is None:
        _stop("planning needs PyVRP: ./bocage extras add parcel")
    from bocage.engines.routing.days import compare, interval
    from bocage.engines.routing.dispatching import day_of, print_days

    problem, found = _read(file), []
    try:
        for number in range(seed, seed + days):
            found.append(compare(problem, number, waves, orders))
            if not as_json:
                typer.echo(f"day {number} of {seed + days - 1}", err=True)
    except RoutingError as error:
        _stop(str(error))
    mean, low, high = interval([day.saving for day in found])
    document: dict[str, Any] = {
        "problem": problem.name,
        "days": [day_of(problem, seed + number, day) for number, day in enumerate(found)],
        "saving_percent": mean,
        "interval_percent": [low, high] if days > 1 else None,
    }
    typer.echo(json.dumps(document)) if as_json else print_days(document)
    if not all(day["promises_kept"] for day in document["days"]):
        raise typer.Exit(1)


def _document(problem: Problem, plan: Plan, verdict: Verdict) -> dict[str, Any]:
    cost = round(verdict.cost, problem.convention.decimals)
    return {
        "problem": problem.name,
        "convention": problem.convention.name,
        "cost": cost if problem.convention.decimals else int(cost),
        "distance": round(verdict.distance, 6),
        "vehicles": verdict.vehicles,
        "valid": verdict.valid,
        "violations": [asdict(one) for one in verdict.violations],
        "skipped": list(verdict.skipped),
        "routes": numbers(problem, plan),
        "vehicle_kinds": [route.vehicle for route in plan.routes],
    }


def _reason(problem: Problem, one: Reason) -> dict[str, Any]:
    stop = problem.of(one.visit)
    return {"route": one.route, "stop": stop.name, "code": one.code, "amount": round(one.amount, 6), "text": one.text}


def _say(document: dict[str, Any], as_json: bool) -> None:
    """Print it, and fail when a rule is broken."""
    if as_json:
        typer.echo(json.dumps(document))
    else:
        _print(document)
    if not document["valid"]:
        raise typer.Exit(1)


def _print(document: dict[str, Any]) -> None:
    console = Console()
    state = "[green]keeps every rule[/green]" if document["valid"] else "[red]breaks rules[/red]"
    console.print(f"[bold]{escape(document['problem'])}[/bold]: {state}")
    console.print(f"cost {document['cost']:,} · {document['vehicles']} vehicles · {escape(document['convention'])}")
    console.print(f"{document['cpu_seconds']} s of processor, {document['wall_seconds']} s by the clock", style="dim")
    for one in document["violations"][:SHOWN_VIOLATIONS]:
        where = "" if one["route"] is None else f"route {one['route'] + 1}: "
        console.print(f"  [red]{one['rule']}[/red] {where}{escape(one['what'])}")
    table = Table("route", "stops", "visits", box=None)
    for number, route in enumerate(document["routes"][:SHOWN_ROUTES], start=1):
        visits = " ".join(map(str, route))
        cut = visits if len(visits) <= SHOWN_CHARACTERS else visits[:SHOWN_CHARACTERS] + "…"
        table.add_row(str(number), str(len(route)), cut)
    console.print(table)
    if len(document["routes"]) > SHOWN_ROUTES:
        console.print(f"and {len(document['routes']) - SHOWN_ROUTES} more routes (--json has them all)", style="dim")
    for one in document.get("reasons", []):
        console.print(f"  route {one['route'] + 1}, stop {escape(one['stop'])}: {escape(one['text'])}")


def _read(file: Path) -> Problem:
    try:
        return read(file)
    except RoutingError as error:
        _stop(str(error))


def _stop(message: str) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(2)
