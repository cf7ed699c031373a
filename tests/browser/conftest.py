"""One Chromium and one busy demo city for the tests of a module that only look."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bocage.demo import town
from bocage.testing import own_database, serving
from tests.browser import city

UI_MODULES = Path(__file__).parents[2] / "ui" / "node_modules"
PATIENCE_MS = 30_000


@dataclass(frozen=True)
class Site:
    """The busy city on a real port, and where the pages are that no link leads to, by URL name."""

    address: str
    prepared: dict[str, str]


@pytest.fixture(scope="module")
def chromium_path() -> str:
    """Where Chromium is."""
    path = os.environ.get("BOCAGE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium: install one, or name it in BOCAGE_CHROMIUM")
    return path


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """The busy city, shared by the tests of a module."""
    with django_db_blocker.unblock(), own_database():
        prepared = city.make_busy()
        with serving() as address:
            yield Site(address, prepared)


@pytest.fixture(scope="module")
def chromium(site: Site, chromium_path: str) -> Iterator[Browser]:
    """Starts after the site and ends before it: Playwright's loop keeps this thread from the database meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(context: BrowserContext, person: town.DemoPerson) -> None:
    """By e-mail and password, as the demo's sign-ins are printed."""
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(town.email_of(person))
    page.locator("input[name=password]").fill(town.PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").first.click()
    page.wait_for_url("**/me/passkey*")
    page.close()


def speak(person: town.DemoPerson, language: str) -> None:
    """The person chooses her language; in a thread of its own, which has a connection of its own."""

    def choose() -> None:
        get_user_model().objects.filter(handle=person.handle).update(language=language)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(choose).result()
