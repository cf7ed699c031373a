"""Roads: an OpenStreetMap extract made into one file, and times and shapes of the quickest ways by mode.

`building` needs the extra `parcel` (osmium); a graph that is built needs NumPy and SciPy alone.
"""

from bocage.engines.roads.network import Network
from bocage.engines.roads.storing import load, save
from bocage.engines.roads.types import MODES, Graph, Mode, RoadsError

__all__ = ["MODES", "Graph", "Mode", "Network", "RoadsError", "load", "save"]
