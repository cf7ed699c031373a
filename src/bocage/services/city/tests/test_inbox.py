"""The inbox: each step recorded, two hands put in order, who may; and how often a kind is right."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.notifications import queries as notifications
from bocage.services.city.actions import handling
from bocage.services.city.models import Alert, AlertStep
from bocage.services.city.queries import alerts
from bocage.services.city.tests.conftest import Town, judge, one_alert, signed_in

INBOX = "/city/console/"


@pytest.fixture
def slow(town: Town) -> Town:
    """One alert waits."""
    town.slow_road()
    judge()
    return town


def act(town: Town, who: Any, **given: object) -> Any:
    row = one_alert()
    return signed_in(who).post(f"{INBOX}alerts/{row.id}/act", {"revision": row.revision, **given})


def test_an_alert_goes_from_hand_to_hand_and_each_step_stands_there(slow: Town) -> None:
    assert act(slow, slow.odile, do="take").status_code == 302
    assert act(slow, slow.odile, do="hand", handle="@olga", note="I am off at six.").status_code == 302
    assert one_alert().holder_id == slow.olga
    with acting_as(Actor.for_person(slow.olga)):
        told = notifications.latest(slow.olga).notifications[0]
    assert (told.title, told.body) == ("Odile Renard handed you an alert", "I am off at six.")
    assert act(slow, slow.olga, do="close", verdict="true", note="Lights lengthened.").status_code == 302
    row = one_alert()
    assert (row.state, row.verdict, row.holder_id) == ("closed", "true", slow.olga)
    steps = [(step.what, step.by_id, step.to_id, step.note) for step in row.steps.exclude(by_id=None).order_by("at")]
    assert steps == [
        ("taken", slow.odile, None, ""),
        ("handed", slow.odile, slow.olga, "I am off at six."),
        ("true", slow.olga, None, "Lights lengthened."),
    ]
    page = signed_in(slow.odile).get(f"{INBOX}alerts/{row.id}").content.decode()
    assert "Handed over: Olga Petit" in page and "Lights lengthened." in page
    assert "congestion" not in signed_in(slow.odile).get(INBOX).content.decode().lower()
    assert act(slow, slow.odile, do="open").status_code == 302
    assert one_alert().state == "taken" and one_alert().verdict == ""


def test_who_looked_at_an_older_state_is_told_who_did_what(slow: Town) -> None:
    row = one_alert()
    assert act(slow, slow.olga, do="take").status_code == 302
    answer = signed_in(slow.odile).post(
        f"{INBOX}alerts/{row.id}/act", {"do": "close", "revision": row.revision, "verdict": "false", "note": "typed"}
    )
    said = answer.content.decode()
    assert answer.status_code == 409 and "by Olga Petit" in said and "typed" in said
    assert (one_alert().state, one_alert().holder_id) == ("taken", slow.olga)


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"do": "hand", "handle": "@ana", "note": "for you"}, 422, "Nobody of this handle is an operator"),
        ({"do": "hand", "handle": "@odile", "note": "for me"}, 422, "You have it already"),
        ({"do": "hand", "handle": "@olga", "note": ""}, 422, "This field is required"),
        ({"do": "close", "note": "no reason"}, 422, "This field is required"),
        ({"do": "close", "verdict": "boring"}, 422, "boring"),
        ({"do": "close", "verdict": "true", "note": "x" * 501}, 422, "500"),
        ({"do": "dance"}, 400, ""),
        ({"do": "take", "revision": "٣"}, 400, ""),
    ],
)
def test_what_will_not_do_is_said_beside_its_field(
    given: dict[str, object], status: int, says: str, slow: Town
) -> None:
    answer = act(slow, slow.odile, **given)
    assert answer.status_code == status and says in answer.content.decode()
    assert AlertStep.objects.exclude(by_id=None).count() == 0


def test_the_console_is_for_operators_alone(slow: Town) -> None:
    address = f"{INBOX}alerts/{one_alert().id}"
    for who in (slow.ana, slow.paul):
        client = signed_in(who)
        for url in (INBOX, address, f"{INBOX}precision", f"{INBOX}senders", f"{INBOX}rules"):
            assert client.get(url).status_code == 403, url
        assert client.post(f"{address}/act", {"do": "take", "revision": 0}).status_code == 403
    assert one_alert().state == "new"
    assert signed_in(slow.odile).get(f"{INBOX}alerts/a%00b").status_code == 404
    assert signed_in(slow.odile).get(f"{INBOX}alerts/nothing").status_code == 404


def test_the_inbox_is_filtered_and_keeps_to_its_budget(slow: Town) -> None:
    client = signed_in(slow.odile)
    client.get(INBOX)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = client.get(INBOX).content.decode()
    assert "Congestion begins · Quai Sud" in page and len(asked) <= 20, len(asked)
    for query, there in (
        ("?desk=traffic_control&severity=minor&text=quai", True),
        ("?text=congestion", True),
        ("?text=nowhere", False),
        ("?severity=critical", False),
        ("?show=closed", False),
        ("?show=mine", False),
        ("?desk=nonsense", True),
    ):
        assert ("Congestion begins ·" in client.get(INBOX + query).content.decode()) is there, query
    part = client.get(INBOX, HTTP_HX_REQUEST="true").content.decode()
    assert part.lstrip().startswith('<div id="alerts"') and "<html" not in part


def test_two_operators_who_take_one_alert_at_once(committed_town: Town) -> None:
    town = committed_town
    town.slow_road()
    judge()
    alert_id = one_alert().id
    barrier = threading.Barrier(8)

    def take(who: Any) -> str:
        try:
            barrier.wait(timeout=30)
            with acting_as(Actor.for_person(who)):
                handling.take_over(alert_id, who, 0)
            return "done"
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(take, [town.odile, town.olga] * 4))
    holder = Alert.objects.get().holder_id
    # Whoever came first has it, as often as she asks; the other is told each time.
    assert sorted(answers) == ["alert_changed"] * 4 + ["done"] * 4
    assert [step.by_id for step in AlertStep.objects.filter(what="taken")] == [holder]


def test_precision_is_counted_from_what_was_closed(town: Town) -> None:
    town.slow_road(*(f"Road {number}" for number in range(5)))
    judge()
    rows = list(Alert.objects.filter(kind="congestion_onset").order_by("source"))
    verdicts = ("true", "true", "false", "planned", "duplicate")
    with acting_as(Actor.for_person(town.odile)):
        for row, verdict in zip(rows, verdicts, strict=True):
            handling.close(row.id, town.odile, 0, verdict, "")
    (found,) = alerts.precision()
    assert (found.true, found.closed, found.planned, found.duplicates) == (2, 3, 1, 1)
    assert (round(found.low, 3), round(found.high, 3)) == (0.208, 0.939)
    assert "2" in signed_in(town.odile).get(f"{INBOX}precision").content.decode()


def test_wilsons_interval_as_it_is_published() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for true, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert alerts.wilson(true, of) == pytest.approx((low, high), abs=5e-5)
    assert alerts.wilson(0, 0) == (0, 1)
