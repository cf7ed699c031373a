"""The home screen of a real installation: hashed and squeezed static files, the processes that `./bocage up` starts.

The live site of the other tests serves plain files by threads of the test's own process, whose weight and speed say
nothing. Here `collectstatic` runs as `./bocage up` runs it, and pages and streams are its granian processes.

`./bocage test -m heavy tests/browser/test_lighthouse.py -s` prints the scores.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Request, sync_playwright

from bocage.demo import town
from bocage.kernel.events import loop
from bocage.runtime.place import ROOT, Home
from bocage.runtime.up import Addresses, environment_of, programs
from bocage.testing import TEST_SECRET, connected_as, own_database
from tests.browser.conftest import UI_MODULES, sign_in

pytestmark = pytest.mark.browser

LIGHTHOUSE = UI_MODULES / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
SCORE_MIN = 95
# A machine that does something else meanwhile spoils one run; then the middle one of three counts.
RUNS_MAX = 3
HOME_REQUESTS_MAX = 10
HOME_BYTES_MAX = 200 * 1024
START_SECONDS = 60
SETTLE_MS = 1500


@pytest.fixture(scope="module")
def installation(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The demo city behind the web and streams processes of `./bocage up`. Its address."""
    with django_db_blocker.unblock(), own_database() as name, ExitStack() as running:
        place = Home(tmp_path_factory.mktemp("installation"))
        place.secret_file.write_text(TEST_SECRET)
        web, streams = _free_port(), _free_port()
        address = f"http://localhost:{web}"
        addresses = Addresses("127.0.0.1", web, streams, address, f"http://localhost:{streams}", address)
        server = urlsplit(os.environ["BOCAGE_TEST_ADMIN_URL"])
        database = f"postgresql://{server.hostname}:{server.port}/{name}"
        environment = environment_of(place, addresses, database, "demo")
        steps = (("manage", "collectstatic", "--no-input", "--verbosity", "0"), ("demo", "populate"))
        begun = [_start([sys.executable, "-m", "bocage.cli", *step], environment) for step in steps]
        assert [process.wait() for process in begun] == [0, 0]
        with connected_as("deliverer"):
            loop.drain()
        for program in programs(addresses, environment, [])[:2]:
            running.callback(_stop, _start(program.command, program.environment))
        _await(f"{address}/health/ready")
        yield address


def _start(command: Any, environment: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=START_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def signed_in(installation: str, chromium_path: str) -> Iterator[BrowserContext]:
    """Ana's phone, which has seen nothing of the site but the sign-in; no service worker fetches ahead."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context(
            base_url=installation, viewport={"width": 390, "height": 844}, service_workers="block"
        )
        sign_in(context, town.ANA)
        yield context
        browser.close()


def test_home_keeps_to_ten_requests_and_200_kib(signed_in: BrowserContext) -> None:
    page = signed_in.new_page()
    # As on a first visit: what the sign-in page brought along counts as well.
    session = signed_in.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto("/", wait_until="load")
    page.wait_for_timeout(SETTLE_MS)
    streams = [request for request in asked if "/streams/" in request.url]
    files = [request for request in asked if request not in streams]
    transferred = 0
    for request in files:
        size = request.sizes()
        transferred += size["responseBodySize"] + size["responseHeadersSize"]
        answer = request.response()
        assert answer is not None and answer.status == 200, request.url
    print(f"\nhome: {len(asked)} requests, {transferred / 1024:.1f} KiB")
    assert page.locator(".wallet").count() == 1, "this is the home screen of somebody who is signed in"
    assert len(asked) <= HOME_REQUESTS_MAX, [request.url for request in asked]
    assert 0 < transferred <= HOME_BYTES_MAX
    page.close()


def test_static_files_are_hashed_squeezed_and_kept(signed_in: BrowserContext) -> None:
    page = signed_in.new_page()
    page.goto("/")
    sheets = page.evaluate("[...document.querySelectorAll('link[rel=stylesheet]')].map(each => each.href)")
    page.close()
    assert sheets
    for sheet in sheets:
        answer = signed_in.request.get(sheet, headers={"Accept-Encoding": "br"})
        assert answer.headers["content-encoding"] == "br"
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.heavy
def test_lighthouse_gives_home_95_on_four_counts(
    signed_in: BrowserContext, installation: str, chromium_path: str, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None or not LIGHTHOUSE.exists():
        pytest.skip("no Lighthouse: install Node.js and run `npm ci --ignore-scripts` in ui/")
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in signed_in.cookies())
    runs: list[dict[str, int]] = []
    while not runs or (len(runs) < RUNS_MAX and min(_middle(runs).values()) < SCORE_MIN):
        runs.append(_scores([node, str(LIGHTHOUSE)], f"{installation}/", cookie, chromium_path, tmp_path))
        print(f"\nLighthouse, home: {runs[-1]}")
    low = {category: score for category, score in _middle(runs).items() if score < SCORE_MIN}
    assert low == {}, runs


def _middle(runs: list[dict[str, int]]) -> dict[str, float]:
    return {category: median(run[category] for run in runs) for category in CATEGORIES}


def _scores(lighthouse: list[str], url: str, cookie: str, chromium_path: str, folder: Path) -> dict[str, int]:
    """Lighthouse's own picture of a slow phone, as it comes: scores of 0 to 100."""
    report = folder / "lighthouse.json"
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie}))
    command = [
        *lighthouse,
        url,
        f"--only-categories={','.join(CATEGORIES)}",
        "--output=json",
        f"--output-path={report}",
        f"--extra-headers={headers}",
        "--chrome-flags=--headless=new --no-sandbox",
        "--quiet",
    ]
    subprocess.run(command, env={**os.environ, "CHROME_PATH": chromium_path}, check=True, capture_output=True)
    found = json.loads(report.read_text())
    assert found["finalDisplayedUrl"] == url, "the cookie did not sign in"
    return {category: round(found["categories"][category]["score"] * 100) for category in CATEGORIES}
