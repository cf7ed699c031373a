"""Why a light changed, in words a passer-by can check."""

from typing import TYPE_CHECKING

import numpy as np

from bocage.engines.signals.layout import Layout
from bocage.engines.signals.phases import GREEN
from bocage.engines.signals.types import Network

if TYPE_CHECKING:
    from bocage.engines.signals.rollout import Queue


def why_switched(network: Network, layout: Layout, signal: int, phase: int, queue: "Queue", gain: float) -> str:
    """Who waits or comes for the new green, from where and how long, and what it saves all together."""
    one = network.signals[signal]
    state = one.phases[phase].state
    junction = layout.junction_of_signal[signal]
    first, last = layout.lane_start[junction], layout.lane_start[junction + 1]
    here = slice(queue.start[first], queue.start[last])
    own = int(sum(len(network.signals[s].links) for s in range(signal)))
    sides = {own + n: link.comes_from for n, link in enumerate(one.links) if state[link.position] in GREEN}
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
