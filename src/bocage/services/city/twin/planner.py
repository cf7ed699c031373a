"""The planner of the twin's lights: a process of its own, so that its end leaves the cabinets on their fixed plan.

    python -m bocage.services.city.twin.planner town.net.xml

A line of JSON in (what is seen, what is shown), a line out (calls with their reasons). It ends with its input.
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, replace
from math import inf, isfinite
from pathlib import Path
from typing import IO, Any

import numpy as np

from bocage.engines.signals import Cabinets, Call, Observation, Request, Vehicles, make_controller, read_network
from bocage.services.city.twin.lights import LIMITS

# A planner that has not answered for so long has no say until it does; one that never does is started again.
SILENT_SECONDS = 10.0
# It compiles at its first answer.
FIRST_ANSWER_SECONDS = 180.0
AGAIN_SECONDS = 5.0
_FIELDS = ("link", "metres", "speed", "waiting", "next_link", "next_metres")
_WHOLE = {"link", "waiting", "next_link"}


class Planner:
    """The process, as the twin sees it: asked once a second at most, never waited for."""

    def __init__(self, net: Path, links: int) -> None:
        self._net, self._links = net, links
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._passed = np.zeros(links, np.int64)
        self._asked_at: float | None = None
        self._heard_at: float | None = None
        self._due_at = 0.0

    @property
    def pid(self) -> int:
        """Its process, 0 while there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def ask(self, seen: Observation, shown: Cabinets) -> None:
        """Tell it this second; while it still thinks about another, only what has passed is kept for the next."""
        self._passed += seen.passed
        self._look_after()
        if self._process is None or self._asked_at is not None:
            return
        assert self._process.stdin is not None
        with suppress(OSError):  # It has just died; the next second sees to it.
            self._process.stdin.write(told(replace(seen, passed=self._passed), shown) + "\n")
            self._process.stdin.flush()
        self._asked_at = time.monotonic()
        self._passed = np.zeros(self._links, np.int64)

    def calls(self) -> list[Call] | None:
        """Its calls since the last time; None while it has no say, because it is silent or not there."""
        found: list[Call] = []
        with suppress(queue.Empty):
            while True:
                answer = json.loads(self._answers.get_nowait())
                self._asked_at, self._heard_at = None, time.monotonic()
                found = [Call(signal, phase, reason) for signal, phase, reason in answer]
        if self._process is None or self._heard_at is None or time.monotonic() - self._heard_at > SILENT_SECONDS:
            return None
        return found

    def end(self) -> None:
        """End it now."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process, self._asked_at, self._heard_at = None, None, None
        self._answers = queue.SimpleQueue()
        self._due_at = time.monotonic() + AGAIN_SECONDS

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._process is None:
            if now >= self._due_at:
                self._begin()
            return
        patience = SILENT_SECONDS if self._heard_at is not None else FIRST_ANSWER_SECONDS
        stuck = self._asked_at is not None and now - self._asked_at > patience
        if self._process.poll() is not None or stuck:
            self.end()

    def _begin(self) -> None:
        command = [sys.executable, "-m", "bocage.services.city.twin.planner", str(self._net)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout is not None
        reading = threading.Thread(target=_read, args=(self._process.stdout, self._answers), daemon=True)
        reading.start()


def _read(output: IO[str], answers: "queue.SimpleQueue[str]") -> None:
    with suppress(ValueError):  # Closed while it is read: the process is gone.
        for line in output:
            answers.put(line)


def plan(net: Path, lines: Iterable[str], out: IO[str]) -> None:
    """Answer line after line until there are no more."""
    controller = make_controller("bocage", read_network(net), LIMITS)
    assert controller is not None
    for line in lines:
        seen, shown = heard(line)
        calls = controller.decide(seen, shown)
        out.write(json.dumps([[int(one.signal), int(one.phase), one.reason] for one in calls]) + "\n")
        out.flush()


def told(seen: Observation, shown: Cabinets) -> str:
    """A second as the pipe carries it. Room without end has no number in JSON."""
    room = None if seen.exit_room is None else [each if isfinite(each) else None for each in seen.exit_room.tolist()]
    return json.dumps(
        {
            **{name: getattr(seen.vehicles, name).tolist() for name in _FIELDS},
            "passed": seen.passed.tolist(),
            "exit_vehicles": seen.exit_vehicles.tolist(),
            "exit_halted": seen.exit_halted.tolist(),
            "exit_room": room,
            "requests": [astuple(each) for each in seen.requests],
            "cabinets": [shown.phase.tolist(), shown.since.tolist(), shown.showing.tolist(), shown.ready.tolist()],
        },
        allow_nan=False,
    )


def heard(line: str) -> tuple[Observation, Cabinets]:
    """What `told` wrote."""
    said: dict[str, Any] = json.loads(line)
    columns = {name: np.asarray(said[name], np.int64 if name in _WHOLE else np.float64) for name in _FIELDS}
    room = said["exit_room"]
    seen = Observation(
        Vehicles(**columns),
        _whole(said["passed"]),
        _whole(said["exit_vehicles"]),
        _whole(said["exit_halted"]),
        None if room is None else np.asarray([inf if each is None else each for each in room], np.float64),
        tuple(Request(*each) for each in said["requests"]),
    )
    phase, since, showing, ready = said["cabinets"]
    return seen, Cabinets(_whole(phase), _whole(since), np.asarray(showing, bool), np.asarray(ready, bool))


def _whole(values: Sequence[int]) -> Any:
    return np.asarray(values, np.int64)


if __name__ == "__main__":
    plan(Path(sys.argv[1]), sys.stdin, sys.stdout)
