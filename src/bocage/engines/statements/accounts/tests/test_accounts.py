"""What a company's files say is read exactly; whatever is wrong is one error that names file, line and field."""

import tracemalloc
import zlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocage.engines.statements import Limits, StatementError
from bocage.engines.statements.accounts import Accounts, TableMapping, preview_accounts, read_accounts

from . import samples


def taken(data: str | bytes, **more: object) -> Accounts:
    raw = data.encode() if isinstance(data, str) else data
    found = read_accounts(raw, name="mine", **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def refused(data: str | bytes, **more: object) -> StatementError:
    with pytest.raises(StatementError) as caught:
        read_accounts(data.encode() if isinstance(data, str) else data, name="mine", **more)  # type: ignore[arg-type]
    assert str(caught.value).startswith("mine")
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-15", "cp1252", "utf-16"])
@pytest.mark.parametrize("sign", ["\t", "|"])
def test_a_fec_in_every_encoding_and_with_both_signs(encoding: str, sign: str) -> None:
    found = taken(samples.FEC.replace("\t", sign).replace("\n", "\r\n").encode(encoding))
    assert found.format == "fec"
    assert [each.amount_minor for each in found.entries] == [100_000, 20_000, -120_000, 5050, -5050]
    first = found.entries[0]
    assert (first.booked_on, first.account, first.account_title) == (date(2025, 1, 15), "60610000", "Électricité")
    assert [each.party for each in found.entries] == ["Volt & Fils"] * 3 + ["", ""]
    assert [each.source_line for each in found.entries] == [2, 3, 4, 5, 6]


def test_a_fec_with_amount_and_direction() -> None:
    text = samples.FEC.replace("\tDebit\tCredit\t", "\tMontant\tSens\t")
    text = text.replace("\t1000,00\t0,00\t", "\t1000,00\tD\t").replace("\t200,00\t\t", "\t200,00\t+1\t")
    text = text.replace("\t0,00\t1200,00\t", "\t1200,00\tC\t").replace("\t50,5\t\t", "\t50,5\tD\t")
    text = text.replace("\t\t50,5\t", "\t50,5\t-1\t")
    assert [each.amount_minor for each in taken(text).entries] == [100_000, 20_000, -120_000, 5050, -5050]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "field"),
    [
        ("\t1000,00\t", "\t1000,01\t", "unbalanced", 2, "Debit"),
        ("\t1000,00\t", "\t1 000,00\t", "amount-unreadable", 2, "Debit"),
        ("\t1000,00\t", "\t1000,001\t", "amount-too-fine", 2, "Debit"),
        ("\t1000,00\t", "\t9" + "9" * 17 + "\t", "amount-too-large", 2, "Debit"),
        ("\t20250115\t60610000", "\t20250230\t60610000", "date-unreadable", 2, "EcritureDate"),
        ("\t62600000\t", "\tX26\t", "account-unreadable", 5, "CompteNum"),
        ("\tPieceRef\t", "\tPiece\t", "fields-wrong", 1, "PieceRef"),
        ("AC\tAchats\t2\t20250210\t626", "AC\t2\t20250210\t626", "fields-wrong", 5, ""),
        ("Courrier", "Cour\0rier", "nul-byte", 5, ""),
    ],
)
def test_a_wrong_fec_names_line_and_field(old: str, new: str, code: str, line: int, field: str) -> None:
    assert old in samples.FEC
    error = refused(samples.FEC.replace(old, new, 1))
    assert (error.code, error.line, error.field) == (code, line, field)


def test_a_fec_too_long_or_without_entries() -> None:
    assert refused(samples.FEC, limits=Limits(lines=3)).code == "too-many-lines"
    assert refused(samples.FEC, limits=Limits(size_bytes=100)).code == "too-large"
    assert refused(samples.FEC_HEAD).code == "empty"


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
def test_books_balance_or_are_refused(amounts: list[int]) -> None:
    def euros(minor: int) -> str:
        return f"{minor // 100},{minor % 100:02}"

    lines = [samples.fec_line("7", "20250303", "601", "Achats", euros(each), "0") for each in amounts]
    owed = samples.fec_line("7", "20250303", "401", "Fournisseurs", "", euros(sum(amounts)), party="Bois Inventé")
    found = taken("\n".join((samples.FEC_HEAD, *lines, owed)))
    assert sum(each.amount_minor for each in found.entries) == 0
    assert {each.party for each in found.entries} == {"Bois Inventé"}
    assert refused("\n".join((samples.FEC_HEAD, *lines))).code == "unbalanced"


@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml"])
def test_an_invoice_inside_a_pdf(name: str) -> None:
    found = taken(samples.pdf_with(name, samples.CII.encode()))
    (invoice,) = found.invoices
    assert (invoice.format, invoice.number, invoice.issued_on) == ("cii", "FX-2025-17", date(2025, 3, 4))
    assert (invoice.seller, invoice.net_minor, invoice.gross_minor) == ("Carburants du Marais", 61_000, 73_200)
    diesel, delivery = invoice.lines
    assert (diesel.quantity, diesel.unit, diesel.net_minor) == (Decimal("500.0"), "LTR", 55_000)
    assert (delivery.product_scheme, delivery.product_code) == ("TSP", "78101801")
    assert invoice.unallocated_minor == 0


def test_ubl_invoice_and_credit_note() -> None:
    (invoice,) = taken(samples.UBL).invoices
    assert (invoice.number, invoice.seller, invoice.seller_id) == ("B-88", "Papeterie Rêvée", "000000001")
    assert (invoice.lines[0].product_code, invoice.lines[0].net_minor) == ("14111507", 8000)
    # An allowance of 5.00 on the document: lines and allowance give the total exactly.
    assert sum(line.net_minor for line in invoice.lines) + invoice.unallocated_minor == invoice.net_minor == 7500
    (back,) = taken(samples.CREDIT_NOTE).invoices
    assert (back.is_credit, back.net_minor, back.lines[0].net_minor) == (True, -7500, -8000)
    assert back.lines[0].quantity == -10


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("<ram:ID>FX-2025-17</ram:ID>", "<ram:ID/>", "field-missing", "ExchangedDocument/ID"),
        (">20250304<", ">tomorrow<", "date-unreadable", "ExchangedDocument/IssueDateTime/DateTimeString"),
        ("550.00", "lots", "amount-unreadable", "SpecifiedLineTradeSettlement/"),
        (">500.0<", ">NaN<", "quantity-unreadable", "SpecifiedLineTradeDelivery/BilledQuantity"),
        (">500.0<", ">1e99<", "quantity-unreadable", "SpecifiedLineTradeDelivery/BilledQuantity"),
        (">EUR</ram:InvoiceCurrencyCode>", ">EURO!</ram:InvoiceCurrencyCode>", "currency-unknown", "SupplyChain"),
        ("</rsm:SupplyChainTradeTransaction>", "", "xml-broken", ""),
        ("<rsm:CrossIndustryInvoice", '<!DOCTYPE a [<!ENTITY b "c">]><rsm:CrossIndustryInvoice', "xml-entities", ""),
    ],
)
def test_a_wrong_invoice_names_line_and_field(old: str, new: str, code: str, field: str) -> None:
    assert old in samples.CII
    error = refused(samples.CII.replace(old, new, 1))
    assert (error.code, error.field[: len(field)]) == (code, field)
    assert error.line > 0


def test_pdfs_without_an_invoice() -> None:
    assert refused(samples.pdf_with("notes.txt", b"hello")).code == "pdf-without-invoice"
    assert refused(b"%PDF-1.7\nnothing of it is true").code in {"pdf-broken", "pdf-without-invoice"}
    whole = samples.pdf_with("factur-x.xml", samples.CII.encode())
    assert refused(whole[: len(whole) // 2]).code in {"pdf-broken", "pdf-without-invoice"}
    assert refused(samples.pdf_with("factur-x.xml", b"<a/>")).code == "not-an-invoice"
    big = samples.pdf_with("factur-x.xml", b"<a>" + b" " * 3_000_000 + b"</a>")
    assert refused(big, limits=Limits(size_bytes=1_000_000)).code == "too-large"


@pytest.mark.parametrize(
    ("layers", "copies", "code"), [(2, 200, "pdf-ambiguous"), (1, 2, "pdf-ambiguous"), (2, 1, "too-large"),
                                   (1, 1, "too-large")],
)  # fmt: skip
def test_a_pdf_that_would_unpack_to_gigabytes_is_refused_unpacked(layers: int, copies: int, code: str) -> None:
    packed = bytes(50_000_000)
    for _layer in range(layers):
        packed = zlib.compress(packed, 9)
    bomb = samples.pdf_of_packed(packed, layers=layers, copies=copies)
    tracemalloc.start()
    try:
        assert refused(bomb, limits=Limits(size_bytes=1_000_000)).code == code
        _now, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_an_attachment_packed_once_is_read() -> None:
    packed = zlib.compress(samples.CII.encode())
    assert taken(samples.pdf_of_packed(packed, layers=1, copies=1)).invoices[0].number == "FX-2025-17"


def test_a_fuel_card_by_its_headings_and_by_a_mapping() -> None:
    found = taken(samples.FUEL_CARD)
    assert found.format == "fuel-card"
    first, second = found.refuellings
    assert (first.filled_on, first.product, first.quantity, first.amount_minor) == (
        date(2025, 1, 3),
        "Gazole",
        Decimal("52.40"),
        8960,
    )
    assert (second.product, first.with_vat, first.vehicle) == ("SP95-E10", True, "AA-000-AA")
    odd = samples.FUEL_CARD.replace("Produit", "Was").replace("Litres", "Wieviel")
    assert read_accounts(odd.encode()) is None
    shown = preview_accounts(odd.encode())
    assert (shown.format, shown.rows[0][:3]) == (None, ("Date", "Was", "Wieviel"))
    mapped = taken(odd, mapping=TableMapping(date=0, product="Was", quantity=2, amount=3))
    assert [each.quantity for each in mapped.refuellings] == [Decimal("52.40"), Decimal(38)]


def test_the_first_row_of_a_table_without_headings_counts() -> None:
    meter = TableMapping(date=0, quantity=1, kind_is="electricity", unit_is="kWh")
    bare = taken("31/01/2025;1200;A1\n28/02/2025;900;A1\n", mapping=meter)
    assert [(each.source_line, each.quantity) for each in bare.consumptions] == [(1, Decimal(1200)), (2, Decimal(900))]
    (one,) = taken("31/01/2025;1200\n", mapping=meter).consumptions
    assert one.quantity == 1200
    headed = taken("Quand;Combien\n31/01/2025;1200\n28/02/2025;900\n", mapping=meter)
    assert [each.source_line for each in headed.consumptions] == [2, 3]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "field"),
    [
        ("52,40", "fifty", "amount-unreadable", 2, "quantity"),
        ("38,00", "99999", "quantity-too-large", 3, "quantity"),
        ("13/01/2025", "32/01/2025", "date-unreadable", 3, "date"),
        (";EUR;Relais du Marais;BB", ";QQQ;Relais du Marais;BB", "currency-unknown", 3, "currency"),
        ("Gazole", "", "field-missing", 2, "product"),
    ],
)
def test_a_wrong_fuel_card_names_line_and_column(old: str, new: str, code: str, line: int, field: str) -> None:
    error = refused(samples.FUEL_CARD.replace(old, new, 1))
    assert (error.code, error.line, error.field) == (code, line, field)


def test_an_index_becomes_consumption() -> None:
    found = taken(samples.METER_INDEX).consumptions
    assert [(c.since, c.until, c.quantity, c.unit) for c in found] == [
        (date(2025, 1, 1), date(2025, 6, 30), Decimal(4000), "kWh"),
        (date(2025, 7, 1), date(2025, 12, 31), Decimal(5000), "kWh"),
    ]
    months = taken(samples.METER_MONTHS).consumptions
    assert [(c.kind, c.since, c.until, c.quantity) for c in months] == [
        ("gas", date(2025, 1, 1), date(2025, 1, 31), Decimal("1200.5")),
        ("gas", date(2025, 2, 1), date(2025, 2, 28), Decimal(900)),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "field"),
    [
        ("14000", "9000", "reading-wrong", 3, "index"),
        ("2025-06-30", "2024-12-31", "reading-wrong", 3, "date"),
        ("2025-12-31,E1,electricity,kWh", "2025-12-31,E1,electricity,m3", "unit-unknown", 4, "unit"),
        ("2025-12-31,E1,electricity", "2025-12-31,E1,wood", "kind-unknown", 4, "kind"),
        ("19000", "-1", "quantity-negative", 4, "index"),
        ("2024-12-31", "1999-12-31", "reading-wrong", 3, "date"),
    ],
)
def test_a_wrong_meter_names_line_and_column(old: str, new: str, code: str, line: int, field: str) -> None:
    error = refused(samples.METER_INDEX.replace(old, new, 1))
    assert (error.code, error.line, error.field) == (code, line, field)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=8))
def test_differences_of_an_index_sum_to_its_ends(steps: list[int]) -> None:
    index = [sum(steps[:n]) for n in range(len(steps) + 1)]
    rows = [f"2025-{month:02}-28,E,gas,m3,{value}" for month, value in enumerate(index, start=1)]
    found = taken("date,meter,kind,unit,index\n" + "\n".join(rows)).consumptions
    assert sum(c.quantity for c in found) == index[-1] - index[0]


def test_what_is_another_kind_of_file_is_left_to_others() -> None:
    assert read_accounts(b"Date,Description,Amount\n2025-01-01,Bread,-1.00\n") is None
    assert read_accounts(b"<Document><BkToCstmrStmt/></Document>") is None
