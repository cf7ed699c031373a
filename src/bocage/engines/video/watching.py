"""A film, frame by frame: read, looked at, and forgotten (extra `video`)."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2

from bocage.engines.video.detecting import Detector
from bocage.engines.video.infractions import Infractions
from bocage.engines.video.scene import Scene
from bocage.engines.video.tracking import Tracker
from bocage.engines.video.types import Light, Suggestion, TrackState, VideoError

Moment = tuple[int, float, list[TrackState], list[Suggestion]]
RATE_LIMIT = 240.0


def watch(
    film: Path, scene: Scene, make: Callable[[Scene], Detector], switches: Sequence[tuple[float, str, Light]]
) -> Iterator[Moment]:
    """Each frame's number, second, tracks and suggestions. `switches`: when which signal changed to what, in order.

    Seconds are counted by the rate that the film states: its frames must be evenly spaced.

    Raises:
        VideoError: the film cannot be read, says no frame rate, has no frame, or another size than the scene.
    """
    if not film.is_file():
        raise VideoError(f"{film}: there is no such file")
    reading = cv2.VideoCapture(str(film))
    try:
        rate = reading.get(cv2.CAP_PROP_FPS) if reading.isOpened() else 0.0
        if not 0 < rate <= RATE_LIMIT:
            raise VideoError(f"{film}: cannot be read as a film")
        detector, tracker, rules = make(scene), Tracker(scene), Infractions(scene)
        lights: dict[str, Light] = {}
        frame, at = 0, 0
        while True:
            there, image = reading.read()
            if not there:
                break
            if image.shape[:2] != (scene.height, scene.width):
                size = f"{image.shape[1]} by {image.shape[0]}"
                raise VideoError(f"{film}: is {size} where the scene is {scene.width} by {scene.height}")
            seconds = frame / rate
            while at < len(switches) and switches[at][0] <= seconds:
                lights[switches[at][1]] = switches[at][2]
                at += 1
            tracks = tracker.step(seconds, detector.detect(image))
            yield frame, seconds, tracks, rules.step(frame, seconds, tracks, lights)
            frame += 1
        if not frame:
            raise VideoError(f"{film}: has no frame that can be read")
    finally:
        reading.release()
