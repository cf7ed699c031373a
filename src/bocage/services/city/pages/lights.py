"""Lights for everybody: how well they do and what they cost on foot; one light, and why it shows what it shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bocage.kernel import clock
from bocage.services.city import limits, reasons
from bocage.services.city.queries import phases
from bocage.services.city.queries.phases import Change, Light

STRIP_MINUTES = 10
STRIP_WIDTH = 600


@dataclass(frozen=True)
class Bar:
    """A green on a strip of time; `tone` is its phase's."""

    x: float
    width: float
    tone: int
    phase: int


@never_cache
@require_safe
def show_lights(request: HttpRequest) -> HttpResponse:
    """All lights: mean waits of a day in vehicles and on foot, beside what the fixed plan costs on foot."""
    rows = phases.waits()
    context = {
        "rows": sorted(rows, key=lambda each: -(each.walk_seconds or 0)),
        "walk": _mean([(each.walk_seconds, 1.0) for each in rows]),
        "walk_fixed": _mean([(each.light.fixed_walk_seconds, 1.0) for each in rows]),
        "drive": _mean([(each.drive_seconds, each.vehicles_h or 0.0) for each in rows]),
        "planned_pct": _percent([(each.planned_share, float(each.changes)) for each in rows]),
        "changes": sum(each.changes for each in rows),
        "left_out": phases.left_out(len(rows)),
        "silent": sum(not each.light.heard for each in rows),
        "hours": phases.WAITS_HOURS,
        "demo": settings.MODE != "production",
    }
    return render(request, "city/lights.html", context)


@never_cache
@require_safe
def show_light(request: HttpRequest, signal_id: str) -> HttpResponse:
    """One light: what it shows and why, or what it showed at the instant `at`, in the town's time."""
    light = phases.light(signal_id)
    now = clock.now()
    asked, wrong = _asked(request.GET.get("at", ""), now)
    at = asked or now
    changes = phases.changes_until(light.id, at)
    day = at.astimezone(_zone()).date()
    count, gaps = phases.wholeness(light.id, day)
    context = {
        "light": light,
        "asked": asked,
        "asked_text": request.GET.get("at", "")[:40],
        "wrong": wrong,
        "kept_days": limits.PHASES_KEPT_DAYS,
        "first": _row(light, changes[0]) if changes else None,
        "rows": [_row(light, each) for each in changes[1:]],
        "phases": [_phase(light, number) for number in range(len(light.phases))],
        "cycle": sum(seconds for _phase, seconds in light.plan),
        "strips": _strips(light, changes, at),
        "strip_minutes": STRIP_MINUTES,
        "count": count,
        "gaps": gaps,
        "live": asked is None,
    }
    part = "#now" if request.headers.get("HX-Request") else ""
    # As the instant is asked for: in the town's own time, whoever reads it.
    with timezone.override(_zone()):
        return render(request, f"city/light.html{part}", context)


def _asked(text: str, now: datetime) -> tuple[datetime | None, bool]:
    """The instant that was asked for, and whether what was asked is none that the log can hold."""
    if not text:
        return None, False
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        return None, True
    if found.tzinfo is None:
        found = found.replace(tzinfo=_zone())
    oldest = now - timedelta(days=limits.PHASES_KEPT_DAYS)
    return (found, False) if oldest <= found <= now else (None, True)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TOWN["time_zone"])


def _row(light: Light, change: Change) -> dict[str, Any]:
    known = 0 <= change.phase < len(light.phases)
    return {
        "change": change,
        "reason": reasons.told(change.reason),
        "by": reasons.CHOSEN[change.chosen_by],
        "badge": reasons.BADGES[change.chosen_by],
        "number": change.phase + 1,
        "tone": change.phase % 4,
        "ways": reasons.ways(light.phases[change.phase]) if known else [],
        "walk": known and light.phases[change.phase]["walk"],
    }


def _phase(light: Light, number: int) -> dict[str, Any]:
    seconds = [seconds for phase, seconds in light.plan if phase == number]
    phase = light.phases[number]
    return {
        "number": number + 1,
        "tone": number % 4,
        "ways": reasons.ways(phase),
        "walk": phase["walk"],
        "seconds": seconds,
    }


def _strips(light: Light, changes: list[Change], at: datetime) -> list[list[Bar]]:
    """The last minutes as they were, and as the fixed plan would have shown them from the same beginning."""
    if not changes:
        return []
    begin = at - timedelta(minutes=STRIP_MINUTES)
    shown = [(max(each.at, begin), each.phase) for each in reversed(changes)]
    ends = [*(moment for moment, _phase in shown[1:]), at]
    real = [(start, end, phase) for (start, phase), end in zip(shown, ends, strict=True) if end > begin]
    if not real or not light.plan or sum(seconds for _phase, seconds in light.plan) < 1:
        return []
    fixed, moment, place = [], real[0][0], 0
    while moment < at:
        phase, seconds = light.plan[place % len(light.plan)]
        end = min(moment + timedelta(seconds=max(seconds, 1)), at)
        fixed.append((moment, end, phase))
        moment, place = end, place + 1
    return [[_bar(begin, *piece) for piece in row] for row in (real, fixed)]


def _bar(begin: datetime, start: datetime, end: datetime, phase: int) -> Bar:
    scale = STRIP_WIDTH / (STRIP_MINUTES * 60)
    x = (start - begin).total_seconds() * scale
    return Bar(round(x, 1), round((end - start).total_seconds() * scale, 1), phase % 4, phase + 1)


def _mean(pairs: list[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in pairs if value is not None]
    total = sum(weight for _value, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def _percent(pairs: list[tuple[float | None, float]]) -> int | None:
    mean = _mean(pairs)
    return None if mean is None else round(100 * mean)
