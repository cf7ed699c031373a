"""Files that are no statement, through page and API: one clear error naming file, line and field; nothing kept."""

import gzip
import io
import zipfile
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from django.utils.html import escape

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.forest import limits, queries
from bocage.services.forest.actions import importing
from bocage.services.forest.models import Line, Upload
from bocage.services.forest.tests.conftest import Program

pytestmark = pytest.mark.django_db

PIECE_BYTES_MAX = 1_000_000
MT940 = b":20:1\r\n:25:FR76300060000112345678901890\r\n:28C:1/1\r\n:60F:C261001EUR100,00\r\n"
CAMT = b"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>1</Id>"""
BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<Document>&lol2;</Document>"""
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">&secret;</Document>"""


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


BAD = {
    "empty.csv": (b"", "empty"),
    "blank.csv": (b" \n\n ", "empty"),
    "letter.txt": (b"Dear bank", "no kind of bank statement"),
    "nul.csv": (b"Date;Libelle;Montant\n01/10/2026;CAF\0E;-2,50\n", "line 2"),
    "cut.sta": (MT940 + b":61:2610011001D2,50NMSCNONREF\r\n", "cut short"),
    "cut.xml": (CAMT, "cut short"),
    "cut.csv": (b'Date;Libelle;Montant\n01/10/2026;"CAFE;-2,50\n', "line 2"),
    "bomb.xml": (BOMB, "definitions"),
    "outside.xml": (OUTSIDE, "definitions"),
    "wrong.xml": (b'<?xml version="1.0" encoding="UTF-8"?><Document>\xff\xfe\xe9</Document>', "line 1"),
    "bomb.zip": (zipped(("bank.csv", b"0" * 60_000_000)), "larger than"),
    "bomb.gz": (gzip.compress(b"0" * 60_000_000), "larger than"),
    "two.zip": (zipped(("a.csv", b"x"), ("b.csv", b"y")), "2 files"),
    "broken.zip": (zipped(("a.csv", b"Date;Montant\n" * 50))[:60], "unpacked"),
    "sheet.xlsx": (zipped(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<x/>")), "spreadsheet"),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "not a bank statement"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_error_on_the_page_and_in_the_api_and_leaves_nothing(
    browser: Client, anas: Program, ana: UUID, name: str
) -> None:
    content, part = BAD[name]
    page = browser.post("/forest/import", {"file": SimpleUploadedFile(name, content or b""), "country": "FR"})
    assert page.status_code == 422
    text = page.content.decode()
    assert 'role="alert"' in text
    if content:
        assert part in text
        assert name in text
    problem = anas.upload(content, name)
    assert (problem.status_code, problem["Content-Type"]) == (422, "application/problem+json"), problem.content
    told = problem.json()
    assert (told["code"], told["field"]) == ("bad_statement", "file")
    assert part in told["detail"]
    assert told["detail"].startswith(name)
    assert "\0" not in told["detail"]
    with acting_as(Actor.for_person(ana)):
        assert (Upload.objects.count(), Line.objects.count()) == (0, 0)


def test_fifty_megabytes_are_refused_before_they_are_read(
    browser: Client, anas: Program, ana: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of more than 2 MB stands on disk; what is too large is never read into memory."""
    content = b"Date;Libelle;Montant\n" + b"01/10/2026;CAFE;-2,50\n" * 2_300_000
    assert len(content) > 50_000_000

    def in_pieces(file: TemporaryUploadedFile) -> Any:
        def read(size: int = -1) -> bytes:
            assert 0 < size <= PIECE_BYTES_MAX, "read in one piece"
            assert file.file is not None
            return bytes(file.file.read(size))

        return read

    monkeypatch.setattr(TemporaryUploadedFile, "read", property(in_pieces))
    page = browser.post("/forest/import", {"file": SimpleUploadedFile("long.csv", content), "country": "FR"})
    assert page.status_code == 422
    assert "at most 10 MB" in page.content.decode()
    problem = anas.upload(content, "long.csv")
    assert (problem.status_code, problem.json()["code"], problem.json()["field"]) == (413, "too_large", "file")
    with acting_as(Actor.for_person(ana)):
        with pytest.raises(Refusal, match="too_large"):
            importing.receive(ana, UUID(int=1), "long.csv", content, "FR")
        assert Upload.objects.count() == 0


def test_bad_lines_are_named_and_the_good_ones_kept(browser: Client, anas: Program, ana: UUID) -> None:
    rows = ["Date;Libelle;Montant;Devise", "01/10/2026;CAFE;-2,50;EUR", "45/10/2026;CAFE;-2,50;EUR"]
    rows += ["03/10/2026;CAFE;beaucoup;EUR", "04/10/2026;CHATEAU;-90000000000,00;EUR"]
    seen = anas.upload("\n".join(rows).encode(), "mixed.csv").json()
    assert (seen["lines_new"], seen["lines_bad"]) == (1, 3)
    page = browser.get(f"/forest/import/{seen['upload']['id']}").content.decode()
    for number, field in ((3, "date"), (4, "amount"), (5, "amount")):
        assert f"Line {number}, {field}" in page
    kept = anas.post(f"/statements/{seen['upload']['id']}/confirm").json()
    assert (kept["lines_added"], kept["lines_bad"]) == (1, 3)


def test_the_largest_line_that_is_taken_can_be_summed(anas: Program, ana: UUID) -> None:
    rows = [f"{day:02}/10/2026;STATION TOTAL CARBURANT;-400000,00;EUR" for day in range(1, 29)]
    seen = anas.upload("\n".join(["Date;Libelle;Montant;Devise", *rows]).encode(), "rich.csv").json()
    assert (seen["lines_new"], seen["lines_bad"]) == (28, 0)
    anas.post(f"/statements/{seen['upload']['id']}/confirm")
    assert anas.get("/months/2026/10").json()["micrograms"] == seen["micrograms"] > 28 * 5 * 10**14
    with acting_as(Actor.for_person(ana)):
        assert queries.trend(ana, queries.span(ana)[1])[-1].micrograms == seen["micrograms"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 300 + ".csv", "<script>alert(1)</script>.csv", "é\n.csv"])
def test_an_odd_name_is_shown_and_not_obeyed(browser: Client, ana: UUID, statement: bytes, name: str) -> None:
    answer = browser.post("/forest/import", {"file": SimpleUploadedFile(name, statement), "country": "FR"})
    if answer.status_code == 302:
        with acting_as(Actor.for_person(ana)):
            kept = Upload.objects.get()
            assert len(kept.name) <= limits.NAME_CHARACTERS_MAX
        page = browser.get(answer["Location"]).content.decode()
        assert "<script>alert" not in page
        assert escape(kept.name) in page
    else:
        assert answer.status_code == 422


@pytest.mark.parametrize("country", ["fr", "FRA", "F\0", "1A"])
def test_a_country_that_is_none_is_refused(browser: Client, anas: Program, statement: bytes, country: str) -> None:
    problem = anas.upload(statement, "bank.csv", country)
    assert (problem.status_code, problem.json()["field"]) == (422, "country")
    page = browser.post("/forest/import", {"file": SimpleUploadedFile("bank.csv", statement), "country": country})
    assert page.status_code == 422


def test_a_csv_of_unknown_columns_is_refused_by_the_api_until_they_are_said(anas: Program, ana: UUID) -> None:
    content = b"wann;was;wieviel\nam 3.;CAFE;2,50\n"
    problem = anas.upload(content, "odd.csv")
    assert (problem.status_code, problem.json()["code"]) == (422, "columns_unknown")
    assert "odd.csv" in problem.json()["detail"]
    rows = b"1;2026-11-03;alpha;12,40\n2;2026-11-04;beta;8,15\n"
    said: dict[str, Any] = {"date": "1", "amount": "3", "text": "2", "spent_is_positive": "true"}
    assert anas.upload(rows, "odd.csv", **said).json()["lines_new"] == 2
    beyond = anas.upload(rows, "odd.csv", date="1", amount="9")
    assert (beyond.status_code, beyond.json()["code"]) == (422, "columns_unknown")
    with acting_as(Actor.for_person(ana)):
        assert Upload.objects.count() == 1
