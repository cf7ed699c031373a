"""Passkeys in a real browser: Chromium with a virtual authenticator, under the site's own strict policy."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

pytestmark = pytest.mark.browser
PASSWORD = "a long enough password 7"
PATIENCE_MS = 30_000
HOME = re.compile(r"^http://localhost:\d+/$")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(live_site: str) -> Iterator[Page]:
    """A phone's page with a platform authenticator whose owner always agrees; nothing may break the policy.

    Playwright's loop runs in this thread, where Django then refuses the database: it starts after the site is up
    and ends before the site is taken down.
    """
    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = chromium.new_context(base_url=live_site, viewport={"width": 390, "height": 844}, locale="en-GB")
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        session = context.new_cdp_session(opened)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        yield opened
        chromium.close()
    # Chromium says this of itself when a page is left while it is still fading in.
    assert [each for each in complaints if not each.startswith("Transition was")] == []


def sign_up(page: Page) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Your name").fill("Ana Morel")
    page.get_by_label("E-mail").fill("ana@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page).to_have_url(re.compile(r"/me/passkey\?next=%2F$"))


def make_passkey(page: Page) -> None:
    page.get_by_role("link", name="Make a passkey").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("ol.codes li")).to_have_count(10)


def sign_out(page: Page) -> None:
    page.goto("/me/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_sign_up_make_a_passkey_sign_out_and_in_again_by_it(page: Page) -> None:
    sign_up(page)
    make_passkey(page)
    page.get_by_role("link", name="I have kept them safe").click()
    page.get_by_role("link", name="Passkeys").click()
    expect(page.get_by_text("Passkey on Linux")).to_be_visible()
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(HOME)
    page.goto("/me/")
    expect(page.get_by_role("heading", name="Ana Morel")).to_be_visible()


def test_a_password_alone_no_longer_opens_an_account_with_a_passkey(page: Page) -> None:
    sign_up(page)
    make_passkey(page)
    code = page.locator("ol.codes li").first.inner_text()
    for proof in ("passkey", "printed code"):
        sign_out(page)
        page.goto("/accounts/login/")
        page.get_by_label("E-mail").fill("ana@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Now your passkey")).to_be_visible()
        page.goto("/me/")
        expect(page).to_have_url(re.compile(r"/accounts/"))
        page.goto("/accounts/2fa/authenticate/")
        if proof == "passkey":
            page.get_by_role("button", name="Use a passkey").click()
        else:
            page.get_by_text("I have it on another device").click()
            page.get_by_label("Code", exact=False).fill(code)
            page.get_by_role("button", name="Sign in with the code").click()
        expect(page).to_have_url(HOME)


def test_sign_up_without_any_password(page: Page) -> None:
    page.goto("/accounts/signup/")
    page.get_by_role("link", name="Sign up with a passkey").click()
    page.get_by_label("Your name").fill("Bob Lin")
    page.get_by_label("E-mail").fill("bob@example.org")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Make it").click()
    expect(page).to_have_url(HOME)
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(HOME)
    page.goto("/me/")
    expect(page.get_by_role("heading", name="Bob Lin")).to_be_visible()


def test_a_passkey_is_one_proof_when_getting_back_in(page: Page) -> None:
    sign_up(page)
    make_passkey(page)
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Device lost?").click()
    page.get_by_label("E-mail address of the account").fill("ana@example.org")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("0 of 2 proofs given")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("1 of 2 proofs given")).to_be_visible()
