"""A crossroads of two streets by hand, so that lights are tested without SUMO."""

from typing import Any

from bocage.engines.signals import Link, Network, Phase, Signal
from bocage.engines.signals.types import Stretch

SIDES = ("north", "east", "south", "west")


def crossroads(name: str = "F1") -> Signal:
    """Straight on from four sides, two phases of 30 s."""
    links = tuple(
        Link(n, f"{side}_0", f"out_{side}_0", "s", 200.0, 200.0, 13.9, f"the {side}") for n, side in enumerate(SIDES)
    )
    program = (("GrGr", 30.0), ("yryr", 3.0), ("rGrG", 30.0), ("ryry", 3.0))
    foes = frozenset({(0, 1), (0, 3), (1, 0), (1, 2), (2, 1), (2, 3), (3, 0), (3, 2)})
    return Signal(name, links, (Phase("GrGr", 3), Phase("rGrG", 3)), program, foes)


def network(*names: str) -> Network:
    """As many crossroads."""
    signals = tuple(crossroads(name) for name in names or ("F1",))
    exits = tuple(sorted({link.exit_lane for one in signals for link in one.links}))
    beyond = tuple((Stretch((each,), 200.0),) for each in exits)
    return Network(signals, exits, beyond, (False,) * len(exits))


def described(name: str = "F1", **changed: Any) -> dict[str, Any]:
    """The crossroads in the API's words."""
    return {
        "id": name,
        "on": "Grande Rue × Quai Nord",
        "x_m": 700,
        "y_m": 475,
        "phases": [
            {"ways": [["north", "s"], ["south", "s"]], "walk": True},
            {"ways": [["east", "s"], ["west", "s"]], "walk": True},
        ],
        "plan": [[0, 30], [1, 30]],
        "fixed_walk_seconds": 14.5,
        "max_red_seconds": 100,
        **changed,
    }
