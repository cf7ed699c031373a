"""The shell's pages without a browser: what they say, what they load, what they never contain."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client

from bocage.shell import pages
from bocage.shell.tests import samples

SHELL = Path(__file__).parents[1]
PAGES = (
    "/",
    "/?town=bare",
    "/?town=failing",
    "/?who=nobody",
    "/search",
    "/search?q=send",
    "/search?q=zzzz",
    "/notifications",
    "/notifications?town=bare",
    "/services",
    "/offline",
    "/me/",
    "/gallery/forms",
    "/gallery/forms?errors",
    "/gallery/pay_sheet",
    "/gallery/console",
    "/gallery/scan",
    "/error/404",
    "/error/500",
)
MAX_HOME_HTML_BYTES = 40_000


class Page(HTMLParser):
    """Collects what the rules speak of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {
            "meta",
            "link",
            "input",
            "br",
            "hr",
            "img",
            "path",
            "circle",
            "rect",
            "ellipse",
            "line",
            "polyline",
        }:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"path", "circle", "rect", "ellipse", "line", "polyline"}:
            return
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_whole_and_keeps_to_the_policy(town: Client, address: str, language: str) -> None:
    response = town.get(address, headers={"Accept-Language": language})
    text = response.content.decode()
    page = Page(text)
    assert page.unbalanced == []
    assert page.open == []
    # An error and what is kept on the device do not say whose page it is.
    whose = {} if address.startswith(("/error/", "/offline")) else {"data-person": ""}
    assert page.tags[0] == ("html", {"lang": language, "dir": "ltr"} | whose)
    names = [tag for tag, _attributes in page.tags]
    assert names.count("h1") == 1
    assert names.count("main") == 1
    assert "style" not in names
    for tag, attributes in page.tags:
        assert "style" not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag != "script" or attributes.get("src"), "an inline script"
        assert "<c-" not in text
    ids = [str(attributes["id"]) for _tag, attributes in page.tags if "id" in attributes]
    assert sorted(ids) == sorted(set(ids))
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy or (address == "/gallery/scan" and "'wasm-unsafe-eval'" in policy)
    assert "style-src 'self';" in policy


def test_every_template_of_the_shell_is_drawn_somewhere() -> None:
    from django.template.loader import get_template

    names = [path.relative_to(SHELL / "templates").as_posix() for path in (SHELL / "templates").rglob("*.html")]
    assert len(names) > 40
    for name in names:
        get_template(name)


def test_home_gathers_cards_in_order_and_says_who_waits(town: Client) -> None:
    text = town.get("/").content.decode()
    order = [
        text.index(part)
        for part in ('class="wallet', 'class="tiles"', 'class="forest"', 'class="trip"', 'id="activity-title"')
    ]
    assert order == sorted(order)
    assert "Good morning, Ana" in text
    assert "Notifications, 2 unread" in text
    assert text.index("Moulin Café") < text.index("Halles market</b>")
    assert len(text.encode()) < MAX_HOME_HTML_BYTES


def test_a_service_that_fails_is_named_and_takes_nothing_with_it(
    town: Client, caplog: pytest.LogCaptureFixture
) -> None:
    text = town.get("/?town=failing").content.decode()
    assert "Not answering just now: Ride." in text
    assert 'class="wallet' in text
    assert "ride could not draw" in caplog.text


def test_a_visitor_sees_the_welcome_and_no_tab(town: Client) -> None:
    text = town.get("/?who=nobody").content.decode()
    assert "Create an account" in text
    assert 'class="tabbar"' not in text


@pytest.mark.parametrize(
    ("hour", "words"),
    [(4, "Good evening"), (5, "Good morning"), (12, "Good afternoon"), (17, "Good afternoon"), (18, "Good evening")],
)
def test_the_greeting_follows_the_persons_clock(hour: int, words: str) -> None:
    from django.utils import timezone, translation

    with timezone.override("UTC"), translation.override("en"):
        assert pages.greeting(samples.NOW.replace(hour=hour), "Ana Ribeiro") == f"{words}, Ana"
        assert pages.greeting(samples.NOW.replace(hour=hour), "") == f"{words}, "


def test_activity_of_all_services_is_merged_by_time() -> None:
    rows = samples.payments(None)  # type: ignore[arg-type]
    newest = pages.latest([*reversed(rows), *rows])
    assert len(newest) == pages.ACTIVITY_ROWS
    assert [row.happened_at for row in newest] == sorted((row.happened_at for row in newest), reverse=True)


def test_htmx_gets_the_results_alone(town: Client) -> None:
    response = town.get("/search?q=send", headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert b"Send money" in response.content
    assert response.headers["Vary"].count("HX-Request") == 1


def test_words_typed_are_shown_as_text(town: Client) -> None:
    text = town.get("/search", {"q": '<script>alert("x")</script>\x00'}).content.decode()
    assert "<script>alert" not in text
    assert len(town.get("/search", {"q": "x" * 10_000}).content) < 10_000


def test_a_damaged_cursor_is_refused(town: Client) -> None:
    from bocage.kernel.errors import Refusal

    with pytest.raises(Refusal, match="cursor_unreadable"):
        town.get("/notifications?before=nonsense")


def test_the_theme_is_kept_on_this_device_and_leads_nowhere_else(town: Client) -> None:
    from bocage.kernel.errors import Refusal

    response = town.post("/appearance", {"theme": "dark", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/me/"
    assert 'data-theme="dark"' in town.get("/").content.decode()
    town.post("/appearance", {"theme": "auto"})
    assert "data-theme" not in town.get("/").content.decode()
    with pytest.raises(Refusal, match="theme_unknown"):
        town.post("/appearance", {"theme": "pink"})


def test_the_app_can_be_installed(town: Client) -> None:
    manifest = json.loads(town.get("/app.webmanifest").content)
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        file = SHELL / icon["src"].removeprefix("/")
        width, height = (int.from_bytes(file.read_bytes()[at : at + 4]) for at in (16, 20))
        assert f"{width}x{height}" == icon["sizes"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    assert manifest["shortcuts"][0]["name"] == "Scan to pay"


def test_the_worker_keeps_files_of_the_shell_and_nothing_personal(town: Client) -> None:
    response = town.get("/sw.js")
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert response.headers["Service-Worker-Allowed"] == "/"
    assert response.headers["Cache-Control"] == "no-cache"
    files = json.loads(re.search(r"const FILES = (.*);", response.content.decode()).group(1))  # type: ignore[union-attr]
    assert len(files) >= 8
    for file in files:
        assert (SHELL / file.removeprefix("/")).is_file(), file
    offline = town.get("/offline").content.decode()
    assert samples.ANA.display_name.split()[0] not in offline
    in_french = town.get("/sw.js", headers={"Accept-Language": "fr"}, HTTP_COOKIE="theme=dark")
    assert in_french.content == response.content, "another language is no new version"


def test_every_error_says_what_to_do_next(town: Client) -> None:
    for status in (400, 403, 404, 409, 429, 500):
        response = town.get(f"/error/{status}")
        assert response.status_code == status
        assert f"Code {status}" in response.content.decode()
    from django.template.loader import render_to_string

    assert "Wait a minute" in render_to_string("429.html")
    assert pages.server_error(None).status_code == 500  # type: ignore[arg-type]


def test_the_french_is_complete() -> None:
    from babel.messages.pofile import read_po

    with (SHELL / "locale/fr/LC_MESSAGES/django.po").open("rb") as source:
        catalogue = read_po(source, locale="fr")
    said = [message for message in catalogue if message.id]
    assert len(said) > 100
    empty = [
        message.id
        for message in said
        if not all(message.string if isinstance(message.string, tuple) else [message.string])
    ]
    assert empty == []
    assert [message.id for message in said if message.fuzzy] == []
