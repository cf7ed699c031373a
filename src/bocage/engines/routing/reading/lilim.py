"""Li and Lim's format of pick-up and delivery with time windows."""

import numpy as np

from bocage.engines.routing.metrics import Euclid
from bocage.engines.routing.reading.lines import Line
from bocage.engines.routing.types import PLACES_LIMIT, Convention, Depot, Problem, Profile, Shipment, Stop, Vehicle

# As SINTEF's table of best known solutions counts: fewest vehicles, then exact distance.
FEWEST_VEHICLES = Convention("SINTEF: fewest vehicles, then exact distance", 10_000, vehicles_first=True, decimals=2)


def read_li_lim(lines: list[Line], name: str) -> Problem:
    """A problem of shipments.

    Raises:
        ReadError: names file, line and field.
    """
    head, rows = lines[0], lines[1:]
    count, capacity = head.whole(0, "vehicles", 1, PLACES_LIMIT), head.whole(1, "capacity", 1)
    if len(rows) > PLACES_LIMIT:
        rows[PLACES_LIMIT].fail("task", f"more than {PLACES_LIMIT:,} places")
    if len(rows) < 3:
        lines[-1].fail("task", "there is no shipment")
    coordinates, stops = np.empty((len(rows), 2)), []
    for index, line in enumerate(rows):
        if line.whole(0, "task") != index:
            line.fail("task", f"{line.words[0]} where {index} is due")
        coordinates[index] = line.real(1, "x"), line.real(2, "y")
        early, late = line.real(4, "earliest", 0), line.real(5, "latest", 0)
        if late < early:
            line.fail("latest", f"{late:g} is before the earliest {early:g}")
        stops.append(Stop(str(index), index, early, late, line.real(6, "service", 0)))
    euclid = Euclid(coordinates)
    return Problem(
        name=name,
        convention=FEWEST_VEHICLES,
        coordinates=coordinates,
        profiles=(Profile("straight", euclid, euclid),),
        depots=(Depot("0", 0, stops[0].early, stops[0].late),),
        vehicles=(Vehicle("vehicle", count, capacity),),
        shipments=tuple(_shipments(rows, stops, capacity)),
    )


def _shipments(rows: list[Line], stops: list[Stop], capacity: int) -> list[Shipment]:
    """Pairs by the last two columns: a pick-up names its delivery, a delivery its pick-up."""
    made = []
    for index, line in enumerate(rows[1:], start=1):
        demand = line.whole(3, "demand", -capacity, capacity)
        from_, to = line.whole(7, "pickup", 0, len(rows) - 1), line.whole(8, "delivery", 0, len(rows) - 1)
        if (from_ == 0) == (to == 0):
            line.fail("pickup", "a task is either a pick-up or a delivery")
        partner = rows[from_ or to]
        if partner.whole(8 if from_ else 7, "partner") != index:
            line.fail("pickup" if from_ else "delivery", f"task {from_ or to} does not name this one in turn")
        if partner.whole(3, "demand", -capacity, capacity) != -demand:
            line.fail("demand", f"task {from_ or to} does not carry the opposite")
        if to and demand < 0:
            line.fail("demand", f"a pick-up of {demand}")
        if to:
            made.append(Shipment(stops[index], stops[to], demand))
    return made
