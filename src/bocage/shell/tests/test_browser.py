"""The shell in a real browser: reach, budget, policy, keyboard, camera codes and life without a network."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import segno
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect, sync_playwright

from bocage.shell.tests.test_pages import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = Path(__file__).parents[4] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HOME_MAX_REQUESTS = 10
HOME_MAX_BYTES = 200 * 1024
TOUCH_PX = 46
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((390, "light"), (1280, "dark"), (320, "dark"))
START_SECONDS = 90
# A container's shared memory is often too small for a browser, which then hangs.
BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
CODE = "00020101021226370011fr.bocage.pay0118moulin-cafe-till-26304A13B"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The sample town on a real port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bocage.shell.tests.preview", str(port)]
    address = f"http://localhost:{port}"
    server = subprocess.Popen(command, env={**os.environ, "BOCAGE_MODE": "test"}, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(address):
            assert time.monotonic() < until, "the sample town did not start"
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/offline", timeout=2):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("BOCAGE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium: install one, or name it in BOCAGE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Browser, site: str) -> Iterator[Page]:
    """A phone's page that fails the test when the console shows an error (a broken policy is one)."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=site, service_workers="block")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    # A picture that a test asks for in vain, and a cross-fade that leaving the page cut short, are no faults.
    harmless = ("Failed to load resource", "Transition was")
    assert [text for text in wrong if not text.startswith(harmless)] == []


def test_every_page_is_in_everybodys_reach(chromium: Browser, site: str) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core: run `npm ci --ignore-scripts` in ui/")
    context = chromium.new_context(base_url=site, service_workers="block", reduced_motion="reduce")
    page = context.new_page()
    found: dict[str, object] = {}
    for address in PAGES:
        page.goto(address)
        page.evaluate(AXE.read_text())
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            broken = page.evaluate(
                "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then("
                "found => found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 160))]))",
                AXE_RULES,
            )
            if broken or overflow > 0:
                found[f"{address} at {width}, {scheme}"] = (overflow, broken)
    context.close()
    assert found == {}


def test_what_can_be_touched_is_large_enough(phone: Page) -> None:
    small: dict[str, list[str]] = {}
    for address in PAGES:
        phone.goto(address)
        # Links inside sentences, a word in a table and a skip link are read, not aimed at.
        too_small = phone.evaluate(
            """least => [...document.querySelectorAll("button, a, summary, select, input")].filter(each => {
                 const target = each.closest("label") ?? each;
                 const box = target.getBoundingClientRect();
                 const inText = each.matches("p a, td a, th a, .error-summary a, .skip, .link, .drawer .rail *");
                 return box.width && !inText && box.height < least - 0.5;
               }).map(each => each.outerHTML.slice(0, 120))""",
            TOUCH_PX,
        )
        if too_small:
            small[address] = too_small
    assert small == {}


def test_home_keeps_to_its_budget(phone: Page) -> None:
    done: list[Request] = []
    phone.on("requestfinished", lambda request: done.append(request))
    phone.goto("/")
    phone.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in done]
    transferred = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    assert len(done) <= HOME_MAX_REQUESTS
    assert 0 < transferred <= HOME_MAX_BYTES


def test_search_by_keyboard_alone(phone: Page) -> None:
    phone.goto("/")
    phone.keyboard.press("/")
    phone.wait_for_url("**/search")
    phone.keyboard.type("send")
    expect(phone.locator(".results a")).to_have_count(2)
    phone.keyboard.press("ArrowDown")
    assert "Send money" in str(phone.evaluate("document.activeElement.textContent"))
    phone.keyboard.press("Escape")
    assert phone.evaluate("document.activeElement.id") == "q"
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/sample/send")


def test_words_typed_before_the_script_came_are_answered(phone: Page) -> None:
    held: list[Route] = []
    phone.route("**/htmx*.js", lambda route: held.append(route))
    phone.goto("/search", wait_until="commit")
    phone.locator("#q").press_sequentially("send")
    held[0].continue_()
    expect(phone.locator(".results a")).to_have_count(2)


def test_a_sheet_opens_and_gives_the_focus_back(phone: Page) -> None:
    phone.goto("/gallery/pay_sheet")
    phone.get_by_role("button", name="Split").click()
    assert phone.get_by_role("dialog", name="Split the bill").is_visible()
    phone.keyboard.press("Escape")
    assert not phone.get_by_role("dialog").is_visible()
    assert phone.evaluate("document.activeElement.textContent") == "Split"


def test_an_amount_stays_a_number(phone: Page) -> None:
    phone.goto("/gallery/forms")
    phone.wait_for_selector("amount-input:defined")
    field = phone.get_by_label("Amount")
    field.fill("")
    field.press_sequentially("a12,3x456")
    assert field.input_value() == "12.34"
    phone.get_by_role("button", name="50 €").click()
    assert field.input_value() == "50"


def test_errors_are_told_first_and_lead_to_their_field(phone: Page) -> None:
    phone.goto("/gallery/forms?errors")
    assert "error-summary" in str(phone.evaluate("document.activeElement.className"))
    phone.get_by_role("link", name="To: ").click()
    assert phone.evaluate("document.activeElement.name") == "to"
    described = phone.get_by_label("To", exact=True).get_attribute("aria-describedby") or ""
    assert "id_to_error" in described.split()


def test_a_picture_of_a_code_is_read_under_the_policy(phone: Page, tmp_path: Path) -> None:
    picture = io.BytesIO()
    segno.make(CODE, error="m").save(picture, kind="png", scale=6, border=4)
    file = tmp_path / "code.png"
    file.write_bytes(picture.getvalue())
    phone.goto("/gallery/scan")
    phone.wait_for_selector("qr-scanner:not([data-state=idle])")
    # The next page is waited for: a browser that is closed on its way there may never say that it is closed.
    with phone.expect_request("**/scanned") as sent, phone.expect_navigation():
        phone.get_by_label("A picture of the code").set_input_files(file)
    assert CODE in (sent.value.post_data or "")


def test_a_picture_without_a_code_says_so(phone: Page) -> None:
    icon = Path(__file__).parents[1] / "static" / "icons" / "icon-192.png"
    phone.goto("/gallery/scan")
    phone.wait_for_selector("qr-scanner:not([data-state=idle])")
    phone.get_by_label("A picture of the code").set_input_files(icon)
    phone.get_by_text("No code found in that picture").wait_for()
    phone.get_by_label("A picture of the code").set_input_files(
        {"name": "broken.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    phone.wait_for_selector("qr-scanner[data-state=unreadable]")


def test_a_chart_keeps_its_table(phone: Page) -> None:
    phone.goto("/gallery/console")
    phone.wait_for_selector("line-chart canvas")
    assert phone.locator("line-chart .table tbody tr").count() == 24
    assert phone.locator("line-chart caption").inner_text() == "Transfers an hour"


def test_without_a_network_the_app_says_so(chromium: Browser, site: str) -> None:
    context: BrowserContext = chromium.new_context(base_url=site)
    page = context.new_page()
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    assert page.evaluate("Boolean(navigator.serviceWorker.controller)")
    context.set_offline(True)
    page.goto("/notifications")
    assert page.get_by_role("heading", name="You are offline").is_visible()
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("Inter")
    kept = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(cache => cache.keys()))))"
        ".then(lists => lists.flat().map(request => new URL(request.url).pathname))"
    )
    assert [path for path in kept if not path.startswith("/static/")] == ["/offline"]
    context.close()
