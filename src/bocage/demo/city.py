"""Populate the demo city, and let it live."""

import importlib
import json
import logging
import os
import random
import threading
from dataclasses import dataclass
from types import ModuleType
from uuid import UUID

from django.conf import settings

from bocage.demo import town
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.kernel.manifest import has_module, service_names

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class City:
    """Who is there: handles of people and of shops, with their ids."""

    people: dict[str, UUID]
    shops: dict[str, UUID]


def populate() -> bool:
    """Make the city where it is not yet, in one transaction; whether it was made now."""
    if settings.MODE == "production":
        raise SystemExit("The demo city never moves into a production installation.")
    if people.person_by_handle(town.ANA.handle) is not None:
        _write_sign_ins()  # again, should the file have been lost since
        return False
    with acting_as(Actor.nobody()):
        city = _settle()
        for module in _demo_doors():
            module.populate(city)
    _write_sign_ins()
    return True


def live(stop: threading.Event, pause_seconds: float, chance: random.Random) -> None:
    """Let one thing happen after another until `stop` is set. A refusal (an empty wallet, say) is part of life."""
    city = found()
    doors = [module for module in _demo_doors() if hasattr(module, "tick")]
    while not stop.wait(chance.expovariate(1 / pause_seconds)):
        try:
            chance.choice(doors).tick(city, chance)
        except Refusal as refusal:
            log.info("demo: %s", refusal)


def found() -> City:
    """The city as it stands."""
    citizens = {each.handle: people.person_by_handle(each.handle) for each in town.PEOPLE}
    shops = {each.handle: people.organisation_by_handle(each.handle) for each in town.SHOPS}
    return City(
        {handle: person.id for handle, person in citizens.items() if person},
        {handle: shop.id for handle, shop in shops.items() if shop},
    )


def _settle() -> City:
    citizens = {
        each.handle: identity.register(
            email=town.email_of(each),
            password=town.PASSWORD,
            handle=each.handle,
            display_name=each.name,
            language=each.language,
            time_zone=settings.TOWN["time_zone"],
            tier="document",
        ).id
        for each in town.PEOPLE
    }
    shops = {
        each.handle: identity.create_organisation(
            handle=each.handle,
            name=each.name,
            kind="merchant",
            mcc=each.mcc,
            country=settings.TOWN["country"],
            owner_id=citizens[each.owner],
            verified=True,
        ).id
        for each in town.SHOPS
    }
    for each in town.PEOPLE:
        for role in each.roles:
            identity.bootstrap_role(citizens[each.handle], role, reason="demo city")
    return City(citizens, shops)


def _demo_doors() -> list[ModuleType]:
    names = [name for name in service_names() if has_module(name, "demo")]
    doors = [importlib.import_module(f"bocage.services.{name}.demo") for name in names]
    # Whoever spends comes after who fills the wallets.
    return sorted(doors, key=lambda door: getattr(door, "needs_money", False))


def _write_sign_ins() -> None:
    rows = [
        {"email": town.email_of(person), "password": town.PASSWORD, "name": person.name, "who": who}
        for person, who in town.SIGN_INS
    ]
    path = settings.HOME / "demo-sign-ins.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(rows, file, indent=2, ensure_ascii=False)
