"""What the demo city does with Forest: some agree to it, bring a statement, collect and plant."""

import csv
import io
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid5

from django.conf import settings
from django.utils.translation import override

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.services.forest import queries, together
from bocage.services.forest.actions import campaigns, earning, friends, giving, groups, importing, planting

_AGREE = ("ana", "marco", "weilin", "samira", "theo", "ines")
_STATEMENT_DAYS = 75
_AWARDS_SEEN = 200
_LEFT_TO_COLLECT = 5
_HABITS = (
    ("TRAMWAY DE VALLON", "4111", -180, 0.75),
    ("LES HALLES MARKET", "5411", -3460, 0.35),
    ("MOULIN CAFE", "5814", -410, 0.4),
    ("STATION SUD CARBURANTS", "5541", -5890, 0.06),
    ("GARE DE VALLON SNCF", "4112", -1740, 0.08),
    ("FRIPERIE REVOIR", "5931", -1500, 0.05),
    ("ENERGIE COMMUNE ELECTRICITE", "4900", -5820, 0.033),
    ("PHARMACIE DES TILLEULS", "5912", -890, 0.07),
)


def populate(city: Any) -> None:
    """Ana brings a bank statement of ten weeks, collects most of what is ripe and waters an oak; friends join her."""
    known = people.persons(city.people.values())
    for handle in _AGREE:
        person = city.people[handle]
        # What somebody agreed to is kept in the words that she read.
        with acting_as(Actor.for_person(person)), override(known[person].language):
            consent.grant(person, "forest.grow")
    ana = city.people["ana"]
    with acting_as(Actor.for_person(ana)):
        upload = uuid5(ana, "demo statement")
        importing.receive(ana, upload, "demo-bank-ana.csv", _statement(), settings.TOWN["country"])
        importing.confirm(ana, upload, rewarded=True)
        ripe = [award.id for award in queries.awards(ana, _AWARDS_SEEN) if award.state == "ripe"]
        grams = earning.collect(ana, ripe[_LEFT_TO_COLLECT:])
        tree = planting.sow(ana, uuid5(ana, "demo birch"), "birch")
        planting.water(ana, uuid5(ana, "demo watering"), tree, min(grams, 12_000))
        oak = planting.sow(ana, uuid5(ana, "demo oak"), "oak")
        if grams > 12_000:
            planting.water(ana, uuid5(ana, "demo oak watering"), oak, min(grams - 12_000, 21_000) // 2)
    _others(city)
    _meet(city)
    _plant(city)


def _others(city: Any) -> None:
    """Weilin, Samira and Ines have forests of their own."""
    for handle, species, seed in (("weilin", "cherry", 3), ("samira", "maple", 5), ("ines", "willow", 11)):
        person = city.people[handle]
        with acting_as(Actor.for_person(person)):
            upload = uuid5(person, "demo statement")
            importing.receive(person, upload, "demo-bank.csv", _statement(seed), settings.TOWN["country"])
            importing.confirm(person, upload, rewarded=True)
            grams = earning.collect(person)
            tree = planting.sow(person, uuid5(person, "demo tree"), species)
            planting.water(person, uuid5(person, "demo watering"), tree, min(grams // 2, 15_000))


def _meet(city: Any) -> None:
    """Ana's friends water her oak, the street grows a poplar, and Theo waits for Ana's yes."""
    ana = city.people["ana"]
    for handle in ("weilin", "samira"):
        person = city.people[handle]
        with acting_as(Actor.for_person(person)):
            friendship = friends.ask(person, "ana")
        with acting_as(Actor.for_person(ana)):
            friends.accept(ana, friendship)
        with acting_as(Actor.for_person(person)):
            giving.water_friends_tree(person, uuid5(person, "demo gift"), uuid5(ana, "demo oak"), ana, 400)
    with acting_as(Actor.for_person(city.people["theo"])):
        friends.ask(city.people["theo"], "ana")
    with acting_as(Actor.for_person(ana)):
        street = groups.found(ana, uuid5(ana, "demo street"), "street", "Rue des Tilleuls")
        groups.show(ana, street, shown=True)
        code = together.group(ana, street).code
        tree = giving.sow_for_group(ana, uuid5(street, "poplar"), street, "poplar")
    for handle in ("weilin", "ines"):
        person = city.people[handle]
        with acting_as(Actor.for_person(person)):
            groups.join(person, code)
            groups.show(person, street, shown=handle == "weilin")
            giving.water_groups_tree(person, uuid5(person, "demo street"), tree, 900)


def _plant(city: Any) -> None:
    """An association undertakes to plant two hedges; Ana's hazel stands already."""
    lucie, ana = city.people["lucie"], city.people["ana"]
    with acting_as(Actor.nobody()):
        partner = identity.create_organisation(
            handle="haies",
            name="Haies vivantes",
            kind="charity",
            mcc="8398",
            country=settings.TOWN["country"],
            owner_id=lucie,
            verified=True,
        ).id
    hazel, oak = uuid5(partner, "hazel"), uuid5(partner, "oak")
    places = {hazel: (Decimal("48.10830"), Decimal("-1.68290")), oak: (Decimal("48.15410"), Decimal("-1.60120"))}
    with acting_as(Actor.for_person(lucie, partner)):
        lane = campaigns.Terms("Chemin creux", "Hazel", *places[hazel], 5_000, 85, 400)
        campaigns.open_campaign(partner, hazel, lane)
        campaigns.open_campaign(partner, oak, campaigns.Terms("Talus du nord", "Oak", *places[oak], 18_000, 70, 120))
    tree = uuid5(ana, "demo hazel")
    with acting_as(Actor.for_person(ana)):
        campaigns.plant(ana, tree, hazel)
    with acting_as(Actor.for_person(lucie, partner)):
        campaigns.report(partner, uuid5(tree, "planted"), tree, "planted", places[hazel], b"")


def tick(city: Any, chance: random.Random) -> None:
    """Somebody who agreed collects what is ripe; Ana's is left to whoever tries the demo."""
    person = city.people[chance.choice(_AGREE[1:])]
    with acting_as(Actor.for_person(person)):
        if consents.is_granted(person, "forest.grow") and queries.grove(person).ripe_grams:
            earning.collect(person)


def _statement(seed: int = 7) -> bytes:
    """An invented bank's CSV up to yesterday."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";")
    rows.writerow(["Date", "Libellé", "Montant", "Devise", "MCC"])
    today = clock.now().date()
    for days in range(_STATEMENT_DAYS, 0, -1):
        day = today - timedelta(days=days)
        if day.day == 1:
            rows.writerow([day.strftime("%d/%m/%Y"), "VIREMENT SALAIRE", "2150,00", "EUR", ""])
        for text, mcc, cents, odds in _HABITS:
            if chance.random() < odds:
                paid = cents if mcc in {"4111", "4900"} else round(cents * chance.uniform(0.7, 1.3))
                rows.writerow([day.strftime("%d/%m/%Y"), text, f"{paid / 100:.2f}".replace(".", ","), "EUR", mcc])
    return out.getvalue().encode()
