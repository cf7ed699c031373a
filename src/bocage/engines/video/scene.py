"""What a camera looks at: read from one JSON file (docs/guide/video.md says what each field means)."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bocage.engines.video.ground import Homography, fit
from bocage.engines.video.types import Floats, VideoError

FORMAT = 1
FILE_BYTES_LIMIT = 1_000_000
ITEMS_LIMIT, CORNERS_LIMIT, PIXELS_LIMIT, METRES_LIMIT, NAME_LIMIT = 100, 100, 8_192, 10_000.0, 80
Use = Literal["all", "bus", "emergency"]


@dataclass(frozen=True)
class Lane:
    """`polygon` (k, 2) in metres; `direction` (2) of length one; `use`: who may drive there."""

    name: str
    polygon: Floats
    direction: Floats
    use: Use


@dataclass(frozen=True)
class StopLine:
    """`line` and `exit_line` (2, 2) in metres: the second is where a vehicle has left the junction; `signal` names
    the light that holds it."""

    name: str
    signal: str
    line: Floats
    exit_line: Floats


@dataclass(frozen=True)
class SpeedLines:
    """Two lines (2, 2) in metres between which a speed is measured; `limit_kmh` holds there."""

    name: str
    first: Floats
    second: Floats
    limit_kmh: float


@dataclass(frozen=True)
class Zone:
    """`polygon` (k, 2) in metres, where nobody may stand for `seconds`."""

    name: str
    polygon: Floats
    seconds: float


@dataclass(frozen=True)
class Scene:
    """A camera's view: size in pixels, ground, and what is drawn on it. `pixel_sigma` is how far a box's edge may be
    off, `survey_sigma_metres` how far a surveyed point may be."""

    width: int
    height: int
    homography: Homography
    pixel_sigma: float
    survey_sigma_metres: float
    lanes: tuple[Lane, ...] = ()
    stop_lines: tuple[StopLine, ...] = ()
    speed_lines: tuple[SpeedLines, ...] = ()
    junctions: tuple[Zone, ...] = ()
    no_stopping: tuple[Zone, ...] = ()


def read(path: Path) -> Scene:
    """The scene of a file.

    Raises:
        VideoError: it is not there, too large, not JSON, or a field is missing, unknown or wrong; says which.
    """
    try:
        raw = path.read_bytes() if path.stat().st_size <= FILE_BYTES_LIMIT else None
        if raw is None:
            raise VideoError(f"{path}: more than {FILE_BYTES_LIMIT:,} bytes")
        value = json.loads(raw)
    except OSError as error:
        raise VideoError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise VideoError(f"{path}: not JSON: {error}") from error
    try:
        return scene_of(value)
    except VideoError as error:
        raise VideoError(f"{path}: {error}") from error


def scene_of(value: object) -> Scene:
    """The scene that parsed JSON describes. Raises VideoError as `read` does."""
    top = _Fields(value, "scene")
    if top.take("format") != FORMAT:
        raise VideoError(f"format: only {FORMAT} is known")
    width, height = (round(top.number(name, 16, PIXELS_LIMIT)) for name in ("width", "height"))
    calibration = _Fields(top.take("calibration"), "calibration")
    points = [calibration.points(name, 4, limit) for name, limit in (("image", PIXELS_LIMIT), ("ground", METRES_LIMIT))]
    calibration.done()
    scene = Scene(
        width,
        height,
        fit(*points),
        top.number("pixel_sigma", 0.1, 100, 2.0),
        top.number("survey_sigma_metres", 0.0, 10, 0.05),
        tuple(_lane(each) for each in top.items("lanes")),
        tuple(_stop_line(each) for each in top.items("stop_lines")),
        tuple(_speed_lines(each) for each in top.items("speed_lines")),
        tuple(_zone(each, 10.0) for each in top.items("junctions")),
        tuple(_zone(each, 60.0) for each in top.items("no_stopping")),
    )
    top.done()
    return scene


def _lane(fields: "_Fields") -> Lane:
    name, polygon = fields.name(), fields.points("polygon", 3, METRES_LIMIT)
    direction = fields.points("direction", 1, METRES_LIMIT, flat=True)[0]
    use = fields.take("use", "all")
    if use not in ("all", "bus", "emergency"):
        raise VideoError(f"{fields.where}.use: one of all, bus, emergency")
    length = math.hypot(*direction)
    if length == 0:
        raise VideoError(f"{fields.where}.direction: has no length")
    fields.done()
    return Lane(name, polygon, direction / length, use)


def _stop_line(fields: "_Fields") -> StopLine:
    name, signal = fields.name(), fields.name("signal")
    line, exit_line = fields.line("line"), fields.line("exit_line")
    if np.allclose(line.mean(axis=0), exit_line.mean(axis=0)):
        raise VideoError(f"{fields.where}.exit_line: is the stop line")
    fields.done()
    return StopLine(name, signal, line, exit_line)


def _speed_lines(fields: "_Fields") -> SpeedLines:
    lines = SpeedLines(fields.name(), fields.line("first"), fields.line("second"), fields.number("limit_kmh", 1, 300))
    if math.hypot(*(lines.first.mean(axis=0) - lines.second.mean(axis=0))) < 5:
        raise VideoError(f"{fields.where}: less than 5 m between the lines")
    fields.done()
    return lines


def _zone(fields: "_Fields", seconds: float) -> Zone:
    name, polygon = fields.name(), fields.points("polygon", 3, METRES_LIMIT)
    zone = Zone(name, polygon, fields.number("seconds", 1, 86_400, seconds))
    fields.done()
    return zone


class _Fields:
    """A JSON object whose fields are taken one by one, so that what is left over is unknown."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise VideoError(f"{where}: an object is needed")
        self._left: dict[str, Any] = dict(value)
        self.where = where

    def take(self, name: str, default: object = None) -> Any:
        if name not in self._left and default is None:
            raise VideoError(f"{self.where}.{name}: is missing")
        return self._left.pop(name, default)

    def name(self, field: str = "name") -> str:
        value = self.take(field)
        if not isinstance(value, str) or not 0 < len(value) <= NAME_LIMIT or not value.isprintable():
            raise VideoError(f"{self.where}.{field}: 1 to {NAME_LIMIT} printable characters are needed")
        return value

    def number(self, name: str, least: float, most: float, default: float | None = None) -> float:
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise VideoError(f"{self.where}.{name}: a number from {least:g} to {most:g} is needed")
        return float(value)

    def points(self, name: str, least: int, limit: float, flat: bool = False) -> Floats:
        value = self.take(name)
        value = [value] if flat else value
        fine = isinstance(value, list) and least <= len(value) <= CORNERS_LIMIT
        if not fine or not all(isinstance(each, list) and len(each) == 2 for each in value):
            raise VideoError(f"{self.where}.{name}: at least {least} point(s) [x, y], at most {CORNERS_LIMIT}")
        for point in value:
            for number in point:
                plain = isinstance(number, int | float) and not isinstance(number, bool)
                if not plain or not -limit <= number <= limit:
                    raise VideoError(f"{self.where}.{name}: a coordinate is no number within {limit:g}")
        return np.array(value, dtype=float)

    def line(self, name: str) -> Floats:
        ends = self.points(name, 2, METRES_LIMIT)
        if len(ends) != 2 or np.allclose(ends[0], ends[1]):
            raise VideoError(f"{self.where}.{name}: two different points are needed")
        return ends

    def items(self, name: str) -> list["_Fields"]:
        value = self.take(name, [])
        if not isinstance(value, list) or len(value) > ITEMS_LIMIT:
            raise VideoError(f"{self.where}.{name}: a list of at most {ITEMS_LIMIT} is needed")
        found = [_Fields(each, f"{name}[{at}]") for at, each in enumerate(value)]
        names = [each._left.get("name") for each in found]
        if len(set(map(str, names))) != len(names):
            raise VideoError(f"{self.where}.{name}: two of them have one name")
        return found

    def done(self) -> None:
        if self._left:
            raise VideoError(f"{self.where}.{sorted(self._left)[0][:40]}: is not known")
