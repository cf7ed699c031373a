"""A street seen by a camera six metres high, for tests: metres to the right (x) and away from the camera (y)."""

from typing import Any

import numpy as np

from bocage.engines.video.scene import Scene, scene_of
from bocage.engines.video.types import Floats, TrackState

FOCAL, HEIGHT, TILT = 500.0, 6.0, 0.32


def seen(ground: Floats) -> Floats:
    """Ground (n, 2) to pixels of a 640 by 360 image, by a pinhole camera."""
    x, y = np.asarray(ground, dtype=float).T
    depth = y * np.cos(TILT) + HEIGHT * np.sin(TILT)
    down = -y * np.sin(TILT) + HEIGHT * np.cos(TILT)
    return np.stack([320 + FOCAL * x / depth, 180 + FOCAL * down / depth], axis=1)


def described() -> dict[str, Any]:
    """Two lanes away and towards, a bus lane, a stop line at 30 m, an exit at 45 m, speed lines, and zones."""
    corners = [[-10.0, 10.0], [10.0, 10.0], [15.0, 60.0], [-15.0, 60.0]]

    def strip(left: float, right: float, near: float = 0.0, far: float = 90.0) -> list[list[float]]:
        return [[left, near], [right, near], [right, far], [left, far]]

    def across(y: float) -> list[list[float]]:
        return [[0.0, y], [7.0, y]]

    return {
        "format": 1,
        "width": 640,
        "height": 360,
        "calibration": {"image": seen(np.array(corners)).tolist(), "ground": corners},
        "lanes": [
            {"name": "away", "polygon": strip(0, 3.5), "direction": [0, 1]},
            {"name": "bus", "polygon": strip(3.5, 7), "direction": [0, 1], "use": "bus"},
            {"name": "towards", "polygon": strip(-3.5, 0), "direction": [0, -1]},
            {"name": "ambulances", "polygon": strip(-7, -3.5), "direction": [0, -1], "use": "emergency"},
        ],
        "stop_lines": [{"name": "north", "signal": "K1", "line": across(30), "exit_line": across(45)}],
        "speed_lines": [{"name": "trap", "first": across(10), "second": across(25), "limit_kmh": 50}],
        "junctions": [{"name": "box", "polygon": strip(-7, 7, 31, 44), "seconds": 10}],
        "no_stopping": [{"name": "kerb", "polygon": strip(0, 7, 5, 29), "seconds": 30}],
    }


def street() -> Scene:
    return scene_of(described())


def state(
    track: int, at: tuple[float, float], velocity: tuple[float, float], *, kind: str = "car", sigma: float = 0.2
) -> TrackState:
    """A vehicle of four metres that drives, or stands, away from the camera unless it drives towards it."""
    heading = np.array([0.0, -1.0]) if velocity[1] < -0.7 and at[0] < 0 else np.array([0.0, 1.0])
    position, half = np.array(at), 2.0 * heading
    covariance = np.diag([sigma**2, sigma**2, 0.3**2, 0.3**2])
    rear, front = position - half, position + half
    return TrackState(
        track, kind, (0, 0, 1, 1), position, np.array(velocity), covariance, heading, rear, front, sigma, sigma, True
    )
