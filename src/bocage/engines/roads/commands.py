"""`./bocage roads`: a graph from an OpenStreetMap extract, and matrices from it, with neither server nor database."""

import csv
import importlib.util
import json
import math
import time
from pathlib import Path
from typing import Annotated, Never

import numpy as np
import typer

from bocage.engines.roads import town
from bocage.engines.roads.network import Network
from bocage.engines.roads.storing import load, save
from bocage.engines.roads.types import MODES, POINTS_LIMIT, Floats, Mode, RoadsError

CSV_LIMIT_BYTES = 10_000_000

roads = typer.Typer(
    name="roads", help="Road graphs from OpenStreetMap, and matrices of travel time.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add `roads` to the command line."""
    app.add_typer(roads, name="roads")


@roads.command()
def build(
    osm_file: Annotated[Path, typer.Argument(metavar="OSM_FILE", help="An extract: .osm, .osm.gz or .osm.pbf.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where the graph goes, one file.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Make a graph of an extract: what vans, cargo bikes, robots and people on foot may use, and how fast."""
    if importlib.util.find_spec("osmium") is None:
        _stop("reading extracts needs osmium: ./bocage extras add parcel")
    from bocage.engines.roads.building import build as build_graph

    wall, cpu = time.monotonic(), time.process_time()
    try:
        graph = build_graph(osm_file)
        save(graph, out)
    except RoadsError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{out}: {error.strerror}")
    facts = {
        "junctions": graph.junctions,
        "edges": len(graph.tail),
        "edges_by_mode": {mode: int(np.isfinite(row).sum()) for mode, row in zip(MODES, graph.seconds, strict=True)},
        "banned_turns": len(graph.banned),
        "bytes": out.stat().st_size,
        "wall_seconds": round(time.monotonic() - wall, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
    }
    if as_json:
        typer.echo(json.dumps(facts))
        return
    for key, value in facts.items():
        typer.echo(f"{key.replace('_', ' ')}: {value}")


@roads.command()
def matrix(
    graph_file: Annotated[Path, typer.Argument(metavar="OUT", help="A graph of `roads build`.")],
    points_file: Annotated[Path, typer.Argument(metavar="POINTS.csv", help="With columns `lon` and `lat`, degrees.")],
    mode: Annotated[Mode, typer.Option(help="Who travels.")] = "van",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of CSV.")] = False,
) -> None:
    """Seconds from each point to each other one by the quickest way; nothing where there is none."""
    wall, cpu = time.monotonic(), time.process_time()
    try:
        network = Network(load(graph_file), mode)
        points = read_points(points_file)
        junctions, metres = network.nearest(points)
        seconds = network.matrix(junctions, junctions)
    except RoadsError as error:
        _stop(str(error))
    rows = [[round(one, 1) if math.isfinite(one) else None for one in row] for row in seconds.tolist()]
    if as_json:
        spent = {"wall_seconds": round(time.monotonic() - wall, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
        snapped = [round(one, 1) for one in metres.tolist()]
        typer.echo(json.dumps({"mode": mode, "seconds": rows, "metres_to_network": snapped} | spent))
        return
    for row in rows:
        typer.echo(",".join("" if one is None else str(one) for one in row))


@roads.command(name="town")
def draw_town(
    out: Annotated[Path, typer.Argument(metavar="OUT.osm", help="Where the XML goes.")],
    size: Annotated[int, typer.Option(help="Crossings a side.", min=3, max=200)] = 12,
    seed: Annotated[int, typer.Option(help="Which town.", min=0)] = 1,
) -> None:
    """Write a made-up town as OpenStreetMap XML: no real place, for trying out and for tests."""
    out.write_text(town.draw(size, seed), encoding="utf-8")
    typer.echo(f"{out}: a made-up town of {size} by {size} crossings")


def read_points(path: Path) -> Floats:
    """Longitudes and latitudes of a CSV, (points, 2).

    Raises:
        RoadsError: names file, line and field.
    """
    try:
        if path.stat().st_size > CSV_LIMIT_BYTES:
            raise RoadsError(f"{path.name}: larger than {CSV_LIMIT_BYTES:,} bytes")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RoadsError(f"{path.name}: {error.strerror or 'it cannot be read'}") from None
    except UnicodeDecodeError:
        raise RoadsError(f"{path.name}: it is not text in UTF-8") from None
    reader = csv.DictReader(text.splitlines())
    missing = {"lon", "lat"} - set(reader.fieldnames or ())
    if missing:
        raise RoadsError(f"{path.name}, line 1, {sorted(missing)[0]}: this column is missing")
    points: list[tuple[float, float]] = []
    for row in reader:
        if len(points) == POINTS_LIMIT:
            raise RoadsError(f"{path.name}, line {reader.line_num}, lon: more than {POINTS_LIMIT:,} points")
        points.append(
            (_degrees(path, reader.line_num, row, "lon", 180), _degrees(path, reader.line_num, row, "lat", 90))
        )
    if not points:
        raise RoadsError(f"{path.name}, line 1, lon: there is no point")
    return np.asarray(points, dtype=np.float64)


def _degrees(path: Path, line: int, row: dict[str, str | None], field: str, most: float) -> float:
    text = row[field] or ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -most <= value <= most:
        raise RoadsError(
            f"{path.name}, line {line}, {field}: {text[:40]!r} is not between -{most:g} and {most:g} degrees"
        )
    return value


def _stop(message: str) -> Never:
    typer.echo(message, err=True)
    raise typer.Exit(2)
