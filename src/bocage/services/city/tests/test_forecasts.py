"""Forecasts are made before the fact, kept as they were made, and shown beside what came."""

import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.city import jobs, limits
from bocage.services.city.actions import keeping
from bocage.services.city.models import Forecast
from bocage.services.city.queries import forecasts
from bocage.services.city.reading import STEP, speaking, speeds, step_before
from bocage.services.city.tests.conftest import Town, signed_in

URL = "/city/console/forecast"


def speed(at: float, number: int = 0) -> float:
    """A wave of two hours over a day's swing, in km/h."""
    return round(38 + 8 * math.sin(at / 1_146 + number) + 5 * math.sin(at / 13_751), 1)


def drive(town: Town, hours: float = 30.0) -> None:
    """Two detectors read every five minutes until now."""
    end = step_before(clock.now())
    said: list[dict[str, Any]] = []
    for step in range(round(hours * 12)):
        at = (end - step * STEP).timestamp() - 150
        said += [
            {"at": at, "stream": "detector", "id": f"D{n}", "on": "Quai Sud", "speed_kmh": speed(at, n)} for n in (1, 2)
        ]
    said += [{**each, "at": clock.now().timestamp()} for each in said[:2]]  # They speak at this very moment.
    for first in range(0, len(said), limits.BATCH_RECORDS_MAX):
        town.send(said[first : first + limits.BATCH_RECORDS_MAX])


def foresee(minutes_ago: int = 0) -> None:
    """What the worker does every five minutes."""
    with clock.frozen(clock.now() - timedelta(minutes=minutes_ago)):
        jobs.foresee.run()


def test_what_was_forecast_stays_and_is_held_against_what_came(town: Town) -> None:
    drive(town)
    for minutes_ago in range(90, -1, -5):
        foresee(minutes_ago)
    made = list(Forecast.objects.order_by("id").values_list())
    assert len(made) == 19 * 2 * 3
    foresee()
    assert list(Forecast.objects.order_by("id").values_list()) == made, "said again it is the same forecast"
    rows, verdict = forecasts.beside("D1", 15)
    assert verdict is not None and verdict.count == 16
    # The road is a sum of waves, which the last hour tells; what it reads now is up to 15 minutes of a wave behind.
    assert verdict.error_kmh < 0.5 * verdict.unchanged_error_kmh
    assert 0 <= verdict.held_share <= 1
    assert [row.read_kmh is None for row in rows[-4:]] == [False, True, True, True]
    assert all(row.low_kmh <= row.said_kmh <= row.high_kmh for row in rows if row.said_kmh is not None)  # type: ignore[operator]
    newest = step_before(clock.now())
    with clock.frozen(clock.now() + timedelta(days=limits.STREAM_KEPT_DAYS, minutes=-30)):
        with acting_as(Actor.for_service("city")):
            keeping.sweep()
        assert not Forecast.objects.filter(for_at__lt=newest - timedelta(minutes=30)).exists()
        assert Forecast.objects.filter(for_at__gte=newest).exists()


def test_nothing_is_forecast_from_less_than_a_day_nor_of_who_is_silent(town: Town) -> None:
    drive(town, hours=20)
    foresee()
    assert not Forecast.objects.exists()
    with clock.frozen(clock.now() + timedelta(hours=8)):
        foresee()
        assert not Forecast.objects.exists()


def test_no_more_of_the_stream_is_read_than_is_forecast(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    drive(town, hours=26)
    now = step_before(clock.now())
    assert speaking(now, 9) == ["D1", "D2"] and speaking(now, 1) == ["D1"]
    assert set(speeds(now - timedelta(hours=1), now, ["D2"])) == {"D2"}
    monkeypatch.setattr(limits, "FORECAST_DETECTORS_MAX", 1)
    foresee()
    assert set(Forecast.objects.values_list("source", flat=True)) == {"D1"}


def test_the_plot_is_for_operators_in_few_queries_and_says_when_there_is_none(town: Town) -> None:
    odile = signed_in(town.odile)
    assert signed_in(town.ana).get(URL).status_code == 403
    assert "No detector speaks" in odile.get(URL).content.decode()
    drive(town)
    assert "Nothing has been forecast yet" in odile.get(URL).content.decode()
    for minutes_ago in (45, 40, 35, 0):
        foresee(minutes_ago)
    with CaptureQueriesContext(connection) as seen:
        page = odile.get(URL, {"detector": "D2", "minutes": "30"}).content.decode()
    assert len(seen) <= 14, [each["sql"][:80] for each in seen]
    assert 'class="band"' in page and "to come" in page and 'value="D2" selected' in page
    assert "km/h" in page and "Within the interval" in page


@pytest.mark.parametrize("given", [{"detector": "\0"}, {"detector": "D9", "minutes": "16"}, {"minutes": "x"}])
def test_what_cannot_be_chosen_is_not(given: dict[str, str], town: Town) -> None:
    town.send([{"at": clock.now().timestamp(), "stream": "detector", "id": "D1", "on": "Quai Sud", "speed_kmh": 30}])
    page = signed_in(town.odile).get(URL, given)
    assert page.status_code == 200 and 'value="15" selected' in page.content.decode()
