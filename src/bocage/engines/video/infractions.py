"""Infractions as geometry over tracks: each a suggestion to a human, with frames, track and the sums behind it.

Where a measurement carries an error, the lower bound (one-sided 95 %) must still break the rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bocage.engines.video.ground import inside
from bocage.engines.video.scene import Lane, Scene, StopLine, Zone
from bocage.engines.video.types import Floats, Kind, Light, Suggestion, TrackState, VideoError

Z = 1.645  # the one-sided 95 % point of a normal distribution
RED_SECONDS, EXIT_SECONDS = 0.5, 30.0
WRONG_WAY_SECONDS, WRONG_WAY_SPEED = 1.5, 2.0
LANE_SECONDS, LANE_METRES = 2.0, 20.0
STANDING_SPEED, STANDING_METRES = 0.7, 1.5
QUEUE_GAP_METRES, QUEUE_ASIDE_METRES, QUEUE_LINE_METRES, QUEUE_LIGHT_SECONDS = 10.0, 2.0, 15.0, 20.0
FORGOTTEN_SECONDS, UNSEEN_SECONDS = 5.0, 1.0
VEHICLES = frozenset({"motorcycle", "car", "bus", "truck", "unknown"})
ALLOWED = {"bus": {"bus"}, "emergency": set[str]()}


@dataclass
class _Since:
    """Since when something has held, where it began, and when it last held."""

    frame: int
    seconds: float
    position: Floats
    last_seconds: float = 0.0


@dataclass
class _Crossed:
    """A line was crossed."""

    frame: int
    seconds: float
    sigma_metres: float
    position: Floats
    red_seconds: float = 0.0


@dataclass
class _Memory:
    """What is remembered of one track."""

    seconds: float
    before: TrackState | None = None
    before_seconds: float = 0.0
    since: dict[tuple[str, str], _Since] = field(default_factory=dict)
    crossed: dict[str, _Crossed] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)
    still: _Since | None = None


class Infractions:
    """Takes each frame's tracks and lights in order, and answers what a human should look at; each thing once."""

    def __init__(self, scene: Scene) -> None:
        """Nothing has happened yet."""
        self._scene = scene
        self._memory: dict[int, _Memory] = {}
        self._red_since: dict[str, float] = {}
        self._red_last: dict[str, float] = {}
        self._frame, self._seconds = -1, -np.inf

    def step(
        self, frame: int, seconds: float, tracks: Sequence[TrackState], lights: Mapping[str, Light]
    ) -> list[Suggestion]:
        """What this frame gives rise to. `lights`: the state of each signal that the scene's stop lines name.

        A signal that is missing from `lights` is not known: nobody is suspected at it.

        Raises:
            VideoError: frames or time go back, or a light is none.
        """
        if frame <= self._frame or not seconds > self._seconds:
            raise VideoError(f"frame {frame} of second {seconds:g} comes after {self._frame} of {self._seconds:g}")
        self._frame, self._seconds = frame, seconds
        self._see_lights(lights)
        vehicles = [each for each in tracks if each.kind in VEHICLES]
        for each in vehicles:
            self._remember(each)
        found = []
        depth = self._depth(vehicles)
        for at, each in enumerate(vehicles):
            if each.seen:
                found += self._of(each, depth[:, at], vehicles)
                memory = self._memory[each.track]
                memory.before, memory.before_seconds = each, seconds
        gone = [number for number, each in self._memory.items() if seconds - each.seconds > FORGOTTEN_SECONDS]
        for number in gone:
            del self._memory[number]
        return found

    def _see_lights(self, lights: Mapping[str, Light]) -> None:
        for name, light in lights.items():
            if light not in ("red", "amber", "green"):
                raise VideoError(f"signal {name[:40]}: {str(light)[:40]!r} is no light")
        for name in {line.signal for line in self._scene.stop_lines}:
            if lights.get(name) == "red":
                self._red_since.setdefault(name, self._seconds)
                self._red_last[name] = self._seconds
            else:
                self._red_since.pop(name, None)

    def _remember(self, state: TrackState) -> None:
        memory = self._memory.setdefault(state.track, _Memory(self._seconds))
        memory.seconds = self._seconds
        still = state.speed < STANDING_SPEED
        if still and memory.still and np.hypot(*(state.position - memory.still.position)) <= STANDING_METRES:
            return
        memory.still = _Since(self._frame, self._seconds, state.position) if still else None

    def _depth(self, vehicles: Sequence[TrackState]) -> Floats:
        """How deep each vehicle (columns) is inside each lane, junction and zone (rows), in metres."""
        scene = self._scene
        at = np.array([each.position for each in vehicles]).reshape(-1, 2)
        polygons = [lane.polygon for lane in scene.lanes]
        polygons += [zone.polygon for zone in (*scene.junctions, *scene.no_stopping)]
        return np.array([inside(polygon, at) for polygon in polygons]).reshape(len(polygons), len(vehicles))

    def _of(self, state: TrackState, depth: Floats, vehicles: Sequence[TrackState]) -> list[Suggestion]:
        scene, inner = self._scene, depth > 0
        found = [*self._red_light(state), *self._speeding(state)]
        found += self._wrong_way(state, [lane for lane, there in zip(scene.lanes, inner, strict=False) if there])
        for lane, deep in zip(scene.lanes, depth, strict=False):
            if deep > 0:
                found += self._reserved(state, lane, float(deep))
        zones = inner[len(scene.lanes) :]
        for zone, there in zip(scene.junctions, zones, strict=False):
            if there:
                found += self._stop_in_junction(state, zone)
        for zone, there in zip(scene.no_stopping, zones[len(scene.junctions) :], strict=False):
            if there:
                found += self._no_stopping(state, zone, vehicles)
        return found

    def _red_light(self, state: TrackState) -> list[Suggestion]:
        found = []
        for line in self._scene.stop_lines:
            memory, key = self._memory[state.track], f"stop {line.name}"
            red = self._red_since.get(line.signal)
            crossed = self._crossing(state, line.line, _forward(line), "rear")
            if crossed and red is not None:
                crossed.red_seconds = crossed.seconds - red
                margin = Z * crossed.sigma_metres / max(state.speed, 0.5)
                if crossed.red_seconds - margin > RED_SECONDS:
                    memory.crossed[key] = crossed
            entered = memory.crossed.get(key)
            if entered is None or self._seconds - entered.seconds > EXIT_SECONDS:
                continue
            left = self._crossing(state, line.exit_line, _forward(line), "front")
            if left is None:
                continue
            del memory.crossed[key]
            sums = {
                "red_for_seconds": entered.red_seconds,
                "rear_sigma_metres": entered.sigma_metres,
                "stop_line_at_seconds": entered.seconds,
                "exit_line_at_seconds": left.seconds,
            }
            reason = f"its rear crossed the stop line {entered.red_seconds:.1f} s into red, then it left the junction"
            began = _Since(entered.frame, entered.seconds, entered.position)
            found += self._tell("red_light", state, line.name, began, sums, reason)
        return found

    def _crossing(self, state: TrackState, line: Floats, forward: Floats, end: str) -> _Crossed | None:
        """When an end of the track (or its middle) crossed a line forward since it was last seen."""
        memory = self._memory[state.track]
        if memory.before is None:
            return None
        old, new = getattr(memory.before, end), getattr(state, end)
        normal = _normal(line, forward)
        was, now = float((old - line[0]) @ normal), float((new - line[0]) @ normal)
        if not was < 0 <= now:
            return None
        share = -was / (now - was)
        place = old + share * (new - old)
        along = line[1] - line[0]
        if not -0.05 <= (place - line[0]) @ along / (along @ along) <= 1.05:
            return None
        seconds = memory.before_seconds + share * (self._seconds - memory.before_seconds)
        sigma = state.position_sigma(normal) if end == "position" else getattr(state, f"{end}_sigma")
        return _Crossed(self._frame, seconds, float(sigma), place)

    def _speeding(self, state: TrackState) -> list[Suggestion]:
        found = []
        for lines in self._scene.speed_lines:
            forward = lines.second.mean(axis=0) - lines.first.mean(axis=0)
            memory, key = self._memory[state.track], f"speed {lines.name}"
            first = self._crossing(state, lines.first, forward, "position")
            if first:
                memory.crossed[key] = first
            begun = memory.crossed.get(key)
            second = self._crossing(state, lines.second, forward, "position") if begun else None
            if begun is None or second is None:
                continue
            del memory.crossed[key]
            metres, seconds = float(np.hypot(*(second.position - begun.position))), second.seconds - begun.seconds
            survey = self._scene.survey_sigma_metres
            sigma = float(np.sqrt(begun.sigma_metres**2 + second.sigma_metres**2 + 2 * survey**2))
            kmh, sigma_kmh = 3.6 * metres / seconds, 3.6 * sigma / seconds
            least = kmh - Z * sigma_kmh
            if least <= lines.limit_kmh:
                continue
            sums = {
                "between_lines_metres": metres,
                "between_lines_seconds": seconds,
                "speed_kmh": kmh,
                "speed_sigma_kmh": sigma_kmh,
                "speed_lower_bound_kmh": least,
                "limit_kmh": lines.limit_kmh,
            }
            told = f"{kmh:.0f} km/h, at least {least:.0f} where {lines.limit_kmh:.0f} is the limit"
            reason = f"{metres:.1f} m in {seconds:.2f} s: {told}"
            began = _Since(begun.frame, begun.seconds, begun.position)
            found += self._tell("speeding", state, lines.name, began, sums, reason)
        return found

    def _wrong_way(self, state: TrackState, here: Sequence[Lane]) -> list[Suggestion]:
        speeds = [(state.along(lane.direction), lane) for lane in here]
        # Where lanes cross, whoever goes along one of them is right.
        against = bool(speeds) and all(
            speed < -WRONG_WAY_SPEED and speed + Z * sigma < 0 for (speed, sigma), _ in speeds
        )
        since = self._since(state, "wrong_way", "", against)
        if since is None or self._seconds - since.seconds < WRONG_WAY_SECONDS:
            return []
        (speed, sigma), lane = speeds[0]
        seconds = self._seconds - since.seconds
        sums = {"against_seconds": seconds, "speed_kmh": -3.6 * speed, "speed_sigma_kmh": 3.6 * sigma}
        reason = f"drove against the lane's direction for {seconds:.1f} s, at {-3.6 * speed:.0f} km/h"
        return self._tell("wrong_way", state, lane.name, since, sums, reason)

    def _reserved(self, state: TrackState, lane: Lane, depth: float) -> list[Suggestion]:
        """In a lane that is others', surely inside it and along it."""
        if lane.use == "all" or state.kind == "unknown" or state.kind in ALLOWED[lane.use]:
            return []
        kind: Kind = "bus_lane" if lane.use == "bus" else "emergency_lane"
        aside = np.array([-lane.direction[1], lane.direction[0]])
        sigma = state.position_sigma(aside)
        since = self._since(state, kind, lane.name, depth > Z * sigma, gap=0.5)
        if since is None:
            return []
        metres, seconds = float((state.position - since.position) @ lane.direction), self._seconds - since.seconds
        if seconds < LANE_SECONDS or metres < LANE_METRES:
            return []
        sums = {"inside_seconds": seconds, "inside_metres": metres, "from_edge_metres": depth, "sigma_metres": sigma}
        reason = f"a {state.kind} drove {metres:.0f} m in a lane for {lane.use} vehicles"
        return self._tell(kind, state, lane.name, since, sums, reason)

    def _stop_in_junction(self, state: TrackState, zone: Zone) -> list[Suggestion]:
        still = self._memory[state.track].still
        if still is None or self._seconds - still.seconds < zone.seconds:
            return []
        seconds = self._seconds - still.seconds
        reason = f"stood in the junction for {seconds:.0f} s"
        return self._tell("stop_in_junction", state, zone.name, still, {"standing_seconds": seconds}, reason)

    def _no_stopping(self, state: TrackState, zone: Zone, vehicles: Sequence[TrackState]) -> list[Suggestion]:
        """Stands too long, unless it waits in a queue; who has waited is timed anew once it does not."""
        still = self._memory[state.track].still
        queues = still is not None and self._queues(state, vehicles)
        since = self._since(state, "no_stopping", zone.name, still is not None and not queues)
        if since is None or still is None:
            return []
        seconds = self._seconds - max(since.seconds, still.seconds)
        if seconds < zone.seconds:
            return []
        sums = {"standing_seconds": seconds, "allowed_seconds": zone.seconds}
        reason = f"stood for {seconds:.0f} s where nobody may, in no queue"
        return self._tell("no_stopping", state, zone.name, since, sums, reason)

    def _queues(self, state: TrackState, vehicles: Sequence[TrackState]) -> bool:
        """Whether another stands just before it, or it stands before a light that is or just was red."""
        for other in vehicles:
            if other.track != state.track and self._memory[other.track].still:
                ahead, aside = _ahead(state, other.rear)
                if 0 <= ahead <= QUEUE_GAP_METRES and aside <= QUEUE_ASIDE_METRES:
                    return True
        for line in self._scene.stop_lines:
            red = self._red_last.get(line.signal, -np.inf)
            ahead, _ = _ahead(state, line.line.mean(axis=0))
            across = line.line[1] - line.line[0]
            share = (state.front - line.line[0]) @ across / (across @ across)
            if self._seconds - red <= QUEUE_LIGHT_SECONDS and -1 <= ahead <= QUEUE_LINE_METRES and 0 <= share <= 1:
                return True
        return False

    def _since(self, state: TrackState, rule: str, place: str, holds: bool, gap: float = 0.0) -> _Since | None:
        """Since when a rule's condition has held; moments without it of up to `gap` seconds are bridged."""
        held = self._memory[state.track].since
        key = (rule, place)
        known = held.get(key)
        # Where it was not asked about for a second, the track was elsewhere or not seen.
        if known and self._seconds - known.last_seconds > (gap if not holds else gap + UNSEEN_SECONDS):
            del held[key]
        if not holds:
            return None
        known = held.setdefault(key, _Since(self._frame, self._seconds, state.position))
        known.last_seconds = self._seconds
        return known

    def _tell(
        self, kind: Kind, state: TrackState, place: str, began: _Since, sums: dict[str, float], reason: str
    ) -> list[Suggestion]:
        told = self._memory[state.track].told
        if (kind, place) in told:
            return []
        told.add((kind, place))
        rounded = {name: round(float(value), 3) for name, value in sums.items()}
        times = (round(began.seconds, 3), round(self._seconds, 3))
        return [Suggestion(kind, state.track, state.kind, place, began.frame, self._frame, *times, rounded, reason)]


def _forward(line: StopLine) -> Floats:
    return np.asarray(line.exit_line.mean(axis=0) - line.line.mean(axis=0))


def _normal(line: Floats, forward: Floats) -> Floats:
    """The line's normal of length one that points forward."""
    along = line[1] - line[0]
    normal: Floats = np.array([-along[1], along[0]]) / np.hypot(*along)
    return normal if normal @ forward >= 0 else -normal


def _ahead(state: TrackState, point: Floats) -> tuple[float, float]:
    """How far before the front of a vehicle a point lies, and how far aside, in metres."""
    off = point - state.front
    return float(off @ state.heading), abs(float(off[0] * -state.heading[1] + off[1] * state.heading[0]))
