"""Plans as files: JSON as `routes solve` writes it, and CVRPLIB's `.sol`, stops by the numbers of their own format."""

import json
from pathlib import Path
from typing import Any

from bocage.engines.routing.reading.lines import lines_of
from bocage.engines.routing.types import ROUTES_LIMIT, Plan, Problem, ReadError, Route, Visit

VISITS_LIMIT = 200_000


def numbers(problem: Problem, plan: Plan) -> list[list[int | str]]:
    """Each route as the numbers of what it visits, as the format counts them (CVRPLIB: customer 1 is node 2)."""
    return [[_number(_name(problem, visit)) for visit in route.visits] for route in plan.routes]


def read_plan(path: Path, problem: Problem) -> Plan:
    """A plan for `problem` from a JSON or `.sol` file.

    Raises:
        ReadError: names file, line and field.
    """
    lines = lines_of(path)
    text = "\n".join(" ".join(line.words) for line in lines[:1])
    if text.startswith("{"):
        return _from_json(path, problem)
    visits = _visits(problem)
    routes: list[Route] = []
    for line in lines:
        if line.words[0].lower() != "route":
            continue
        if len(routes) == ROUTES_LIMIT:
            line.fail("Route", f"more than {ROUTES_LIMIT:,} routes")
        words = line.words[2:] if line.words[1:2] and line.words[1].startswith("#") else line.words[1:]
        unknown = next((word for word in words if word not in visits), None)
        if unknown is not None:
            line.fail("Route", f"{unknown[:40]!r} is nowhere in {problem.name}")
        routes.append(Route(0, tuple(visits[word] for word in words)))
    if not routes:
        lines[0].fail("Route", "no route is in this file")
    return Plan(tuple(routes))


def _from_json(path: Path, problem: Problem) -> Plan:
    name = path.name
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ReadError(name, error.lineno, "JSON", error.msg) from None
    except RecursionError:
        raise ReadError(name, 1, "JSON", "it is nested too deeply") from None
    found = document.get("routes") if isinstance(document, dict) else None
    if not isinstance(found, list) or len(found) > ROUTES_LIMIT:
        raise ReadError(name, 1, "routes", f"a list of at most {ROUTES_LIMIT:,} routes is due")
    kinds = document.get("vehicle_kinds", [0] * len(found))
    if not isinstance(kinds, list) or len(kinds) != len(found) or not all(type(kind) is int for kind in kinds):
        raise ReadError(name, 1, "vehicle_kinds", "one whole number a route is due")
    visits, left = _visits(problem), VISITS_LIMIT
    routes = []
    for number, (kind, entries) in enumerate(zip(kinds, found, strict=True)):
        where = f"routes[{number}]"
        if not isinstance(entries, list) or len(entries) > left:
            raise ReadError(name, 1, where, f"a list is due, and {VISITS_LIMIT:,} visits at most in all")
        left -= len(entries)
        routes.append(Route(kind, tuple(_visit(visits, entry, name, where, problem) for entry in entries)))
    return Plan(tuple(routes))


def _visit(visits: dict[str, Visit], entry: Any, file: str, where: str, problem: Problem) -> Visit:
    if type(entry) not in (int, str) or str(entry) not in visits:
        raise ReadError(file, 1, where, f"{str(entry)[:40]!r} is nowhere in {problem.name}")
    return visits[str(entry)]


def _visits(problem: Problem) -> dict[str, Visit]:
    """Everything that can be visited, by its name."""
    known = {depot.name: Visit("depot", index) for index, depot in enumerate(problem.depots)}
    known |= {station.name: Visit("station", index) for index, station in enumerate(problem.stations)}
    known |= {stop.name: Visit("stop", index) for index, stop in enumerate(problem.stops)}
    for index, shipment in enumerate(problem.shipments):
        known[shipment.pickup.name] = Visit("pickup", index)
        known[shipment.delivery.name] = Visit("delivery", index)
    return known


def _name(problem: Problem, visit: Visit) -> str:
    if visit.kind == "depot":
        return problem.depots[visit.index].name
    if visit.kind == "station":
        return problem.stations[visit.index].name
    return f"break {visit.index}" if visit.kind == "break" else problem.of(visit).name


def _number(name: str) -> int | str:
    return int(name) if name.isdecimal() else name
