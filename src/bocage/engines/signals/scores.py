"""What a run cost its travellers, from SUMO's own record of trips, by RESCO's definition.

Delay is time lost on the way and time waited to be let into the network, a trip; trips still under way and trips that
never got in are counted with what they have lost so far.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from lxml import etree


@dataclass(frozen=True, slots=True)
class Scores:
    """Means a trip, in seconds, over `trips`, of which `finished` arrived; `priority_delay`: of each kind that asks."""

    delay: float
    time_loss: float
    depart_delay: float
    waiting: float
    trips: int
    finished: int
    priority_delay: dict[str, float]


def score(tripinfo: Path, classes: Mapping[str, str]) -> Scores:
    """The scores of SUMO's `tripinfo` output, written with unfinished and undeparted trips.

    `classes`: of each type of vehicle that asks for priority, its class.
    """
    asked: dict[str, list[float]] = defaultdict(list)
    trips = finished = 0
    lost = held = stood = 0.0
    for _, element in etree.iterparse(str(tripinfo), tag="tripinfo", resolve_entities=False, no_network=True):
        trips += 1
        if float(element.get("depart")) >= 0:
            lost += float(element.get("timeLoss"))
            stood += float(element.get("waitingTime"))
        held += float(element.get("departDelay"))
        kind = classes.get(element.get("vType", "").split("@")[0])
        if kind is not None:
            asked[kind].append(float(element.get("departDelay")) + max(float(element.get("timeLoss", "0")), 0.0))
        finished += float(element.get("arrival", "-1")) >= 0
        element.clear()
    many = max(trips, 1)
    kinds = {kind: fmean(delays) for kind, delays in sorted(asked.items())}
    return Scores((lost + held) / many, lost / many, held / many, stood / many, trips, finished, kinds)
