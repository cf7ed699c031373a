"""The main job: sign in, pay a shop, send to a friend, import a statement, see its footprint, collect and plant."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Town

pytestmark = pytest.mark.browser


def test_in_a_browser_on_a_phone(page: Page, town: Town, statement: bytes) -> None:
    sign_in_and_make_a_passkey(page)
    sign_out_and_in_by_passkey(page)
    expect(page.locator(".balance").first).to_contain_text("100")

    pay_the_cafe_by_its_code(page, town.poster, "4.10")
    send_to_a_friend(page, "@wei", "12.50")
    page.goto("/")
    expect(page.locator(".balance").first).to_contain_text("83")
    expect(page.get_by_text("Moulin Café").first).to_be_visible()

    import_a_statement(page, statement)
    agree_to_let_the_forest_grow(page)
    see_why_a_line_weighs_what_it_weighs(page)
    collect_and_plant(page)
    see_and_take_back_what_was_agreed(page)


def sign_in_and_make_a_passkey(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("ana@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(r"/me/passkey"))
    page.get_by_role("link", name="Make a passkey").click()
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="I have kept them safe").click()


def sign_out_and_in_by_passkey(page: Page) -> None:
    page.goto("/me/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile(r"/$"))


def pay_the_cafe_by_its_code(page: Page, poster: str, amount: str) -> None:
    page.get_by_role("link", name="Scan").first.click()
    page.get_by_label("Or type the code").fill(poster)
    page.get_by_role("button", name="Go on").click()
    page.locator("amount-input input, input[name=amount]").first.fill(amount)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Moulin Café").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Pay")).click()
    expect(page).to_have_url(re.compile("done|receipt|payments"))


def send_to_a_friend(page: Page, handle: str, amount: str) -> None:
    page.goto("/pay/send")
    page.get_by_label("To", exact=True).fill(handle)
    page.locator("amount-input input, input[name=amount]").first.fill(amount)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name=re.compile("^Send")).click()
    expect(page.get_by_text("Wei Lin").first).to_be_visible()


def import_a_statement(page: Page, statement: bytes) -> None:
    page.goto("/forest/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "october.csv", "mimeType": "text/csv", "buffer": statement}
    )
    page.get_by_role("button", name="Show me first").click()
    expect(page.get_by_text("october.csv")).to_be_visible()
    page.get_by_role("button", name="Keep 5 new lines").click()
    expect(page).to_have_url(re.compile("/forest/$"))


def agree_to_let_the_forest_grow(page: Page) -> None:
    page.get_by_role("button", name="Yes, I agree").click()
    expect(page.get_by_role("button", name="Yes, I agree")).to_have_count(0)


def see_why_a_line_weighs_what_it_weighs(page: Page) -> None:
    page.goto("/forest/")
    page.get_by_role("link", name="Every line").click()
    if page.get_by_text("RATP METRO PARIS").count() == 0:
        page.locator("nav.tabs a").nth(-2).click()
    page.get_by_role("link", name=re.compile("CARBURANT|METRO")).first.click()
    expect(page.get_by_role("heading", name="Step by step")).to_be_visible()
    expect(page.locator("ol.timeline li").nth(3)).to_be_visible()


def collect_and_plant(page: Page) -> None:
    for _ in range(40):
        page.goto("/forest/")
        if page.get_by_role("button", name=re.compile("Collect")).count():
            break
        page.wait_for_timeout(250)
    page.get_by_role("button", name=re.compile("Collect")).click()
    expect(page.get_by_text(re.compile("You collected"))).to_be_visible()
    page.goto("/forest/trees")
    page.get_by_role("button", name="Begin Silver birch").click()
    expect(page.get_by_role("heading", name="Silver birch")).to_be_visible()
    page.get_by_role("button", name="Water").click()
    expect(page.get_by_text("Your tree has drunk.")).to_be_visible()


def see_and_take_back_what_was_agreed(page: Page) -> None:
    page.goto("/me/")
    page.get_by_role("link", name="Who saw what").click()
    expect(page.get_by_text("What Pay keeps of you").first).to_be_visible()
    page.goto("/me/")
    page.get_by_role("link", name="What services may see").click()
    expect(page.get_by_text("Grow my forest").first).to_be_visible()
