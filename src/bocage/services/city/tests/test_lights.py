"""Lights: each change once with its reason, asked for at any instant, whole or said not to be, shown to everybody."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bocage.kernel import clock
from bocage.services.city import limits, reasons
from bocage.services.city.actions import phases
from bocage.services.city.queries import phases as queries
from bocage.services.city.tests.conftest import Town, signed_in
from bocage.services.city.tests.crossing import described
from bocage.services.city.tests.test_doors import key

WHY = "2 waiting from the east up to 31 s, saves 40 vehicle-seconds of waiting"


def post(token: str, path: str, body: dict[str, Any], once: str) -> Any:
    return Client().post(
        f"/api/v1/city/{path}",
        body,
        "application/json",
        HTTP_AUTHORIZATION=f"Bearer {token}",
        HTTP_IDEMPOTENCY_KEY=once,
    )


def change(number: int = 1, ago_seconds: int = 60, **changed: Any) -> dict[str, Any]:
    at = clock.now().replace(microsecond=0) - timedelta(seconds=ago_seconds)
    said = {"signal": "F1", "at": at.isoformat(), "number": number, "phase": number % 2}
    return {**said, "by": "planned", "reason": WHY, "lasted_seconds": 20, **changed}


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from city_phase_change")
        return int(cursor.fetchone()[0])


@pytest.fixture
def token(town: Town) -> str:
    """The key of the roads, whose light F1 is described."""
    token = key(town, town.roads)
    assert post(token, "signals", {"signals": [described()]}, "d").json() == {"taken": 1}
    return token


def test_a_change_is_logged_once_and_any_instant_says_why(token: str, town: Town) -> None:
    said = [change(n, ago_seconds=600 - 20 * n, reason=f"{WHY}; {n}") for n in range(1, 21)]
    assert post(token, "phase-changes", {"changes": said}, "a").json() == {"taken": 20, "known": 0}
    assert post(token, "phase-changes", {"changes": said[5:]}, "b").json() == {"taken": 0, "known": 15}
    assert rows() == 20
    at = clock.now() - timedelta(seconds=600 - 20 * 7 - 10)
    shown = queries.changes_until("F1", at)
    assert shown[0].reason == f"{WHY}; 7" and shown[0].seconds == 20 and len(shown) == 7
    assert queries.changes_until("F1", clock.now())[0].seconds is None
    page = Client().get("/city/lights/F1", {"at": at.isoformat()}).content.decode()
    assert "2 waiting from the east up to 31 s; saves 40 seconds of waiting" in page and "; 7" in page
    assert "; 8</p>" not in page


def test_the_log_says_itself_whether_it_is_whole(token: str) -> None:
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    said = [change(n, at=(noon + timedelta(seconds=n)).isoformat()) for n in (1, 2, 3, 6, 7)]
    post(token, "phase-changes", {"changes": said}, "a")
    assert queries.wholeness("F1", noon.date()) == (5, 1)
    missing = [change(n, at=(noon + timedelta(seconds=n)).isoformat()) for n in (4, 5)]
    post(token, "phase-changes", {"changes": missing}, "b")
    assert queries.wholeness("F1", noon.date()) == (7, 0)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"signal": "F2"}, 404),
        ({"phase": 7}, 422),
        ({"by": "whim"}, 422),
        ({"reason": ""}, 422),
        ({"reason": "a\0b"}, 422),
        ({"reason": "x" * 301}, 422),
        ({"at": "2026-01-01T00:00:00"}, 422),
        ({"number": -1}, 422),
        ({"number": 2**63}, 422),
        ({"lasted_seconds": 2**31}, 422),
        ({"ago_seconds": -700}, 422),
        ({"ago_seconds": 86_400 * 40}, 422),
    ],
)
def test_a_wrong_change_leaves_the_whole_batch_out(changed: dict[str, Any], status: int, token: str) -> None:
    answer = post(
        token, "phase-changes", {"changes": [change(1), change(**{"number": 2, "ago_seconds": 30, **changed})]}, "a"
    )
    assert answer.status_code == status, answer.content
    assert rows() == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"plan": [[5, 30]]},
        {"phases": []},
        {"phases": [{"ways": [["up", "s"]], "walk": True}]},
        {"id": "a/b"},
        {"id": "Feu-é"},
        {"id": "x" * 41},
        {"x_m": 1e9},
        {"on": "a\0b"},
    ],
)
def test_a_light_that_cannot_be_is_refused(changed: dict[str, Any], town: Town) -> None:
    answer = post(key(town, town.roads), "signals", {"signals": [described(**changed)]}, "d")
    assert answer.status_code == 422, answer.content
    assert queries.lights() == []


def test_who_may_not_send_and_whose_light_it_is(token: str, town: Town) -> None:
    assert post(key(town, town.cafe), "phase-changes", {"changes": [change()]}, "a").status_code == 403
    assert post(key(town, town.roads, "city:read"), "signals", {"signals": [described()]}, "b").status_code == 403
    with pytest.raises(Exception, match="belongs to somebody else"):
        phases._are_theirs(town.cafe, {"F1"})
    twice = post(token, "signals", {"signals": [described(), described()]}, "c")
    assert twice.status_code == 422 and twice.json()["field"] == "signals"


def test_days_are_kept_for_a_month_and_dropped_whole(token: str) -> None:
    old = change(1, ago_seconds=86_400 * (limits.PHASES_KEPT_DAYS - 2))
    post(token, "phase-changes", {"changes": [old, change(2)]}, "a")
    assert phases.drop_old_days() == 0 and rows() == 2
    with clock.frozen(clock.now() + timedelta(days=5)):
        assert phases.drop_old_days() == 1
    assert rows() == 1


def test_no_day_of_the_log_can_be_changed_by_those_who_add_to_it(token: str) -> None:
    at = clock.now()
    post(token, "phase-changes", {"changes": [change(1, ago_seconds=0)]}, "a")
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, has_table_privilege('bocage_app', c.oid, 'update, delete') from pg_class c"
            " where relkind in ('r', 'p') and relname like 'city_phase_change%'"
        )
        assert dict(cursor.fetchall()) == {"city_phase_change": False, f"city_phase_change_{at:%Y%m%d}": False}


def test_everybody_sees_how_lights_do_in_few_queries(token: str, town: Town) -> None:
    assert "No light speaks yet" not in Client().get("/city/lights").content.decode()
    town.send(
        [
            {"at": clock.now().timestamp() - 60 * n, "stream": "signal", "id": "F1", "on": "Grande Rue × Quai Nord"}
            | {"walk_wait_seconds": 20, "drive_wait_seconds": 8, "crossed_veh_h": 600, "lamps": "working"}
            for n in range(1, 4)
        ]
        # At night next to nobody drives, and who does stands long: means are of vehicles, not of half minutes.
        + [
            {"at": clock.now().timestamp() - 240, "stream": "signal", "id": "F1", "on": "Grande Rue × Quai Nord"}
            | {"walk_wait_seconds": 20, "drive_wait_seconds": 26, "crossed_veh_h": 225},
            {"at": clock.now().timestamp() - 300, "stream": "signal", "id": "F1", "on": "Grande Rue × Quai Nord"}
            | {"walk_wait_seconds": 20, "crossed_veh_h": 0},
        ]
    )
    said = [change(1, by="fallback"), change(2, ago_seconds=30), change(3, ago_seconds=10)]
    post(token, "phase-changes", {"changes": said}, "a")
    queries.forget_waits()  # A minute later, that is.
    (row,) = queries.waits()
    assert (row.walk_seconds, row.drive_seconds, row.changes) == (20, 10, 3)
    assert row.planned_share == pytest.approx(2 / 3) and row.light.heard
    for url, most in (("/city/lights", 8), ("/city/lights/F1", 12)):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page = Client().get(url)
        assert page.status_code == 200 and len(seen) <= most, [each["sql"][:80] for each in seen]
    assert "20 s" in Client().get("/city/lights").content.decode()
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        assert "has not been heard" in Client().get("/city/lights").content.decode()


@pytest.mark.parametrize("at", ["yesterday", "9999-99-99T00:00", "2001-01-01T00:00", "\0"])
def test_a_moment_that_the_log_cannot_hold_is_said_to_be_none(at: str, token: str) -> None:
    page = Client().get("/city/lights/F1", {"at": at})
    assert page.status_code == 200 and "Nothing is known of that instant" in page.content.decode()


def test_the_operators_map_shows_flows_lights_and_alerts_now_and_before(token: str, town: Town) -> None:
    town.slow_road("Quai Sud", minutes=30, until=0)
    post(token, "phase-changes", {"changes": [change(1)]}, "a")
    url = "/city/console/streets"
    assert Client().get(url).status_code == 302 and signed_in(town.ana).get(url).status_code == 403
    now = signed_in(town.odile).get(url).content.decode()
    assert 'street is-slow"' in now or 'street is-jammed"' in now
    assert "2 waiting from the east" in now
    before = signed_in(town.odile).get(url, {"back": "60"}).content.decode()
    assert 'street is-jammed"' not in before and "2 waiting" not in before
    odile = signed_in(town.odile)
    odile.get(url)
    with CaptureQueriesContext(connection) as seen:
        odile.get(url)
    assert len(seen) <= 22


def test_reasons_are_told_in_the_readers_language_and_strange_ones_as_they_are() -> None:
    with translation.override("fr"):
        assert reasons.told(WHY) == (
            "2 venant de l’est attendent, jusqu’à 31 s; 40 secondes d’attente épargnées, tous véhicules ensemble"
        )
        assert reasons.told(f"tram in 12 s, bus in 3 s, {WHY}").startswith("tram dans 12 s; bus dans 3 s; 2 venant")
        assert reasons.told("emergency vehicle in 40 s, saves 9 vehicle-seconds of waiting").startswith(
            "véhicule d’urgence dans 40 s; 9 secondes"
        )
        assert reasons.told("emergency vehicle from the north in 10 s, the way is cleared for it") == (
            "véhicule d’urgence venant du nord dans 10 s : la voie est libérée pour lui"
        )
        assert reasons.told("a tram's own words") == "a tram's own words"
    assert reasons.told("fixed plan, 30 s of green are over; the cabinets have just started") == (
        "fixed plan: its 30 s of green are over; the cabinets have just started"
    )
