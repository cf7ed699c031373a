"""A detector, the tracker and the infractions over drawn clips, beside what truly happened."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from bocage.engines.video.detecting import Detector
from bocage.engines.video.infractions import Infractions
from bocage.engines.video.laboratory import street
from bocage.engines.video.laboratory.camera import Body, Camera, full_box
from bocage.engines.video.measuring import Finding, Tracking
from bocage.engines.video.scene import Scene
from bocage.engines.video.tracking import Tracker
from bocage.engines.video.types import INFRACTIONS, Suggestion, TrackState

LEAST_PIXELS, LEAST_VISIBLE, FAR_METRES, NEAR_METRES = 120.0, 0.4, 60.0, 9.0
WARM_SECONDS = 3.0  # in which the background is learnt
SAME_METRES, SAME_SECONDS = 4.0, 4.0


@dataclass
class Result:
    """What came of it. `seconds`: of processor, for detecting, tracking and rules, drawing not among them."""

    frames: int = 0
    detect_seconds: float = 0.0
    track_seconds: float = 0.0
    tracking: Tracking = field(default_factory=Tracking)
    findings: dict[str, Finding] = field(default_factory=lambda: {kind: Finding() for kind in INFRACTIONS})

    def facts(self) -> dict[str, object]:
        """As JSON has it."""
        spent = self.detect_seconds + self.track_seconds
        return {
            "frames": self.frames,
            "frames_a_second_of_processor": round(self.frames / max(spent, 1e-9), 1),
            "detect_ms": round(1000 * self.detect_seconds / max(self.frames, 1), 2),
            "track_ms": round(1000 * self.track_seconds / max(self.frames, 1), 2),
            **self.tracking.score(),
            "infractions": {kind: each.facts() for kind, each in self.findings.items() if kind != "emergency_lane"},
        }


def evaluate(
    seeds: Iterable[int], make: Callable[[Scene], Detector], told: Callable[[int], None] = lambda _: None
) -> Result:
    """Each seed is a minute of one street in one weather; the detector is made anew for each."""
    result = Result()
    for seed in seeds:
        _clip(seed, make, result)
        told(seed)
    return result


def _clip(seed: int, make: Callable[[Scene], Detector], result: Result) -> None:
    scene, playing, camera = street.scene(), street.Street(seed), Camera(seed)
    detector, tracker, rules = make(scene), Tracker(scene), Infractions(scene)
    suggested: list[tuple[Suggestion, TrackState]] = []
    for frame in range(round(street.SECONDS * street.FPS)):
        seconds = playing.step()
        bodies = [_body(user) for user in playing.users]
        lights = street.lights(seconds)
        image, whose = camera.draw(bodies, lights["K1"] == "red")
        begun = time.process_time()
        seen = detector.detect(image)
        between = time.process_time()
        tracks = tracker.step(seconds, seen)
        found = rules.step(frame, seconds, tracks, lights)
        result.detect_seconds += between - begun
        result.track_seconds += time.process_time() - between
        result.frames += 1
        by_number = {each.track: each for each in tracks}
        suggested += [(each, by_number[each.track]) for each in found]
        if seconds >= WARM_SECONDS:
            _compare(seed, bodies, whose, [each for each in tracks if each.seen], result.tracking)
    _judge(playing.everybody, suggested, result.findings)


def _body(user: street.User) -> Body:
    size, direction = street.SIZES[user.kind], np.array(user.path.direction, dtype=float)
    return Body(user.number, user.middle, direction, size, user.colour, user.kind == "person")


def _compare(seed: int, bodies: list[Body], whose: np.ndarray, tracks: list[TrackState], tally: Tracking) -> None:
    """Boxes of this frame's tracks beside the true ones; the hidden, tiny and far do not count."""
    boxes, names, counts = [], [], []
    visible = np.bincount(whose.ravel(), minlength=len(bodies) + 1)
    for at, body in enumerate(bodies, start=1):
        left, top, right, bottom = full_box(body)
        area = (right - left) * (bottom - top)
        if area < 4:
            continue
        boxes.append((left, top, right, bottom))
        names.append(f"{seed}/{body.number}")
        here = NEAR_METRES < body.middle[1] < FAR_METRES
        counts.append(area >= LEAST_PIXELS and here and visible[at] >= LEAST_VISIBLE * area)
    found = np.array([each.box for each in tracks], dtype=float).reshape(-1, 4)
    numbers = [seed * 1_000_000 + each.track for each in tracks]
    tally.add(np.array(boxes, dtype=float).reshape(-1, 4), names, counts, found, numbers)


def _judge(
    everybody: list[street.User], suggested: list[tuple[Suggestion, TrackState]], findings: dict[str, Finding]
) -> None:
    """A suggestion is right where its vehicle stood within 4 m of one that did just that at that time."""
    by_number = {user.number: user for user in everybody}
    open_events = street.happened(everybody)
    for suggestion, state in suggested:
        match = None
        for event in open_events:
            near = event.from_seconds - SAME_SECONDS <= suggestion.to_seconds <= event.to_seconds + SAME_SECONDS
            if event.kind == suggestion.kind and near:
                user = by_number[event.user]
                places = {frame: metres for frame, metres, _ in user.where}
                metres = places.get(suggestion.to_frame)
                if metres is None:
                    continue
                along = metres - street.SIZES[user.kind][0] / 2
                middle = np.array(user.path.begin) + along * np.array(user.path.direction)
                if np.hypot(*(middle - state.position)) <= SAME_METRES:
                    match = event
        if match:
            open_events.remove(match)
            findings[suggestion.kind].right += 1
        else:
            findings[suggestion.kind].wrong += 1
    for event in open_events:
        findings[event.kind].missed += 1
