"""Forest's pages in a real browser: in everybody's reach, within the policy, on a phone and wide, by day and by night.

`BOCAGE_SHOTS=FOLDER` keeps a picture of each.
"""

import os
import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.ids import uuid7
from bocage.services.forest.actions import account_sharing
from bocage.services.forest.tests.conftest import PASSWORD, make_person
from bocage.services.forest.tests.test_pages import full
from bocage.services.forest.tests.test_together import befriend

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = Path(__file__).parents[5] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("BOCAGE_SHOTS", "")
TOUCH_PX = 46
EMPTY = ("/forest/", "/forest/lines", "/forest/import", "/forest/trees")
FULL = (
    *EMPTY,
    "/forest/notes",
    "/forest/shared",
    "/forest/lines/{note}",
    "/forest/lines/{line}",
    "/forest/import/{preview}",
    "/forest/import/{columns}/columns",
)
# A page is loaded once in each language and looked at in two windows.
LOOKS = {
    "en": ((390, 844, "light"), (1280, 900, "light")),
    "fr": ((1280, 900, "dark"), (320, 640, "dark")),
}
PATIENCE_MS = 30_000


HABITS = (
    ("RATP METRO PARIS", "-2,50", 0.5),
    ("CARREFOUR MARKET PARIS 11", "-48,90", 0.3),
    ("BOULANGERIE DU COIN", "-3,20", 0.4),
    ("STATION TOTAL CARBURANT", "-61,30", 0.06),
    ("EDF CLIENTS PARTICULIERS", "-84,00", 0.033),
    ("AIR FRANCE 0571234567890", "-189,00", 0.01),
    ("ZARA PARIS RIVOLI", "-39,95", 0.04),
    ("XQ 9931 SARL", "-27,00", 0.04),
    ("PHARMACIE DES TILLEULS", "-8,90", 0.07),
    ("VIREMENT LOYER", "-780,00", 0.033),
)


def half_a_year() -> bytes:
    """A bank's CSV of six months of ordinary life."""
    chance, today = random.Random(11), clock.now().date()
    rows = ["Date;Libellé;Montant;Devise"]
    for days in range(180, 20, -1):
        day = today - timedelta(days=days)
        rows += [f"{day:%d/%m/%Y};{text};{amount};EUR" for text, amount, odds in HABITS if chance.random() < odds]
    return ("\n".join(rows) + "\n").encode()


@pytest.fixture
def ids(fresh_database: str, request: pytest.FixtureRequest) -> dict[str, UUID]:
    """Ana with everything, Wei with a friend alone; both speak the language of the test."""
    callspec = getattr(request.node, "callspec", None)
    language = callspec.params["language"] if callspec else "en"
    ana = make_person("Ana Morel", language)
    made = full(ana, half_a_year())
    wei = make_person("Wei Lin", language)
    befriend(ana, wei, "wei.lin")
    with acting_as(Actor.for_person(ana)):
        household = account_sharing.propose(ana, uuid7(), wei, "Rue des Tilleuls", 60).id
    with acting_as(Actor.for_person(wei)):
        account_sharing.agree(wei, household)
        account_sharing.propose(wei, uuid7(), ana, "Holidays", 50)
    return made


@pytest.fixture
def chromium(live_site: str, ids: dict[str, UUID]) -> Iterator[tuple[Browser, str]]:
    path = os.environ.get("BOCAGE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium: install one, or name it in BOCAGE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser, live_site
        browser.close()


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def opened(browser: Browser, address: str, language: str) -> tuple[Page, list[str]]:
    context = browser.new_context(base_url=address, locale=language, service_workers="block")
    page, wrong = context.new_page(), []
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    return page, wrong


def look_at(page: Page, name: str, language: str) -> list[object]:
    """What is wrong with the page as it stands, in each window, and its pictures."""
    found: list[object] = []
    if AXE.exists():
        page.evaluate(AXE.read_text())
    for width, height, scheme in LOOKS[language]:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        if SHOTS:
            page.wait_for_timeout(600)
            page.screenshot(path=f"{SHOTS}/{width}-{scheme}-{language}-{name}.png", full_page=True)
        found += [f"at {width}, {scheme}: {wrong}" for wrong in in_this_window(page)]
    return found


def in_this_window(page: Page) -> list[object]:
    found: list[object] = []
    if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
        found.append("wider than the window")
    found += page.evaluate(
        """least => [...document.querySelectorAll("main a, main button, main summary, main select, main input")]
             .filter(each => { const box = (each.closest("label") ?? each).getBoundingClientRect();
               return box.width && !each.matches("p a, .link, .error-summary a, input[type=file]")
                 && box.height < least - 0.5; })
             .map(each => each.outerHTML.slice(0, 120))""",
        TOUCH_PX,
    )
    if AXE.exists():
        found += page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then("
            "found => found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 160))]))",
            AXE_RULES,
        )
    return found


@pytest.mark.parametrize("language", LOOKS)
def test_each_page_is_in_everybodys_reach(chromium: tuple[Browser, str], ids: dict[str, UUID], language: str) -> None:
    browser, address = chromium
    found: dict[str, object] = {}
    for email, paths, state in (("wei.lin", EMPTY, "empty"), ("ana.morel", FULL, "full")):
        page, wrong = opened(browser, address, language)
        sign_in(page, f"{email}@example.org")
        for path in paths:
            page.goto(path.format(**ids))
            name = path.replace("/", "_").strip("_").replace("{", "").replace("}", "")
            if broken := look_at(page, f"{state}-{name}", language):
                found[f"{state} {path}"] = broken
        if state == "empty":
            found |= {f"failing {at}": broken for at, broken in enumerate(failing(page, language)) if broken}
        page.context.close()
        harmless = ("Failed to load resource", "Transition was")
        assert [text for text in wrong if not text.startswith(harmless)] == []
    assert found == {}


def failing(page: Page, language: str) -> Iterator[list[object]]:
    """Pages that show an error: a file that is no statement, columns that do not fit, too many grams."""
    page.goto("/forest/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"Dear bank"}
    )
    page.locator("main form button.primary").click()
    page.locator(".error-summary").wait_for()
    yield look_at(page, "failing-import", language)
    page.goto("/forest/lines/00000000-0000-7000-8000-000000000000")
    yield look_at(page, "failing-line", language)


def test_columns_are_chosen_and_a_category_is_corrected(chromium: tuple[Browser, str], ids: dict[str, UUID]) -> None:
    browser, address = chromium
    page, wrong = opened(browser, address, "en")
    sign_in(page, "ana.morel@example.org")
    page.goto("/forest/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "odd.csv", "mimeType": "text/csv", "buffer": b"1|2026-11-03|alpha|12,40\n2|2026-11-04|beta|8,15\n"}
    )
    page.get_by_role("button", name="Show me first").click()
    if page.url.endswith("/columns") is False:
        page.get_by_role("link", name="Choose the columns").click()
    page.get_by_label("Date").select_option("1")
    page.get_by_label("Amount", exact=False).first.select_option("3")
    page.get_by_label("Text: who was paid").select_option("2")
    page.get_by_label("Amounts without a sign are money out").check()
    page.get_by_role("button", name="Read it so").click()
    page.get_by_role("button", name="Keep 2 new lines").click()
    page.goto("/forest/lines?month=2026-11")
    page.get_by_role("link", name="alpha").click()
    page.get_by_text("Is it something else?").click()
    page.get_by_label("It was").select_option("groceries")
    page.get_by_role("button", name="Weigh anew").click()
    expect(page.get_by_text("1 line follows.")).to_be_visible()
    expect(page.get_by_text("as you said")).to_be_visible()
    page.goto("/forest/")
    page.get_by_role("button", name="Collect").click()
    expect(page.get_by_text("You collected")).to_be_visible()
    assert wrong == []
