"""City's lists in words that people read."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

type Text = str | Promise

SEVERITIES: dict[str, Text] = {
    "critical": pgettext_lazy("city", "Now"),
    "major": _("Within minutes"),
    "minor": _("This shift"),
    "info": _("To know"),
}
SEVERITY_BADGES = {"critical": "alert", "major": "alert", "minor": "watch", "info": "info"}
SEVERITY_TINTS = {"critical": "rose", "major": "clay", "minor": "sun", "info": "sky"}
FAMILY_ICONS = {
    "traffic": "car",
    "incidents": "triangle-alert",
    "infractions": "scale",
    "signals": "traffic-cone",
    "emergency": "siren",
    "transit": "bus",
    "rides": "car-taxi-front",
    "parcels": "package",
    "environment": "wind",
    "networks": "plug-zap",
    "places": "construction",
    "platform": "server",
}
FAMILIES: dict[str, Text] = {
    "traffic": _("Traffic"),
    "incidents": _("Incidents"),
    "infractions": _("Infractions"),
    "signals": _("Lights and devices"),
    "emergency": _("Emergency vehicles"),
    "transit": _("Public transport and parking"),
    "rides": _("Rides"),
    "parcels": _("Parcels"),
    "environment": _("Weather, air and noise"),
    "networks": _("Energy, water and waste"),
    "places": _("Tunnels, bridges, works and events"),
    "platform": _("Reports and our own data"),
}
DESKS: dict[str, Text] = {
    "traffic_control": _("Traffic control"),
    "signal_workshop": _("Signal workshop"),
    "field_crew": _("Field crew"),
    "enforcement": _("Enforcement"),
    "emergency_control": _("Emergency control"),
    "transit_control": _("Transit control"),
    "parking_office": _("Parking office"),
    "ride_control": _("Ride control"),
    "parcel_control": _("Parcel control"),
    "environment": _("Environment"),
    "energy_desk": _("Energy desk"),
    "water_desk": _("Water desk"),
    "street_care": _("Street care"),
    "event_office": _("Event office"),
    "citizen_desk": _("Citizens' desk"),
    "platform_team": _("Platform team"),
}
VERDICTS: dict[str, Text] = {
    "true": _("It was true, and is dealt with"),
    "false": _("False alarm"),
    "duplicate": _("The same as another"),
    "planned": _("Planned"),
}
STEPS: dict[str, Text] = {
    "raised": _("Raised"),
    "suppressed": _("Raised, and explained by another"),
    "reopened": _("Began again"),
    "released": _("Shown: what explained it is over"),
    "cleared": _("Over"),
    "taken": _("Taken over"),
    "handed": pgettext_lazy("city", "Handed over"),
    "true": _("Closed: it was true"),
    "false": _("Closed: false alarm"),
    "duplicate": _("Closed: the same as another"),
    "planned": _("Closed: planned"),
    "opened": _("Opened again"),
}
STEP_STATES = {
    "raised": "bad",
    "reopened": "bad",
    "released": "bad",
    "cleared": "done",
    "true": "done",
    "false": "done",
    "duplicate": "done",
    "planned": "done",
}
LEFT_OUT: dict[str, Text] = {
    "late": _("came too late"),
    "repeated": _("said twice"),
    "too many sources": _("of more sources than can be watched"),
    "no time of this century": _("with a time of no use"),
    "too many at once": _("more at once than can wait"),
    "ahead of every other clock": _("ahead of every other clock"),
    "too many open conditions": _("more open conditions than can be watched"),
}
COMPARED: dict[str, Text] = {
    "<": _("under"),
    "<=": _("at most"),
    ">": _("above"),
    ">=": _("at least"),
    "==": _("exactly"),
    "!=": _("other than"),
}
REPORTS: dict[str, Text] = {
    "pothole": _("Hole in the road"),
    "light": _("Street light or traffic light"),
    "waste": _("Rubbish"),
    "danger": _("Something dangerous"),
    "flood": _("Water where it should not be"),
    "ice": _("Ice"),
    "noise": _("Noise"),
    "odour": _("Bad smell"),
    "other": _("Something else"),
}
REPORT_ICONS = {
    "pothole": "construction",
    "light": "lightbulb",
    "waste": "trash-2",
    "danger": "triangle-alert",
    "flood": "droplets",
    "ice": "snowflake",
    "noise": "volume-2",
    "odour": "wind",
    "other": "message-circle",
}
REPORT_STATES: dict[str, Text] = {
    "new": _("Received"),
    "taken": _("Being looked at"),
    "planned": _("Planned"),
    "done": pgettext_lazy("city", "Done"),
    "declined": _("Not done"),
}
REPORT_BADGES = {"new": "info", "taken": "watch", "planned": "watch", "done": "ok", "declined": ""}
CHANGES: dict[str, Text] = {
    "close": pgettext_lazy("city", "Close the street"),
    "bus_lane": pgettext_lazy("city", "Give buses the right lane"),
    "fixed_plan": pgettext_lazy("city", "Let every light go by its fixed plan"),
}
CLOSES: dict[str, Text] = {
    "street": _("The street is closed"),
    "lane": _("A lane is closed"),
    "footway": _("The pavement is closed"),
    "parking": _("No parking"),
    "nothing": _("Nothing is closed"),
}
