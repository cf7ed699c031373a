"""A company's pages in a real browser, empty, full and failing, on a phone and wide, by day and by night."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, Page

from bocage.engines.statements.accounts.tests import samples
from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.ids import uuid7
from bocage.services.forest.actions import company as accounts
from bocage.services.forest.tests.conftest import make_person
from bocage.services.forest.tests.test_browser import LOOKS, chromium, look_at, opened, sign_in
from bocage.services.forest.tests.test_company import FEC, UNKNOWN, acting, hand_in, make_company

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

__all__ = ["chromium"]
BOUGHT = (
    ("60110000", "Bois et panneaux", "Scierie Imaginée", 2_450_000, "Planches de chêne"),
    ("60220000", "Peintures", "Couleurs du Lac", 380_000, "Vernis"),
    ("60630000", "Petit équipement", "Outillage Rêvé", 214_000, "Outils"),
    ("61320000", "Location de l'atelier", "SCI du Canal", 1_800_000, "Loyer"),
    ("62260000", "Honoraires", "Cabinet Fictif", 460_000, "Expert comptable"),
    ("62410000", "Transports sur achats", "Transports Fabule", 690_000, "Fret"),
    ("62510000", "Voyages", "SNCF", 52_000, "Billet de train"),
    ("62600000", "Téléphone", "Opérateur Conté", 74_000, "Internet"),
    ("21830000", "Matériel informatique", "Écrans & Co", 320_000, "Ordinateurs"),
    ("64110000", "Salaires", "", 9_600_000, "Salaires"),
)


def books() -> bytes:
    """A made-up joinery's year, a line of each account a month."""
    rows = [samples.FEC_HEAD]
    for month in range(1, 13):
        for place, (account, title, party, year_minor, text) in enumerate(BOUGHT):
            minor = year_minor // 12
            euros = f"{minor // 100},{minor % 100:02}"
            day, number = f"2025{month:02}{place + 5:02}", f"{month}{place:02}"
            owed = ("40100000", "Fournisseurs") if party else ("42100000", "Personnel")
            rows.append(samples.fec_line(number, day, account, title, euros, "", text=text, ref=f"F{number}"))
            rows.append(samples.fec_line(number, day, *owed, "", euros, party=party, ref=f"F{number}"))
    return ("\n".join(rows) + "\n").encode()


@pytest.fixture
def ids(fresh_database: str, request: pytest.FixtureRequest) -> dict[str, UUID]:
    """Ana's joinery with a year of papers, Wei's with none."""
    language = request.node.callspec.params["language"]
    ana, wei = make_person("Ana Morel", language), make_person("Wei Lin", language)
    full, empty = make_company(ana), make_company(wei, "other")
    with acting(ana, full):
        file_id = hand_in(full, books(), "000000001FEC20251231.txt")
        hand_in(full, samples.pdf_with("factur-x.xml", samples.CII.encode()), "facture-17.pdf")
        hand_in(full, samples.FUEL_CARD.encode(), "carte-carburant.csv")
        hand_in(full, samples.METER_INDEX.encode(), "compteur.csv")
        unknown = uuid7()
        accounts.receive(full, unknown, "export.csv", UNKNOWN)
    return {"ana": full, "wei": empty, "file": file_id, "columns": unknown}


def act_for(page: Page, firm: UUID) -> None:
    key = next(each["value"] for each in page.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME)

    def choose() -> None:
        session = import_module(settings.SESSION_ENGINE).SessionStore(session_key=key)
        session[ACTING_FOR_SESSION_KEY] = str(firm)
        session.save()
        connection.close()

    # Playwright's loop runs in this thread, and Django asks for one without.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(choose).result()


@pytest.mark.parametrize("language", LOOKS)
def test_a_companys_pages_are_in_everybodys_reach(
    chromium: tuple[Browser, str],
    ids: dict[str, UUID],
    language: str,
) -> None:
    browser, address = chromium
    found: dict[str, list[object]] = {}
    for name in ("wei.lin", "ana.morel"):
        page, wrong = opened(browser, address, language)
        sign_in(page, f"{name}@example.org")
        act_for(page, ids[name[:3]])
        page.goto("/forest/company")
        found[f"{name} year"] = look_at(page, f"company-{name}-year", language)
        if name == "ana.morel":
            page.goto(f"/forest/company/files/{ids['file']}")
            found["file"] = look_at(page, "company-file", language)
            page.goto(f"/forest/company/files/{ids['columns']}")
            found["columns"] = look_at(page, "company-columns", language)
            page.locator("form button.primary").click()
            page.locator(".error-summary").wait_for()
            found["columns failing"] = look_at(page, "company-columns-failing", language)
        page.goto("/forest/company")
        page.locator("input[type=file]").set_input_files(
            {"name": "w.txt", "mimeType": "text/plain", "buffer": FEC.replace(b"\t1000,00\t", b"\t1000,01\t")}
        )
        page.locator("form[enctype] button.primary").click()
        page.locator(".error-summary").wait_for()
        found[f"{name} failing"] = look_at(page, f"company-{name}-failing", language)
        assert [text for text in wrong if not text.startswith(("Failed to load resource", "Transition was"))] == []
        page.context.close()
    assert {at: broken for at, broken in found.items() if broken} == {}
