"""The doors of the stream: an organisation's key, and the command that imports a recorded one."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.services.city import commands, limits
from bocage.services.city.models import Alert
from bocage.services.city.queries import alerts
from bocage.services.city.tests.conftest import Town, minute
from bocage.services.city.town_map import town_map

OBSERVATIONS = "/api/v1/city/observations"


def key(town: Town, organisation: Any, scope: str = "city:observe") -> str:
    """A program's key of an organisation."""
    with acting_as(Actor.for_person(town.odile)):
        _id, secret = identity.create_token(
            town.odile, "Detectors", (scope,), life=timedelta(days=1), subject_id=organisation
        )
    return secret


def post(token: str, records: Any, once: str = "k1") -> Any:
    return Client().post(
        OBSERVATIONS,
        {"records": records},
        "application/json",
        HTTP_AUTHORIZATION=f"Bearer {token}",
        HTTP_IDEMPOTENCY_KEY=once,
    )


def record(**changed: Any) -> dict[str, Any]:
    return {"at": minute().isoformat(), "stream": "detector", "id": "D1", "on": "Quai Sud", "speed_kmh": 40, **changed}


def observations() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from city_observation")
        return int(cursor.fetchone()[0])


def test_a_program_sends_with_its_organisations_key(town: Town) -> None:
    token = key(town, town.roads)
    first, again = post(token, [record(), record(id="D2")]), post(token, [record(), record(id="D2")])
    assert first.status_code == again.status_code == 201 and first.json() == {"taken": 2, "known": 0} == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert post(token, [record(), record(id="D3")], "k2").json() == {"taken": 1, "known": 1}
    assert post(token, [record()], "k1").status_code == 409
    assert observations() == 3


def test_what_a_program_may_not(town: Town) -> None:
    assert post(key(town, town.cafe), [record()]).status_code == 403
    assert post(key(town, town.roads, "city:read"), [record()]).status_code == 403
    assert post("bok_nonsense", [record()]).status_code == 401
    token = key(town, town.roads)
    wrong = post(token, [record(), record(speed_kmh=1000)])
    assert wrong.status_code == 422 and wrong.json()["field"] == "records[1].speed_kmh"
    for body in ([], [record()] * (limits.BATCH_RECORDS_MAX + 1), [record(nested={"a": 1})], "text", None):
        assert post(token, body).status_code in (400, 422), str(body)[:40]
    assert observations() == 0


def test_a_recorded_stream_is_imported_once_and_judged(committed_town: Town, tmp_path: Path) -> None:
    start = minute() - timedelta(minutes=30)
    lines = [
        record(at=(start + timedelta(minutes=m)).isoformat(), flow_veh_h=800, speed_kmh=12 if 5 <= m < 15 else 45)
        for m in range(31)
    ]
    file = tmp_path / "evening.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))

    def run(code: int = 0) -> Any:
        app = typer.Typer()
        commands.register(app)
        result = CliRunner().invoke(app, ["city", "import", str(file), "--json"])
        assert result.exit_code == code, result.output
        return result

    assert json.loads(run().stdout) == {"taken": 31, "known": 0}
    assert Alert.objects.get().kind == "congestion_onset"
    assert json.loads(run().stdout) == {"taken": 0, "known": 31}
    file.write_text(json.dumps(lines[0]) + '\n{"stream": "detector"}')
    assert "evening.jsonl:2: at: None is no instant" in run(2).stderr
    file.write_text(json.dumps(lines[0]) + "\n\n" + json.dumps(record(at="2001-01-01T00:00:00Z")))
    assert "evening.jsonl:3: at: must be within the last" in run(2).stderr
    assert observations() == 31 and Alert.objects.count() == 1


@settings(max_examples=40)
@given(st.floats(0, 1600), st.floats(0, 1000))
def test_a_point_of_the_map_has_a_street_and_that_street_is_near_itself(x_m: float, y_m: float) -> None:
    sheet = town_map()
    street = sheet.nearest(x_m, y_m)
    assert sheet.has(street) and street in sheet.near(street)


@given(st.integers(0, 500), st.integers(0, 500))
def test_wilsons_interval_holds_the_share(true: int, false: int) -> None:
    low, high = alerts.wilson(true, true + false)
    share = true / (true + false) if true + false else 0.5
    assert 0 <= low <= share + 1e-12 and share - 1e-12 <= high <= 1
