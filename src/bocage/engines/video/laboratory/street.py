"""The street: one junction, three lanes, a crossing, a pavement; road users who keep the rules, and some who do not.

Metres: x to the right, y away from the camera. Car following: the Intelligent Driver Model (Treiber and others 2000).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bocage.engines.video.laboratory.camera import calibration
from bocage.engines.video.scene import Scene, scene_of
from bocage.engines.video.types import Floats, Kind, Light

FPS, SECONDS = 10, 60.0
GREEN_SECONDS, AMBER_SECONDS, CYCLE_SECONDS, ALL_RED_SECONDS = 13.0, 3.0, 30.0, 1.0
LIMIT_KMH, ZONE_SECONDS, JUNCTION_SECONDS = 50.0, 15.0, 8.0
STOP_AT, EXIT_AT, TRAP = 30.0, 42.0, (28.0, 12.0)
ACCELERATION, BRAKING, HEADWAY_SECONDS, GAP_METRES = 1.8, 2.5, 1.3, 2.0
SIZES = {"car": (4.5, 1.8, 1.5), "bus": (12.0, 2.55, 3.0), "person": (0.5, 0.5, 1.75)}


@dataclass(frozen=True)
class Path:
    """A line that road users follow: where it begins, its direction, its length, and where (metres along) it must
    stop at which signal."""

    begin: tuple[float, float]
    direction: tuple[float, float]
    metres: float
    stop_metres: float | None = None
    signal: str | None = None


PATHS = {
    "away": Path((1.75, -15), (0, 1), 120, STOP_AT + 15, "K1"),
    "bus": Path((5.25, -15), (0, 1), 120, STOP_AT + 15, "K1"),
    "towards": Path((-1.75, 105), (0, -1), 120, 105 - 43.0, "K1"),
    "against": Path((-1.75, -15), (0, 1), 120),
    "kerb": Path((-5.25, 105), (0, -1), 120),
    "across": Path((-45, 36.5), (1, 0), 90, 40.0, "K2"),
    "pavement": Path((8.7, 4), (0, 1), 60),
    "pavement back": Path((9.6, 62), (0, -1), 60),
}


@dataclass
class User:
    """A road user: `metres` of its front along the path, and what it means to do."""

    number: int
    kind: str
    path: Path
    metres: float
    speed: float
    wanted: float
    colour: tuple[int, int, int]
    ignores_light: bool = False
    stands_at: float | None = None
    stands_seconds: float = 0.0
    stood: float = 0.0
    where: list[tuple[int, float, float]] = field(default_factory=list)  # frame, metres along, speed

    @property
    def middle(self) -> Floats:
        """On the ground (2)."""
        along = self.metres - SIZES[self.kind][0] / 2
        return np.array(self.path.begin) + along * np.array(self.path.direction)


@dataclass(frozen=True)
class Event:
    """An infraction that happened: by whom, and from when to when."""

    kind: Kind
    user: int
    from_seconds: float
    to_seconds: float


def lights(seconds: float) -> dict[str, Light]:
    """Both signals: K1 first, K2 in its red."""

    def one(since: float) -> Light:
        return "green" if since < GREEN_SECONDS else "amber" if since < GREEN_SECONDS + AMBER_SECONDS else "red"

    at = seconds % CYCLE_SECONDS
    begin = GREEN_SECONDS + AMBER_SECONDS + ALL_RED_SECONDS
    crossing: Light = "green" if begin <= at < begin + 9 else "amber" if begin + 9 <= at < begin + 12 else "red"
    return {"K1": one(at), "K2": crossing}


def drawn(seed: int) -> list[tuple[float, User]]:
    """Who comes when: plain traffic by chance, and infractions and near misses at chosen moments of chance size."""
    draw = np.random.default_rng(seed)
    plan: list[tuple[float, User]] = []

    def come(second: float, path: str, kind: str = "car", kmh: float | None = None, **more: Any) -> None:
        speed = (kmh if kmh is not None else draw.uniform(36, 47)) / 3.6
        colour = tuple(int(each) for each in draw.integers(20, 235, 3))
        plan.append((second, User(0, kind, PATHS[path], 0.0, speed, speed, colour, **more)))  # type: ignore[arg-type]

    for path, mean in (("away", 9.0), ("towards", 9.0), ("across", 11.0)):
        second = draw.uniform(0, 5)
        while second < SECONDS:
            come(second, path)
            second += 3 + draw.exponential(mean - 3)
    for second in np.arange(draw.uniform(2, 8), SECONDS, draw.uniform(16, 24)):
        come(second, "bus", "bus", 36)
    for path in ("pavement", "pavement back"):
        for second in np.arange(draw.uniform(0, 9), SECONDS, draw.uniform(9, 15)):
            come(second, path, "person", draw.uniform(3.5, 6))
    cycle = CYCLE_SECONDS
    # Infractions: each of them once or twice a minute.
    come(cycle + draw.uniform(13.5, 15.5), "away", ignores_light=True, kmh=draw.uniform(38, 48))
    come(draw.uniform(3, 8) + cycle * draw.integers(0, 2), "towards", kmh=draw.uniform(68, 90), ignores_light=True)
    come(draw.uniform(8, 12) + cycle * draw.integers(0, 2), "bus", kmh=draw.uniform(36, 46))
    come(cycle * draw.integers(0, 2) + draw.uniform(18, 22), "against", kmh=draw.uniform(24, 36))
    come(draw.uniform(3, 20), "kerb", kmh=36, stands_at=draw.uniform(80, 86), stands_seconds=SECONDS)
    come(draw.uniform(0, 3) + cycle, "across", kmh=30, ignores_light=True, stands_at=48.0, stands_seconds=12.0)
    # Near misses: none of them an infraction.
    come(draw.uniform(30, 40), "kerb", kmh=36, stands_at=draw.uniform(64, 70), stands_seconds=draw.uniform(5, 9))
    come(draw.uniform(8, 11), "towards", kmh=draw.uniform(46, 49))
    return sorted(_with_room(plan), key=lambda each: each[0])


def _with_room(plan: list[tuple[float, User]]) -> list[tuple[float, User]]:
    """Leaves plain traffic out where it would keep those who break a rule from doing so, or meet them head on."""
    special = [(second, user) for second, user in plan if user.ignores_light or user.path is PATHS["against"]]

    def hinders(second: float, user: User) -> bool:
        if any(user is other for _, other in special) or user.kind == "person":
            return False
        for when, other in special:
            opposed = other.path is PATHS["against"] and user.path is PATHS["towards"]
            if (user.path is other.path or opposed) and when - 12 < second < when + (9 if opposed else 2):
                return True
        return False

    return [(second, user) for second, user in plan if not hinders(second, user)]


class Street:
    """Moves everybody on, a frame at a time."""

    def __init__(self, seed: int) -> None:
        """An empty street."""
        self._plan = drawn(seed)
        self.users: list[User] = []
        self.everybody: list[User] = []
        self.frame = -1

    def step(self) -> float:
        """One frame later; answers its second."""
        self.frame += 1
        seconds = self.frame / FPS
        while self._plan and self._plan[0][0] <= seconds:
            user = self._plan.pop(0)[1]
            if any(other.path is user.path and other.metres < SIZES[other.kind][0] + 6 for other in self.users):
                continue  # no room: whoever waits outside the picture is never seen
            user.number = len(self.everybody) + 1
            self.everybody.append(user)
            self.users.append(user)
        now = lights(seconds)
        if any(user.path is PATHS["across"] and user.speed < 0.5 and -6 < user.middle[0] < 9 for user in self.users):
            now["K1"] = "red"  # nobody drives into one that stands there
        for user in sorted(self.users, key=lambda each: -each.metres):
            self._move(user, now)
            user.where.append((self.frame, user.metres, user.speed))
        self.users = [user for user in self.users if user.metres < user.path.metres]
        return seconds

    def _move(self, user: User, now: dict[str, Light]) -> None:
        gap, closing = np.inf, 0.0
        for other in self.users:
            ahead = other.metres - SIZES[other.kind][0] - user.metres
            if other.path is user.path and other is not user and other.metres > user.metres and ahead < gap:
                gap, closing = ahead, user.speed - other.speed
        path = user.path
        if path.stop_metres is not None and path.signal and not user.ignores_light:
            line = path.stop_metres - user.metres
            can = line > user.speed**2 / (2 * 3.5)
            if now[path.signal] != "green" and 0 < line < gap and (can or user.speed < 1):
                gap, closing = line + GAP_METRES - 1, user.speed
        if user.stands_at is not None and user.stood < user.stands_seconds:
            line = user.stands_at - user.metres
            if -1 < line < gap:
                gap, closing = max(line, 0.0) + GAP_METRES, user.speed
            if user.speed < 0.3 and line < 4:
                user.stood += 1 / FPS
        keep = GAP_METRES + max(
            0.0, user.speed * HEADWAY_SECONDS + user.speed * closing / (2 * np.sqrt(ACCELERATION * BRAKING))
        )
        change = ACCELERATION * (1 - (user.speed / user.wanted) ** 4 - (keep / max(gap, 0.1)) ** 2)
        user.speed = max(0.0, user.speed + max(change, -8.0) / FPS)
        user.metres += user.speed / FPS


def happened(everybody: list[User]) -> list[Event]:
    """Infractions by the plain definitions, from where everybody truly was; independent of the engine's rules."""
    found = []
    for user in everybody:
        if user.kind == "person" or len(user.where) < 2:
            continue
        where = np.array(user.where)
        seconds, front, speed = where[:, 0] / FPS, where[:, 1], where[:, 2]
        middle = np.array(user.path.begin) + (front[:, None] - SIZES[user.kind][0] / 2) * np.array(user.path.direction)
        found += _of(user, seconds, front, speed, middle)
    return found


def _of(user: User, seconds: Floats, front: Floats, speed: Floats, middle: Floats) -> list[Event]:
    found, name = [], next(name for name, path in PATHS.items() if path is user.path)
    inside = (middle[:, 1] > 8) & (middle[:, 1] < 70) & (np.abs(middle[:, 0]) < 18)

    def when(values: Floats, at: float) -> float | None:
        return float(np.interp(at, values, seconds)) if values[0] < at < values[-1] else None

    if name in ("away", "bus"):
        over, left = when(front - SIZES[user.kind][0], STOP_AT + 15), when(front, EXIT_AT + 15)
        if over is not None and left is not None:
            red = over % CYCLE_SECONDS - GREEN_SECONDS - AMBER_SECONDS
            if red > 0.5:
                found.append(Event("red_light", user.number, over, left))
    if name == "towards":
        times = [when(-middle[:, 1], -at) for at in TRAP]
        known = [each for each in times if each is not None]
        if len(known) == 2 and 3.6 * (TRAP[0] - TRAP[1]) / (known[1] - known[0]) > LIMIT_KMH:
            found.append(Event("speeding", user.number, known[0], known[1]))
    if name == "against" and (inside & (speed > 2)).sum() > 1.5 * FPS:
        found.append(Event("wrong_way", user.number, float(seconds[inside][0]), float(seconds[inside][-1])))
    if name == "bus" and user.kind != "bus" and inside.any() and np.ptp(middle[inside, 1]) > 20:
        found.append(Event("bus_lane", user.number, float(seconds[inside][0]), float(seconds[inside][-1])))
    still = speed < 0.3
    for kind, polygon, least in (
        ("stop_in_junction", (-3.5, 7.0, 31.0, 41.0), JUNCTION_SECONDS),
        ("no_stopping", (-7.0, -3.5, 8.0, 50.0), ZONE_SECONDS),
    ):
        left_x, right_x, low, high = polygon
        there = (
            (middle[:, 0] > left_x) & (middle[:, 0] < right_x) & (middle[:, 1] > low) & (middle[:, 1] < high) & still
        )
        if there.sum() >= least * FPS:
            found.append(Event(kind, user.number, float(seconds[there][0]), float(seconds[there][-1])))  # type: ignore[arg-type]
    return found


def scene() -> Scene:
    """The street as the engine is told of it."""

    def box(left: float, right: float, low: float, high: float) -> list[list[float]]:
        return [[left, low], [right, low], [right, high], [left, high]]

    def across(left: float, right: float, y: float) -> list[list[float]]:
        return [[left, y], [right, y]]

    lane = {"polygon": box(0, 3.5, 0, 90), "direction": [0, 1]}
    return scene_of(
        {
            "format": 1,
            "width": 640,
            "height": 360,
            "calibration": calibration(),
            "lanes": [
                {"name": "away", **lane},
                {"name": "bus", "polygon": box(3.5, 7, 0, 90), "direction": [0, 1], "use": "bus"},
                {"name": "towards", "polygon": box(-3.5, 0, 0, 90), "direction": [0, -1]},
                {"name": "across", "polygon": box(-30, 30, 34.5, 38.5), "direction": [1, 0]},
            ],
            "stop_lines": [
                {"name": "K1", "signal": "K1", "line": across(0, 7, STOP_AT), "exit_line": across(0, 7, EXIT_AT)}
            ],
            "speed_lines": [
                {
                    "name": "trap",
                    "first": across(-3.5, 0, TRAP[0]),
                    "second": across(-3.5, 0, TRAP[1]),
                    "limit_kmh": LIMIT_KMH,
                }
            ],
            "junctions": [{"name": "junction", "polygon": box(-3.5, 7, 31, 41), "seconds": JUNCTION_SECONDS}],
            "no_stopping": [{"name": "kerb", "polygon": box(-7, -3.5, 8, 50), "seconds": ZONE_SECONDS}],
        }
    )
