"""A day of the demo's size: 2,000 parcels, 6 vans, 10 robots, and one of two depots fails at noon.

Parcels are sent and paid for by the service, planned by `engines.routing` on the ways of a made-up town, scanned by
couriers' phones that send some batches twice, and told of. The town, its doors and who is at home are drawn by a seed:
simulated. What is looked at afterwards: nothing is lost, each promise is kept or its receiver was told, each scan
counted once, and the carrier was paid for each parcel.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from bocage.engines.parcels import document_of
from bocage.engines.roads import Network
from bocage.engines.roads.town import draw
from bocage.engines.routing import Problem, check, robot
from bocage.engines.routing.metrics import Table
from bocage.engines.routing.types import Convention, Depot, Floats, Profile, Stop, Timed, Vehicle
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.ids import uuid7
from bocage.services.parcel.actions import capturing, scanning, shipping, telling
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import DeliveryCode, ShipmentRow, UntoldRow
from bocage.services.parcel.tests.conftest import ANAS, Town, document, event, fund
from bocage.services.parcel.types import Address, Speed, Status

pytest.importorskip("pyvrp", reason="needs ./bocage extras add parcel")
pytest.importorskip("osmium", reason="needs ./bocage extras add parcel")

from bocage.engines.roads.building import build
from bocage.engines.routing.solving import solve

pytestmark = pytest.mark.heavy

PARCELS, VANS, ROBOTS = 2_000, 6, 10
NORTH, SOUTH = 0, 1
HOUR = 3_600.0
BEGINS, NOON, RESCUED, ENDS = 10 * HOUR, 12 * HOUR, 14 * HOUR, 20 * HOUR
DOOR_SECONDS, VAN_PARCELS, ROBOT_SHARE = 60.0, 60, 0.4
ROBOT_METRES_A_SECOND = 6 / 3.6
NOBODY_HOME = 0.03
TODAY_COST, LATER_COST = 100_000.0, 20_000.0
PLAN_CPU_SECONDS = 12.0


@dataclass
class Parcel:
    """A parcel of the day: `place` in the tables of ways, `home` the depot that it lies in."""

    id: UUID
    sscc: str
    s10: str
    code: str
    place: int
    home: int
    by_robot: bool
    due_today: bool


@dataclass(frozen=True)
class Load:
    """What a vehicle takes along at once: when, and each parcel with the second of the day at its door."""

    vehicle: str
    loaded_at: float
    stops: tuple[tuple[Parcel, float], ...]
    back_at: float


@dataclass
class Day:
    """The town's ways (seconds from place to place, by van and by robot), what happened, and what it cost."""

    town: Town
    begun: datetime
    van: Floats
    robot: Floats
    dice: random.Random
    parcels: list[Parcel] = field(default_factory=list)
    scans: Counter[str] = field(default_factory=Counter)
    planned_seconds: float = 0.0

    def at(self, seconds: float) -> datetime:
        return self.begun + timedelta(seconds=round(seconds, 3))


def ways(folder: Path, seed: int) -> tuple[Floats, Floats]:
    """Seconds between two depots and 2,000 doors at crossings of a made-up town, by van and by robot."""
    osm = folder / "town.osm"
    osm.write_text(draw(24, seed), encoding="utf-8")
    graph = build(osm)
    van, walk = Network(graph, "van"), Network(graph, "robot")
    both = np.intersect1d(van.main, walk.main)
    chance = np.random.default_rng(seed)
    depots = both[[int(np.argmax(graph.latitude[both])), int(np.argmin(graph.latitude[both]))]]
    at = np.concatenate([depots, chance.choice(both, PARCELS)])
    known, index = np.unique(at, return_inverse=True)
    by_van, by_robot = (network.matrix(known, known)[np.ix_(index, index)] for network in (van, walk))
    return by_van, by_robot


def send_all(day: Day) -> None:
    """Ana sends them all, a third for the same day; the nearer depot gets each one."""
    limits_of_robots = np.argsort(np.minimum(day.robot[NORTH], day.robot[SOUTH])[2:])[: int(PARCELS * ROBOT_SHARE)]
    near = set(limits_of_robots.tolist())
    for number in range(PARCELS):
        shipment_id, today = uuid7(), day.dice.random() < 1 / 3
        door = Address("Wei Lin", f"{number + 1} Rue Haute", "38120", "Vallon")
        with acting_as(Actor.for_person(day.town.ana)):
            shipping.draft(day.town.ana, shipment_id, ANAS, door, 900, receiver_handle="@weilin")
            speed = Speed.SAME_DAY if today else Speed.NEXT_DAY
            shipping.choose(day.town.ana, shipment_id, day.town.velo, speed)
        with acting_as(Actor.for_service("parcel")):
            price = ShipmentRow.objects.values_list("amount_minor", flat=True).get(id=shipment_id)
        with acting_as(Actor.for_person(day.town.ana)):
            shipping.pay(day.town.ana, shipment_id, price)
        with acting_as(Actor.for_service("parcel")):
            row, code = ShipmentRow.objects.get(id=shipment_id), DeliveryCode.objects.get(shipment_id=shipment_id).code
        home = NORTH if day.van[NORTH, number + 2] <= day.van[SOUTH, number + 2] else SOUTH
        assert row.s10 is not None and row.due_on is not None
        parcel = Parcel(row.id, f"{row.sscc:018}", row.s10, code, number + 2, home, number in near, today)
        assert (row.due_on == day.begun.date()) == today
        day.parcels.append(parcel)


def plan(
    day: Day,
    depot: int,
    parcels: Sequence[Parcel],
    vehicles: Sequence[Vehicle],
    names: Sequence[Sequence[str]],
    released: frozenset[UUID] = frozenset(),
) -> list[Load]:
    """The loads of one depot's vans or robots for these parcels; those of `released` are there from the rescue on."""
    table = day.robot if vehicles[0].battery else day.van
    places = [depot, *(each.place for each in parcels)]
    seconds = table[np.ix_(places, places)]
    metres = Table(seconds * ROBOT_METRES_A_SECOND)
    stops = tuple(
        Stop(
            str(number), number, 0.0, ENDS, DOOR_SECONDS, 1,
            skip_cost=TODAY_COST if each.due_today else LATER_COST,
            release=RESCUED if each.id in released else 0.0,
        )
        for number, each in enumerate(parcels, 1)
    )  # fmt: skip
    problem = Problem(
        name="day",
        convention=Convention("seconds driven", 1),
        coordinates=np.column_stack([seconds[0], seconds[:, 0]]),
        profiles=(Profile("ways", metres, Table(seconds)),),
        depots=(Depot("depot", 0),),
        vehicles=tuple(vehicles),
        stops=stops,
    )
    begun = time.process_time()
    found = solve(problem, PLAN_CPU_SECONDS, seed=1, engine="pyvrp", clock="cpu")
    verdict = check(problem, found)
    day.planned_seconds += time.process_time() - begun
    assert verdict.valid, verdict.violations[:3]
    assert len(verdict.skipped) + sum(v.kind == "stop" for r in found.routes for v in r.visits) == len(parcels)
    free = {kind: list(listed) for kind, listed in enumerate(names)}
    loads = []
    for route in verdict.routes:
        loads += _loads(free[route.vehicle].pop(0), seconds, parcels, route.timeline, route.ends)
    return loads


def _loads(name: str, seconds: Floats, parcels: Sequence[Parcel], timeline: Sequence[Timed], ends: float) -> list[Load]:
    """A route cut where its vehicle loads again."""
    loads: list[Load] = []
    stops: list[tuple[Parcel, float]] = []
    loaded_at = 0.0
    for timed in timeline:
        visit, arrive = timed.visit, timed.arrive
        if visit.kind != "stop":
            if stops:
                loads.append(Load(name, loaded_at, tuple(stops), arrive))
            stops = []
            continue
        if not stops:
            loaded_at = arrive - float(seconds[0, visit.index + 1])
        stops.append((parcels[visit.index], timed.leave))
    if stops:
        loads.append(Load(name, loaded_at, tuple(stops), ends))
    return loads


def morning(day: Day) -> list[Load]:
    """Each depot plans its own parcels for its own vans and robots."""
    loads = []
    for depot in (NORTH, SOUTH):
        mine = [each for each in day.parcels if each.home == depot]
        van = Vehicle("van", VANS // 2, VAN_PARCELS, shift_early=BEGINS, shift_late=ENDS, reload_depots=(0,))
        walker = replace(robot(ROBOTS // 2), shift_early=BEGINS, shift_late=ENDS)
        for vehicle, kind in ((van, "van"), (walker, "robot")):
            names = [[f"{kind} {depot * vehicle.count + number + 1}" for number in range(vehicle.count)]]
            loads += plan(day, depot, [each for each in mine if each.by_robot == (kind == "robot")], [vehicle], names)
    return loads


def afternoon(day: Day, left: Sequence[Parcel], free: dict[str, float]) -> list[Load]:
    """All vehicles work from the north with what is there, and with what was rescued from the south."""
    rescued = frozenset(each.id for each in left if each.home == SOUTH)
    loads = []
    for kind in ("van", "robot"):
        names = sorted(name for name in free if name.startswith(kind))
        base = Vehicle("van", 1, VAN_PARCELS, shift_late=ENDS, reload_depots=(0,))
        base = replace(robot(1), shift_late=ENDS) if kind == "robot" else base
        vehicles = [replace(base, shift_early=max(free[name], NOON)) for name in names]
        mine = [each for each in left if each.by_robot == (kind == "robot")]
        loads += plan(day, NORTH, mine, vehicles, [[name] for name in names], rescued)
    return loads


def drive(day: Day, loads: Iterable[Load]) -> None:
    """Couriers load and knock at doors; their phones send each hour, and one batch of five twice."""
    by_hour: defaultdict[tuple[int, str], list[Scan]] = defaultdict(list)
    for load in loads:
        for parcel, handed_at in load.stops:
            kind = "nobody_home" if day.dice.random() < NOBODY_HOME else "deliver"
            code = parcel.code if kind == "deliver" else ""
            for scan in (
                Scan(uuid4(), parcel.s10, "load", day.at(load.loaded_at)),
                Scan(uuid4(), parcel.s10, kind, day.at(handed_at), code),
            ):
                hour = int((scan.at - day.begun).total_seconds() // HOUR) + 1
                by_hour[hour, load.vehicle].append(scan)
    for (hour, vehicle), scans in sorted(by_hour.items()):
        with clock.frozen(day.at(hour * HOUR)), acting_as(day.town.as_lea()):
            for _time in range(2 if day.dice.random() < 0.2 else 1):
                verdicts = scanning.sync(day.town.velo, uuid5(day.town.velo, vehicle), scans)
                assert all(each.done for each in verdicts), [each.code for each in verdicts if not each.done]
            day.scans.update(scan.kind for scan in scans)


def depot_says(day: Day, parcels: Sequence[Parcel], seconds: float, step: str) -> None:
    """The depot's scanners: an event a parcel, captured as one document."""
    events = [event(each.sscc, step, eventTime=day.at(seconds).isoformat(timespec="milliseconds")) for each in parcels]
    with clock.frozen(day.at(seconds)), acting_as(Actor.for_service("parcel")):
        if events:
            capturing.capture(day.town.velo, document_of(document(*events)).events)
    day.scans[step] += len(events)


def tell(day: Day, seconds: float) -> None:
    """The job that tells receivers, until there is nothing left to tell."""
    with clock.frozen(day.at(seconds)), acting_as(Actor.for_service("parcel")):
        while UntoldRow.objects.exists():
            assert telling.tell_changed() > 0


def test_a_day_with_a_depot_failure(committed_town: Town, tmp_path: Path) -> None:
    zone = ZoneInfo(settings.TOWN["time_zone"])
    tuesday = clock.today(settings.TOWN["time_zone"])
    tuesday += timedelta(days=(1 - tuesday.weekday()) % 7 or 7)
    begun = datetime(tuesday.year, tuesday.month, tuesday.day, tzinfo=zone)
    day = Day(committed_town, begun, *ways(tmp_path, 1), random.Random(1))
    with clock.frozen(day.at(7 * HOUR)):
        fund(day.town.ana, 2_500_000)
        with acting_as(Actor.for_person(day.town.wei)):
            consent.grant(day.town.wei, "parcel.notify")
        send_all(day)
    depot_says(day, day.parcels, 8 * HOUR, "accepting")
    tell(day, 8 * HOUR)
    loads = morning(day)
    # At noon the southern depot fails: what was loaded by then goes on, what lies in it does not.
    loaded = [each for each in loads if each.loaded_at < NOON]
    gone = {parcel.id for each in loaded for parcel, _at in each.stops}
    left = [each for each in day.parcels if each.id not in gone]
    stuck = [each for each in left if each.home == SOUTH]
    depot_says(day, stuck, NOON, "holding")
    tell(day, NOON)
    depot_says(day, stuck, RESCUED, "arriving")
    tell(day, RESCUED)
    homes = {each.vehicle: each.stops[0][0].home for each in loads}
    free = dict.fromkeys(homes, NOON)
    for each in loaded:
        table = day.robot if each.vehicle.startswith("robot") else day.van
        way = float(table[SOUTH, NORTH]) if homes[each.vehicle] == SOUTH else 0.0
        free[each.vehicle] = max(free[each.vehicle], each.back_at + way)
    second = afternoon(day, left, free)
    drive(day, [*loaded, *second])
    brought = gone | {parcel.id for each in second for parcel, _at in each.stops}
    waiting = [each for each in day.parcels if each.id not in brought]
    depot_says(day, waiting, ENDS, "holding")
    tell(day, ENDS)
    look(day, stuck, waiting)


def look(day: Day, stuck: Sequence[Parcel], waiting: Sequence[Parcel]) -> None:
    """What became of the day."""
    with acting_as(Actor.for_service("parcel")):
        rows = {row.id: row for row in ShipmentRow.objects.all()}
        with connection.cursor() as cursor:
            cursor.execute("select count(*), count(distinct event_id) from parcel_scan")
            counted = cursor.fetchone()
    with acting_as(Actor.for_person(day.town.wei)), connection.cursor() as cursor:
        cursor.execute("select url, title from notification where person_id = %s", [day.town.wei])
        told = cursor.fetchall()
    statuses = Counter(Status(row.status).name for row in rows.values())
    late = [each for each in day.parcels if each.due_today and rows[each.id].status != Status.DELIVERED]
    print(
        f"\n{PARCELS} parcels, {VANS} vans, {ROBOTS} robots; the southern depot fails at noon with {len(stuck)} in it\n"
        f"{dict(statuses)}; {sum(day.scans.values())} scans {dict(day.scans)}; {len(waiting)} wait for tomorrow\n"
        f"promised for today: {sum(each.due_today for each in day.parcels)}, not kept and told: {len(late)}\n"
        f"planning {day.planned_seconds:.0f} CPU-s"
    )
    # Nothing is lost: each parcel is delivered, or somebody knows where it is.
    assert len(rows) == PARCELS
    assert set(statuses) <= {"DELIVERED", "ATTEMPT_FAILED", "EXCEPTION"}
    assert statuses["DELIVERED"] == day.scans["deliver"] and statuses["ATTEMPT_FAILED"] == day.scans["nobody_home"]
    assert statuses["EXCEPTION"] == len(waiting)
    # Each scan counts once, also of the batches that were sent twice.
    assert counted == (sum(day.scans.values()), sum(day.scans.values()))
    # Promises are kept, or the receiver was told: also that it was held up and is on its way again.
    pages = {each.id: reverse("parcel:shipment", args=[each.id]) for each in day.parcels}
    for parcels, words in ((stuck, "held up"), (stuck, "on its way"), (waiting, "held up")):
        assert [
            each for each in parcels if not any(url == pages[each.id] and words in title for url, title in told)
        ] == []
    for each in late:
        words = "held up" if rows[each.id].status == Status.EXCEPTION else "nobody could take it"
        assert any(url == pages[each.id] and words in title for url, title in told)
    assert len(stuck) > 100 and statuses["DELIVERED"] > 0.9 * PARCELS
    # The carrier has the money of each parcel that it was given.
    assert all(row.is_taken for row in rows.values())
