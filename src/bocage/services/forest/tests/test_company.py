"""A company's papers: previewed, kept once, worked out; only those with a role see them. All of it is made up."""

import io
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from bocage.engines.carbon.business import CATEGORIES
from bocage.engines.carbon.business.measures import MEASURES
from bocage.engines.carbon.business.tables import tables
from bocage.engines.statements.accounts.tests import samples
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.services.forest import company, company_words, limits
from bocage.services.forest.actions import company as accounts
from bocage.services.forest.company_columns import CompanyColumns
from bocage.services.forest.models import CompanyFile, CompanyYear
from bocage.services.forest.tests.conftest import PASSWORD, make_person
from bocage.services.forest.tests.test_together import at_once

QUERIES_MAX = {"/forest/company": 16, "/forest/company/files/{file}": 18}
FEC = samples.FEC.encode("iso-8859-15")


def make_company(owner: UUID, handle: str = "joinery") -> UUID:
    with acting_as(Actor.nobody()):
        return identity.create_organisation(
            handle=handle, name="Menuiserie Inventée", kind="merchant", mcc="5712", country="FR", owner_id=owner,
            verified=True,
        ).id  # fmt: skip


def acting(owner: UUID, firm: UUID) -> Any:
    return acting_as(Actor.for_person(owner, firm))


def hand_in(firm: UUID, content: bytes, name: str = "books.txt") -> UUID:
    file_id = accounts.receive(firm, uuid4(), name, content)
    accounts.keep(firm, file_id)
    return file_id


def browser(owner: UUID, firm: UUID) -> Client:
    client = Client()
    assert client.login(email="ana.morel@example.org", password=PASSWORD)
    session = client.session
    session[ACTING_FOR_SESSION_KEY] = str(firm)
    session.save()
    return client


@pytest.mark.django_db
def test_a_file_counts_once_kept_and_not_when_removed(ana: UUID) -> None:
    firm = make_company(ana)
    with acting(ana, firm):
        books = hand_in(firm, FEC)
        alone = company.year(firm, 2025).result
        assert alone is not None
        assert alone["location"]["micrograms"] > 0
        hand_in(firm, samples.METER_INDEX.encode(), "meters.csv")
        both = company.year(firm, 2025).result
        assert both is not None
        assert {"reason": "a meter counts it", "records": 1, "net_minor": 100_000} in both["left_out"]
        assert company.years(firm) == [2025]
        # The same bytes under another name, and the same file again, add nothing.
        hand_in(firm, FEC, "again.txt")
        accounts.keep(firm, books)
        assert company.year(firm, 2025).result == both
        assert CompanyFile.objects.filter(state="kept").count() == 2
        accounts.remove(firm, books)
        only_meters = company.year(firm, 2025).result
        assert only_meters is not None
        assert only_meters["left_out"] == []


@pytest.mark.django_db
def test_a_wrong_file_is_one_sentence_and_changes_nothing(ana: UUID) -> None:
    firm = make_company(ana)
    with acting(ana, firm):
        for content, said in (
            (FEC.replace(b"\t1000,00\t", b"\t1000,01\t"), "line 2, Debit"),
            (samples.CII.replace("550.00", "lots").encode(), "line"),
            (samples.pdf_with("notes.txt", b"hello"), "no invoice"),
            (b"nothing at all", "statement"),
            (b"\0\0", "NUL"),
        ):
            with pytest.raises(Refusal) as refused:
                accounts.receive(firm, uuid4(), "wrong", content)
            assert said in str(refused.value.message)
        with pytest.raises(Refusal) as refused:
            accounts.receive(firm, uuid4(), "big", b"x" * 10_000_001)
        assert refused.value.code == "too_large"
        assert not CompanyFile.objects.exists()


@pytest.mark.django_db
def test_another_company_and_its_owner_see_nothing(ana: UUID, wei: UUID) -> None:
    firm, other = make_company(ana), make_company(wei, "other")
    with acting(ana, firm):
        file_id = hand_in(firm, FEC)
    with acting(wei, other):
        assert company.files(other) == []
        assert not CompanyFile.objects.exists()
        assert not CompanyYear.objects.exists()
        with pytest.raises(Refusal) as refused:
            accounts.receive(other, file_id, "mine", FEC)
        assert refused.value.code == "id_conflict"
        with pytest.raises(Refusal):
            company.preview(other, file_id)
    with acting_as(Actor.for_service("forest")):
        assert not CompanyFile.objects.exists()


@pytest.mark.django_db
def test_a_cashier_sees_no_accounts(ana: UUID, wei: UUID) -> None:
    firm = make_company(ana)
    with acting(ana, firm):
        identity.add_member(firm, wei, "cashier", by_id=ana)
    client = Client()
    assert client.login(email="wei.lin@example.org", password=PASSWORD)
    session = client.session
    session[ACTING_FOR_SESSION_KEY] = str(firm)
    session.save()
    assert client.get("/forest/company").status_code == 403
    assert client.get("/forest/company/2025.csv").status_code == 403


def test_the_same_file_kept_by_many_at_once_counts_once(fresh_database: str) -> None:
    ana = make_person("Ana Morel")
    firm = make_company(ana)
    with acting(ana, firm):
        ids = [accounts.receive(firm, uuid4(), f"{n}.txt", FEC) for n in range(4)]

    def keep(n: int) -> None:
        with acting(ana, firm):
            accounts.keep(firm, ids[n])

    at_once(*(partial(keep, n) for n in range(4)))
    with acting(ana, firm):
        assert CompanyFile.objects.filter(state="kept").count() == 1
        assert CompanyYear.objects.count() == 1


@pytest.mark.django_db
def test_pages_empty_full_and_failing(ana: UUID, django_assert_max_num_queries: Any) -> None:
    firm = make_company(ana)
    client = browser(ana, firm)
    assert "No papers of this year yet" in client.get("/forest/company").content.decode()
    wrong = SimpleUploadedFile("w.txt", FEC.replace(b"\t1000,00\t", b"\t1000,01\t"))
    answer = client.post("/forest/company", {"file_id": str(uuid4()), "file": wrong})
    assert answer.status_code == 422
    assert "does not balance" in answer.content.decode()
    for name, content in (("fec.txt", FEC), ("i.pdf", samples.pdf_with("factur-x.xml", samples.CII.encode()))):
        file_id = uuid4()
        answer = client.post("/forest/company", {"file_id": str(file_id), "file": SimpleUploadedFile(name, content)})
        assert answer.headers["Location"] == f"/forest/company/files/{file_id}"
        with django_assert_max_num_queries(QUERIES_MAX["/forest/company/files/{file}"]):
            assert client.get(answer.headers["Location"]).status_code == 200
        assert client.post(answer.headers["Location"], {"answer": "keep"}).status_code == 302
    said = {"revenue": "500000", "contract_kg_a_kwh": "0", "contract_percent": "50"}
    assert client.post("/forest/company/2025/settings", said).status_code == 302
    with django_assert_max_num_queries(QUERIES_MAX["/forest/company"]):
        page = client.get("/forest/company?year=2025").content.decode()
    assert "Carburants du Marais" in page
    assert "GHG intensity" in page
    table = client.get("/forest/company/2025.csv").content.decode()
    assert 'Gross Scope 1 GHG emissions (tCO2eq),"E1-6 §44(a), §48(a)",tCO2eq,' in table
    paper = client.get("/forest/company/2025.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    for words in ("Menuiserie Inventée", "ESRS E1-6", "VSME B3", "Method, boundaries"):
        assert words in text
    assert client.get("/forest/company/2024.pdf").status_code == 404


@pytest.mark.django_db
def test_a_year_may_begin_in_any_month_and_a_program_reads_it(ana: UUID) -> None:
    firm = make_company(ana)
    client = browser(ana, firm)
    with acting(ana, firm):
        hand_in(firm, FEC)
        calendar = company.year(firm, 2025).result
        token = identity.create_token(ana, "books", ["forest:read"], life=timedelta(days=1), subject_id=firm)[1]
        own = identity.create_token(ana, "own", ["forest:read"], life=timedelta(days=1))[1]
    assert calendar is not None
    said = {"contract_percent": "100", "first_month": "7"}
    assert client.post("/forest/company/2025/settings", said).status_code == 302
    with acting(ana, firm):
        numbers = company.years(firm)
        both = [company.year(firm, number).result for number in numbers]
        assert {row.first_month for row in CompanyYear.objects.all()} == {7}
    assert set(numbers) <= {2024, 2025}
    # Whatever year a line falls in, it counts in one of them, once.
    assert sum(each["location"]["micrograms"] for each in both if each) == calendar["location"]["micrograms"]
    page = client.get(f"/forest/company?year={numbers[0]}").content.decode()
    assert all(f"{number}/{(number + 1) % 100}" in page for number in numbers)

    def asked(year: int, bearer: str) -> Any:
        return Client().get(f"/api/v1/forest/company/{year}", headers={"Authorization": f"Bearer {bearer}"})

    report = asked(numbers[0], token).json()
    assert (report["begins"], report["ends"]) == (f"{numbers[0]}-07-01", f"{numbers[0] + 1}-06-30")
    assert [each["reference"] for each in report["vsme_b3"]].count("B3 §29") == 9
    assert asked(1999, token).status_code == 404
    assert asked(numbers[0], own).json()["code"] == "not_a_company"
    bad = client.post("/forest/company/2025/settings", {"contract_percent": "100", "first_month": "13"}, follow=True)
    assert bad.status_code == 200
    with acting(ana, firm):
        assert company.first_month(firm) == 7


@pytest.mark.django_db
def test_a_refused_action_of_the_page_leaves_everything_as_it_was(ana: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = make_company(ana)
    client = browser(ana, firm)
    with acting(ana, firm):
        kept = hand_in(firm, FEC)
        waiting = accounts.receive(firm, uuid4(), "meters.csv", samples.METER_INDEX.encode())
        before = company.year(firm, 2025)
    # Even no line at all is too many.
    monkeypatch.setattr(limits, "COMPANY_RECORDS_MAX", -1)
    for address, said in (
        (f"files/{waiting}", {"answer": "keep"}),
        (f"files/{kept}", {"answer": "remove"}),
        ("2025/settings", {"revenue": "500000", "contract_kg_a_kwh": "0", "contract_percent": "50"}),
    ):
        answer = client.post(f"/forest/company/{address}", said, follow=True)
        assert "Your files hold too many lines" in answer.content.decode()
    with acting(ana, firm):
        states = dict(CompanyFile.objects.values_list("pk", "state"))
        assert (states[kept], states[waiting] == "kept") == ("kept", False)
        assert company.year(firm, 2025) == before


def test_everything_that_the_engine_says_can_be_translated() -> None:
    assert dict(CATEGORIES) == company_words.CATEGORY_TITLES
    assert {each.title for each in tables().activities.values()} == set(company_words.ACTIVITIES)
    assert {text for each in MEASURES for text in (each.title, each.says)} == set(company_words.MEASURES)


UNKNOWN = b"Releve;Valeur X;Repere\n31/01/2025;1200;A1\n28/02/2025;900;A1\n"
AS_METER = {"kind": "meter", "date": "0", "quantity": "1", "text": "2", "energy": "electricity", "unit": "kWh"}


@pytest.mark.django_db
def test_a_csv_of_unknown_columns_waits_until_somebody_says_what_they_hold(ana: UUID) -> None:
    firm = make_company(ana)
    client = browser(ana, firm)
    with acting(ana, firm):
        file_id = accounts.receive(firm, uuid4(), "export.csv", UNKNOWN)
        row = CompanyFile.objects.get(pk=file_id)
        assert (row.state, row.records, row.first_on) == ("columns", 0, None)
        with pytest.raises(Refusal, match="Say first"):
            accounts.keep(firm, file_id)
        assert company.years(firm) == []
    address = f"/forest/company/files/{file_id}"
    assert client.get(address)["Location"] == f"{address}/columns"
    assert b"Valeur X" in client.get(f"{address}/columns").content
    assert b"Which column holds what?" in client.get("/forest/company").content
    for wrong, said in (
        ({"energy": ""}, b"Say what the meter counts"),
        ({"kind": "payments"}, b"Choose the column of the amount"),
        ({"kind": "fuel", "quantity": ""}, b"the product and of the litres"),
        ({"quantity": "2"}, b"is not"),
    ):
        bad = client.post(f"{address}/columns", AS_METER | wrong)
        assert bad.status_code == 422
        assert said in bad.content, wrong
    assert client.post(f"{address}/columns", AS_METER)["Location"] == address
    assert b"Say what its columns hold" in client.get(address).content
    # Asked again, the page knows what was said.
    again = client.get(f"{address}/columns").content
    assert b'<option value="meter" selected>' in again
    assert b'<option value="kWh" selected>' in again
    assert client.post(address, {"answer": "keep"}).status_code == 302
    with acting(ana, firm):
        year = company.year(firm, 2025).result
        assert year is not None
        (electricity,) = (each for each in year["categories"] if each["id"] == "2-location")
        assert electricity["records"] == 2
        # What is kept stays as it was read.
        accounts.choose_columns(
            firm, file_id, CompanyColumns(kind="meter", date=0, quantity=1, energy="gas", unit="kWh")
        )
        chosen = CompanyFile.objects.get(pk=file_id).columns
        assert chosen is not None
        assert chosen["energy"] == "electricity"
        # Nor does the page of its columns offer to forget what is kept.
        assert client.get(f"{address}/columns")["Location"] == address
        accounts.remove(firm, file_id)
        assert company.year(firm, 2025).result is None


@pytest.mark.django_db
def test_a_table_of_as_many_lines_as_a_company_may_hand_in_can_be_asked_about(ana: UUID) -> None:
    firm = make_company(ana)
    days = b"".join(b"%02d/01/2025;%d;A1\n" % (at % 28 + 1, at) for at in range(limits.UPLOAD_LINES_MAX + 100))
    with acting(ana, firm):
        file_id = accounts.receive(firm, uuid4(), "export.csv", b"Releve;Valeur X;Repere\n" + days)
        assert CompanyFile.objects.get(pk=file_id).state == "columns"
        assert company.choices(firm, file_id).rows[0][1] == "Valeur X"


@pytest.mark.django_db
def test_what_is_no_table_is_refused_at_once(ana: UUID) -> None:
    firm = make_company(ana)
    with acting(ana, firm):
        for content in (b"one word", b"\0\0\0", b"a;b\n"):
            with pytest.raises(Refusal):
                accounts.receive(firm, uuid4(), "odd.csv", content)
        assert not CompanyFile.objects.exists()
