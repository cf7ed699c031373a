"""Pay among the others: what other services took, a person's rights over her data, two people's word, the demo."""

import json
import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
import typer
from django.conf import settings
from typer.testing import CliRunner

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import actions as approvals
from bocage.kernel.events import loop
from bocage.kernel.identity import actions as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import actions as payments
from bocage.services.pay import commands, demo, home
from bocage.services.pay.actions import erasing, exchange, paying
from bocage.services.pay.queries import bank as bank_queries
from bocage.services.pay.queries import rights, wallet
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_bank import entry, statement
from bocage.services.pay.types import EntryState, LineKind
from bocage.services.pay.verbs import ASSIGN
from bocage.testing import connected_as

# The sample of EMVCo's specification, annex A.
EMVCO_SAMPLE = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
    "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A011"
    "2233449988770708123456786304A13A"
)


def deliver() -> None:
    with connected_as("deliverer"):
        loop.drain()


def test_what_another_service_took_and_gave_back_stands_in_both_wallets_once(committed_town: Town) -> None:
    town = committed_town
    payment_id, refund_id = uuid7(), uuid7()
    with acting_as(town.as_ana()):
        payments.create_intent(payment_id, town.ana, town.moulin, 900, "EUR", memo_ref="ride:7", service="ride")
        payments.authorise(payment_id)
        payments.capture(payment_id)
        own = paying.lay_sheet(town.ana, town.moulin, 300, "EUR")
        paying.confirm(town.ana, own, fresh=False)
    with acting_as(town.as_moulin()):
        payments.refund(refund_id, payment_id, 200)
    deliver()
    deliver()
    with acting_as(town.as_ana()):
        found = [(line.kind, line.amount_minor) for line in wallet.lines(town.ana).rows]
        assert sorted(found) == sorted(
            [
                (LineKind.PAID, -900),
                (LineKind.PAID, -300),
                (LineKind.REFUND, 200),
                (LineKind.TOP_UP, 10_000),
            ]
        )
        assert sum(amount for _kind, amount in found) == wallet.wallet(town.ana, "EUR").posted_minor
    with acting_as(town.as_moulin()):
        lines = wallet.lines(town.moulin).rows
        assert sum(line.amount_minor for line in lines) == wallet.wallet(town.moulin, "EUR").posted_minor
        assert len(lines) == 3


@pytest.mark.django_db
def test_she_may_take_her_data_along_and_have_its_words_forgotten(town: Town) -> None:
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.wei, 10_000, "EUR", memo="My secret")
        paying.confirm(town.ana, sheet_id, fresh=True)
        assert "My secret" in str(rights.export(town.ana))
        kept = erasing.erase(town.ana)
        assert kept
        assert "My secret" not in str(rights.export(town.ana))
        assert [line.amount_minor for line in wallet.lines(town.ana).rows] == [-10_000, 10_000]


@pytest.mark.django_db
def test_her_history_is_what_she_paid_to_shops(town: Town) -> None:
    with acting_as(town.as_ana()):
        for payee, amount_minor in ((town.moulin, 340), (town.wei, 500)):
            sheet_id = paying.lay_sheet(town.ana, payee, amount_minor, "EUR", memo="x")
            paying.confirm(town.ana, sheet_id, fresh=False)
        now = clock.now()
        (record,) = rights.History().payments(town.ana, now - timedelta(hours=1), now + timedelta(hours=1))
        assert (record.payee_name, record.mcc, record.country, record.amount_minor, record.exponent) == (
            "Moulin Café",
            "5814",
            "FR",
            340,
            2,
        )
        assert rights.History().payments(town.ana, now - timedelta(hours=2), now - timedelta(hours=1)) == []


@pytest.mark.django_db
def test_money_without_a_place_is_assigned_when_a_second_person_approves(
    town: Town, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    exchange.take_file("one.xml", statement((entry("BK-77", 700, "hello"),)))
    (line,) = bank_queries.bank_entries(EntryState.UNMATCHED).rows
    with acting_as(Actor.nobody()):
        identity.bootstrap_role(town.marco, "operator", reason="a test")
        identity.bootstrap_role(town.lea, "approver", reason="a test")
    payload = {"entry_id": str(line.id), "owner_id": str(town.wei)}
    with acting_as(town.as_marco()):
        proposal = approvals.propose(ASSIGN, payload, town.marco, reason="She sent the bank's paper.")
    assert available(town.wei) == 10_000
    with acting_as(Actor.for_person(town.lea)):
        approvals.approve(proposal, town.lea)
    assert available(town.wei) == 10_700
    assert bank_queries.bank_entries(EntryState.UNMATCHED).rows == ()


@pytest.mark.django_db
def test_the_home_card_shows_the_wallet_and_the_latest_lines(town: Town, rf: object) -> None:
    with acting_as(town.as_ana()):
        sheet_id = paying.lay_sheet(town.ana, town.moulin, 340, "EUR", memo="Coffee")
        paying.confirm(town.ana, sheet_id, fresh=False)
        card = home.card(rf.get("/"))  # type: ignore[attr-defined]
        assert (card.kind, card.context["wallet"].available_minor) == ("wallet", 9_660)
        rows = home.activity(rf.get("/"))  # type: ignore[attr-defined]
        assert [(row.title, row.amount_minor, row.note) for row in rows] == [
            ("Moulin Café", -340, "Coffee"),
            ("Top-up", 10_000, ""),
        ]


@dataclass(frozen=True)
class SmallCity:
    """What the demo city hands to each service's demo."""

    people: dict[str, UUID]
    shops: dict[str, UUID]


@pytest.mark.django_db
def test_the_demo_fills_wallets_once_and_goes_on_paying(town: Town) -> None:
    people = {name: getattr(town, name) for name in ("ana", "wei", "marco", "lea")} | {"owner": town.marco}
    city = SmallCity(people, {"moulin": town.moulin})
    demo.populate(city)
    before = available(town.marco)
    demo.open_demo_wallets([town.marco], demo.OPENING_MINOR)
    assert available(town.marco) == before
    chance = random.Random(7)
    for _ in range(10):
        demo.tick(city, chance)
    with acting_as(town.as_moulin()):
        assert len(wallet.lines(town.moulin, limit=100).rows) > 10
    with acting_as(town.as_ana()):
        lines = wallet.lines(town.ana, limit=100).rows
        assert sum(line.amount_minor for line in lines) == wallet.wallet(town.ana, "EUR").posted_minor


def test_the_shell_says_what_a_code_says() -> None:
    app = typer.Typer()
    commands.register(app)
    runner = CliRunner()
    said = runner.invoke(app, ["pay", "code", EMVCO_SAMPLE])
    assert (said.exit_code, "BEST TRANSPORT" in said.output, "another network" in said.output) == (0, True, True)
    read = json.loads(runner.invoke(app, ["pay", "code", "--json", EMVCO_SAMPLE]).output)
    assert (read["amount_minor"], read["currency"], read["mcc"]) == (2372, "CNY", "4111")
    assert runner.invoke(app, ["pay", "code", EMVCO_SAMPLE[:-1] + "0"]).exit_code == commands.WRONG
