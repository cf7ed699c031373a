"""Keeps a handful of processes alive, and ends them all when told to."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Marks every process of one `up`, so that the next one finds what a killed one left.
RUN_VARIABLE = "BOCAGE_RUN"
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
# A process that has lived this long is well again: its next crash is a first one.
WELL_SECONDS = 60.0
FAILURES_IN_A_ROW = 8
# One that has never lived this long cannot run at all, so it is given up sooner.
SETTLED_SECONDS = 10.0
FAILURES_BEFORE_SETTLED = 3
STOP_SECONDS = 6.0
POLL_SECONDS = 0.1
LOG_BYTES = 20_000_000
LOG_TAIL_LINES = 15


@dataclass(frozen=True)
class Program:
    """A process to keep alive. Without an essential one nothing goes on; the others may stay down."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    essential: bool = True


class GivenUp(Exception):
    """A process kept failing. The message shows the end of its log."""


@dataclass
class Child:
    """One program and the process that runs it now, if any."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    restarts: int = 0
    settled: bool = False
    given_up: bool = False
    due_at: float = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid if self.process is not None else 0

    def start(self) -> None:
        """Start it in a process group of its own, so that a Ctrl-C reaches it through us and in our order."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.program.command,
                env=dict(self.program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started_at = time.time()

    def tail(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_TAIL_LINES:]) or "(its log is empty)"


class Supervisor:
    """Starts programs, starts again what crashes, and stops everything."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self.children: list[Child] = []
        self._logs = logs
        self._say = say

    def start(self, programs: Sequence[Program]) -> None:
        """Start `programs`, and look after them from now on."""
        for program in programs:
            child = Child(program, self._logs / f"{program.name}.log")
            keep_short(child.log)
            self.children.append(child)
            child.start()

    def check(self) -> bool:
        """Look after every process once; whether anything changed. Raises `GivenUp`."""
        changed = False
        for child in self.children:
            if child.process is None:
                if time.time() >= child.due_at and not child.given_up:
                    child.start()
                    child.restarts += 1
                    changed = True
                continue
            code = child.process.poll()
            if code is not None:
                self._mourn(child, code)
                changed = True
        return changed

    def _mourn(self, child: Child, code: int) -> None:
        assert child.process is not None
        _signal_group(child.process.pid, signal.SIGKILL)
        lived_seconds = time.time() - child.started_at
        child.process = None
        child.settled = child.settled or lived_seconds > SETTLED_SECONDS
        child.failures = 1 if lived_seconds > WELL_SECONDS else child.failures + 1
        name, how = child.program.name, describe_exit(code)
        if child.failures >= (FAILURES_IN_A_ROW if child.settled else FAILURES_BEFORE_SETTLED):
            why = f"{name} {how} {child.failures} times in a row. The end of its log {child.log}:\n{child.tail()}"
            if child.program.essential:
                raise GivenUp(why)
            child.given_up = True
            self._say(f"{why}\nEverything else goes on without {name}.")
            return
        delay_seconds = min(FIRST_DELAY_SECONDS * 2 ** (child.failures - 1), LONGEST_DELAY_SECONDS)
        child.due_at = time.time() + delay_seconds
        self._say(f"{name} {how}; starting it again in {delay_seconds:g} s. Its log: {child.log}")

    def stop(self) -> None:
        """Ask every process to end, end those that do not within 6 s, and leave none behind."""
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                _signal_group(child.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{child.program.name} did not stop within {STOP_SECONDS:g} s; ending it.")
            # Also where the process itself is gone: its own workers may not be.
            _signal_group(child.process.pid, signal.SIGKILL)
            child.process.wait()
            child.process = None


def describe_exit(code: int) -> str:
    """An exit status in words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"


def keep_short(log: Path) -> None:
    """Keep at most two pieces of a log: a long one becomes LOG.1 and begins anew (whoever writes it appends)."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def end_leftovers(run: str) -> int:
    """End every process of an `up` that was itself killed, found by the mark in its environment; their number."""
    found = [pid for pid in _marked(f"{RUN_VARIABLE}={run}".encode()) if pid != os.getpid()]
    for pid in found:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while found and time.monotonic() < deadline:
        found_now = set(_marked(f"{RUN_VARIABLE}={run}".encode()))
        if not found_now & set(found):
            return len(found)
        time.sleep(POLL_SECONDS)
    for pid in _marked(f"{RUN_VARIABLE}={run}".encode()):
        if pid in found:
            _signal(pid, signal.SIGKILL)
    return len(found)


def _marked(mark: bytes) -> list[int]:
    proc = Path("/proc")
    if (proc / "self" / "environ").exists():
        marked = []
        for entry in proc.glob("[0-9]*/environ"):
            try:
                if mark in entry.read_bytes().split(b"\0"):
                    marked.append(int(entry.parent.name))
            except OSError:
                continue
        return marked
    listing = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, check=False).stdout
    return [int(line.split()[0]) for line in listing.splitlines() if mark in line.split()]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return
