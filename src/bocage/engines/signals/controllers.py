"""Controllers by name."""

from bocage.engines.signals.greedy import Greedy
from bocage.engines.signals.types import Controller, ControllerName, Limits, Network


def make_controller(name: ControllerName, network: Network, limits: Limits) -> Controller | None:
    """The controller, or nothing for those that SUMO runs itself (`fixed`, `actuated`)."""
    if name in ("fixed", "actuated"):
        return None
    if name in ("maxwave", "maxpressure"):
        return Greedy(network, limits, pressure=name == "maxpressure")
    # Numba takes a second to load, and the baselines do not need it.
    from bocage.engines.signals.guard import Guard

    return Guard(network, limits)
