"""Solomon's format of routing with time windows, which Gehring and Homberger's larger instances share."""

import numpy as np

from bocage.engines.routing.metrics import Euclid
from bocage.engines.routing.reading.lines import Line
from bocage.engines.routing.types import PLACES_LIMIT, Convention, Depot, Problem, Profile, Stop, Vehicle

# 12th DIMACS implementation challenge, VRPTW track: distances and times cut off after one decimal, the distance counts.
DIMACS = Convention("DIMACS: distance, cut off after one decimal", scale=10, decimals=1)


def read_solomon(lines: list[Line], name: str) -> Problem:
    """A problem with time windows.

    Raises:
        ReadError: names file, line and field.
    """
    fleet = _after(lines, "VEHICLE")
    count, capacity = fleet.whole(0, "NUMBER", 1, PLACES_LIMIT), fleet.whole(1, "CAPACITY", 1)
    rows = [line for line in lines[_position(lines, "CUSTOMER") + 1 :] if line.words[0].lstrip("-").isdigit()]
    if len(rows) < 2:
        lines[-1].fail("CUSTOMER", "there is a depot and no customer" if rows else "no customer follows")
    if len(rows) > PLACES_LIMIT:
        rows[PLACES_LIMIT].fail("CUSTOMER", f"more than {PLACES_LIMIT:,} places")
    coordinates, stops = np.empty((len(rows), 2)), []
    for index, line in enumerate(rows):
        if line.whole(0, "CUST NO.") != index:
            line.fail("CUST NO.", f"{line.words[0]} where {index} is due")
        coordinates[index] = line.real(1, "XCOORD."), line.real(2, "YCOORD.")
        stops.append(_stop(line, index, capacity))
    depot = stops[0]
    euclid = Euclid(coordinates, "tenth")
    return Problem(
        name=name,
        convention=DIMACS,
        coordinates=coordinates,
        profiles=(Profile("straight", euclid, euclid),),
        depots=(Depot("0", 0, depot.early, depot.late),),
        vehicles=(Vehicle("vehicle", count, capacity),),
        stops=tuple(stops[1:]),
    )


def _stop(line: Line, index: int, capacity: int) -> Stop:
    early, late = line.real(4, "READY TIME", 0), line.real(5, "DUE DATE", 0)
    if late < early:
        line.fail("DUE DATE", f"{late:g} is before the ready time {early:g}")
    demand, service = line.whole(3, "DEMAND"), line.real(6, "SERVICE TIME", 0)
    if demand > capacity:
        line.fail("DEMAND", f"{demand} is more than a vehicle carries ({capacity})")
    return Stop(str(index), index, early, late, service, demand)


def _position(lines: list[Line], heading: str) -> int:
    for position, line in enumerate(lines):
        if line.words[0].upper() == heading:
            return position
    return lines[-1].fail(heading, "this section is missing")


def _after(lines: list[Line], heading: str) -> Line:
    """The first line of numbers after a heading."""
    for line in lines[_position(lines, heading) + 1 :]:
        if line.words[0].isdigit():
            return line
    return lines[-1].fail(heading, "no numbers follow")
