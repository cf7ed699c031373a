"""What a camera's frames are turned into: boxes, tracks on the ground, and suggestions to a human."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]
Frame = NDArray[np.uint8]
Light = Literal["red", "amber", "green"]
Kind = Literal[
    "red_light", "wrong_way", "speeding", "bus_lane", "emergency_lane", "stop_in_junction", "no_stopping"
]  # fmt: skip
INFRACTIONS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]

OBJECTS = ("person", "bicycle", "motorcycle", "car", "bus", "truck", "unknown")
PERSON, BICYCLE, MOTORCYCLE, CAR, BUS, TRUCK, UNKNOWN = range(len(OBJECTS))
# Length and width on the ground, and by how much lengths of a kind differ (one standard deviation), in metres.
LENGTH = np.array([0.5, 1.8, 2.1, 4.5, 12.0, 8.0, 4.5])
WIDTH = np.array([0.5, 0.6, 0.8, 1.8, 2.55, 2.5, 1.8])
LENGTH_SIGMA = np.array([0.1, 0.2, 0.3, 0.4, 2.0, 2.5, 2.5])
DETECTIONS_LIMIT = 500


class VideoError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


@dataclass(frozen=True)
class Detections:
    """What one frame shows. `box` (n, 4): left, top, right, bottom in pixels; `kind` (n): index in `OBJECTS`;
    `score` (n): 0 to 1."""

    box: Floats
    kind: Indices
    score: Floats

    def __post_init__(self) -> None:
        """Raises VideoError where columns differ in length, a box is none, or there are more than 500."""
        count = len(self.box)
        if self.box.shape != (count, 4) or len(self.kind) != count or len(self.score) != count:
            raise VideoError(f"detections: {self.box.shape} boxes, {len(self.kind)} kinds, {len(self.score)} scores")
        if count > DETECTIONS_LIMIT:
            raise VideoError(f"detections: {count} in one frame, more than {DETECTIONS_LIMIT}")
        if not np.isfinite(self.box).all() or (self.box[:, 2:] <= self.box[:, :2]).any():
            raise VideoError("detections: a box has no area")
        if count and not (self.kind.min() >= 0 and self.kind.max() < len(OBJECTS)):
            raise VideoError("detections: a kind is unknown")


@dataclass(frozen=True)
class TrackState:
    """One road user at one moment. Ground in metres, speeds in metres a second.

    `position` (2) is the middle of its footprint, `velocity` (2); `covariance` (4, 4) is of both together. `rear` and
    `front` (2) are the ends of its footprint, off by `rear_sigma` and `front_sigma` metres along `heading` (2, of
    length one): the end that the camera sees is known better than the one behind it, which rests on a usual length.
    `seen` is false where this frame's detector missed it.
    """

    track: int
    kind: str
    box: tuple[float, float, float, float]
    position: Floats
    velocity: Floats
    covariance: Floats
    heading: Floats
    rear: Floats
    front: Floats
    rear_sigma: float
    front_sigma: float
    seen: bool

    @property
    def speed(self) -> float:
        """Metres a second over the ground."""
        return float(np.hypot(*self.velocity))

    def along(self, direction: Floats) -> tuple[float, float]:
        """Speed along a direction of length one, and its standard deviation."""
        return float(self.velocity @ direction), float(np.sqrt(direction @ self.covariance[2:, 2:] @ direction))

    def position_sigma(self, direction: Floats) -> float:
        """Standard deviation of the position along a direction of length one, in metres."""
        return float(np.sqrt(direction @ self.covariance[:2, :2] @ direction))


@dataclass(frozen=True)
class Suggestion:
    """A suspected infraction, for a human to look at and decide: the engine decides nothing.

    `sums` holds the figures that it rests on, units last in their names; `reason` says them in plain words.
    """

    kind: Kind
    track: int
    vehicle: str
    place: str
    from_frame: int
    to_frame: int
    from_seconds: float
    to_seconds: float
    sums: dict[str, float]
    reason: str

    def facts(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)
