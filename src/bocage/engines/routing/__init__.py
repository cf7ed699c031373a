"""Routes for vans, bikes and robots: formats read, plans made (extra `parcel`), and every plan checked.

Plain Python. Reading, checking, charging and reasons need NumPy and SciPy alone; `solving` needs PyVRP and VROOM.
"""

from bocage.engines.routing.checking import check, drive
from bocage.engines.routing.reading import read
from bocage.engines.routing.reasons import explain
from bocage.engines.routing.types import Plan, Problem, ReadError, Route, RoutingError, Verdict, Visit, drone, robot

__all__ = [
    "Plan",
    "Problem",
    "ReadError",
    "Route",
    "RoutingError",
    "Verdict",
    "Visit",
    "check",
    "drive",
    "drone",
    "explain",
    "read",
    "robot",
]
