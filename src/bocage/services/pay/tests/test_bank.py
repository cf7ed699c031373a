"""Money comes from and goes to the bank by real ISO 20022 files, each of which takes effect once."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings

from bocage.engines.iso20022 import AccountReport, Entry, read_pain001, validate, write_camt053
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import actions as ledger
from bocage.services.pay.actions import bank, exchange
from bocage.services.pay.bank import desk
from bocage.services.pay.bank.reading import read_entries
from bocage.services.pay.models import BankEntry
from bocage.services.pay.queries import bank as queries
from bocage.services.pay.queries import wallet
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.types import EntryState, LineKind, PayOutState, TopUpState

pytestmark = pytest.mark.django_db

IBAN = "FR1420041010050500013M02606"
CLOSED_IBAN = "DE26512108001245120000"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A bank's folder of the test's own."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    yield tmp_path / "bank"


def statement(entries: tuple[Entry, ...], iban: str = "", sequence: int = 7) -> bytes:
    today = clock.now().date()
    return write_camt053(
        AccountReport(
            message_id=f"M{sequence}",
            created_at=clock.now(),
            report_id=f"S{sequence}",
            sequence=sequence,
            owner="Bocage Vallon",
            currency="EUR",
            from_on=today,
            to_on=today,
            entries=entries,
            iban=iban or exchange.own_account().iban,
            opening_minor=0,
            closing_minor=sum(each.amount_minor for each in entries),
        )
    )


def entry(reference: str, amount_minor: int, text: str, end_to_end_id: str = "") -> Entry:
    today: date = clock.now().date()
    return Entry(reference, amount_minor, today, today, end_to_end_id, "Ana Morel", None, text)


def ordered(town: Town, amount_minor: int = 3_000, iban: str = IBAN) -> UUID:
    with acting_as(town.as_ana()):
        return bank.order_pay_out(town.ana, amount_minor, "EUR", iban, "Ana Morel", memo="Rent", fresh=False)


def test_a_top_up_goes_through_the_demo_bank_and_arrives_once(town: Town, own_folder: Path) -> None:
    with acting_as(town.as_ana()):
        top_up = queries.top_up(town.ana, bank.announce_top_up(town.ana, 5_000, "EUR"))
    desk.order_transfer(
        exchange.own_account(),
        order_id=top_up.id,
        payer_name="Ana Morel",
        amount_minor=5_000,
        reference=top_up.reference,
    )
    (taken,) = exchange.exchange()
    assert (taken.entries, taken.unmatched, taken.refusal) == (1, 0, "")
    assert available(town.ana) == 15_000
    (statement_file,) = (own_folder / "done").glob("in-camt053-*.xml")
    validate(statement_file.read_bytes(), "camt.053.001.08")
    (own_folder / "in" / "again.xml").write_bytes(statement_file.read_bytes())
    (again,) = exchange.exchange()
    assert again.again
    assert available(town.ana) == 15_000
    with acting_as(town.as_ana()):
        assert queries.top_up(town.ana, top_up.id).state is TopUpState.RECEIVED
        (line, _first) = wallet.lines(town.ana, kinds=[LineKind.TOP_UP]).rows
        assert line.amount_minor == 5_000


def test_the_same_entry_in_another_file_takes_effect_once(town: Town) -> None:
    with acting_as(town.as_ana()):
        top_up = queries.top_up(town.ana, bank.announce_top_up(town.ana, 5_000, "EUR"))
    booked = entry("BK-1", 4_200, f"thanks {top_up.reference[:6]} {top_up.reference[6:]}")
    exchange.take_file("one.xml", statement((booked,)))
    exchange.take_file("two.xml", statement((booked, entry("BK-2", 100, "no reference")), sequence=8))
    assert available(town.ana) == 14_200
    (unmatched,) = queries.bank_entries(EntryState.UNMATCHED).rows
    assert (unmatched.bank_reference, unmatched.amount_minor) == ("BK-2", 100)


def test_a_reference_that_the_bank_uses_again_for_another_amount_waits_for_an_operator(town: Town) -> None:
    exchange.take_file("one.xml", statement((entry("BK-1", 700, "hello"),)))
    for sequence in (8, 9):
        again = statement((entry("BK-1", 900, "hello again"),), sequence=sequence)
        exchange.take_file(f"{sequence}.xml", again)
    amounts = sorted(each.amount_minor for each in queries.bank_entries(EntryState.UNMATCHED).rows)
    assert amounts == [700, 900], "each amount is seen once, and none is lost"


def test_each_transaction_of_a_batch_is_seen_though_the_bank_repeats_one_reference() -> None:
    detail = (
        "<TxDtls><Refs><AcctSvcrRef>BATCH</AcctSvcrRef></Refs>"
        '<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>'
    )
    plain = statement((entry("BATCH", 700, "hello"),)).decode()
    start, end = plain.index("<NtryDtls>"), plain.index("</NtryDtls>")
    batch = (
        plain[: start + len("<NtryDtls>")] + detail.format(amount="3.00") + detail.format(amount="4.00") + plain[end:]
    )
    found = read_entries(batch.encode(), exchange.own_account().iban)
    assert [(each.reference, each.amount_minor) for each in found] == [("BATCH/1", 300), ("BATCH/2", 400)]


def test_an_unmatched_line_is_assigned_once(town: Town) -> None:
    exchange.take_file("one.xml", statement((entry("BK-9", 700, "hello"),)))
    (unmatched,) = queries.bank_entries(EntryState.UNMATCHED).rows
    with acting_as(town.as_marco()):
        bank.assign_entry(unmatched.id, town.wei)
    assert available(town.wei) == 10_700
    with pytest.raises(Refusal, match="assigned"), acting_as(town.as_marco()):
        bank.assign_entry(unmatched.id, town.ana)


def test_a_pay_out_is_held_until_the_bank_has_paid(town: Town, own_folder: Path) -> None:
    pay_out_id = ordered(town)
    with acting_as(town.as_ana()):
        held = wallet.wallet(town.ana, "EUR")
        assert (held.posted_minor, held.available_minor, held.held_minor) == (10_000, 7_000, 3_000)
    exchange.exchange()
    with acting_as(town.as_ana()):
        found = queries.pay_out(town.ana, pay_out_id)
        assert found.state is PayOutState.PAID
        paid = wallet.wallet(town.ana, "EUR")
        assert (paid.posted_minor, paid.held_minor) == (7_000, 0)
        assert wallet.lines(town.ana).rows[0].amount_minor == -3_000
    (order_file,) = (own_folder / "done").glob("out-pain001-*.xml")
    (payment,) = read_pain001(order_file.read_bytes()).payments
    assert (payment.creditor_iban, payment.amount_minor, payment.remittance) == (IBAN, 3_000, "Rent")


def test_a_pay_out_that_the_bank_rejects_comes_back(town: Town) -> None:
    pay_out_id = ordered(town, iban=CLOSED_IBAN)
    exchange.exchange()
    assert available(town.ana) == 10_000
    with acting_as(town.as_ana()):
        found = queries.pay_out(town.ana, pay_out_id)
        assert found.state is PayOutState.REJECTED
        assert "AC04" in found.reason
        assert [line.kind for line in wallet.lines(town.ana).rows] == [LineKind.TOP_UP]


def test_a_pay_out_can_be_taken_back_until_it_is_sent(town: Town) -> None:
    first = ordered(town)
    with acting_as(town.as_ana()):
        bank.cancel_pay_out(town.ana, first)
        bank.cancel_pay_out(town.ana, first)
    assert available(town.ana) == 10_000
    second = ordered(town)
    exchange.write_orders(exchange.own_account())
    with pytest.raises(Refusal, match="pay_out_sent"), acting_as(town.as_ana()):
        bank.cancel_pay_out(town.ana, second)


def test_a_frozen_wallet_s_line_waits_for_an_operator_and_the_rest_goes_on(town: Town) -> None:
    ordered(town)
    exchange.write_orders(exchange.own_account())
    with acting_as(town.as_ana()):
        (sent,) = queries.pay_outs(town.ana).rows
        top_up = queries.top_up(town.ana, bank.announce_top_up(town.ana, 100, "EUR"))
        ledger.freeze(wallet.wallet(town.ana, "EUR").account_id)
    booked = (entry("A", -3_000, "", sent.end_to_end_id), entry("B", 100, top_up.reference))
    taken = exchange.take_file("one.xml", statement(booked))
    assert (taken.entries, taken.unmatched) == (2, 1)
    (waiting,) = queries.bank_entries(EntryState.UNMATCHED).rows
    assert "account_frozen" in waiting.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"<Document/>", "not an ISO 20022 message"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><Document>&a;</Document>", "own definitions"),
        (b"\x00\xff" * 50, "XML"),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><x/></Document>", "line 1"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_changes_nothing(town: Town, content: bytes, said: str) -> None:
    taken = exchange.take_file("bad.xml", content)
    assert taken.refusal.startswith("bad.xml:")
    assert said in taken.refusal
    assert exchange.take_file("bad.xml", content).again
    assert available(town.ana) == 10_000
    with acting_as(Actor.for_service("pay")):
        assert not BankEntry.objects.exists()


def test_another_account_s_statement_is_refused(town: Town) -> None:
    taken = exchange.take_file("other.xml", statement((entry("A", 100, "x"),), iban=IBAN))
    assert "The statement is of" in taken.refusal


@pytest.mark.parametrize("iban", ["", "FR14", "FR1420041010050500013M02607", "XX00", "DE\x0012", "9" * 60])
def test_a_wrong_iban_is_refused_before_anything_is_held(town: Town, iban: str) -> None:
    with pytest.raises(Refusal, match="bad_iban"):
        ordered(town, iban=iban)
    assert available(town.ana) == 10_000


def test_a_pay_out_s_id_orders_one_pay_out_only(town: Town) -> None:
    with acting_as(town.as_ana()):
        first = bank.order_pay_out(town.ana, 3_000, "EUR", IBAN, "Ana Morel", memo="", fresh=False)
        again = bank.order_pay_out(town.ana, 3_000, "EUR", IBAN, "Ana Morel", memo="", fresh=False, pay_out_id=first)
        assert again == first
        with pytest.raises(Refusal, match="id_conflict"):
            bank.order_pay_out(town.ana, 3_100, "EUR", IBAN, "Ana Morel", memo="", fresh=False, pay_out_id=first)
