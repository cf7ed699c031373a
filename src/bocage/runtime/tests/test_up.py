"""`up` with real processes and a real database: it stops cleanly, survives crashes, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest
from typer.testing import CliRunner

from bocage.kernel.postgres import launcher, roles
from bocage.runtime import commands
from bocage.runtime.place import Home, read_state
from bocage.runtime.processes import RUN_VARIABLE, _marked

STARTED = "Bocage is up"
STOP_SECONDS = 10.0


class Running:
    """An `up` in a process of its own, with what it has printed so far."""

    def __init__(self, place: Home, scenario: str, port: int) -> None:
        self.place = place
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bocage.runtime.tests.stand_in", scenario, str(port)],
            env={**os.environ, "BOCAGE_HOME": str(place.folder), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""

    def read_until(self, wanted: str) -> str:
        stream: IO[str] | None = self.process.stdout
        assert stream is not None
        while not re.search(wanted, self.output):
            line = stream.readline()
            if not line:
                pytest.fail(f"ended before it said {wanted!r}; it said:\n{self.output}")
            self.output += line
        return self.output

    def ended(self) -> str:
        """The rest of what it said, once it has ended by itself."""
        rest, _ = self.process.communicate(timeout=90)
        self.output += rest
        return self.output

    def stop(self, number: signal.Signals = signal.SIGINT) -> float:
        """Seconds that it took to be gone."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.ended()
        return time.monotonic() - begun


@pytest.fixture
def place() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="bocage-up-", dir="/tmp"))
    folder.chmod(0o711)
    home = Home(folder)
    yield home
    state = read_state(home)
    if state is not None:
        for pid in {state.pid, *_marked(f"{RUN_VARIABLE}={state.run}".encode())}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
    commands._down(home)
    commands._reset(home)


@pytest.fixture
def port() -> int:
    """A free port whose next one is free too, most likely."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def left_over(place: Home, run: str) -> list[int]:
    return _marked(f"{RUN_VARIABLE}={run}".encode())


def run_mark(place: Home) -> str:
    state = read_state(place)
    assert state is not None
    return state.run


@pytest.mark.parametrize(
    ("scenario", "number"), [("calm", signal.SIGINT), ("calm", signal.SIGTERM), ("stubborn", signal.SIGINT)]
)
def test_stopping_leaves_no_process_and_no_database(
    place: Home, port: int, scenario: str, number: signal.Signals
) -> None:
    running = Running(place, scenario, port)
    running.read_until(STARTED)
    mark = run_mark(place)
    assert len(left_over(place, mark)) >= 2
    seconds = running.stop(number)
    assert running.process.returncode == 0
    assert seconds < STOP_SECONDS
    assert left_over(place, mark) == []
    assert not launcher.alive(place.cluster)
    assert not place.state_file.exists()
    assert "Traceback" not in running.output


def test_stopping_in_the_middle_of_starting_leaves_nothing(place: Home, port: int) -> None:
    running = Running(place, "calm", port)
    running.read_until("Making the database")
    running.stop()
    assert running.process.returncode == 0
    assert not launcher.alive(place.cluster)


def test_a_second_up_says_that_one_runs(place: Home, port: int) -> None:
    first = Running(place, "calm", port)
    first.read_until(STARTED)
    second = Running(place, "calm", port)
    said = second.read_until("already")
    assert second.process.wait(60) == 1
    assert f"http://localhost:{port}" in said
    assert "./bocage down" in said
    assert first.process.poll() is None
    first.stop()


def test_a_taken_port_is_passed_over_and_said(place: Home, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        running = Running(place, "calm", port)
        said = running.read_until(STARTED)
        assert f"Port {port} is taken; using {port + 2}." in said
        running.stop()


def test_a_crashed_process_is_started_again(place: Home, port: int) -> None:
    running = Running(place, "calm", port)
    running.read_until(STARTED)
    state = read_state(place)
    assert state is not None
    worker = next(each for each in state.processes if each.name == "worker")
    os.kill(worker.pid, signal.SIGKILL)
    assert "worker was ended by SIGKILL; starting it again" in running.read_until("starting it again")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = read_state(place)
        assert state is not None
        again = next(each for each in state.processes if each.name == "worker")
        if again.pid not in (0, worker.pid):
            break
        time.sleep(0.05)
    assert again.restarts == 1
    os.kill(again.pid, 0)
    running.stop()


def test_a_process_that_never_starts_ends_up_with_its_log(place: Home, port: int) -> None:
    running = Running(place, "crashing", port)
    said = running.ended()
    assert running.process.returncode == 1
    assert "worker ended with status 7" in said
    assert "the bridge is out" in said
    assert not launcher.alive(place.cluster)


def test_a_killed_database_comes_back_on_its_port(place: Home, port: int) -> None:
    running = Running(place, "calm", port)
    running.read_until(STARTED)
    before = launcher.running(place.cluster)
    assert before is not None
    os.kill(launcher._postmaster(launcher._placed(place.cluster)) or 0, signal.SIGKILL)
    running.read_until("The database is back")
    after = launcher.running(place.cluster)
    assert after == before
    running.stop()


def test_what_a_killed_up_left_is_ended_by_the_next_one(place: Home, port: int) -> None:
    first = Running(place, "stubborn", port)
    first.read_until(STARTED)
    mark = run_mark(place)
    first.process.kill()
    first.process.wait()
    assert len(left_over(place, mark)) >= 2
    second = Running(place, "calm", port)
    said = second.read_until(STARTED)
    assert "An earlier start was killed" in said
    assert left_over(place, mark) == []
    second.stop()


def test_down_stops_it_and_status_tells(place: Home, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOCAGE_HOME", str(place.folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    import typer

    app = typer.Typer()
    commands.register(app)
    shell = CliRunner()
    place.prepare()
    nothing = shell.invoke(app, ["status"])
    assert nothing.exit_code == commands.NOT_RUNNING_STATUS
    assert "./bocage up" in nothing.output

    running = Running(place, "calm", port)
    running.read_until(STARTED)
    told = json.loads(shell.invoke(app, ["status", "--json"]).output)
    assert told["running"]
    assert told["ready"]
    assert {each["name"] for each in told["processes"]} == {"web", "worker"}
    assert all(each["alive"] for each in told["processes"])
    assert "worker" in shell.invoke(app, ["status"]).output
    state = read_state(place)
    assert state is not None
    # What a command of another shell finds the database by.
    user, password = roles.APP, roles.password_of(roles.APP, place.secret())
    psycopg.connect(state.told["BOCAGE_DATABASE_URL"], user=user, password=password).close()
    refused = shell.invoke(app, ["reset", "--yes"])
    assert refused.exit_code == 1
    assert "./bocage down" in refused.output

    assert "down" in shell.invoke(app, ["down"]).output
    assert running.process.wait(60) == 0
    assert not launcher.alive(place.cluster)
    assert "not running" in shell.invoke(app, ["down"]).output


def test_reset_takes_the_whole_folder_but_never_a_strange_one(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    app = typer.Typer()
    commands.register(app)
    shell = CliRunner()
    strange = place.folder / "letters"
    strange.mkdir()
    (strange / "dear.txt").write_text("dear city")
    monkeypatch.setenv("BOCAGE_HOME", str(strange))
    refused = shell.invoke(app, ["reset", "--yes"])
    assert refused.exit_code == 1
    assert (strange / "dear.txt").exists()

    ours = Home(place.folder / "ours")
    ours.prepare()
    launcher.start(ours.cluster, options={"fsync": "off"})
    monkeypatch.setenv("BOCAGE_HOME", str(ours.folder))
    assert shell.invoke(app, ["reset"], input="n\n").exit_code == 1
    assert ours.folder.exists()
    assert shell.invoke(app, ["reset"], input="y\n").exit_code == 0
    assert not ours.folder.exists()
    place.prepare()
