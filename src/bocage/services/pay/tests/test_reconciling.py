"""The bank's statements beside the ledger: files of banks that are not ours, once each, and what people decide."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from django.conf import settings
from typer.testing import CliRunner

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.pay import commands
from bocage.services.pay.actions import bank, exchange, reconciling
from bocage.services.pay.bank import desk
from bocage.services.pay.models import StatementLine
from bocage.services.pay.queries import bank as bank_queries
from bocage.services.pay.queries import reconciling as queries
from bocage.services.pay.tests.conftest import Town, available
from bocage.services.pay.tests.test_bank import entry, statement
from bocage.services.pay.types import LineFinding, Reconciliation

pytestmark = pytest.mark.django_db
IBAN = "FR1420041010050500013M02606"
# As a bank of another country writes it: an old version, no prefix of ours, a batch, an entry that is not booked.
ENTRY = """<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{status}</Sts>
<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{bank}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{end}</EndToEndId>
</Refs><RltdPties><Dbtr><Nm>Somebody</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls>
</Ntry>"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A bank's folder of the test's own."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    yield tmp_path / "bank"


def booked(amount: str, text: str = "", end: str = "NOTPROVIDED", bank: str = "", **given: str) -> str:
    side, plain = ("DBIT", amount[1:]) if amount.startswith("-") else ("CRDT", amount)
    told = {"day": clock.now().date().isoformat(), "currency": "EUR", "status": "BOOK"} | given
    return ENTRY.format(amount=plain, side=side, text=text, end=end, bank=bank, **told)


def foreign(*entries: str, kind: str = "054.001.02", iban: str = "", root: str = "BkToCstmrDbtCdtNtfctn") -> bytes:
    inner = "Ntfctn" if kind.startswith("054") else "Stmt"
    body = "".join(entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}"><{root}>'
        f"<GrpHdr><MsgId>X</MsgId></GrpHdr><{inner}><Id>1</Id><Acct><Id><IBAN>{iban or settings.BANK_IBAN}</IBAN></Id>"
        f"<Ccy>EUR</Ccy></Acct>{body}</{inner}></{root}></Document>"
    ).encode()


def compared(*entries: str, days: int = 5) -> Reconciliation:
    reconciling.take_statements([("bank.xml", foreign(*entries))], days)
    return queries.reconciliation(days)


def findings() -> dict[str, str]:
    with acting_as(Actor.for_service("pay")):
        return {row.text: row.finding for row in StatementLine.objects.order_by("id")}


def test_what_went_through_the_bank_s_folder_is_matched_by_reference(town: Town, own_folder: Path) -> None:
    with acting_as(town.as_ana()):
        top_up = bank_queries.top_up(town.ana, bank.announce_top_up(town.ana, 5_000, "EUR"))
        bank.order_pay_out(town.ana, 3_000, "EUR", IBAN, "Ana Morel", memo="Rent", fresh=False)
    desk.order_transfer(
        exchange.own_account(), order_id=top_up.id, payer_name="Ana", amount_minor=5_000, reference=top_up.reference
    )
    exchange.exchange()
    (file,) = (own_folder / "done").glob("in-camt053-*.xml")
    (taken,) = reconciling.take_statements([(file.name, file.read_bytes())], 0)
    assert (taken.format, taken.lines, taken.new) == ("camt.053", 2, 2)
    found = queries.reconciliation(0)
    assert found.counts == {LineFinding.REFERENCE: 2}
    # The two wallets were filled by no statement: today the ledger alone has that.
    assert (found.missing_count, [each.amount_minor for each in found.missing]) == (2, [10_000, 10_000])
    assert queries.reconciliation(5).awaited == 2
    (again,) = reconciling.take_statements([("renamed.xml", file.read_bytes())], 0)
    assert (again.lines, again.new) == (2, 0) and queries.reconciliation(0) == found


def test_each_finding_in_files_that_we_did_not_write(town: Town) -> None:
    with acting_as(town.as_ana()):
        announced = bank_queries.top_up(town.ana, bank.announce_top_up(town.ana, 900, "EUR"))
        bank.order_pay_out(town.ana, 3_000, "EUR", IBAN, "Ana", memo="", fresh=False)
    exchange.write_orders(exchange.own_account())
    with acting_as(town.as_ana()):
        (sent,) = bank_queries.pay_outs(town.ana).rows
    with acting_as(Actor.for_service("pay")):
        bank.credit_wallet(town.wei, 700, "EUR", "BK-700")
        bank.credit_wallet(town.wei, 800, "EUR", "BK-800")
    later = (clock.now() + timedelta(days=3)).date().isoformat()
    found = compared(
        booked("7.00", "by the bank's own reference", bank="BK-700"),
        booked("7.00", "twice", bank="BK-700", day=later),
        booked("8.00", "by amount and day", end="ANOTHER", day=later),
        booked("100.00", "one of two wallets' fillings"),
        booked("7.01", "not its amount", bank="BK 700"),
        booked("-30.00", "a pay-out that is still held", end=sent.end_to_end_id),
        booked("9.50", f"a top-up not taken in {announced.reference}"),
        booked("1.23", "nobody knows it"),
        booked("5.00", "in another currency", currency="CHF"),
        booked("6.00", "not booked yet", status="PDNG"),
    )
    assert findings() == {
        "by the bank's own reference": "reference",
        "twice": "duplicate",
        "by amount and day": "amount_and_day",
        "one of two wallets' fillings": "ambiguous",
        "not its amount": "differs",
        "a pay-out that is still held": "not_posted",
        f"a top-up not taken in {announced.reference}": "not_posted",
        "nobody knows it": "unmatched",
        "in another currency": "unmatched",
    }
    assert not found.whole and len(found.open_lines) == 7
    assert available(town.wei) == 11_500, "nothing here moves money"


def test_what_the_ledger_does_later_settles_a_line_that_waited(town: Town) -> None:
    with acting_as(town.as_ana()):
        top_up = bank_queries.top_up(town.ana, bank.announce_top_up(town.ana, 900, "EUR"))
    compared(booked("9.00", f"hello {top_up.reference}"))
    assert set(findings().values()) == {"not_posted"}
    exchange.take_file("one.xml", statement((entry("BK-9", 900, top_up.reference),)))
    reconciling.compare_again(5)
    assert set(findings().values()) == {"reference"}


def test_a_notification_then_the_statement_is_one_line(town: Town) -> None:
    line = booked("7.00", "hello", bank="BK-1")
    files = [("n.xml", foreign(line)), ("s.xml", foreign(line, kind="053.001.08", root="BkToCstmrStmt"))]
    first, second = reconciling.take_statements(files, 5)
    assert (first.format, first.new, second.format, second.new) == ("camt.054", 1, "camt.053", 0)
    (third,) = reconciling.take_statements([("m.xml", foreign(booked("7.00", "hello", bank="BK-2")))], 5)
    assert third.new == 1, "the bank's own reference tells two alike apart"


def test_lines_alike_without_a_reference_are_two_unless_the_statement_is_the_same(town: Town) -> None:
    def new(content: bytes, name: str = "n.xml") -> int:
        return reconciling.take_statements([(name, content)], 5)[0].new

    def named(content: bytes, id: str) -> bytes:
        return content.replace(b"<Id>1</Id><Acct>", id.encode() + b"<Acct>")

    twice = foreign(booked("7.00", "coffee"), booked("7.00", "coffee"))
    assert (new(twice), new(twice, "again.xml"), new(twice + b"\n")) == (2, 0, 0)
    assert new(named(twice, "<Id>2</Id>")) == 2, "another statement"
    assert new(named(twice, "<Id>2</Id><ElctrncSeqNb>5</ElctrncSeqNb>")) == 2, "the next of that name"
    assert new(named(twice, "<Id>2</Id><StmtPgntn><PgNb>2</PgNb></StmtPgntn>")) == 2, "its next page"
    more = foreign(booked("7.00", "coffee"), booked("1.00", "tea"), booked("7.00", "Coffee!"), booked("7.00", "coffee"))
    assert new(more) == 2, "of the first statement, told again and more of it"
    unnamed = named(twice, "")
    assert (new(unnamed), new(unnamed, "again.xml"), new(unnamed + b"\n")) == (2, 0, 2), (
        "by the file where none is named"
    )
    with acting_as(Actor.for_service("pay")):
        assert StatementLine.objects.count() == 14


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "bad.xml"),
        (b"\x00\xff" * 50, "bad.xml"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><Document>&a;</Document>", "bad.xml"),
        (foreign(booked("1.00"), iban=IBAN), "bad.xml, Acct/Id: The statement is of FR14"),
        (foreign(booked("1.00"), booked("abc")), "bad.xml, line 5, Ntry/Amt"),
        (foreign(booked("1.00", day="2026-02-30")), "Ntry/BookgDt"),
        (foreign(booked("1.00", currency="E1")), "bad.xml, line 2"),
        (foreign(booked("0.001")), "decimals"),
        (b"date,amount,text\n2026-01-02,5,hello\n2026-01-03,6,hello\n", "no statement to reconcile"),
    ],
)
def test_a_bad_file_is_told_by_file_line_and_field_and_nothing_is_taken(town: Town, content: bytes, says: str) -> None:
    good = foreign(booked("1.00", "good"))
    with pytest.raises(Refusal, match="bad_statement") as refused:
        reconciling.take_statements([("good.xml", good), ("bad.xml", content)], 5)
    assert says in str(refused.value.message) and "bad.xml" in str(refused.value.message)
    assert findings() == {}


def test_an_operator_matches_sets_aside_and_opens_again_with_a_reason_that_is_kept(town: Town) -> None:
    compared(booked("100.00", "a filling"), booked("-2.50", "the bank's fee"))
    filling, fee = sorted(queries.reconciliation().open_lines, key=lambda each: -each.amount_minor)
    one, two = queries.choices(filling)
    with acting_as(town.as_marco()):
        with pytest.raises(Refusal, match="reason_needed"):
            reconciling.match_by_hand(filling.id, one.id, town.marco, "because")
        reconciling.match_by_hand(filling.id, one.id, town.marco, "Ana's slip says so")
        reconciling.set_aside(fee.id, town.marco, "the bank's monthly fee")
        with pytest.raises(Refusal, match="not_open"):
            reconciling.match_by_hand(filling.id, two.id, town.marco, "it may be this one too")
    assert findings() == {"a filling": "operator", "the bank's fee": "explained"}
    assert queries.line(filling.id).movement_id == one.id
    compared(booked("100.00", "another filling"))
    assert findings()["another filling"] == "amount_and_day", "the one that is left"
    with acting_as(town.as_marco()):
        reconciling.open_again(filling.id, town.marco, "it was another slip")
        with pytest.raises(Refusal, match="movement_taken"):
            reconciling.match_by_hand(filling.id, two.id, town.marco, "the other line has it")
    reconciling.compare_again(5)
    assert findings()["a filling"] == "ambiguous", "who opened it decides, not the next comparison"
    assert available(town.ana) == 10_000


def test_the_command_says_it_all_and_exits_by_what_is_left(town: Town, tmp_path: Path) -> None:
    app = typer.Typer()
    app.add_typer(typer.Typer(), name="ledger")
    commands.register(app)
    file = tmp_path / "bank.xml"
    file.write_bytes(foreign(booked("1.23", "nobody knows it"), booked("4.00", "b")))
    run = CliRunner().invoke(app, ["ledger", "reconcile", str(file), "--json"])
    assert run.exit_code == commands.OPEN, run.output
    said = json.loads(run.stdout)
    assert said["counts"] == {"unmatched": 2} and said["files"][0]["new"] == 2 and not said["whole"]
    table = CliRunner().invoke(app, ["ledger", "reconcile", str(file)])
    assert table.exit_code == commands.OPEN and "unmatched" in table.stdout and "0 new" in table.stdout
    file.write_text("<Document/>")
    bad = CliRunner().invoke(app, ["ledger", "reconcile", str(file)])
    assert bad.exit_code == commands.WRONG and "reconcile: bank.xml" in bad.output
