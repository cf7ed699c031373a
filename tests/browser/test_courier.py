"""The courier's phone without a connection: the page opens, and what is scanned stays on the phone until it is sent."""

import io
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connections
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from bocage.demo import city, town
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel.actions import scanning
from bocage.services.parcel.actions.scanning import Scan
from bocage.services.parcel.models import DeliveryCode, ShipmentRow
from tests.browser.conftest import Site, sign_in, speak

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


def test_pictures_taken_without_a_connection_reach_the_receiver(site: Site, chromium: Browser) -> None:
    with ThreadPoolExecutor(1) as pool:
        carrier_id, parcel_id, number, code = pool.submit(_on_its_way_to_wei).result()
    phone, hers = (_phone(chromium, site) for _each in range(2))
    wei = next(each for each in town.PEOPLE if each.handle == "weilin")
    for each in (town.MARCO, wei):
        speak(each, "en")
    sign_in(phone, town.MARCO)
    page = phone.new_page()
    page.goto("/me/acting")
    page.locator(f"form:has(input[value='{carrier_id}']) button").click()
    expect(page.get_by_text("you now act for Moulin Café")).to_be_visible()
    page.goto("/parcel/courier/")
    expect(page.locator("courier-tour")).to_have_attribute("data-offline", "ready")
    expect(page.get_by_text(number)).to_be_visible()
    phone.set_offline(True)
    page.select_option("#scan-kind", "deliver")
    page.locator("#scan-code").fill(number)
    page.locator("#receiver-code").fill(code)
    page.get_by_text("Add a photo or a signature").click()
    page.locator("#proof-photo").set_input_files(
        {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("This picture cannot be read.")).to_be_visible()
    photo = io.BytesIO()
    Image.new("RGB", (3_000, 2_000), "green").save(photo, "JPEG")
    page.locator("#proof-photo").set_input_files(
        {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    # The keyboard's way to sign.
    page.locator("#signature-name").fill("Wei Lin")
    page.get_by_role("button", name="Done").click()
    pictures = page.locator("[data-if=pictures]")
    expect(pictures).to_contain_text("2 pictures wait to be sent")
    page.reload()
    expect(pictures).to_contain_text("2 pictures wait to be sent")
    phone.set_offline(False)
    expect(pictures).to_be_hidden()
    expect(page.locator("[data-if=refused]")).to_be_hidden()
    sign_in(hers, wei)
    seen = hers.new_page()
    seen.goto(f"/parcel/p/{parcel_id}")
    for title, width in (("Photo at the door", 1_280), ("Signature", 900)):
        picture = seen.get_by_role("img", name=title)
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", width)


def _phone(chromium: Browser, site: Site) -> BrowserContext:
    context = chromium.new_context(
        base_url=site.address, viewport={"width": 390, "height": 844}, locale="en-GB", service_workers="allow"
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return context


def _on_its_way_to_wei() -> tuple[UUID, UUID, str, str]:
    """A carrier, and a parcel that Marco, who owns it, has with him for Wei: its number and its code."""
    try:
        there = city.found()
        marco, carrier_id = there.people["marco"], there.shops["moulin"]
        with acting_as(Actor.for_service("parcel")):
            row = ShipmentRow.objects.get(carrier_id=carrier_id, receiver_id=there.people["weilin"], status__gt=0)
            code = DeliveryCode.objects.get(shipment_id=row.id).code
        assert row.s10 is not None
        with acting_as(Actor.for_person(marco, carrier_id)):
            assert scanning.sync(carrier_id, marco, [Scan(uuid4(), row.s10, "load", clock.now())])[0].done
        return carrier_id, row.id, row.s10, code
    finally:
        connections.close_all()
