"""The fixed and the actuated plan of a network as SUMO runs them, under the same limits as any controller here."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

from bocage.engines.signals.pedestrians import walking_seconds
from bocage.engines.signals.phases import GREEN, clearance
from bocage.engines.signals.types import Limits, Network, Signal

MAX_GREEN_SECONDS = 50


def write_programs(network: Network, limits: Limits, actuated: bool, path: Path) -> None:
    """Write an additional file: each signal's own program, its greens, ambers and all-reds within the limits."""
    kind = "actuated" if actuated else "static"
    lines = ["<additional>"]
    for signal in network.signals:
        lines.append(f'  <tlLogic id={quoteattr(signal.id)} type="{kind}" programID="bocage" offset="0">')
        lines += [f"    {one}" for one in _phases(signal, limits, actuated)]
        lines.append("  </tlLogic>")
    path.write_text("\n".join([*lines, "</additional>"]), encoding="utf-8")


def _phases(signal: Signal, limits: Limits, actuated: bool) -> list[str]:
    walking = walking_seconds(signal) if limits.pedestrians else [0] * len(signal.phases)
    walk = {phase.state: seconds for phase, seconds in zip(signal.phases, walking, strict=True)}
    written: list[str] = []
    before = ""
    for place, (state, seconds) in enumerate(signal.program):
        after = signal.program[(place + 1) % len(signal.program)][0]
        ends = "y" in state.lower()
        going = not ends and any(letter in GREEN for letter in state)
        least = max(limits.min_green, walk.get(state, 0))
        if going:
            before = state
            extra = f' minDur="{least}" maxDur="{max(least, MAX_GREEN_SECONDS)}"' if actuated else ""
            lasts = max(seconds, least) if limits.pedestrians else seconds
            written.append(f'<phase duration="{lasts:g}" state="{state}"{extra}/>')
            continue
        lasts = limits.amber if ends and limits.amber else seconds
        written.append(f'<phase duration="{lasts:g}" state="{state}"/>')
        if ends and limits.all_red and before and "y" not in after.lower():
            red = clearance(before, after)
            written.append(f'<phase duration="{limits.all_red}" state="{red}"/>')
    return written
