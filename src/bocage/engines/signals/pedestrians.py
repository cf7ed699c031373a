"""How long a green must last for people on foot, where the network says nothing of crossings.

They walk over an arm while nothing leaves it and traffic beside them goes straight on. A green gives them seven
seconds to step off and the rest of the way at 1.2 m/s (FHWA MUTCD 2023, section 4I.06: 7 s, 3.5 ft/s = 1.07 m/s in the
United States; RiLSA 2015: 1.2 m/s), the amber and all-red after it not counted in their favour.
"""

import math
from collections import defaultdict

from bocage.engines.signals.phases import GREEN
from bocage.engines.signals.types import Signal

STEP_OFF_SECONDS = 7
WALKING_METRES_PER_SECOND = 1.2
LANE_METRES = 3.25


def walking_seconds(signal: Signal) -> list[int]:
    """For each phase, the seconds that people walking during it need (0 where nobody walks)."""
    lanes: dict[str, set[str]] = defaultdict(set)
    for link in signal.links:
        lanes[_edge(link.lane)].add(link.lane)
    answer = []
    for phase in signal.phases:
        going = [link for link in signal.links if phase.state[link.position] in GREEN]
        moving = {_edge(link.lane) for link in going}
        if not any(link.turn == "s" for link in going):
            answer.append(0)
            continue
        # An arm is as wide as its lanes to the stop line and as many away from it.
        widths = [2 * LANE_METRES * len(inward) for edge, inward in lanes.items() if edge not in moving]
        crossing = math.ceil(max(widths, default=0) / WALKING_METRES_PER_SECOND)
        answer.append(STEP_OFF_SECONDS + crossing if widths else 0)
    return answer


def _edge(lane: str) -> str:
    return lane.rsplit("_", 1)[0]
