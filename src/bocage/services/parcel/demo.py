"""The demo city's parcels: a bicycle shop carries them, and they go on moving. Each says that it is a demo."""

import math
import random
from datetime import timedelta
from itertools import pairwise
from typing import Protocol
from uuid import UUID, uuid5

from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.ports import TownStreets, port
from bocage.services.parcel import steps
from bocage.services.parcel.actions import capturing, carriers, lockers, positions, scanning, shipping, telling
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import DeliveryCode, ShipmentRow
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.town import to_degrees
from bocage.services.parcel.types import ENDED, Address, Size, Status

# Wallets are filled by Pay's part of the demo.
needs_money = True
CARRIER = "cyclerie"
# GS1 gives 952 to examples, and the UPU LA to LZ to items that are tracked.
PREFIX, SERVICE = "9521234", "LZ"
COURIER = "theo"
STREETS = ("Rue du Moulin", "Rue Haute", "Quai Nord", "Place des Halles", "Rue des Écoles")
# The courier's round by bicycle, in metres on the map of Vallon: a quay, a street, a boulevard and a street back.
ROUND_M = ((400, 420), (700, 475), (1000, 470), (1000, 680), (690, 650), (420, 660), (400, 420))
BICYCLE_METRES_A_SECOND = 3.5
POSTCODES = ("38120", "38121", "38122")
WAY = ("accepting", "arriving", "departing", steps.OUT_FOR_DELIVERY)
RUNNING_MAX = 40
_DEMO = UUID("5b4dfb1e-2f6a-5a8e-9f3c-6f1d3c1a7b22")


class City(Protocol):
    """Who is there: handles of people and of shops, with their ids."""

    @property
    def people(self) -> dict[str, UUID]: ...

    @property
    def shops(self) -> dict[str, UUID]: ...


def populate(city: City) -> None:
    """Let the bicycle shop carry, and bring a few parcels to different points of their way."""
    carrier_id = carriers.register_carrier(CARRIER, PREFIX, SERVICE).id
    town, sizes = settings.TOWN["name"], {Size.SMALL: 12, Size.MEDIUM: 8, Size.LARGE: 4}
    for number, (name, street) in enumerate(
        (("Consigne de la gare (démo)", STREETS[0]), ("Consigne du marché (démo)", STREETS[3]))
    ):
        lockers.put_up(carrier_id, uuid5(_DEMO, f"locker {number}"), Address(name, street, POSTCODES[0], town), sizes)
    people = list(city.people.items())
    chance = random.Random(2026)  # noqa: S311 - a story, not a secret
    for number, how_far in enumerate((0, 1, 2, 3, 4, 5)):
        (sender, sender_id), (receiver, _id) = people[(number + 1) % 4], people[0 if number % 2 else 1]
        if sender != receiver:
            _send(city, sender_id, receiver, chance, hours_ago=30 - number, how_far=how_far, carrier_id=carrier_id)
    (_sender, sender_id), (receiver, _id) = people[0], people[4]
    _send(city, sender_id, receiver, chance, hours_ago=60, how_far=2, carrier_id=carrier_id)
    # One for Ana is with the courier just now.
    (_sender, sender_id), (receiver, _id) = people[3], people[0]
    _send(city, sender_id, receiver, chance, hours_ago=13, how_far=4, carrier_id=carrier_id)
    with acting_as(Actor.for_person(city.people[COURIER])):
        consent.grant(city.people[COURIER], positions.SHOW)
    _ride(city, carrier_id)
    with acting_as(Actor.for_service("parcel")):
        telling.tell_changed()


def tick(city: City, chance: random.Random) -> None:
    """A parcel moves on, or somebody sends one."""
    carrier_id = city.shops[CARRIER]
    _ride(city, carrier_id)
    with acting_as(Actor.for_service("parcel")):
        running = list(
            ShipmentRow.objects.filter(is_demo=True).exclude(status__in=[*ENDED, Status.DRAFT])[:RUNNING_MAX]
        )
    if running and (len(running) >= RUNNING_MAX or chance.random() < 0.7):
        row = chance.choice(running)
        _move(city, carrier_id, row.id, row.sscc or 0, _next_step(Status(row.status), row.step))
        return
    (_sender, sender_id), (receiver, _id) = chance.sample(list(city.people.items()), 2)
    _send(city, sender_id, receiver, chance, hours_ago=0, how_far=0, carrier_id=carrier_id)


def _send(
    city: City, sender_id: UUID, receiver: str, chance: random.Random, *, hours_ago: int, how_far: int, carrier_id: UUID
) -> None:
    shipment_id, town = uuid7(), settings.TOWN["name"]
    names = identity.party_names([sender_id, city.people[receiver]])
    addresses = [
        Address(names[each], f"{chance.randrange(1, 40)} {chance.choice(STREETS)}", chance.choice(POSTCODES), town)
        for each in (sender_id, city.people[receiver])
    ]
    with clock.shifted(timedelta(hours=-hours_ago)), acting_as(Actor.for_person(sender_id)):
        weight_grams = chance.randrange(200, 6_000, 50)
        shipping.draft(
            sender_id, shipment_id, addresses[0], addresses[1], weight_grams, receiver_handle=receiver, is_demo=True
        )
        shipping.pay(sender_id, shipment_id, shipments.shipment(shipment_id).amount_minor)
        sscc = int(shipments.shipment(shipment_id).sscc)
    for number, step in enumerate(WAY[:how_far]):
        with clock.shifted(timedelta(hours=-hours_ago + 1 + number * 4)):
            _move(city, carrier_id, shipment_id, sscc, step)
    if how_far > len(WAY):
        _move(city, carrier_id, shipment_id, sscc, steps.DELIVERED)


def _ride(city: City, carrier_id: UUID) -> None:
    """The courier is somewhere on the round, by the clock, and says so."""
    x, y = _on_the_round(clock.now().timestamp() * BICYCLE_METRES_A_SECOND)
    place = to_degrees(port(TownStreets, needed_by="parcel").sheet(), x, y)
    if place is not None:
        with acting_as(Actor.for_person(city.people[COURIER], carrier_id)):
            positions.say(carrier_id, city.people[COURIER], *place)


def _on_the_round(metres: float) -> tuple[float, float]:
    legs = [(a, b, math.dist(a, b)) for a, b in pairwise(ROUND_M)]
    left = metres % sum(length for _a, _b, length in legs)
    for a, b, length in legs:
        if left < length:
            return a[0] + left / length * (b[0] - a[0]), a[1] + left / length * (b[1] - a[1])
        left -= length
    return ROUND_M[-1]


def _move(city: City, carrier_id: UUID, shipment_id: UUID, sscc: int, step: str) -> None:
    """One scan, as a courier's phone makes it where it can, else as the depot's."""
    kinds = {said: kind for kind, (said, disposition) in scanning.KINDS.items() if not disposition}
    with acting_as(Actor.for_service("parcel")):
        if step in kinds:
            code = DeliveryCode.objects.get(shipment_id=shipment_id).code
            scan = Scan(uuid7(), f"{sscc:018}", kinds[step], clock.now(), code)
            scanning.sync(carrier_id, city.people[COURIER], [scan])
            return
        rows = capturing.Rows()
        rows.add_scan(sscc, clock.now(), uuid7(), step, "")
        capturing.insert(carrier_id, rows)


def _next_step(status: Status, step: int) -> str:
    if status is Status.ANNOUNCED:
        return "accepting"
    if status is Status.ACCEPTED:
        return "arriving"
    if status is Status.IN_TRANSIT:
        return steps.OUT_FOR_DELIVERY if steps.STEPS[step] == "departing" else "departing"
    return steps.DELIVERED
