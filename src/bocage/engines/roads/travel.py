"""What OpenStreetMap's tags let each mode do, and how fast. Speeds are kilometres an hour, set here and stated."""

from collections.abc import Mapping

from bocage.engines.roads.types import MODES, Mode

# Mean speeds in a town with its stops and turnings, not limits: a van at 50 allowed does about 0.7 of it.
VAN_SPEEDS = {
    "motorway": 100.0, "motorway_link": 50.0, "trunk": 80.0, "trunk_link": 45.0, "primary": 50.0, "primary_link": 40.0,
    "secondary": 45.0, "secondary_link": 35.0, "tertiary": 40.0, "tertiary_link": 30.0, "unclassified": 35.0,
    "residential": 28.0, "living_street": 10.0, "service": 15.0, "road": 30.0, "track": 12.0,
}  # fmt: skip
FAST_ROADS = {"motorway", "motorway_link", "trunk", "trunk_link"}
PATHS = {"cycleway", "path", "footway", "pedestrian", "bridleway"}
SPEEDS: dict[Mode, float] = {"bike": 16.0, "robot": 6.0, "foot": 4.8}
STEPS_SPEED = 2.5
OF_LIMIT = 0.7
MILE = 1.609344
SLOWEST, FASTEST = 5.0, 130.0
NO = {"no", "private", "agricultural", "forestry", "delivery_no"}
YES = {"yes", "designated", "permissive", "official", "destination"}


def speeds(tags: Mapping[str, str]) -> tuple[dict[Mode, float], dict[Mode, float]]:
    """Kilometres an hour along a way and against it, for each mode that may use it."""
    along: dict[Mode, float] = {}
    against: dict[Mode, float] = {}
    if tags.get("area") == "yes":
        return along, against
    for mode in MODES:
        speed = _speed(tags, mode)
        if speed is None:
            continue
        way = _direction(tags, mode)
        if way >= 0:
            along[mode] = speed
        if way <= 0:
            against[mode] = speed
    return along, against


def _speed(tags: Mapping[str, str], mode: Mode) -> float | None:
    kind = tags["highway"]
    if not _allowed(tags, mode, kind):
        return None
    if mode == "van":
        own = VAN_SPEEDS[kind]
        limit = _limit(tags.get("maxspeed", ""))
        return own if limit is None else min(max(OF_LIMIT * limit, SLOWEST), FASTEST)
    return STEPS_SPEED if kind == "steps" else SPEEDS[mode]


def _allowed(tags: Mapping[str, str], mode: Mode, kind: str) -> bool:
    """By the most special tag that says something; else by the kind of way."""
    chain = {
        "van": ("motorcar", "motor_vehicle", "vehicle", "access"),
        "bike": ("bicycle", "vehicle", "access"),
        # Delivery robots have no tag of their own: they go where people on foot may, except on steps.
        "robot": ("foot", "access"),
        "foot": ("foot", "access"),
    }[mode]
    said = next((tags[key] for key in chain if key in tags), "")
    if mode == "van":
        return kind in VAN_SPEEDS and said not in NO
    if kind == "steps":
        return mode == "foot" and said not in NO
    if kind in FAST_ROADS or said in NO or kind not in VAN_SPEEDS.keys() | PATHS:
        return False
    if mode == "bike" and kind in ("footway", "pedestrian", "bridleway"):
        return said in YES
    return not (mode != "bike" and kind == "cycleway" and tags.get("foot") == "no")


def _direction(tags: Mapping[str, str], mode: Mode) -> int:
    """1: only along; -1: only against; 0: both."""
    if mode in ("foot", "robot"):
        return 0
    if mode == "bike" and (tags.get("oneway:bicycle") == "no" or tags.get("cycleway", "").startswith("opposite")):
        return 0
    said = tags.get("oneway", "")
    if said in ("yes", "1", "true"):
        return 1
    if said in ("-1", "reverse"):
        return -1
    implied = tags.get("junction") == "roundabout" or tags["highway"] in ("motorway", "motorway_link")
    return 1 if implied and said not in ("no", "0", "false") else 0


def _limit(text: str) -> float | None:
    """Kilometres an hour of a `maxspeed`; None when it is no number."""
    words = text.split()
    if not words or not words[0].isdecimal() or len(words[0]) > 3:
        return None
    return float(words[0]) * (MILE if words[1:] == ["mph"] else 1.0)
