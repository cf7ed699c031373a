"""The demo city's streets: made-up detectors of an invented road office, and an evening on which some things go wrong.

No sensor of this town exists. What they say follows from the formulas below, so that the inbox has something in it.
"""

import math
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

from django.conf import settings

from bocage.engines.alerts import Record
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.services.city import jobs
from bocage.services.city.actions import handling, judging, observing, reports, works
from bocage.services.city.models import Alert
from bocage.services.city.queries import phases
from bocage.services.city.town_map import town_map

OFFICE = "voirie-demo"
TWIN_KEY, TWIN_KEY_DAYS = "Twin of the streets", 365
TWIN_SILENT = timedelta(minutes=3)
MINUTE_MS = 60_000
# Minutes of records until now: a whole day, so that yesterday can be judged by another rule.
PAST_MINUTES = 26 * 60
# Road -> when it was slow, in minutes before now (from, until).
SLOW = {
    "Boulevard des Tilleuls": ((1500, 1440), (26, 0)),
    "Avenue de la Gare": ((70, 45),),
    "Quai Sud": ((1470, 1455), (40, 31)),
    "Grande Rue": ((1520, 1508),),
    "Quai Nord": ((1490, 1484),),
}
TROUBLE_MINUTES = 25
TROUBLED = ("Place des Halles", "Rue des Écoles", "Rue Haute")
# Title, street, what is closed, days from now, days long, what people should know.
WORKS = (
    (
        "Réfection de la chaussée",
        "Rue du Moulin",
        "street",
        -1,
        5,
        "Déviation par le Quai Nord. Piétons : passage maintenu.",
    ),
    ("Plantation de tilleuls", "Boulevard des Tilleuls", "parking", 6, 3, "Stationnement interdit des deux côtés."),
    ("Réseau de chaleur", "Rue Haute", "lane", 12, 20, ""),
)
# Who, about what, where, hours ago, in whose words.
REPORTS = (
    ("ana", "pothole", "Rue du Moulin", 52, "Un trou profond devant le numéro 12, côté vélos."),
    ("theo", "light", "Chemin des Prés", 30, "Deux lampadaires éteints après le pont."),
    ("samira", "waste", "Place des Halles", 9, "Bacs renversés derrière le marché."),
    ("ines", "noise", "Quai Sud", 4, ""),
)
ANSWERS = (
    ("pothole", "planned", 28, "Merci. La chaussée est refaite cette semaine, ce trou en premier."),
    ("light", "done", 6, "Les deux lampes sont changées. Merci."),
)
# Detector Dn stands in the n-th of them.
DETECTORS = ("Boulevard des Tilleuls", "Avenue de la Gare", "Grande Rue", "Quai Sud", "Quai Nord", "Rue Haute")


class NoDemo(Exception):
    """This installation is not the demo city."""


class City(Protocol):
    """Who is there: handles of people and of shops, with their ids."""

    @property
    def people(self) -> dict[str, UUID]: ...

    @property
    def shops(self) -> dict[str, UUID]: ...


def populate(city: City) -> None:
    """Let the demo's road office send, give its detectors a past, judge it, and let Odile do some of her work."""
    odile = city.people["odile"]
    office = identity.create_organisation(
        handle=OFFICE,
        name="Voirie de Vallon (démonstration)",
        kind="public",
        mcc="9399",
        country=settings.TOWN["country"],
        owner_id=odile,
        verified=True,
    ).id
    with acting_as(Actor.for_person(odile)):
        observing.let_send(OFFICE, odile)
    now_ms = int(clock.now().timestamp()) // 60 * MINUTE_MS
    past = [
        record
        for before in range(PAST_MINUTES, -1, -1)
        for record in (*_minute(now_ms - before * MINUTE_MS, before, SLOW), *_trouble(now_ms, before))
    ]
    with acting_as(Actor.for_service("city")):
        observing.store(past, office)
    judging.forget_engine()
    jobs.run()
    _work_of(odile)
    _plan(odile)
    _report(city, odile)


def tick(city: City, chance: random.Random) -> None:
    """A minute of every detector; said twice, it is known already."""
    office = people.organisation_by_handle(OFFICE)
    if office is None or phases.heard_since(clock.now() - TWIN_SILENT):
        return  # The twin speaks for these detectors.
    at_ms = int(clock.now().timestamp()) // 60 * MINUTE_MS
    slow = {road: ((0, 0),) for road in SLOW if chance.random() < 0.3}
    with acting_as(Actor.for_service("city")):
        observing.store(list(_minute(at_ms, 0, slow)), office.id)


def twin_key(anew: bool) -> str:
    """The key with which the twin sends as the road office; made where there is none, and anew when it is refused."""
    file = settings.HOME / "twin" / "key"
    if file.exists() and not anew:
        return file.read_text()
    office = people.organisation_by_handle(OFFICE)
    odile = people.person_by_handle("odile")
    if office is None or odile is None:
        raise NoDemo("there is no demo city here; the twin is of its streets")
    with acting_as(Actor.for_person(odile.id)):
        for each in people.tokens(odile.id):
            if each.name == TWIN_KEY:
                identity.revoke_token(each.id, odile.id)
        life = timedelta(days=TWIN_KEY_DAYS)
        _id, key = identity.create_token(odile.id, TWIN_KEY, ("city:observe",), life=life, subject_id=office.id)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as text:
        text.write(key)
    draft.replace(file)
    return key


def _minute(at_ms: int, before: int, slow: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[Record]:
    """What each detector says of one minute: a slow wave over its usual speed, and a jam where `slow` says so."""
    sheet = town_map()
    for number, road in enumerate(DETECTORS):
        middle = sheet.middle_of(road) or (0.0, 0.0)
        jammed = any(last <= before <= first for first, last in slow.get(road, ()))
        wave = math.sin(at_ms / MINUTE_MS / 7 + number)
        values: dict[str, Any] = {
            "speed_kmh": round(11 + 3 * wave if jammed else 41 + 6 * wave, 1),
            "flow_veh_h": float(round(620 + 140 * wave)),
            "occupancy_pct": round(44 + 8 * wave if jammed else 12 + 4 * wave, 1),
        }
        yield Record(at_ms, "detector", f"D{number + 1}", values, road, *middle)


def _trouble(now_ms: int, before: int) -> Iterator[Record]:
    """What goes wrong beside the traffic, in the last minutes."""
    if before > TROUBLE_MINUTES:
        return
    sheet, at_ms = town_map(), now_ms - before * MINUTE_MS
    halles, ecoles, haute = (sheet.middle_of(each) or (0.0, 0.0) for each in TROUBLED)
    lamps, headway = "dark" if before <= 9 else "working", 18.0 if before > 8 else 82.0
    yield Record(at_ms, "signal", "F12", {"lamps": lamps, "walk_wait_seconds": 40.0}, TROUBLED[0], *halles)
    yield Record(at_ms, "signal", "F7", {"lamps": "working", "walk_wait_seconds": 104.0}, TROUBLED[1], *ecoles)
    yield Record(at_ms, "bus", "Bus 3", {"headway_share_pct": headway}, "Ligne 3", *ecoles)
    turbidity = 1.6 if 17 >= before >= 6 else 0.3
    yield Record(at_ms, "water", "Conduite 9", {"turbidity_ntu": turbidity}, TROUBLED[2], *haute)


def _work_of(odile: UUID) -> None:
    """Odile has taken one alert over, and closed two."""
    with acting_as(Actor.for_person(odile)):
        over = list(Alert.objects.exclude(cleared_at=None).filter(suppressed_by="").order_by("raised_at")[:3])
        for row, verdict in zip(over, ("true", "false", "true"), strict=False):
            handling.close(row.id, odile, row.revision, verdict, "")
        mine = Alert.objects.filter(cleared_at=None, suppressed_by="").order_by("raised_at").first()
        if mine is not None:
            handling.take_over(mine.id, odile, mine.revision)


def _plan(odile: UUID) -> None:
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    day = timedelta(days=1)
    with acting_as(Actor.for_person(odile)):
        for number, (title, street, closes, begins, lasts, said) in enumerate(WORKS):
            works_id = uuid5(odile, f"demo works {number}")
            works.plan(odile, works_id, title, street, closes, now + begins * day, now + (begins + lasts) * day, said)


def _report(city: City, odile: UUID) -> None:
    """Some people report what they saw, in the days before; Odile answers two of them."""
    made = {}
    for handle, kind, street, ago, said in REPORTS:
        person_id = city.people[handle]
        with clock.frozen(clock.now() - timedelta(hours=ago)), acting_as(Actor.for_person(person_id)):
            reports.agree(person_id)
            made[kind] = reports.report(person_id, uuid5(person_id, f"demo {kind}"), kind, street=street, said=said)
    for kind, state, ago, answer in ANSWERS:
        with clock.frozen(clock.now() - timedelta(hours=ago)), acting_as(Actor.for_person(odile)):
            reports.answer(made[kind], odile, 0, state, answer)
