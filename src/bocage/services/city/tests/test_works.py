"""Works: planned once, seen by everybody, explaining the traffic on their street, told to services that ask."""

from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.test import Client

from bocage.kernel import clock, manifest
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.manifest import Needs, Service
from bocage.kernel.ports import TravelConditions, port
from bocage.services.city.actions import works
from bocage.services.city.models import Alert, Works
from bocage.services.city.queries import alerts
from bocage.services.city.tests.conftest import Town, judge, signed_in
from bocage.services.city.town_map import BadMap, _read, town_map

PAGE = "/city/console/works"


def plan(town: Town, **changed: Any) -> UUID:
    now = clock.now()
    given = {
        "title": "New pipes",
        "street": "Quai Sud",
        "closes": "lane",
        "from_at": now - timedelta(hours=2),
        "until_at": now + timedelta(days=2),
        "said": "",
        "works_id": uuid4(),
        **changed,
    }
    with acting_as(Actor.for_person(town.odile)):
        return works.plan(town.odile, **given)


def test_an_operator_plans_and_everybody_sees(town: Town) -> None:
    odile, visitor = signed_in(town.odile), Client()
    tomorrow = clock.now() + timedelta(days=1)
    given = {
        "works_id": str(uuid4()), "title": "New pipes", "street": "Quai Sud", "closes": "street", "words": "By bus 3.",
        "begins": tomorrow.strftime("%Y-%m-%dT%H:%M"), "until": (tomorrow + timedelta(3)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    assert [odile.post(PAGE, given).status_code for _time in range(2)] == [302, 302]
    assert Works.objects.count() == 1
    page = visitor.get("/city/?street=Quai+Sud").content.decode()
    assert "New pipes" in page and "The street is closed" in page and "By bus 3." in page
    assert "New pipes" not in visitor.get("/city/?street=Rue+Haute").content.decode()
    assert odile.post(f"{PAGE}/{Works.objects.get().id}/cancel").status_code == 302
    assert "New pipes" not in visitor.get("/city/?street=Quai+Sud").content.decode()
    assert signed_in(town.ana).post(PAGE, given).status_code == 403


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"street": "Nowhere"}, "street"),
        ({"closes": "everything"}, "closes"),
        ({"until_at": clock.now() - timedelta(hours=1)}, "until"),
        ({"until_at": clock.now() - timedelta(days=1)}, "until"),
        ({"until_at": clock.now() + timedelta(days=800)}, "until"),
        ({"said": "x" * 1001}, "words"),
    ],
)
def test_what_will_not_do(changed: dict[str, Any], field: str, town: Town) -> None:
    with pytest.raises(Refusal) as refused:
        plan(town, **changed)
    assert refused.value.field == field and not Works.objects.exists()


def test_works_explain_the_traffic_on_their_street_and_no_other(town: Town) -> None:
    plan(town)
    town.slow_road("Quai Sud", "Quai Nord")
    judge()
    rows = {row.on: row.suppressed_by for row in Alert.objects.filter(kind="congestion_onset")}
    assert rows == {"Quai Sud": "planned", "Quai Nord": ""}
    with acting_as(Actor.for_person(town.odile)):
        shown, _more = alerts.inbox(town.odile)
    assert [each.on for each in shown] == ["Quai Nord"]


def test_a_service_asks_what_slows_travel_about_nobody_and_without_a_receipt(town: Town) -> None:
    plan(town)
    plan(town, title="Later", from_at=clock.now() + timedelta(days=9), until_at=clock.now() + timedelta(days=10))
    town.slow_road("Quai Nord", minutes=30, ago=20)
    judge()
    courier = Service("courier", "C", "x", "x", "x", needs=(Needs(TravelConditions, None),))
    known = manifest.services()
    asking = acting_as(Actor.for_service("courier"))
    with mock.patch.object(manifest, "services", lambda: (*known, courier)), asking:
        found = port(TravelConditions, needed_by="courier").conditions(clock.now(), clock.now() + timedelta(hours=1))
    assert [(each.kind, each.street, each.closes) for each in found] == [
        ("works", "Quai Sud", "lane"),
        ("congestion_onset", "Quai Nord", ""),
    ]
    assert found[0].x_m == pytest.approx(town_map().middle_of("Quai Sud")[0])  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense =", "Invalid"),
        ("", "1 to 2000 tables"),
        ('[[street]]\nname = ""\npoints_m = [[0,0],[1,1]]', "street 1: name"),
        ('[[street]]\nname = "A"\nkind = "canal"\npoints_m = [[0,0],[1,1]]', "street 1: kind"),
        ('[[street]]\nname = "A"\npoints_m = [[0,0]]', "street 1: points_m"),
        ('[[street]]\nname = "A"\npoints_m = [[0,0],[nan,1]]', "street 1: points_m"),
        ('[[street]]\nname = "A"\npoints_m = [[0,0],["x",1]]', "street 1: points_m"),
    ],
)
def test_a_wrong_map_is_named_by_file_and_street(text: str, says: str, tmp_path: Any) -> None:
    file = tmp_path / "streets.toml"
    file.write_text(text)
    with pytest.raises(BadMap) as wrong:
        _read(str(file))
    assert says in str(wrong.value) and str(file) in str(wrong.value)
