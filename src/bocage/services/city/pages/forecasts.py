"""Forecast against fact: what a detector was forecast to read, beside what it then read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bocage.services.city.actions.forecasting import MINUTES
from bocage.services.city.queries import forecasts
from bocage.services.city.queries.forecasts import Beside
from bocage.shell.asking import operator_page

# The plot in its own units, and the least speed that its scale ends at.
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 300, 44, 26
TOP_KMH, STEP_KMH = 40, 10
ROWS_SHOWN = 18


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Plot:
    """Lines as SVG paths: what was read, what was forecast, and the band of the intervals. `now`: x of the present."""

    read: str
    said: str
    band: str
    now: float
    speeds: tuple[Tick, ...]
    hours: tuple[Tick, ...]


@never_cache
@require_safe
@operator_page
def show_forecast(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """One detector at one lead, drawn and as a table; it asks for itself again each minute."""
    choices = forecasts.detectors()
    wanted = request.GET.get("detector", "")
    detector = wanted if wanted in dict(choices) else choices[0][0] if choices else ""
    lead = request.GET.get("minutes", "")
    minutes = int(lead) if lead in map(str, MINUTES) else MINUTES[0]
    rows, verdict = forecasts.beside(detector, minutes) if detector else ([], None)
    context = {
        "choices": choices,
        "detector": detector,
        "street": dict(choices).get(detector, ""),
        "minutes": minutes,
        "leads": MINUTES,
        "plot": _plot(rows, minutes) if any(row.said_kmh is not None for row in rows) else None,
        "rows": [row for row in reversed(rows) if row.said_kmh is not None][:ROWS_SHOWN],
        "verdict": verdict,
        "held_pct": None if verdict is None else round(100 * verdict.held_share),
    }
    part = "#now" if request.headers.get("HX-Request") else ""
    with timezone.override(_zone()):  # The town's time, as in the plot.
        return render(request, f"city/console/forecast.html{part}", context)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TOWN["time_zone"])


def _plot(rows: Sequence[Beside], minutes: int) -> Plot:
    highest = max(each for row in rows for each in (row.read_kmh, row.high_kmh, TOP_KMH) if each is not None)
    top = (int(highest) // STEP_KMH + 1) * STEP_KMH
    across = (WIDTH - LEFT) / max(len(rows) - 1, 1)

    def x(place: int) -> float:
        return round(LEFT + place * across, 1)

    def y(speed: float) -> float:
        return round((HEIGHT - BOTTOM) * (1 - speed / top) + 4, 1)

    local: list[datetime] = [row.at.astimezone(_zone()) for row in rows]
    return Plot(
        _line([(x(n), None if row.read_kmh is None else y(row.read_kmh)) for n, row in enumerate(rows)]),
        _line([(x(n), None if row.said_kmh is None else y(row.said_kmh)) for n, row in enumerate(rows)]),
        _band(
            [
                (x(n), y(row.high_kmh), y(row.low_kmh))
                if row.high_kmh is not None and row.low_kmh is not None
                else None
                for n, row in enumerate(rows)
            ]
        ),
        x(max((n for n, row in enumerate(rows) if row.read_kmh is not None), default=0)),
        tuple(Tick(y(speed), str(speed)) for speed in range(0, top, STEP_KMH)),
        tuple(Tick(x(n), f"{at:%H}\u202fh") for n, at in enumerate(local) if at.minute == 0),
    )


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    """A path that is broken where nothing is known."""
    path, pen = [], "M"
    for x, y in points:
        if y is not None:
            path.append(f"{pen}{x} {y}")
        pen = "M" if y is None else "L"
    return "".join(path)


def _band(ends: Sequence[tuple[float, float, float] | None]) -> str:
    """Closed shapes between upper and lower ends, one a stretch without a gap."""
    path, stretch = [], list[tuple[float, float, float]]()
    for each in (*ends, None):
        if each is not None:
            stretch.append(each)
            continue
        if len(stretch) > 1:
            corners = [*((x, high) for x, high, _low in stretch), *((x, low) for x, _high, low in reversed(stretch))]
            path.append("M" + "L".join(f"{x} {y}" for x, y in corners) + "Z")
        stretch = []
    return "".join(path)
