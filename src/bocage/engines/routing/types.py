"""What a routing problem is, and a plan. Distances, durations, energy and load are in the problem's own units."""

import math
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Kind = Literal["stop", "pickup", "delivery", "depot", "station", "break"]

Rule = Literal["capacity", "window", "precedence", "battery", "shift", "distance", "missing", "twice", "fleet", "break"]

PLACES_LIMIT = 30_000
ROUTES_LIMIT = 30_000
FILE_LIMIT_BYTES = 64_000_000
SECONDS_LIMIT = 86_400.0


class RoutingError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


class ReadError(RoutingError):
    """A file that is not what its format says: which file, which line, which field."""

    def __init__(self, file: str, line: int, name: str, reason: str) -> None:
        self.file, self.line, self.field, self.reason = file, line, name, reason
        super().__init__(f"{file}, line {line}, {name}: {reason}")


class Metric(Protocol):
    """Distances or durations between places, which a city of 15,000 stops never holds as one table."""

    def block(self, rows: Indices, columns: Indices) -> Floats:
        """From each of `rows` to each of `columns`: an array of (rows, columns)."""

    def along(self, places: Indices) -> Floats:
        """From each place to the next one: one number less than there are places."""


@dataclass(frozen=True, slots=True)
class Convention:
    """How a format counts its cost.

    `scale`: whole numbers a unit for solvers that know only those. `vehicles_first`: a plan with fewer vehicles is
    better however long it is. `decimals`: how many of the cost are meant.
    """

    name: str
    scale: int
    vehicles_first: bool = False
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of vehicle gets about."""

    name: str
    distances: Metric
    durations: Metric


@dataclass(frozen=True, slots=True)
class Depot:
    """Where vehicles start, end and load again."""

    name: str
    place: int
    early: float = 0.0
    late: float = math.inf


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit: service starts between `early` and `late`. What is delivered comes from the last depot before it.

    `skip_cost`: what leaving it out costs, such as a parcel that may wait until tomorrow; `None`: it must be served.
    `release`: when its goods are at the depot; whoever brings them is loaded no earlier.
    """

    name: str
    place: int
    early: float = 0.0
    late: float = math.inf
    service: float = 0.0
    delivery: int = 0
    pickup: int = 0
    skip_cost: float | None = None
    release: float = 0.0


@dataclass(frozen=True, slots=True)
class Shipment:
    """Goods brought from one stop to another by the same vehicle."""

    pickup: Stop
    delivery: Stop
    amount: int


@dataclass(frozen=True, slots=True)
class Station:
    """Where a battery is charged on the way, always until it is full."""

    name: str
    place: int


@dataclass(frozen=True, slots=True)
class Battery:
    """Energy: how much there is, what a unit of distance takes, what a unit of time at a charger gives."""

    capacity: float
    use_per_distance: float
    charge_per_duration: float = math.inf


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of the driver that begins between `early` and `late`."""

    early: float
    late: float
    length: float


@dataclass(frozen=True, slots=True)
class Vehicle:
    """`count` vehicles of one kind. `start` and `end` are depots by index; so are those where it may load again."""

    name: str
    count: int
    capacity: int
    start: int = 0
    end: int = 0
    profile: int = 0
    shift_early: float = 0.0
    shift_late: float = math.inf
    max_duration: float = math.inf
    max_distance: float = math.inf
    fixed_cost: float = 0.0
    cost_per_distance: float = 1.0
    cost_per_duration: float = 0.0
    reload_depots: tuple[int, ...] = ()
    breaks: tuple[Break, ...] = ()
    battery: Battery | None = None


def robot(count: int, profile: int = 0, start: int = 0, use_per_distance: float = 1.0) -> Vehicle:
    """Delivery robots: fifty parcels, a hundred kilometres (of metres) a charge, loaded and charged at their depot."""
    battery = Battery(100_000.0 * use_per_distance, use_per_distance)
    return Vehicle("robot", count, 50, start, start, profile, reload_depots=(start,), battery=battery)


def drone(count: int, profile: int, start: int = 0, reach: float = 10_000.0) -> Vehicle:
    """Drones, a simulated mode: one parcel a flight, out and back within `reach`, a full battery for each flight.

    Their `profile` is one of `metrics.Flight` with the same reach. Wind, weather and airspace are not in it.
    """
    return Vehicle(
        "drone",
        count,
        1,
        start,
        start,
        profile,
        reload_depots=(start,),
        battery=Battery(2 * reach, use_per_distance=1.0),
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """`coordinates`: (places, 2), for clusters and maps. Everything else points at places by index."""

    name: str
    convention: Convention
    coordinates: Floats
    profiles: tuple[Profile, ...]
    depots: tuple[Depot, ...]
    vehicles: tuple[Vehicle, ...]
    stops: tuple[Stop, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    stations: tuple[Station, ...] = ()

    def of(self, visit: "Visit") -> Stop:
        """The stop behind a visit of kind stop, pickup or delivery."""
        if visit.kind == "stop":
            return self.stops[visit.index]
        shipment = self.shipments[visit.index]
        return shipment.pickup if visit.kind == "pickup" else shipment.delivery


@dataclass(frozen=True, slots=True)
class Visit:
    """One thing that a vehicle does. `index` counts within its kind; that of a break within its vehicle's breaks."""

    kind: Kind
    index: int


@dataclass(frozen=True, slots=True)
class Route:
    """What one vehicle does between leaving its start depot and reaching its end depot."""

    vehicle: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All routes that are driven."""

    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a plan breaks. `route` counts from 0; None when it is about the plan as a whole."""

    rule: Rule
    route: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Timed:
    """A visit as it happens: arrival, begin and end of service, load and energy on leaving, distance so far."""

    visit: Visit
    arrive: float
    begin: float
    leave: float
    load: int
    energy: float
    distance: float


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A route by the clock. `duration` is the shortest possible, leaving as late as the windows allow."""

    vehicle: int
    distance: float
    duration: float
    cost: float
    timeline: tuple[Timed, ...]
    ends: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker found. `cost` is in the problem's convention; `skipped` are stops left out by right."""

    cost: float
    distance: float
    vehicles: int
    skipped: tuple[str, ...]
    violations: tuple[Violation, ...]
    routes: tuple[RouteFacts, ...] = field(repr=False)

    @property
    def valid(self) -> bool:
        """Whether the plan breaks no rule."""
        return not self.violations
