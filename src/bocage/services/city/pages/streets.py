"""The operators' map of the streets: flows, lights, incidents and buses, now or at an earlier moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bocage.engines.alerts import Rule
from bocage.kernel import clock
from bocage.services.city import reasons, rulebook, words
from bocage.services.city.pages.asking import whole
from bocage.services.city.pages.drawing import Drawing, Line, drawn
from bocage.services.city.queries import live, phases
from bocage.services.city.queries.alerts import language
from bocage.services.city.queries.live import Flow, Moment
from bocage.services.city.queries.phases import Light
from bocage.services.city.town_map import town_map
from bocage.shell.asking import operator_page

# A day back, and no further: that is what one looks for on a map.
MINUTES_BACK_MAX = 1_440
# A street's state by its speed (km/h) or how much of the time its loops are taken (%).
JAMMED_KMH, SLOW_KMH = 12.0, 22.0
JAMMED_PCT = 40.0
CHOICES: list[tuple[int, words.Text]] = [
    (0, pgettext_lazy("city", "now, as it goes")),
    (5, pgettext_lazy("city", "5 minutes ago")),
    (15, pgettext_lazy("city", "15 minutes ago")),
    (30, pgettext_lazy("city", "half an hour ago")),
    (60, pgettext_lazy("city", "an hour ago")),
    (180, pgettext_lazy("city", "3 hours ago")),
    (720, pgettext_lazy("city", "12 hours ago")),
    (1_440, pgettext_lazy("city", "a day ago")),
]
STATES: dict[str, words.Text] = {
    "free": pgettext_lazy("city", "Free"),
    "slow": pgettext_lazy("city", "Slow"),
    "jammed": pgettext_lazy("city", "Jammed"),
    "unknown": pgettext_lazy("city", "Nothing measured"),
}


@dataclass(frozen=True)
class Spot:
    """A mark on the map, in its own coordinates."""

    name: str
    title: str
    x: float
    y: float
    state: str = ""


@never_cache
@require_safe
@operator_page
def show_streets(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """The map, which asks for itself again while it shows the present; a list of the same for who cannot see it."""
    back = min(whole(request.GET.get("back") or "0", "back"), MINUTES_BACK_MAX)
    at = clock.now() - timedelta(minutes=back)
    seen, lights = live.moment(at), phases.lights()
    sheet, rules = drawn(town_map()), rulebook.in_force().rules
    context = {
        "map": sheet,
        "at": at,
        "back": back,
        "choices": CHOICES,
        "flows": sorted((_flow_row(each) for each in seen.flows), key=lambda row: str(row["flow"].street)),
        "greens": [_green_row(each, seen) for each in lights],
        "troubles": [_trouble_row(each, rules) for each in seen.troubles],
        "buses": seen.buses,
        "left_out": phases.left_out(len(lights)),
        "lines": [] if sheet is None else [(line, _state_of(line, seen)) for line in sheet.lines],
        "spots": {} if sheet is None else _spots(sheet, lights, seen),
        "states": list(STATES.items()),
    }
    part = "#now" if request.headers.get("HX-Request") else ""
    return render(request, f"city/console/streets.html{part}", context)


def _spots(sheet: Drawing, lights: list[Light], seen: Moment) -> dict[str, list[Spot]]:
    def spot(name: str, title: str, x_m: float, y_m: float, state: str = "") -> Spot:
        return Spot(name, title, round(x_m - sheet.west_m, 1), round(sheet.north_m - y_m, 1), state)

    return {
        "lights": [spot(each.id, each.on, each.x_m, each.y_m, _chosen(each, seen)) for each in lights],
        "troubles": [spot(each.id, each.on, each.x_m, each.y_m, each.severity) for each in seen.troubles],
        "buses": [spot(each.id, each.line, each.x_m, each.y_m) for each in seen.buses],
    }


def _chosen(light: Light, seen: Moment) -> str:
    green = seen.greens.get(light.id)
    return "silent" if green is None or not _fresh(green.at, seen.at, light) else green.chosen_by


def _fresh(shown_at: datetime, at: datetime, light: Light) -> bool:
    """Whether a light may still stand in this phase; none does for longer than its limits allow."""
    return at - shown_at < timedelta(seconds=3 * max(light.max_red_seconds, 60))


def _state_of(line: Line, seen: Moment) -> str:
    states = [_state(each) for each in seen.flows if each.street == line.name]
    return next((state for state in ("jammed", "slow", "free") if state in states), "unknown")


def _state(flow: Flow) -> str:
    if flow.occupancy_pct is not None and flow.occupancy_pct >= JAMMED_PCT:
        return "jammed"
    if flow.speed_kmh is None:
        return "free" if flow.flow_veh_h == 0 else "unknown"
    return "jammed" if flow.speed_kmh < JAMMED_KMH else "slow" if flow.speed_kmh < SLOW_KMH else "free"


def _flow_row(flow: Flow) -> dict[str, Any]:
    state = _state(flow)
    return {"flow": flow, "state": STATES[state], "badge": {"jammed": "alert", "slow": "watch"}.get(state, "ok")}


def _green_row(light: Light, seen: Moment) -> dict[str, Any]:
    green, chosen = seen.greens.get(light.id), _chosen(light, seen)
    return {
        "light": light,
        "green": green,
        "reason": reasons.told(green.reason) if green else "",
        "by": reasons.CHOSEN[chosen] if chosen in reasons.CHOSEN else pgettext_lazy("city", "Not heard"),
        "badge": reasons.BADGES.get(chosen, "alert"),
    }


def _trouble_row(trouble: live.Trouble, rules: Mapping[str, Rule]) -> dict[str, Any]:
    rule = rules.get(trouble.kind)
    return {
        "trouble": trouble,
        "title": rule.title[language()] if rule else trouble.kind,
        "soon": words.SEVERITIES[trouble.severity],
        "badge": words.SEVERITY_BADGES[trouble.severity],
    }
