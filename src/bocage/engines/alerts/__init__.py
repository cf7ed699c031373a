"""Alerts as data: kinds written as declarative rules, one engine that judges streams of records by all of them at once.

    engine = Engine(shipped())
    for change in [*engine.feed(records), *engine.finish()]:
        print(change.what, change.alert.kind, reason(change.alert, rule))

See the README for how a rule is written, and docs/services/city.md for what the platform does with alerts.
"""

from bocage.engines.alerts.engine import Counts, Engine
from bocage.engines.alerts.explaining import reason
from bocage.engines.alerts.places import Line, Places, Zone, read_places
from bocage.engines.alerts.profiles import Profile, learn, zone_named
from bocage.engines.alerts.reading import read_lines, read_stream, record_of
from bocage.engines.alerts.rulebook import amended, merged, parse, read, said, shipped
from bocage.engines.alerts.streams import streams
from bocage.engines.alerts.types import (
    Alert,
    AlertsError,
    Change,
    Comparison,
    Quiet,
    Record,
    Rule,
    Severity,
    What,
    instant,
)

__all__ = [
    "Alert",
    "AlertsError",
    "Change",
    "Comparison",
    "Counts",
    "Engine",
    "Line",
    "Places",
    "Profile",
    "Quiet",
    "Record",
    "Rule",
    "Severity",
    "What",
    "Zone",
    "amended",
    "instant",
    "learn",
    "merged",
    "parse",
    "read",
    "read_lines",
    "read_places",
    "read_stream",
    "reason",
    "record_of",
    "said",
    "shipped",
    "streams",
    "zone_named",
]
