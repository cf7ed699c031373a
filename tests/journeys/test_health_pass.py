"""The health pass: agree, check in by a poster, be warned, read why, contest or be tested, be green again."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from bocage.engines import passes
from bocage.engines.passes import pictures
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity
from bocage.services.health import colouring, demo, jobs, words
from bocage.services.health.actions import passing, places, scheme, sources
from bocage.services.health.queries import gates, venues
from tests.browser.test_gate import await_fresh_tokens
from tests.journeys.conftest import PASSWORD, Town

pytestmark = pytest.mark.browser


def test_from_check_in_to_green_again(page: Page, town: Town, tmp_path: Path) -> None:
    token, laboratory, staff = elsewhere(lambda: begin_a_scheme(town))
    sign_in(page)
    nothing_is_known_before_one_agrees(page)
    check_in_by_the_poster(page, token)

    # Five days ago they sat at one table; today Wei's test is positive.
    elsewhere(lambda: demo.visit(town.wei, token, 5 * 1440 + 30, 60))
    elsewhere(lambda: demo.visit(town.ana, token, 5 * 1440 + 20, 45))
    elsewhere(lambda: demo.send_result(laboratory, staff, "wei", "positive", "J-1"))
    elsewhere(jobs.match.run)
    see_yellow_and_why(page)
    keep_the_record(page, tmp_path)
    show_codes_without_a_connection(page)

    elsewhere(lambda: demo.send_result(laboratory, staff, "ana", "negative", "J-2"))
    elsewhere(jobs.match.run)
    page.goto("/health/")
    expect(page.get_by_role("heading", name="Green")).to_be_visible()
    page.goto("/notifications")
    expect(page.get_by_text("Your health pass has news").first).to_be_visible()
    expect(page.get_by_text(re.compile("negative|Moulin", re.IGNORECASE))).to_have_count(0)
    take_check_ins_back(page)
    codes_go_with_the_person(page)


def elsewhere[T](act: Callable[[], T]) -> T:
    """Do what others do meanwhile, in a thread of its own: this one belongs to the browser."""
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(act).result()
        finally:
            pool.submit(connections.close_all).result()


def begin_a_scheme(town: Town) -> tuple[str, UUID, UUID]:
    """A scheme, a poster in the café, a laboratory; Wei shares. Token, laboratory and who works there."""
    with acting_as(Actor.nobody()):
        scheme.begin(scheme.Terms("Winter wave", "Decree 12", "2026.1", demo.BUDGET, clock.now() + timedelta(days=30)))
        venue_id = places.open_venue(town.cafe, "Moulin Café", "cafe")
        staff = identity.register(email="l@example.org", password=PASSWORD, handle="lab-staff", display_name="Lab").id
        laboratory = identity.create_organisation(
            handle=demo.LABORATORY, name="Labo", kind="public", mcc="8071", country="FR", owner_id=staff, verified=True
        ).id
        places.register_laboratory(demo.LABORATORY, demo.public_key())
        token = venues.own(town.cafe, venue_id).token
    with acting_as(Actor.for_person(town.wei)):
        for purpose in words.PURPOSES:
            sources.answer(town.wei, purpose, yes=True)
    return token, laboratory, staff


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("ana@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(r"/me/passkey"))


def nothing_is_known_before_one_agrees(page: Page) -> None:
    page.goto("/health/")
    expect(page.get_by_role("heading", name="A pass of your own choosing")).to_be_visible()
    tests = page.get_by_role("listitem").filter(has_text="My test results")
    tests.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("heading", name="Green")).to_be_visible()


def check_in_by_the_poster(page: Page, token: str) -> None:
    page.goto("/health/scan")
    page.get_by_label("Or type the code").fill(f"http://localhost/health/in/{token}")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="I agree, and I am here").click()
    expect(page.get_by_text("You are checked in at Moulin Café.")).to_be_visible()
    expect(page.get_by_text("This phone keeps its own encrypted copy")).to_be_visible()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Leave")).to_have_count(0)


def see_yellow_and_why(page: Page) -> None:
    page.goto("/health/")
    expect(page.get_by_role("heading", name="Yellow")).to_be_visible()
    expect(page.get_by_text("You were near somebody who was probably infectious")).to_be_visible()
    expect(page.get_by_text("café or restaurant").first).to_be_visible()
    expect(page.get_by_text(re.compile("Green again on"))).to_be_visible()
    expect(page.get_by_text("Wei Lin")).to_have_count(0)
    expect(page.get_by_role("button", name="I contest this")).to_be_visible()


def keep_the_record(page: Page, folder: Path) -> None:
    page.goto("/health/history")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Record").first.click()
    file = folder / "record.json"
    downloading.value.save_as(file)
    assert colouring.FORMAT in file.read_text()


def code_shown(page: Page) -> str:
    """What a gate reads on the screen."""
    expect(page.locator("pass-codes")).to_have_attribute("data-state", "ready")
    (text,) = pictures.read_codes(page.locator("pass-codes .code").locator("visible=true").screenshot())
    return text


def codes_kept(page: Page) -> list[str]:
    kept: list[str] = page.evaluate(
        """new Promise((done) => { const asked = indexedDB.open("person-health-codes");
           asked.onsuccess = () => { const codes = asked.result.transaction("codes").objectStore("codes").getAll();
             codes.onsuccess = () => { asked.result.close(); done(codes.result.map((code) => code.drawing)); }; }; })"""
    )
    return kept


def show_codes_without_a_connection(page: Page) -> None:
    """Two more after the first in the same ten minutes, each once; then none until the next ten."""
    await_fresh_tokens()
    page.goto("/health/code")
    expect(page.locator("pass-codes")).to_have_attribute("data-offline", "ready")
    seen, kept = [code_shown(page)], codes_kept(page)
    assert len(kept) == passing.TOKENS_A_BATCH * passing.TOKENS_A_STRETCH - 1
    page.context.set_offline(True)
    for _ in range(2):
        page.reload()
        expect(page.get_by_text("No connection: this is a code that your phone has kept.")).to_be_visible()
        expect(page.get_by_role("heading", name="Yellow")).to_be_visible()
        seen.append(code_shown(page))
    page.get_by_role("link", name="A fresh code for the next gate").click()
    expect(page.get_by_text("The codes of these ten minutes are used up.")).to_be_visible()
    expect(page.locator("pass-codes .code svg")).to_have_count(0)
    assert len(set(seen)) == 3
    assert len(codes_kept(page)) == len(kept) - 2
    page.context.set_offline(False)
    verdicts = elsewhere(lambda: [passes.verify(each, gates.trusted(), clock.now().timestamp()) for each in seen])
    assert [verdict.content and verdict.content["colour"] for verdict in verdicts] == ["yellow"] * 3


def codes_go_with_the_person(page: Page) -> None:
    """When she signs out, and when another person is signed in all at once."""
    names = "indexedDB.databases().then((found) => found.map((each) => each.name))"
    page.evaluate("localStorage.setItem('person', 'somebody else')")
    page.goto("/health/")
    expect_forgotten(page, names)
    # Where nobody can find what was kept, nothing is.
    nameless = page.context.new_page()
    nameless.add_init_script("delete IDBFactory.prototype.databases")
    nameless.goto("/health/code")
    code_shown(nameless)
    nameless.close()
    assert "person-health-codes" not in page.evaluate(names)
    page.goto("/health/code")
    code_shown(page)
    assert "person-health-codes" in page.evaluate(names)
    page.goto("/me")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    expect_forgotten(page, names)


def expect_forgotten(page: Page, names: str) -> None:
    page.wait_for_function(f"{names}.then((found) => !found.includes('person-health-codes'))")


def take_check_ins_back(page: Page) -> None:
    page.goto("/health/sources")
    each = page.get_by_role("listitem").filter(has_text="Where I check in")
    each.get_by_role("button", name="Take back and delete").click()
    expect(page.get_by_text("Taken back, and its data is deleted.")).to_be_visible()
    page.goto("/health/visits")
    expect(page.get_by_text("No check-in", exact=True)).to_be_visible()
