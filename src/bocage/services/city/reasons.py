"""Why a light changed, in the reader's language: the controllers give their reasons in English, part by part."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import pgettext, pgettext_lazy

SIDES: dict[str, Any] = {
    "north": pgettext_lazy("city", "the north"),
    "north-east": pgettext_lazy("city", "the north-east"),
    "east": pgettext_lazy("city", "the east"),
    "south-east": pgettext_lazy("city", "the south-east"),
    "south": pgettext_lazy("city", "the south"),
    "south-west": pgettext_lazy("city", "the south-west"),
    "west": pgettext_lazy("city", "the west"),
    "north-west": pgettext_lazy("city", "the north-west"),
    "one side": pgettext_lazy("city", "one side"),
}
FROM: dict[str, Any] = {
    "north": pgettext_lazy("city", "From the north"),
    "north-east": pgettext_lazy("city", "From the north-east"),
    "east": pgettext_lazy("city", "From the east"),
    "south-east": pgettext_lazy("city", "From the south-east"),
    "south": pgettext_lazy("city", "From the south"),
    "south-west": pgettext_lazy("city", "From the south-west"),
    "west": pgettext_lazy("city", "From the west"),
    "north-west": pgettext_lazy("city", "From the north-west"),
    "one side": pgettext_lazy("city", "From one side"),
}
TURNS: dict[str, Any] = {
    "s": pgettext_lazy("city", "straight on"),
    "l": pgettext_lazy("city", "left"),
    "r": pgettext_lazy("city", "right"),
    "t": pgettext_lazy("city", "back"),
}
CHOSEN: dict[str, Any] = {
    "planned": pgettext_lazy("city", "Planned for who waits"),
    "fallback": pgettext_lazy("city", "Fixed plan"),
    "limit": pgettext_lazy("city", "A limit"),
}
BADGES = {"planned": "ok", "fallback": "watch", "limit": "info"}
_SIDE = r"(?:the )?(?P<side>north(?:-east|-west)?|south(?:-east|-west)?|east|west|one side)"

type Says = Callable[[dict[str, Any]], str]


def _with(message: Any) -> Says:
    return lambda found: str(message) % found


_PARTS: tuple[tuple[re.Pattern[str], Says], ...] = tuple(
    (re.compile(pattern), _with(message))
    for pattern, message in (
        (
            rf"(?P<count>\d+) waiting from {_SIDE} up to (?P<seconds>\d+) s",
            pgettext_lazy("city", "%(count)s waiting from %(side)s up to %(seconds)s s"),
        ),
        (r"bus in (?P<seconds>\d+) s", pgettext_lazy("city", "bus in %(seconds)s s")),
        (
            r"emergency vehicle in (?P<seconds>\d+) s",
            pgettext_lazy("city", "emergency vehicle in %(seconds)s s"),
        ),
        (r"tram in (?P<seconds>\d+) s", pgettext_lazy("city", "tram in %(seconds)s s")),
        (
            rf"emergency vehicle from {_SIDE} in (?P<seconds>\d+) s, the way is cleared for it",
            pgettext_lazy("city", "emergency vehicle from %(side)s in %(seconds)s s: the way is cleared for it"),
        ),
        (rf"(?P<count>\d+) coming from {_SIDE}", pgettext_lazy("city", "%(count)s coming from %(side)s")),
        (
            r"saves (?P<gain>\d+) vehicle-seconds of waiting",
            pgettext_lazy("city", "saves %(gain)s seconds of waiting, all vehicles together"),
        ),
        (r"nobody is left on the present green", pgettext_lazy("city", "nobody is left on the present green")),
        (
            r"fixed plan, (?P<seconds>\d+) s of green are over",
            pgettext_lazy("city", "fixed plan: its %(seconds)s s of green are over"),
        ),
        (
            r"fixed plan, no sensor says anything here",
            pgettext_lazy("city", "fixed plan: no sensor says anything here"),
        ),
        (
            r"actuated plan, the longest green of (?P<seconds>\d+) s is over",
            pgettext_lazy("city", "handed back to the usual plan: its longest green of %(seconds)s s is over"),
        ),
        (
            r"actuated plan, nobody is within (?P<seconds>\d+) s of this green",
            pgettext_lazy("city", "handed back to the usual plan: nobody is within %(seconds)s s of this green"),
        ),
        (
            r"somebody may have waited (?P<seconds>\d+) s: nobody waits longer",
            pgettext_lazy("city", "somebody may have waited %(seconds)s s: nobody waits longer"),
        ),
        (
            r"no plan has come from the planner for (?P<seconds>\d+) s",
            pgettext_lazy("city", "no plan has come from the planner for %(seconds)s s"),
        ),
        (
            r"the town's log has taken nothing for (?P<seconds>\d+) s",
            pgettext_lazy("city", "the town's log has taken nothing for %(seconds)s s"),
        ),
        (r"the cabinets have just started", pgettext_lazy("city", "the cabinets have just started")),
    )
)


def told(reason: str) -> str:
    """The reason in the active language. A part that is in no list here stays as its controller wrote it."""
    rest, said = reason.strip(), []
    while rest:
        for pattern, says in _PARTS:
            found = pattern.match(rest)
            if found:
                values = found.groupdict()
                if "side" in values:
                    values["side"] = str(SIDES[values["side"]])
                said.append(says(values))
                rest = rest[found.end() :].lstrip(" ,;")
                break
        else:
            part, _comma, rest = rest.partition("; ")
            said.append(part)
    return "; ".join(said)


def ways(phase: dict[str, Any]) -> list[str]:
    """What a phase lets go: from which side, and where to, a line a side."""
    sides: dict[str, list[str]] = {}
    for side, turn in phase["ways"]:
        sides.setdefault(side, []).append(turn)
    line = pgettext("city", "%(side)s: %(turns)s")
    return [
        line % {"side": FROM[side], "turns": ", ".join(str(TURNS[turn]) for turn in "slrt" if turn in turns)}
        for side, turns in sides.items()
    ]
