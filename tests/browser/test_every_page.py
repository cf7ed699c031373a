"""Every page, by everybody whom it is for: reach, policy, size, both schemes and both languages.

Each visitor opens her pages of the busy demo city (city.py), follows the links she finds there to pages that take an
argument, and does it again in French. addresses.py says who visits what; a page that nobody visits fails.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus

import pytest
from babel.messages.pofile import read_po
from django.urls import Resolver404, reverse
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from bocage.demo import town
from bocage.kernel import translations
from tests.browser import addresses
from tests.browser.addresses import ANA, MARCO, NOBODY, ODILE, Address
from tests.browser.conftest import PATIENCE_MS, UI_MODULES, Site, sign_in, speak

pytestmark = pytest.mark.browser

AXE = UI_MODULES / "axe-core" / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = {ANA: town.ANA, MARCO: town.MARCO, ODILE: town.OPERATOR}
# Who is locked out; somebody that none of these tests signs in.
SOMEBODY = town.PEOPLE[5]
PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=320, height=700)
DESK = ViewportSize(width=1280, height=900)
# Chromium says this of itself when a page is left while it is still fading in.
HARMLESS = ("Transition was",)
# Words of English that no French sentence has, in texts that come from templates and Python.
ENGLISH = re.compile(r"\b(the|your|you|this|with|and|have|not yet|was|what|they)\b", re.IGNORECASE)
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
FIND_VIOLATIONS = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]})
  .then(found => found.violations.map(
    each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 140)).join(" | ")}`))"""
OVERFLOW = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
LINKS = "[...document.querySelectorAll('a[href]')].map(each => each.href)"
TEXTS = """() => {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  const texts = [document.title];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    // What stands in another language says so itself; code is nobody's language.
    if (parent && !parent.closest("script, style, code, pre, .mono, [lang]:not(html), [translate=no]"))
      texts.push(walker.currentNode.data);
  }
  for (const each of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]"))
    if (!each.closest("[lang]:not(html)"))
      texts.push(...["aria-label", "placeholder", "title", "alt"].map(name => each.getAttribute(name) ?? ""));
  return texts.map(each => each.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


@dataclass
class Walk:
    """One visitor's way through her pages, and what was wrong on it."""

    page: Page
    wanted: set[str] = field(default_factory=set)
    found: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def complain(self, name: str, what: object) -> None:
        if what:
            self.wrong.setdefault(f"{name} ({self.page.url})", []).append(str(what))

    def open(self, name: str) -> bool:
        """Open a page of the walk on a phone; whether there is a page to look at."""
        self.said.clear()
        self.page.set_viewport_size(PHONE)
        answer = self.page.goto(self.found[name])
        if answer is None or answer.status != 200 or answer.request.redirected_from is not None:
            self.complain(name, f"answered {answer and answer.status} at {self.page.url}")
            return False
        return True

    def note_links(self, name: str) -> None:
        """Take up the links to pages that are still without an address, and complain of links that lead nowhere."""
        origin = self.page.evaluate("location.origin")
        for link in self.page.evaluate(LINKS):
            if not link.startswith(origin):
                continue
            try:
                leads_to = addresses.name_of(link)
            except Resolver404:
                if not link.startswith(f"{origin}/static/"):
                    self.complain(name, f"a dead link to {link}")
                continue
            if leads_to in self.wanted:
                self.found.setdefault(leads_to, link.removeprefix(origin).partition("#")[0])


def look(walk: Walk, name: str, language: str) -> None:
    """What holds on every page, whoever sees it."""
    page = walk.page
    walk.complain(name, page.title() in {"", "Bocage"} and name != "home" and f"the title is {page.title()!r}")
    walk.complain(name, page.locator("h1").count() != 1 and f"{page.locator('h1').count()} h1")
    lang = page.evaluate("document.documentElement.lang")
    walk.complain(name, lang != language and f"lang is {lang!r}")
    page.set_viewport_size(NARROW)
    overflow = page.evaluate(OVERFLOW)
    walk.complain(name, overflow and f"{overflow} px too wide at 320")
    walk.complain(name, [text for text in walk.said if not text.startswith(HARMLESS)])


def reach(walk: Walk, name: str) -> None:
    """axe in daylight, and its contrast at night and on a desk."""
    page = walk.page
    page.evaluate(AXE.read_text())
    walk.complain(name, page.evaluate(FIND_VIOLATIONS, AXE_RULES))
    page.emulate_media(color_scheme="dark")
    walk.complain(name, page.evaluate(FIND_VIOLATIONS.replace("runOnly: rules", "runOnly: ['color-contrast']"), None))
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)
    overflow = page.evaluate(OVERFLOW)
    walk.complain(name, overflow and f"{overflow} px too wide at 1280")


def speaks_french(walk: Walk, name: str) -> None:
    """No text of ours is left in English; what people wrote stays as they wrote it."""
    texts = set(walk.page.evaluate(TEXTS))
    english = english_texts()
    left = {text for text in texts if (text in english or ENGLISH.search(text)) and not was_written(text)}
    walk.complain(name, left and f"still in English: {sorted(left)}")


@cache
def english_texts() -> frozenset[str]:
    """Texts of the catalogues that are others in French, or have no French yet."""
    texts = set()
    for path in translations.catalogues():
        with path.open("rb") as file:
            for message in read_po(file, locale="fr"):
                identifier = message.id if isinstance(message.id, str) else message.id[0]
                if identifier and message.string != identifier and "%" not in identifier:
                    texts.add(" ".join(identifier.split()))
    return frozenset(texts) - SAME_IN_FRENCH


def was_written(text: str) -> bool:
    """By people, or for them on a day when they spoke English: that stays as it was."""
    return any(words in text for words in WRITTEN)


# Words that are French as well, where another French word translates them elsewhere.
SAME_IN_FRENCH = frozenset({"Services", "Service", "Code", "Messages", "Note", "Date", "Type", "Transport", "Total"})
WRITTEN = (
    *(memo for shop in town.SHOPS for memo, _cents in shop.sales),
    *("Concert", "Rent of the bike", "Thank you", "The coffee was cold", "Dinner at Lux"),
    # Published tables are called by their names.
    "Supply and use tables, Blue Book",
    *("His telephone was stolen", "She will help at the counter", "Your statement is ready", "no factor for this"),
    # ISO 18245 names its categories in English alone.
    "Le code marchand",
    # Notifications, and the words that were agreed to.
    *(
        "sent you",
        "aside for you",
        "asks you for",
        "take up to",
        "arrived from your bank",
        "second pair of eyes is needed",
        "Grow my forest",
    ),
    *("watered your tree", "would like to be friends in the forest", "There is news of your tree"),
    *("Friends see my trees", "My certificates", "My test results", "What I say of my symptoms", "Where I check in"),
    "With whom I live",
    *("What I report to the town", "a report of yours", "Your report, "),
    # What Ana contests, and the words of the demo scheme's officials.
    *("I sat outside, on the terrace", "None: this scheme shows how a pass works"),
)


# -- The walks --------------------------------------------------------------------------------------------------------
@pytest.fixture
def context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    made = chromium.new_context(base_url=site.address, service_workers="block", reduced_motion="reduce")
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


@pytest.mark.parametrize("visitor", addresses.VISITORS)
def test_every_page(context: BrowserContext, site: Site, visitor: str) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core: run `npm ci --ignore-scripts` in ui/")
    walk = Walk(context.new_page())
    walk.page.on("console", lambda line: walk.said.append(line.text) if line.type == "error" else None)
    walk.page.on("pageerror", lambda error: walk.said.append(str(error)))
    arrive(walk, context, visitor)
    pages = [each for each in pages_of(visitor) if not is_posted_to(context, each)]
    walk.wanted = {each.name for each in pages}
    walk.found = {each.name: each.url for each in pages if each.url}
    walk.found |= {name: site.prepared[name] for name in site.prepared.keys() & walk.wanted}
    done: list[str] = []
    while todo := sorted(walk.found.keys() - set(done)):
        for name in todo:
            done.append(name)
            if walk.open(name):
                walk.note_links(name)
                look(walk, name, "en")
                reach(walk, name)
    turn_french(walk, context, visitor)
    for name in done:
        if walk.open(name):
            look(walk, name, "fr")
            speaks_french(walk, name)
    for name in sorted(walk.wanted - set(done)):
        walk.wrong[name] = ["no link leads to it: add it to city.py, or link it"]
    assert walk.wrong == {}, json.dumps(walk.wrong, indent=1, ensure_ascii=False)


def pages_of(visitor: str) -> list[Address]:
    """What shows something to this visitor, or is posted to."""
    shown = (each for each in addresses.addresses() if each.name not in addresses.NOT_PAGES)
    return [each for each in shown if addresses.visitor_of(each) == visitor]


def is_posted_to(context: BrowserContext, address: Address) -> bool:
    """Whether a mere visit is not allowed."""
    answer = context.request.get(address.made_up_url, max_redirects=0)
    return answer.status == HTTPStatus.METHOD_NOT_ALLOWED


def arrive(walk: Walk, context: BrowserContext, visitor: str) -> None:
    """Sign in, and do what some pages only show after."""
    page = walk.page
    if visitor == NOBODY:
        page.goto("/me/recover")
        page.locator("main form input[type=email]").fill(town.email_of(SOMEBODY))
        page.locator("main form button[type=submit], main form button:not([type])").first.click()
        page.wait_for_url("**/me/recover/case")
        return
    sign_in(context, PEOPLE[visitor])
    speak(PEOPLE[visitor], "en")
    if visitor == MARCO:
        page.goto(reverse("pay:till"))
        page.locator("form button", has_text="Moulin").click()
    if visitor == ANA:
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        page.goto("/me/passkey")
        page.get_by_role("link", name="Make a passkey").click()
        page.get_by_role("button", name="Make it").click()
        expect(page.locator("ol.codes li")).to_have_count(10)


def turn_french(walk: Walk, context: BrowserContext, visitor: str) -> None:
    """A visitor speaks what her browser asks for, a person what she chose."""
    if visitor == NOBODY:
        context.set_extra_http_headers({"Accept-Language": "fr"})
    else:
        speak(PEOPLE[visitor], "fr")


# -- What is said of those that nobody visits --------------------------------------------------------------------------
def test_each_reason_not_to_visit_is_of_an_address_that_is_there() -> None:
    listed = [*addresses.NOT_PAGES, *addresses.PUBLIC]
    known = {each.name for each in addresses.addresses()}
    assert sorted(set(listed) - known) == []
    assert len(listed) == len(set(listed))
