"""The demo city on a day when much is under way: something on every page, and the addresses that no page links to."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.urls import reverse

from bocage.demo import city as demo
from bocage.engines.alerts import Record
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events import loop, webhooks
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.kernel.identity.actions import stops
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import sealer
from bocage.kernel.messages import actions as messages
from bocage.kernel.payments.types import MandateTerms, Period
from bocage.kernel.proofs import actions as proofs
from bocage.services.city.actions import observing, phases, rules, whatif
from bocage.services.city.demo import OFFICE
from bocage.services.city.queries import rules as rule_queries
from bocage.services.forest.actions import company, importing
from bocage.services.health.actions import appeals, deciding
from bocage.services.health.queries import venues
from bocage.services.parcel.actions import capturing, carriers, shipping
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.types import Address, Speed
from bocage.services.pay.actions import (
    bank,
    codes,
    complaints,
    exchange,
    keeping,
    paying,
    presented,
    reconciling,
    recurring,
    refunds,
    requests,
)
from bocage.services.pay.bank import desk, folder
from bocage.services.pay.demo import demo_payment
from bocage.services.pay.queries import codes as shown
from bocage.testing import connected_as, settle

EURO = "EUR"
CLUB = "https://club.example/back"
IBAN = "FR7630001007941234567890185"
STATEMENT = "Date;Libellé;Montant;Devise\n12/11/2026;TRAMWAY DE VALLON;-1,80;EUR\n13/11/2026;LES HALLES;-34,60;EUR\n"
METERS = "date,meter,energy,unit,index\n2025-01-01,E1,electricity,kWh,10000\n2025-12-31,E1,electricity,kWh,19000\n"
NO_COLUMNS = "a;b;c\n1;2;3\n4;5;6\n"


def make_busy() -> dict[str, str]:
    """Populate the city and set things going. Addresses by URL name, of pages that no link leads to."""
    demo.populate()
    city = demo.found()
    ana, wei, moulin, odile = city.people["ana"], city.people["weilin"], city.shops["moulin"], city.people["odile"]
    marco = city.people["marco"]
    addresses = _pay_of(ana, wei, moulin) | _shop_of(ana, marco, moulin) | _forest_of(ana, marco, moulin)
    addresses |= _streets_of(odile)
    addresses |= _parcels_of(ana, wei, moulin)
    addresses |= _health_of(ana, moulin) | _town_of(odile, city.people["theo"], ana)
    _bank()
    with connected_as("deliverer"):
        loop.drain()
        settle()
        sealer.seal_all()
    with acting_as(Actor.for_service("proofs")):
        proofs.sign_checkpoint()
    return addresses


def _parcels_of(ana: UUID, wei: UUID, moulin: UUID) -> dict[str, str]:
    """The shop carries too, and holds a parcel back; Ana has one that she has not paid for."""
    carriers.register_carrier("moulin", "9525678", "LX")
    here, there = (Address(name, f"{n} Rue Haute", "38120", "Vallon") for n, name in ((1, "Ana Morel"), (2, "Wei Lin")))
    draft, held = uuid7(), uuid7()
    with acting_as(Actor.for_person(ana)):
        for each in (draft, held):
            shipping.draft(ana, each, here, there, 1_200, receiver_handle="weilin")
            shipping.choose(ana, each, moulin, Speed.ECONOMY)
        shipping.pay(ana, held, shipments.shipment(held).amount_minor)
        parcel = shipments.shipment(held)
    with acting_as(Actor.for_service("parcel")):
        rows = capturing.Rows()
        rows.add_scan(int(parcel.sscc), clock.now(), uuid7(), "holding", "damaged")
        capturing.insert(moulin, rows)
    return {
        "parcel:speed": reverse("parcel:speed", args=[draft]),
        "parcel:pay": reverse("parcel:pay", args=[draft]),
        "parcel:track": reverse("parcel:track", args=[parcel.token]),
    }


def _pay_of(ana: UUID, wei: UUID, moulin: UUID) -> dict[str, str]:
    bought = (("Coffee", 240), ("Lunch", 1350), ("Cake", 420))
    paid, lunch, cake = (demo_payment(ana, moulin, cents, memo) for memo, cents in bought)
    with acting_as(Actor.for_person(ana)):
        sheet = paying.lay_sheet(ana, wei, 1250, EURO, memo="Concert tickets")
        requests.split_equally(ana, "Dinner at Lux", 4890, EURO, [wei])
        top_up = bank.announce_top_up(ana, 5000, EURO)
        pay_out = bank.order_pay_out(ana, 2000, EURO, IBAN, "Ana Morel", fresh=True)
        asked = codes.make_order(ana, EURO, 500)
        refunds.ask_refund(ana, paid, 240, "The coffee was cold")
        today = clock.today(settings.TOWN["time_zone"])
        terms = MandateTerms(EURO, Period.MONTH, 1_250, 1_250, today, today + timedelta(days=90), None, 1_250)
        recurring.agree(ana, moulin, terms, "Bread box", fresh=True, mandate_id=uuid7())
        keeping.keep(ana, moulin, 4_500, EURO, (), memo="Concert", fresh=True, escrow_id=uuid7())
        complaint = complaints.complain(ana, cake, 200, "wrong_amount", complaint_id=uuid7())
    return {
        "pay:ask-refund": reverse("pay:ask-refund", args=[lunch]),
        "pay:complain": reverse("pay:complain", args=[lunch]),
        "pay:dispute-decide": reverse("pay:dispute-decide", args=[complaint.id]),
        "pay:receive-amount": reverse("pay:receive-amount", args=[asked]),
        "pay:sheet": reverse("pay:sheet", args=[sheet]),
        "pay:done": reverse("pay:done", args=[paid]),
        "pay:done-grams": reverse("pay:done-grams", args=[paid]),
        "pay:top-up-waiting": reverse("pay:top-up-waiting", args=[top_up]),
        "pay:pay-out-state": reverse("pay:pay-out-state", args=[pay_out]),
    }


def _streets_of(odile: UUID) -> dict[str, str]:
    with acting_as(Actor.for_person(odile)):
        day = rule_queries.days()[-1]
        trial_id = rules.ask_trial("congestion_onset", {"for_seconds": 900.0}, day, odile)
    with acting_as(Actor.for_service("city")):
        rules.run_trial(trial_id)
    _lights()
    return {
        "city:trial": reverse("city:trial", args=[trial_id]),
        "city:what-if-answer": reverse("city:what-if-answer", args=[_question(odile)]),
    }


def _question(odile: UUID) -> UUID:
    """A question to the twin with an answer of three seeds."""
    as_it_is = {"trips": 900, "unfinished": 4, "no_way": 0, "delay_seconds": 31.0, "bus_delay_seconds": 12.0}
    played = [
        {
            "seed": seed,
            "now": {**as_it_is, "walk_seconds": 14.0, "co2_g": 180.0},
            "changed": {**as_it_is, "walk_seconds": 14.5, "co2_g": 196.0 + seed, "delay_seconds": 55.0 + seed},
        }
        for seed in (1, 2, 3)
    ]
    with acting_as(Actor.for_service("city")):
        asked = whatif.ask(odile, uuid7(), "close", "Pont Vieux", 8, len(played))
        for each in played:
            whatif.keep(asked, each)
    return asked


def _lights() -> None:
    """Two lights of the road office, one of which has spoken in the last minutes."""
    office, now = people.organisation_by_handle(OFFICE), clock.now()
    assert office is not None
    greens = [
        {"ways": [["north", "s"], ["south", "s"], ["south", "l"]], "walk": True},
        {"ways": [["east", "s"], ["west", "s"], ["west", "r"]], "walk": False},
    ]
    lights = [
        phases.Described(name, on, x_m, y_m, greens, [(0, 42), (1, 30)], 13.8, 100)
        for name, on, x_m, y_m in (
            ("F23", "Grande Rue × Pont Vieux × Quai Nord", 700.0, 475.0),
            ("F26", "Avenue de la Gare × Rue de la Cyclerie", 720.0, 140.0),
        )
    ]
    why = (
        ("planned", "7 waiting from the east up to 33 s, 2 coming from the north, saves 54 vehicle-seconds of waiting"),
        ("fallback", "fixed plan, 42 s of green are over; no plan has come from the planner for 10 s"),
        ("limit", "somebody may have waited 100 s: nobody waits longer"),
    )
    shown = [
        phases.Shown("F23", now - timedelta(seconds=25 * n + 3), 40 - n, n % 2, *why[n % 3], 25) for n in range(30)
    ]
    said = [
        Record(
            round((now.timestamp() - 60 * n) * 1000), "signal", "F23",
            {"walk_wait_seconds": 12.0, "drive_wait_seconds": 6.5, "crossed_veh_h": 640.0}, lights[0].on, 700.0, 475.0,
        )
        for n in range(1, 5)
    ]  # fmt: skip
    bus = Record(round(now.timestamp() * 1000), "bus", "Bus 1-04", {"late_seconds": 90.0}, "Bus 1", 700.0, 560.0)
    with acting_as(Actor.for_service("city")):
        phases.describe(office.id, lights)
        phases.log(office.id, shown)
        observing.store([*said, bus], office.id)


def _shop_of(ana: UUID, marco: UUID, moulin: UUID) -> dict[str, str]:
    as_moulin = Actor.for_person(marco, moulin)
    with acting_as(as_moulin):
        order = codes.make_order(moulin, EURO, 650, reference="Table 4", label="Table 4", life=timedelta(days=1))
        poster = codes.make_poster(moulin, EURO, label="Terrace")
        token = shown.own_code(moulin, poster).token
        hook, _secret = webhooks.create_webhook(moulin, "http://127.0.0.1:9/hook", ["pay.paid"])
    with acting_as(Actor.for_person(ana)):
        hers = presented.show(ana).digits
    with acting_as(as_moulin):
        charged = paying.charge(moulin, hers, 240, EURO, payment_id=uuid7()).payment_id
    return {
        "pay:code-to-pay": reverse("pay:code-to-pay", args=[token]),
        "pay:till-order-state": reverse("pay:till-order-state", args=[order]),
        "pay:till-charge-state": reverse("pay:till-charge-state", args=[charged]),
        "pay:webhook": reverse("pay:webhook", args=[hook.id]),
    }


def _forest_of(ana: UUID, marco: UUID, moulin: UUID) -> dict[str, str]:
    whole, strange, meters, unknown = uuid7(), uuid7(), uuid7(), uuid7()
    with acting_as(Actor.for_person(ana)):
        importing.receive(ana, whole, "november.csv", STATEMENT.encode(), "FR")
        importing.receive(ana, strange, "strange.csv", NO_COLUMNS.encode(), "FR")
    with acting_as(Actor.for_person(marco, moulin)):
        company.receive(moulin, meters, "meters.csv", METERS.encode())
        company.receive(moulin, unknown, "strange.csv", NO_COLUMNS.encode())
    return {
        "forest:preview": reverse("forest:preview", args=[whole]),
        "forest:columns": reverse("forest:columns", args=[strange]),
        "forest:company-file": reverse("forest:company-file", args=[meters]),
        "forest:company-columns": reverse("forest:company-columns", args=[unknown]),
    }


def _health_of(ana: UUID, moulin: UUID) -> dict[str, str]:
    """Ana, whom the demo leaves yellow, has contested it: a case for the console."""
    with acting_as(Actor.for_person(ana)):
        appeals.appeal(ana, deciding.current(ana).id, "I sat outside, on the terrace")
        token = venues.of(moulin)[0].token
    return {"health:check-in": reverse("health:check-in", args=[token])}


def _town_of(odile: UUID, theo: UUID, ana: UUID) -> dict[str, str]:
    """Somebody is frozen, proposals wait, an event and a job have failed, a letter went out, a program is known."""
    with acting_as(Actor.for_person(odile)):
        program, _secret = identity.register_client(
            odile, name="Vallon cinema club", redirect_uris=[CLUB], scopes=["openid", "profile"], public=True
        )
        stops.freeze(theo, by_id=odile, reason="His telephone was stolen")
        identity.grant_role(odile, ana, "support", reason="She will help at the counter")
    now = clock.now()
    with acting_as(Actor.for_service("events")), connection.cursor() as cursor:
        cursor.execute(
            "insert into event_parked (id, service, position, type, attempts, dead, error, first_failed_at)"
            " values (%s, 'forest', 1, 'pay.paid', 8, true, 'ValueError: no factor for this', %s)",
            [uuid7(), now],
        )
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, status, args, attempts)"
            " values ('default', 'forest.weigh', 'failed', '{\"line\": 7}', 5)"
        )
    with acting_as(Actor.nobody()):
        messages.post("ana@vallon.example", "Your statement is ready", "Good day Ana.", person_id=ana)
    question = {
        "response_type": "code",
        "client_id": program,
        "redirect_uri": CLUB,
        "scope": "openid profile",
        "state": "xyz",
        "nonce": "n-1",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    return {
        "idp:oidc:authorization": f"{reverse('idp:oidc:authorization')}?{urlencode(question)}",
        "console-party": reverse("console-party", args=[theo]),
    }


def _bank() -> None:
    """Money comes without a reference that anybody knows, for an operator to assign."""
    desk.order_transfer(
        exchange.own_account(), order_id=uuid7(), payer_name="Zoé Martin", amount_minor=4200, reference="FOR ANA"
    )
    exchange.exchange()
    assert settings.MODE == "test"
    for path in folder.place("done").glob("in-camt053-*.xml"):
        reconciling.take_statements([(path.name, path.read_bytes())], 5)
