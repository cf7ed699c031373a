"""Whatever is wrong with a whole file is one clear error: which file, which line, which field, what to do."""

import gzip
import io
import zipfile

import pytest

from bocage.engines.statements import Limits, StatementError, read, sniff

from . import samples

LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<Document><BkToCstmrStmt><Stmt><Acct><Id><IBAN>&c;</IBAN></Id></Acct></Stmt></BkToCstmrStmt></Document>"""
OUTSIDE = LAUGHS.replace('<!ENTITY a "ha">', '<!ENTITY a SYSTEM "file:///etc/passwd">')


def refused(data: bytes, **more: object) -> StatementError:
    with pytest.raises(StatementError) as caught:
        read(data, name="mine.xml", **more)  # type: ignore[arg-type]
    error = caught.value
    assert error.name == "mine.xml"
    assert error.problem
    assert error.advice
    assert str(error).startswith("mine.xml")
    return error


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, OUTSIDE.replace("Document>", "OFX>")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig"])
def test_xml_that_defines_entities_is_refused_in_every_encoding(text: str, encoding: str) -> None:
    error = refused(text.encode(encoding))
    assert (error.code, error.line) == ("xml-entities", 2)


def test_xml_entities_in_ofx_are_not_expanded() -> None:
    text = samples.OFX_XML.replace("<![CDATA[Bread & <Butter>]]>", "&c; &#0; &#xD800; &#65;&lt;b&gt;")
    assert read(text.encode()).lines[0].text == "&c; \ufffd \ufffd A<b>"


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6, 0.8, 0.99])
def test_a_truncated_camt_says_where(share: float) -> None:
    cut = int(share * len(samples.CAMT_V8.rstrip()))
    error = refused(samples.CAMT_V8.encode()[:cut])
    assert error.code in {"truncated", "xml-broken"}
    assert 1 <= error.line <= samples.CAMT_V8[:cut].count("\n") + 1


def test_a_truncated_mt940_ofx_qif_or_csv_says_where() -> None:
    body = samples.MT940
    error = refused(body[: body.index(":62F:")].encode())
    assert (error.code, error.line, error.field) == ("truncated", 2, ":62F:")
    error = refused(body[body.index(":61:") : body.index("-}") + 2].encode())
    assert (error.code, error.field) == ("truncated", ":60F:")
    error = refused(samples.OFX_SGML[: samples.OFX_SGML.index("</BANKTRANLIST>")].encode())
    assert (error.code, error.field) == ("truncated", "</OFX>")
    error = refused(samples.QIF[:-3].encode())
    assert (error.code, error.field) == ("truncated", "^")
    error = refused(b'Date,Description,Amount\n2024-01-05,"never closed,-1.00\n2024-01-06,b,-1.00\n')
    assert (error.code, error.line) == ("truncated", 2)


def test_too_large_before_and_after_unpacking() -> None:
    assert refused(b"x" * 50_000_000).code == "too-large"
    zeros = b"Date,Amount\n" + b"0" * 50_000_000
    assert refused(zipped(("a.csv", zeros))).code == "too-large"
    assert refused(gzip.compress(zeros, mtime=0)).code == "too-large"


def test_one_statement_in_an_archive_is_read() -> None:
    data = samples.CSV_SPANISH.encode()
    for packed in (
        zipped(("es.csv", data)),
        zipped(("__MACOSX/x", b"?"), ("es.csv", data)),
        gzip.compress(data, mtime=0),
    ):
        statement = read(packed)
        assert len(statement.lines) == 2
        assert statement.notes[0].code == "unpacked"
        assert sniff(packed) == "csv"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(("a.csv", b"x"), ("b.csv", b"y")), "archive-not-one-file"),
        (zipped(), "archive-not-one-file"),
        (zipped(("a.zip", zipped(("b.csv", b"x")))), "archive-nested"),
        (zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")), "not-a-statement"),
        (zipped(("a.csv", samples.CSV_SPANISH.encode()))[:-30], "archive-broken"),
        (gzip.compress(samples.CSV_SPANISH.encode(), mtime=0)[:-12], "archive-broken"),
        (gzip.compress(b"Date,Amount\n2024-01-05,1.00", mtime=0) + b"tail", "archive-broken"),
        (b"%PDF-1.7", "not-a-statement"),
        (b"\xd0\xcf\x11\xe0 workbook", "not-a-statement"),
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (b"hello", "not-a-statement"),
        (b"<html><body>Please sign in</body></html>", "not-a-statement"),
        (b'<?xml version="1.0" encoding="UTF-7"?><Document/>', "encoding-unknown"),
        (b"!Type:Cat\nNFood\n^\n", "not-a-statement"),
        (b"OFXHEADER:100\n<OFX><SIGNONMSGSRSV1></SIGNONMSGSRSV1></OFX>", "not-a-statement"),
        (b"OFXHEADER:100\n<OFX>" + b"<A>" * 100_000, "nested-too-deep"),
        (b"<?xml version='1.0'?>" + b"<a>" * 100_000, "xml-broken"),
        (b":20:A\n:25:B\n:60F:C240101ZZZ0,00\n:62F:C240101ZZZ0,00\n-", "currency-unknown"),
        (b":20:A\n:25:B\n:60F:C240101EUR\n:62F:C240101EUR0,00\n-", "balance-unreadable"),
        (b":20:A\n:25:B\n:60F:C240101EUR99999999999999,00\n:62F:C240101EUR0,00\n-", "amount-out-of-range"),
    ],
)
def test_what_is_no_statement_is_refused_by_name(data: bytes, code: str) -> None:
    assert refused(data).code == code


@pytest.mark.parametrize("text", [samples.MT940, samples.CAMT_V8, samples.OFX_SGML, samples.QIF, samples.CSV_FRENCH])
def test_a_nul_byte_is_refused_naming_its_line(text: str) -> None:
    lines = text.split("\n")
    lines[6] = f"{lines[6]}\0"
    error = refused("\n".join(lines).encode())
    assert (error.code, error.line) == ("nul-byte", 7)


def test_lines_are_limited() -> None:
    rows = "\n".join(f"2024-01-05,row {number},-1.00" for number in range(200))
    limits = Limits(lines=100)
    assert refused(f"Date,Description,Amount\n{rows}".encode(), limits=limits).code == "too-many-lines"
    records = "!Type:Bank\n" + "D1/5/24\nT1.00\n^\n" * 101
    assert refused(records.encode(), limits=limits).code == "too-many-lines"


def test_accounts_are_limited() -> None:
    limits = Limits(accounts=10)
    accounts = "".join(f"!Account\nN{number}\n^\n!Type:Bank\n" for number in range(11))
    assert refused(accounts.encode(), limits=limits).code == "too-many-accounts"
    messages = "".join(f":20:A\n:25:B{number}\n:60F:C240101EUR0,\n:62F:C240101EUR0,\n-\n" for number in range(11))
    assert refused(messages.encode(), limits=limits).code == "too-many-accounts"
    reports = "OFXHEADER:100\n<OFX>" + "<STMTRS></STMTRS>" * 11 + "</OFX>"
    assert refused(reports.encode(), limits=limits).code == "too-many-accounts"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp437"]
)
def test_each_encoding_is_recognised(encoding: str) -> None:
    text = "Date;Libellé;Montant\n05/01/2024;Pâtisserie Bäcker à Orléans;-3,50\n06/01/2024;Crème brûlée, été;-4,20\n"
    statement = read(text.encode(encoding), currency="EUR")
    assert [line.text for line in statement.lines] == ["Pâtisserie Bäcker à Orléans", "Crème brûlée, été"]
    guessed = encoding in {"utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp437"}
    assert ("encoding-guessed" in {note.code for note in statement.notes}) is guessed


def test_damaged_characters_are_reported_with_their_line() -> None:
    data = samples.CSV_FRENCH.encode().replace("opération".encode(), b"op\xe9ration", 1)
    statement = read(data)
    assert [(note.code, note.line) for note in statement.notes if note.code == "characters-damaged"] == [
        ("characters-damaged", 4)
    ]


def test_a_declared_encoding_that_is_wrong_is_an_error_that_says_where() -> None:
    error = refused(samples.CAMT_V8.replace("Ada Verger", "Zoé Verger").encode("latin-1"))
    assert (error.code, error.line) == ("encoding-wrong", 14)
