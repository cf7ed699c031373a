"""The steps of docs/guide/new-service.md, executed as they stand there, in a copy of the checkout."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide" / "new-service.md"
READY_SECONDS = 300
STEP_SECONDS = 240

pytestmark = pytest.mark.heavy


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A copy of the tracked files with the environment of this checkout, and a home of its own."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    yield tmp_path


def steps() -> list[str]:
    return re.findall(r"```sh\n(.*?)\n```", GUIDE.read_text(), re.DOTALL)


def run(checkout: Path, command: str) -> str:
    done = subprocess.run(
        command.split(), cwd=checkout, env=environment(checkout), capture_output=True, text=True, timeout=STEP_SECONDS
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def environment(checkout: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOCAGE_")}
    return {**kept, "BOCAGE_HOME": str(checkout / "home"), "NO_COLOR": "1"}


def test_the_guide_works_as_it_is_written(checkout: Path) -> None:
    new, listed, test, up, remove = steps()
    run(checkout, new)
    assert (checkout / "src/bocage/services/thanks/service.py").exists()
    assert "thanks" in run(checkout, listed)
    assert "1 passed" in run(checkout, test)
    running = subprocess.Popen(
        up.split(), cwd=checkout, env=environment(checkout), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        address = wait_until_it_is_up(checkout, running)
        use_it(address, json.loads((checkout / "home" / "demo-sign-ins.json").read_text())[0])
        run(checkout, remove)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=60)
    assert not (checkout / "src/bocage/services/thanks").exists()
    assert not (checkout / "docs/services/thanks.md").exists()


def wait_until_it_is_up(checkout: Path, running: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert running.poll() is None, running.stdout and running.stdout.read()
        state = checkout / "home" / "up.json"
        if state.exists():
            said = json.loads(state.read_text())
            if said["ready"] and answers(said["address"]):
                return str(said["address"])
        time.sleep(0.3)
    raise AssertionError("not up in time")


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def use_it(address: str, sign_in: dict[str, str]) -> None:
    """Sign in, agree, pay, and be thanked."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=30, headers={"Accept-Language": "en"}) as ana:
        post(ana, "/accounts/login/", {"login": sign_in["email"], "password": sign_in["password"]})
        post(ana, "/me/consents/answer", {"purpose": "thanks.count", "answer": "grant"}, form="/me/consents")
        token = ana.cookies["csrftoken"]
        paid = ana.post(
            "/api/v1/pay/payments",
            json={"to": "@moulin", "amount_minor": 240},
            headers={"Idempotency-Key": "guide", "X-CSRFToken": token, "Referer": address},
        )
        assert paid.status_code == 201, paid.text
        for _ in range(60):
            page = ana.get("/thanks/").text
            # Whoever agrees while a new service still reads what the city did before is thanked for that as well.
            if re.search(r"Thank you, (once|[1-9]\d* times)\.", page):
                return
            time.sleep(0.5)
    raise AssertionError(f"nobody said thank you:\n{page[-3000:]}")


def post(client: httpx.Client, path: str, data: dict[str, str], form: str = "") -> None:
    page = client.get(form or path).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, page[:500]
    answer = client.post(
        path,
        data={**data, "csrfmiddlewaretoken": token.group(1)},
        headers={"Referer": str(client.base_url)},
    )
    assert answer.status_code == 200, answer.text[:500]
