"""Video: boxes to tracks on the ground to suspected infractions, each a suggestion to a human.

`Scene` is read from one JSON file, `Tracker` and `Infractions` are NumPy and SciPy alone. Detectors and the laboratory
need the extra `video`. Nothing but boxes, tracks and suggestions leaves it: it keeps no picture.
"""

from bocage.engines.video.infractions import Infractions
from bocage.engines.video.scene import Scene, read, scene_of
from bocage.engines.video.tracking import Tracker
from bocage.engines.video.types import Detections, Suggestion, TrackState, VideoError

__all__ = [
    "Detections",
    "Infractions",
    "Scene",
    "Suggestion",
    "TrackState",
    "Tracker",
    "VideoError",
    "read",
    "scene_of",
]
