"""Closed-loop clients measured over one window of time that is the same for all of them.

Every client first makes ready, then stands at a barrier; only once all stand there are begin and end set, by
CLOCK_MONOTONIC, which all processes of a machine share. What is answered between the two counts, and nothing else:
neither what a late client did after the others had stopped, nor what was answered after the end. The CPU time is taken
at the same two moments. A client that fails ends the whole run, with what it failed of.
"""

import contextlib
import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

WARM_UP_SECONDS = 0.5
READY_SECONDS = 120  # to connect, all of them
LAST_ANSWER_SECONDS = 60  # what a client may still wait for after the end
_TICKS = os.sysconf("SC_CLK_TCK")
_FORK = multiprocessing.get_context("fork")

type Client = Callable[[], None]
"""Does one thing and returns once it is answered; raises where it is not."""


@dataclass(frozen=True)
class Measured:
    """How many were answered in how long, and the CPU time of all that took part."""

    count: int
    seconds: float
    cpu_seconds: float

    @property
    def speed(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_microseconds(self) -> float:
        """CPU microseconds for each."""
        return self.cpu_seconds / max(1, self.count) * 1e6


class Window:
    """The window of `parties` clients: `stand` at its barrier, then count what `holds`."""

    def __init__(self, parties: int, seconds: float) -> None:
        self._begin = _FORK.RawValue("d", 0.0)
        self._seconds = seconds
        self._barrier = _FORK.Barrier(parties, action=self._set, timeout=READY_SECONDS)

    def _set(self) -> None:
        self._begin.value = time.monotonic() + WARM_UP_SECONDS

    @property
    def begin(self) -> float:
        return float(self._begin.value)

    @property
    def end(self) -> float:
        return self.begin + self._seconds

    def stand(self) -> None:
        """Wait until all are ready. Raises `threading.BrokenBarrierError` where one of them failed."""
        self._barrier.wait()

    def give_up(self) -> None:
        self._barrier.abort()

    def holds(self, now: float) -> bool:
        return self.begin <= now < self.end


type Loop = Callable[[Window], int]
"""A client: makes ready, stands at the window's barrier, and goes on until the end; how many the window holds."""


def one_by_one(make: Callable[[], Client]) -> Loop:
    """The loop of a client that does one thing after the other."""

    def loop(window: Window) -> int:
        do, done = make(), 0
        window.stand()
        while time.monotonic() < window.end:
            do()
            done += window.holds(time.monotonic())
        return done

    return loop


def measure(processes: Sequence[Sequence[Loop]], seconds: float, others: Callable[[], float]) -> Measured:
    """What these clients get done in `seconds` together: a process for each inner sequence, a thread for each of its
    loops. `others`: the CPU time so far of the servers that they use.

    Raises `RuntimeError` where any client fails, after all of them have ended.
    """
    window = Window(sum(map(len, processes)) + 1, seconds)
    links, workers = [], []
    for loops in processes:
        listens, says = _FORK.Pipe(duplex=False)
        worker = _FORK.Process(target=_process, args=(loops, window, says), daemon=True)
        worker.start()
        says.close()
        links.append(listens)
        workers.append(worker)
    pids = [worker.pid for worker in workers if worker.pid]
    cpu: list[tuple[float, float]] = []
    try:
        with contextlib.suppress(threading.BrokenBarrierError):
            window.stand()
            for moment in (window.begin, window.end):
                time.sleep(max(0.0, moment - time.monotonic()))
                cpu.append((time.monotonic(), others() + sum(map(cpu_seconds, pids))))
        counts = [_heard(link, time.monotonic() + LAST_ANSWER_SECONDS) for link in links]
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    failed = [said for said in counts if isinstance(said, str)]
    if failed:
        # The first that is more than the end of the common wait, which is only what the others' failure did to it.
        raise RuntimeError(next((said for said in failed if "BrokenBarrierError" not in said), failed[0]))
    # On a machine that has other work these two moments may be late; the share of time that was used is what counts.
    (first_at, first), (last_at, last) = cpu
    return Measured(sum(counts), seconds, (last - first) / (last_at - first_at) * seconds)


def _heard(link: Connection, deadline: float) -> Any:
    if not wait([link], max(0.0, deadline - time.monotonic())):
        return "a client had no answer long after the end of the window"
    try:
        return link.recv()
    except EOFError:
        return "a client's process ended before it had counted"


def _process(loops: Iterable[Loop], window: Window, says: Connection) -> None:
    counts: list[int] = []
    failures: list[str] = []

    def run(loop: Loop) -> None:
        try:
            counts.append(loop(window))
        except BaseException:
            failures.append(traceback.format_exc())
            window.give_up()

    threads = [threading.Thread(target=run, args=(loop,)) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own = [said for said in failures if "BrokenBarrierError" not in said] or failures
    says.send(own[0] if own else sum(counts))
    says.close()


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def postgres_cpu_seconds(postmaster: int) -> float:
    """CPU time so far of PostgreSQL, with its ended sessions."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(stat.parent.name) == postmaster:
            total += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postmaster:
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS
