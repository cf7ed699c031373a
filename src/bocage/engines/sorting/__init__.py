"""A sorting centre: waves of parcels released against the vans' departures, and robots that carry them to chutes.

Plain Python, simulated: a floor of cells, one robot a cell, one step a second.
"""

from bocage.engines.sorting.centre import Sorted, sort
from bocage.engines.sorting.floor import Floor, draw, read_floor
from bocage.engines.sorting.traffic import Traffic
from bocage.engines.sorting.types import SortingError
from bocage.engines.sorting.waves import Route, Wave, plan_waves

__all__ = ["Floor", "Route", "Sorted", "SortingError", "Traffic", "Wave", "draw", "plan_waves", "read_floor", "sort"]
