"""Each format gives the same plain lines: who, when, how much, what for."""

from datetime import date

import pytest

from bocage.engines.statements import Foreign, Statement, StatementError, read, sniff

from . import samples


def rows(statement: Statement) -> list[tuple[str, int, str, str | None]]:
    return [(line.booked_on.isoformat(), line.amount_minor, line.text, line.counterparty) for line in statement.lines]


def codes(statement: Statement) -> set[str]:
    return {note.code for note in statement.notes}


def test_mt940_keeps_good_entries_and_names_the_bad_one() -> None:
    statement = read(samples.MT940.encode())
    assert statement.format == "mt940"
    assert rows(statement) == [
        ("2024-01-06", -1250, "Cafe an der Hecke, eine Tasse", "CAFE HECKE GMBH"),
        ("2024-01-06", 20000, "Salaris januari", "Werkgever BV"),
        ("2024-01-07", -2000, "Salary partly taken back", None),
        ("2024-01-07", 250, "Coffee partly given back", None),
        ("2024-03-01", -600, "Account fee", None),
    ]
    assert [line.reference for line in statement.lines][:2] == ["COFFEE-1", "SAL-24-01"]
    assert [(bad.line, bad.field, bad.code) for bad in statement.bad_lines] == [(9, ":61:", "entry-unreadable")]


def test_mt940_sheets_of_one_account_are_one_account_that_reconciles_sheet_by_sheet() -> None:
    account = read(samples.MT940.replace(":61:2312311231... not an entry\n", "").encode()).accounts
    assert [(a.identifier, a.currency, a.opening_minor, a.closing_minor, a.reconciles) for a in account] == [
        ("20041010050500013M02606", "EUR", 100000, 116400, True)
    ]


def test_mt940_reads_30_february_as_the_last_of_the_month_and_says_so() -> None:
    statement = read(samples.MT940.encode())
    assert statement.lines[-1].value_on == date(2024, 2, 29)
    assert "date-repaired" in codes(statement)


def test_mt940_says_when_a_sheet_is_missing_or_does_not_add_up() -> None:
    gap = samples.MT940.replace(":60F:C240107EUR1170,00", ":60F:C240107EUR1171,00")
    assert {"sheet-missing", "balance-off"} <= codes(read(gap.encode()))


def test_mt940_entry_day_takes_the_year_that_is_near() -> None:
    text = ":20:A\n:25:B\n:60F:C231231EUR0,\n:61:2312310102C1,00NTRFX1\n:61:2401011231C1,00NTRFX2\n:62F:C240102EUR2,\n-"
    assert [line.booked_on.isoformat() for line in read(text.encode()).lines] == ["2024-01-02", "2023-12-31"]


def test_mt942_is_interim_and_checks_its_sums() -> None:
    statement = read(samples.MT942.encode())
    assert (statement.format, statement.accounts[0].reconciles) == ("mt942", None)
    assert rows(statement) == [("2024-01-05", -320, "Tram ticket", None)]
    assert codes(statement) == set()
    assert "sums-off" in codes(read(samples.MT942.replace("1EUR3,20", "2EUR3,20").encode()))


def test_camt_reads_batches_apart_and_leaves_pending_entries_out() -> None:
    statement = read(samples.CAMT_V8.encode())
    assert rows(statement) == [
        ("2024-01-05", 20000, "Rent, January", "Ada Verger"),
        ("2024-01-09", -4550, "", "Halles du Centre"),
        ("2024-01-09", -1450, "", "Pharmacie"),
    ]
    account = statement.accounts[0]
    assert (account.opening_minor, account.closing_minor, account.reconciles) == (-10000, 4000, True)
    assert [line.reference for line in statement.lines] == ["E2E-1", "B-1", None]
    assert statement.lines[0].kind == "PMNT-RCDT-ESCT"
    assert codes(statement) == {"not-booked"}


def test_camt_keeps_a_batch_whole_when_its_parts_do_not_add_up() -> None:
    statement = read(samples.CAMT_V8.replace("14.50", "14.51").encode())
    assert [line.amount_minor for line in statement.lines] == [20000, -6000]


def test_camt_keeps_the_amount_that_was_asked_abroad() -> None:
    line = read(samples.CAMT_FOREIGN.encode()).lines[0]
    assert (line.amount_minor, line.foreign) == (-1870, Foreign(-3000, "JPY", 0))


def test_camt_first_version_and_latin_1() -> None:
    statement = read(samples.CAMT_V1.encode("latin-1"))
    assert (statement.format, statement.encoding) == ("camt.054", "iso-8859-1")
    assert rows(statement) == [("2009-01-05", 500, "Cadeau", "Zoé Forêt")]


@pytest.mark.parametrize("version", range(2, 15))
def test_camt_is_read_whatever_its_version_or_namespace(version: int) -> None:
    text = samples.CAMT_V8.replace("camt.053.001.08", f"camt.053.001.{version:02}")
    prefixed = text.replace("<", "<c:").replace("<c:/", "</c:").replace("<c:?", "<?").replace("xmlns=", "xmlns:c=")
    for form in (text, prefixed, text.replace(' xmlns="urn', ' xmlns="http://example.org/urn')):
        assert [line.amount_minor for line in read(form.encode()).lines] == [20000, -4550, -1450]


def test_ofx_sgml_with_open_tags_decimal_comma_and_1252() -> None:
    statement = read(samples.OFX_SGML.encode("cp1252"))
    assert (statement.format, statement.encoding) == ("ofx", "cp1252")
    assert rows(statement) == [
        ("2024-01-05", -1250, "Café & Co CARTE 05/01", "Café & Co"),
        ("2024-01-06", 120000, "Employer", "Employer"),
        ("2024-01-07", -1870, "Konbini", "Konbini"),
    ]
    assert [line.mcc for line in statement.lines] == ["5812", None, None]
    assert statement.lines[2].foreign == Foreign(-3000, "JPY", 0)
    assert statement.accounts[0].closing_minor == 216880


def test_ofx_xml_with_cdata() -> None:
    statement = read(samples.OFX_XML.encode())
    assert rows(statement) == [("2024-01-09", -840, "Bread & <Butter>", "Bread & <Butter>")]
    assert statement.accounts[0].currency == "GBP"


def test_ofx_finer_amounts_than_the_currency_are_kept_exactly() -> None:
    statement = read(samples.OFX_XML.replace("<TRNAMT>-8.40", "<TRNAMT>-000008.4031").encode())
    assert [(line.amount_minor, line.exponent) for line in statement.lines] == [(-84031, 4)]
    assert (statement.accounts[0].closing_minor, statement.accounts[0].exponent) == (-84000, 4)


def test_ofx_that_carries_a_banks_error_is_that_error() -> None:
    text = (
        "OFXHEADER:100\n<OFX><BANKMSGSRSV1><STMTTRNRS><STATUS><CODE>2000<SEVERITY>ERROR<MESSAGE>Closed</STATUS></OFX>"
    )
    with pytest.raises(StatementError, match="Closed") as caught:
        read(text.encode())
    assert (caught.value.code, caught.value.line) == ("bank-error", 2)


def test_qif_opening_balance_splits_and_dates() -> None:
    statement = read(samples.QIF.encode(), currency="USD")
    assert rows(statement) == [
        ("2024-01-13", -103420, "Halles du Centre Weekly shopping", "Halles du Centre"),
        ("2024-02-02", -700, "Tram", "Tram"),
    ]
    account = statement.accounts[0]
    assert (account.identifier, account.currency, account.opening_minor) == ("Household", "USD", 50000)
    assert codes(statement) == set()
    assert codes(read(samples.QIF.encode())) == {"currency-unknown"}
    assert "splits-off" in codes(read(samples.QIF.replace("$-34.20", "$-34.21").encode(), currency="USD"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (samples.MT940, "mt940"),
        (samples.MT942, "mt942"),
        (samples.CAMT_V8, "camt.053"),
        (samples.CAMT_V1, "camt.054"),
        (samples.OFX_SGML, "ofx"),
        (samples.OFX_XML, "ofx"),
        (samples.QIF, "qif"),
        (samples.CSV_FRENCH, "csv"),
    ],
)
def test_sniff_agrees_with_read(text: str, kind: str) -> None:
    data = text.encode("latin-1" if "ISO-8859" in text else "utf-8")
    assert sniff(data) == kind
    assert read(data).format == kind
