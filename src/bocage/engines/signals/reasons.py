"""Why a light changed, in words a passer-by can check."""

from typing import TYPE_CHECKING

import numpy as np

from bocage.engines.signals.layout import Layout
from bocage.engines.signals.phases import GREEN
from bocage.engines.signals.priority import NAMES, seconds_to_line
from bocage.engines.signals.types import Network, Request, Signal

if TYPE_CHECKING:
    from bocage.engines.signals.rollout import Queue


def why_asked(signal: Signal, phase: int, first_link: int, requests: tuple[Request, ...]) -> str:
    """Which buses and trams get the new green ("tram in 12 s, "), or nothing; `first_link`: the signal's."""
    said = []
    for one in requests:
        place = one.link - first_link
        if 0 <= place < len(signal.links):
            link = signal.links[place]
            if signal.phases[phase].state[link.position] in GREEN:
                said.append(f"{NAMES[one.kind]} in {seconds_to_line(one, link.speed_limit):.0f} s, ")
    return "".join(said[:2])


def why_switched(network: Network, layout: Layout, signal: int, phase: int, queue: "Queue", gain: float) -> str:
    """Who waits or comes for the new green, from where and how long, and what it saves all together."""
    one = network.signals[signal]
    state = one.phases[phase].state
    junction = layout.junction_of_signal[signal]
    first, last = layout.lane_start[junction], layout.lane_start[junction + 1]
    here = slice(queue.start[first], queue.start[last])
    sides = {
        layout.first_link[signal] + n: link.comes_from
        for n, link in enumerate(one.links)
        if state[link.position] in GREEN
    }
    stand: dict[str, list[float]] = {}
    come: dict[str, int] = {}
    for movement, due, waiting in zip(queue.movement[here], queue.due[here], queue.waiting[here], strict=True):
        for link in layout.movement_links[movement]:
            side = sides.get(link)
            if side is None:
                continue
            if due <= 0.0:
                stand.setdefault(side, []).append(float(waiting))
            else:
                come[side] = come.get(side, 0) + 1
            break
    parts = [
        f"{len(waits)} waiting from {side} up to {np.max(waits):.0f} s"
        for side, waits in sorted(stand.items(), key=lambda item: -max(item[1]))
    ]
    parts += [f"{count} coming from {side}" for side, count in sorted(come.items()) if side not in stand]
    saved = f"saves {gain:.0f} vehicle-seconds of waiting"
    return ", ".join([*parts[:3], saved]) if parts else f"nobody is left on the present green; {saved}"
