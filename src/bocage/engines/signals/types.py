"""What a signal controller is told, and what it answers: plain frozen records that a real cabinet can fill.

Links, exits and signals are numbered by a `Network`; every array below is indexed by, or holds, those numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

ControllerName = Literal["bocage", "fixed", "actuated", "maxwave", "maxpressure"]
PriorityKind = Literal["bus", "tram", "emergency"]
CONTROLLERS: tuple[ControllerName, ...] = get_args(ControllerName)

SIGNALS_LIMIT = 20_000
LINKS_LIMIT = 500_000
STATE_LINKS_LIMIT = 512


class SignalsError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Link:
    """One controlled way over a stop line: the lane it leaves, the lane it enters, and from which side it comes.

    `position` is its place in the signal's state strings, which ways from lanes side by side may share. `turn` is
    SUMO's letter (s, l, r, t, L, R).
    """

    position: int
    lane: str
    exit_lane: str
    turn: str
    lane_metres: float
    exit_metres: float
    speed_limit: float
    comes_from: str
    crossing: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """A green of the signal's own program: its state, a letter a position, and the amber that ends it."""

    state: str
    amber_seconds: int


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: its links, the greens that may be shown, and which links cross (foes) one another.

    `program`: the net's own plan as (state, seconds). `foes`: pairs of positions whose ways cross or merge.
    """

    id: str
    links: tuple[Link, ...]
    phases: tuple[Phase, ...]
    program: tuple[tuple[str, float], ...]
    foes: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of road of one length, lanes side by side."""

    lanes: tuple[str, ...]
    metres: float


@dataclass(frozen=True, slots=True)
class Network:
    """Every signal of a road network. Links are numbered signal after signal, in the order of `links`.

    `exits`: the lanes that links lead to. `beyond`: of each, the road from there to the next stop line or fork, itself
    first; whether a stop line ends it is `held`. `feeders`: the lanes that lead into one before a stop line, where none
    of them ends at a stop line itself.
    """

    signals: tuple[Signal, ...]
    exits: tuple[str, ...]
    beyond: tuple[tuple[Stretch, ...], ...]
    held: tuple[bool, ...]
    feeders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """What no controller may break, in whole seconds.

    `min_green`: every green lasts so long (5 s: the least that drivers expect, FHWA Signal Timing Manual 5.3).
    `all_red`: between amber and the next green. `max_red`: nobody who waits sees red for longer before his turn
    comes (120 s: longest cycle of RiLSA 2015). `amber`: where given, instead of the net's own. `pedestrians`: greens
    last until people on foot have crossed the arms that stand.
    """

    min_green: int = 5
    all_red: int = 0
    max_red: int = 120
    amber: int | None = None
    pedestrians: bool = False


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Every vehicle that a sensor sees on its way to a stop line, columns of one length.

    `link`: which way it will take; a detector that cannot know says the first of the lane. `metres`: from its front
    to the stop line. `speed`: m/s. `waiting`: seconds it has stood. `next_link`, `next_metres`: the stop line after
    that one and how far, -1 where unknown.
    """

    link: Indices
    metres: Floats
    speed: Floats
    waiting: Floats
    next_link: Indices
    next_metres: Floats


@dataclass(frozen=True, slots=True)
class Request:
    """A vehicle asks for green at one stop line on its way (NTCIP 1211): `metres` before it, at `speed` in m/s.

    It is asked anew each second; the request ends when it is not.
    """

    vehicle: str
    kind: PriorityKind
    link: int
    metres: float
    speed: float


@dataclass(frozen=True, slots=True)
class Observation:
    """One second: vehicles seen, those counted over each stop line (a number a link), and how exits stand.

    `exit_vehicles`, `exit_halted`: seen on each exit lane (a number an exit), moving or not, and standing.
    `exit_room`: how many more have room before the tail of the queue beyond each exit; without queue detectors nothing.
    `requests`: of buses, trams and emergency vehicles, by radio.
    """

    vehicles: Vehicles
    passed: Indices
    exit_vehicles: Indices
    exit_halted: Indices
    exit_room: Floats | None = None
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A phase called for a signal, and why, in words."""

    signal: int
    phase: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cabinets:
    """What every signal shows: its phase, that green's age in seconds, whether it is being shown (and not amber or
    all-red after it), and whether it may be called away from it.
    """

    phase: Indices
    since: Indices
    showing: Flags
    ready: Flags


class Controller(Protocol):
    """Decides once a second."""

    def decide(self, seen: Observation, cabinets: Cabinets) -> list[Call]:
        """Calls for signals that are `ready`; a signal without a call stays as it is."""
        ...
