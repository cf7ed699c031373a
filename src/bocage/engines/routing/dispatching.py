"""Days of dispatch, told: as one JSON object, or as a table."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bocage.engines.routing.days import Compared
from bocage.engines.routing.dispatch import Dispatched, arrivals
from bocage.engines.routing.types import Problem


def day_of(problem: Problem, seed: int, day: Compared) -> dict[str, Any]:
    """One day: what each policy costs, and each van of ours with its orders and when it is at their doors."""
    ways = {"greedy": day.greedy, "lazy": day.lazy, "ours": day.ours}
    return {
        "seed": seed,
        "orders": len(day.orders),
        "cost": {name: _cost(problem, way) for name, way in ways.items()},
        "vans": {name: len(way.sent) for name, way in ways.items()},
        "saving_percent": day.saving,
        "promises_kept": all(way.verdict.valid and not way.refused for way in ways.values()),
        "tours": [
            {
                "leaves": van.leaves,
                "orders": [
                    {"order": day.orders[index].stop.name, "placed": day.orders[index].placed, "begins": round(at, 3)}
                    for index, at in arrivals(problem, day.orders, van)
                ],
            }
            for van in day.ours.sent
        ],
    }


def _cost(problem: Problem, way: Dispatched) -> float:
    return round(way.verdict.cost, max(problem.convention.decimals, 1))


def print_days(document: dict[str, Any]) -> None:
    """A table with a row a day, then the mean saving."""
    console = Console()
    table = Table("day", "orders", "at once", "as late as can be", "with foresight", "saved", "promises", box=None)
    for day in document["days"]:
        cost, kept = day["cost"], "[green]kept[/green]" if day["promises_kept"] else "[red]broken[/red]"
        costs = [f"{cost[name]:,.1f}" for name in ("greedy", "lazy", "ours")]
        table.add_row(str(day["seed"]), str(day["orders"]), *costs, f"{day['saving_percent']:.1f} %", kept)
    console.print(f"[bold]{escape(document['problem'])}[/bold]: simulated same-day orders")
    console.print(table)
    said = f"saved beside sending everything at once: {document['saving_percent']:.1f} %"
    if document["interval_percent"]:
        low, high = document["interval_percent"]
        said += f" (95 % interval of the mean {low:.1f} to {high:.1f}, {len(document['days'])} days)"
    console.print(said)
