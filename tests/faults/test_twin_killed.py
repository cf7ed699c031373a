"""A running demo town whose twin, planner, worker, pages and database are killed or stopped: lights and log go on.

Real processes of a real `./bocage up`; some minutes. Needs SUMO (the extra `city`).
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bocage.kernel.postgres import roles
from bocage.runtime.place import Home, read_state

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(find_spec("libsumo") is None, reason="needs SUMO: ./bocage extras add city"),
]
PATIENCE_SECONDS = 240
NO_PLAN, NO_LOG = "reason like '%no plan has come%'", "reason like '%log has taken nothing%'"
STARTED = "the cabinets have just started"


def parent_of(pid: int) -> int:
    """The process that started a process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


class Running:
    """A town under way: its processes by name, and its log of lights."""

    def __init__(self, place: Home) -> None:
        self.place = place

    def pid(self, name: str) -> int:
        """The process of a program, 0 while it is down."""
        state = read_state(self.place)
        return next((each.pid for each in state.processes if each.name == name), 0) if state else 0

    def planner(self) -> int:
        """The twin's own child that plans; 0 while there is none."""
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().split(b"\0")
                parent = parent_of(int(entry.parent.name))
            except (OSError, IndexError):
                continue
            if b"bocage.services.city.twin.planner" in words and parent == self.pid("twin"):
                return int(entry.parent.name)
        return 0

    def postmaster(self) -> int:
        """The process of the town's own database that has started all its others."""
        with self.connected() as link:
            row = link.execute("select pg_backend_pid()").fetchone()
            assert row is not None
            return parent_of(row[0])

    def connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the role that serves."""
        state = read_state(self.place)
        assert state is not None
        password = roles.password_of(roles.APP, self.place.secret())
        return psycopg.connect(state.told["BOCAGE_DATABASE_URL"], user=roles.APP, password=password)

    def log(self, where: str = "true") -> list[tuple[Any, ...]]:
        """(light, number, instant, who chose, why), as they were."""
        with self.connected() as link:
            text = f"select signal, number, at, chosen_by, reason from city_phase_change where {where} order by 1, 3"
            return link.execute(text).fetchall()

    def count(self, where: str = "true") -> int:
        """How many there are; 0 while the database is away."""
        try:
            return len(self.log(where))
        except psycopg.Error:
            return 0

    def wait_for(self, what: str, holds: Callable[[], object]) -> None:
        """Wait until it holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"{what}; the twin said:\n{self.said()}"
            time.sleep(0.5)

    def goes_on(self, where: str = "true") -> None:
        """Wait for three more changes."""
        before = self.count(where)
        self.wait_for(f"nothing more where {where}", lambda: self.count(where) >= before + 3)

    def comes(self, where: str, before: int) -> None:
        """Wait for a change beyond the `before` that there were."""
        self.wait_for(f"nothing came where {where}", lambda: self.count(where) > before)

    def said(self) -> str:
        """The end of the twin's log."""
        file = self.place.logs / "twin.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-20:]) if file.exists() else ""


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demo town, started as anybody starts it."""
    place = Home(tmp_path_factory.mktemp("town"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BOCAGE_", "DATABASE_URL"))}
    command = [sys.executable, "-m", "bocage.cli", "up", "--port", "8710"]
    with (place.folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=kept | {"BOCAGE_HOME": str(place.folder)}, stdout=log, stderr=log, start_new_session=True
        )
    town = Running(place)
    try:
        town.wait_for("the town never came up", lambda: (state := read_state(place)) is not None and state.ready)
        yield town
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def whole(town: Running) -> None:
    """Every light's numbers in the log follow one another from 1 on, at rising instants, each with a reason."""
    rows = town.log()
    for light in sorted({row[0] for row in rows}):
        numbers = [row[1] for row in rows if row[0] == light]
        assert numbers == list(range(1, len(numbers) + 1)), light
    assert all(row[4] for row in rows)


def test_lights_fall_back_and_the_log_stays_whole_whatever_is_killed(running: Running) -> None:
    running.wait_for("the planner never had its say", lambda: running.count("chosen_by = 'planned'"))

    before = running.count(NO_PLAN)
    os.kill(running.planner(), signal.SIGKILL)
    # It is back within seconds: one change by the fixed plan shows that nobody waited for it.
    running.comes(NO_PLAN, before)
    running.goes_on("chosen_by = 'planned'")

    os.kill(running.pid("worker"), signal.SIGKILL)
    running.goes_on()

    before = running.count()
    os.kill(running.postmaster(), signal.SIGKILL)
    running.comes("true", before)
    running.goes_on()

    starts = running.count(f"reason = '{STARTED}'")
    os.kill(running.pid("twin"), signal.SIGKILL)
    running.wait_for("the twin did not come back", lambda: running.count(f"reason = '{STARTED}'") > starts)
    running.goes_on("chosen_by = 'planned'")

    # The pages stand still, and so does all that the log could take: the lights no longer adapt.
    before, group = running.count(NO_LOG), os.getpgid(running.pid("web"))
    os.killpg(group, signal.SIGSTOP)
    time.sleep(90)
    os.killpg(group, signal.SIGCONT)
    running.comes(NO_LOG, before)
    running.goes_on("chosen_by = 'planned'")

    os.kill(running.pid("twin"), signal.SIGTERM)
    journal = running.place.folder / "twin" / "journal.jsonl"
    last = {}
    for line in journal.read_text().splitlines():
        row = json.loads(line)
        if row["kind"] == "change":
            last[row["signal"]] = row["number"]
    running.wait_for(
        "the log lacks what the journal has",
        lambda: all(running.count(f"signal = '{light}' and number = {n}") == 1 for light, n in last.items()),
    )
    whole(running)
