"""What roads' sensors say, and what is made of it."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]
Kind = Literal["capacity_loss", "stopped_vehicle", "wrong_way", "debris", "queue_tail"]

LOOP_SECONDS = 30
STATIONS_LIMIT = 10_000
VEHICLES_LIMIT = 200_000


class IncidentsError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


@dataclass(frozen=True)
class Loops:
    """Thirty seconds of a line of stations, in driving direction: each (stations, lanes).

    `volume`: vehicles counted; `occupancy`: share of time covered, 0 to 1; `speed`: metres a second, NaN where nobody
    passed. A silent loop is NaN in all three.
    """

    volume: Floats
    occupancy: Floats
    speed: Floats


@dataclass(frozen=True)
class Tracks:
    """All vehicles in view at one moment: each (vehicles).

    `vehicle`: an id that stays with its track; `metres`: along the road in driving direction; `lane`: 0 is the slowest;
    `speed`: metres a second along the road, negative against its direction.
    """

    seconds: float
    vehicle: Indices
    metres: Floats
    lane: Indices
    speed: Floats


@dataclass(frozen=True)
class Alarm:
    """Something a person should look at; `reason` says what was seen, in plain words."""

    seconds: float
    kind: Kind
    metres: float
    lane: int | None
    reason: str
