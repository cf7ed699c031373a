"""The courier's phone without a connection: the page opens, and what is scanned stays on the phone until it is sent."""

import pytest
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000


def test_the_page_opens_and_keeps_scans_without_a_connection(live_site: str, chromium_path: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context(base_url=live_site, viewport={"width": 390, "height": 844}, locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page = context.new_page()
        page.goto("/parcel/courier/")
        expect(page.locator("courier-tour")).to_have_attribute("data-offline", "ready")
        context.set_offline(True)
        page.reload()
        expect(page.get_by_text("No connection: scans are kept on this phone.")).to_be_visible()
        page.locator("#scan-code").fill("9" * 700)
        page.get_by_role("button", name="Done").click()
        waiting = page.locator("[data-if=waiting]")
        expect(waiting).to_contain_text("1 scans wait to be sent")
        page.reload()
        expect(waiting).to_contain_text("1 scans wait to be sent")
        kept = page.evaluate(
            """new Promise((done) => { const asked = indexedDB.open("bocage-courier");
               asked.onsuccess = () => { asked.result.transaction("scans").objectStore("scans").getAll().onsuccess =
                 (event) => done(event.target.result.map((scan) => scan.number.length)); }; })"""
        )
        browser.close()
    # The server takes numbers of up to 600 characters: a longer one would keep all the others from being sent.
    assert kept == [600]
