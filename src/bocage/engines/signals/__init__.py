"""Signals that adapt: a network's lights run by plans made every second, within limits that no plan can break.

    network = read_network(Path("town.net.xml"))
    cabinets, controller = Interlock(network, Limits()), make_controller("bocage", network, Limits())
    calls = controller.decide(observation, cabinets.cabinets())
    changed = cabinets.second(calls, waiting)

docs/guide/signals.md says what it does and how it was measured.
"""

from bocage.engines.signals.controllers import make_controller
from bocage.engines.signals.interlock import Interlock
from bocage.engines.signals.loops import Loops
from bocage.engines.signals.network import read_network
from bocage.engines.signals.sensors import Sensors
from bocage.engines.signals.types import (
    CONTROLLERS,
    Cabinets,
    Call,
    Controller,
    ControllerName,
    Limits,
    Link,
    Network,
    Observation,
    Phase,
    Request,
    Signal,
    SignalsError,
    Vehicles,
)

__all__ = [
    "CONTROLLERS",
    "Cabinets",
    "Call",
    "Controller",
    "ControllerName",
    "Interlock",
    "Limits",
    "Link",
    "Loops",
    "Network",
    "Observation",
    "Phase",
    "Request",
    "Sensors",
    "Signal",
    "SignalsError",
    "Vehicles",
    "make_controller",
    "read_network",
]
