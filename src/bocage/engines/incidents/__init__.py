"""Incidents: found on loops or on tracks, each once, with its reason.

`LaneDetector`, `California` and `StandardNormalDeviate` take half minutes of loops; `TrackDetector` takes tracks. Plain
Python and NumPy. `laboratory` (extra `city`) is a motorway in SUMO that says how well they do.
"""

from bocage.engines.incidents.loops import California, LaneDetector, StandardNormalDeviate
from bocage.engines.incidents.tracks import Road, TrackDetector
from bocage.engines.incidents.types import Alarm, IncidentsError, Loops, Tracks

__all__ = [
    "Alarm",
    "California",
    "IncidentsError",
    "LaneDetector",
    "Loops",
    "Road",
    "StandardNormalDeviate",
    "TrackDetector",
    "Tracks",
]
