"""A small town of three for the journeys: Ana, her friend Wei, and a café."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.identity import actions as identity

PASSWORD = "a long enough password 7"
PATIENCE_MS = 30_000
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass(frozen=True)
class Town:
    """Who is there, and the text of the QR on the café's till."""

    ana: UUID
    wei: UUID
    cafe: UUID
    poster: str


@pytest.fixture
def town(fresh_database: str) -> Town:
    """Ana has 100 euros; the café has hung up its code."""
    from bocage.services.pay.actions import codes
    from bocage.services.pay.demo import open_demo_wallets
    from bocage.services.pay.queries import codes as shown

    with acting_as(Actor.nobody()):
        ana, wei, owner = (
            identity.register(
                email=f"{handle}@example.org",
                password=PASSWORD,
                handle=handle,
                display_name=name,
                tier="document",
                time_zone="Europe/Paris",
            ).id
            for handle, name in (("ana", "Ana Morel"), ("wei", "Wei Lin"), ("marco", "Marco Ferri"))
        )
        cafe = identity.create_organisation(
            handle="moulin",
            name="Moulin Café",
            kind="merchant",
            mcc="5814",
            country="FR",
            owner_id=owner,
            verified=True,
        ).id
    open_demo_wallets([ana, wei], 10_000)
    with acting_as(Actor.for_person(owner, cafe)):
        poster = shown.own_code(cafe, codes.make_poster(cafe, "EUR", label="Till 1"))
    return Town(ana, wei, cafe, poster.payload)


@pytest.fixture
def statement() -> bytes:
    """A bank's CSV of last month: two rides by metro, petrol, food and a salary, long enough ago to be ripe."""
    today = clock.now().date()
    rows = [
        (40, "RATP METRO PARIS", "-2,50"),
        (38, "STATION TOTAL CARBURANT", "-61,30"),
        (35, "CARREFOUR MARKET PARIS", "-48,90"),
        (30, "VIREMENT SALAIRE", "2150,00"),
        (25, "RATP METRO PARIS", "-2,50"),
    ]
    lines = ["Date;Libellé;Montant;Devise"]
    lines += [f"{today - timedelta(days=days):%d/%m/%Y};{text};{amount};EUR" for days, text, amount in rows]
    return "\n".join(lines).encode()


@pytest.fixture
def page(live_site: str, town: Town) -> Iterator[Page]:
    """A phone with a platform authenticator. Nothing may break the content policy or raise in a script.

    Playwright's loop runs in this thread, where Django then refuses the database: it starts after the site and the
    town are up, and ends before the site is taken down.
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
    # Without a connection the browser says so of itself: for a request, and when it looks for a newer worker.
    offline = ("ERR_INTERNET_DISCONNECTED", "An unknown error occurred when fetching the script")
    assert [each for each in complaints if not any(said in each for said in offline)] == []
