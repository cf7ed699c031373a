"""One seed, told to its end: the processes run, the fault strikes, everybody gets an answer; then all is examined."""

import contextlib
import json
import os
import selectors
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bocage.kernel.ledger import faults as poster_faults
from bocage.kernel.postgres import roles
from bocage.runtime.faults import examine, processes
from bocage.runtime.faults.cluster import SECRET, Cluster
from bocage.runtime.faults.processes import Process, Strike
from bocage.runtime.faults.schedule import CLIENT_LANES, CLIENTS, POSTER_POINTS, Plan, plan_of
from bocage.runtime.faults.schedule import now as now_to_the_millisecond

DEADLINE_SECONDS = 180.0
DISK_FULL_SECONDS = 20.0
RECOVERIES_MAX = 5
DISK_ERRORS = {"DiskFull", "AdminShutdown", "CrashShutdown", "OperationalError"}


@dataclass
class Result:
    """What became of a seed: how many answers, which faults struck, what was found wrong (nothing is what must be)."""

    seed: int
    fault: str
    answers: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    skipped: str = ""
    found: list[str] = field(default_factory=list)
    recovery_seconds: float = 0.0
    takeover_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0


def tell(cluster: Cluster, seed: int, transaction_seconds: float) -> Result:
    """Run the seed. `transaction_seconds`: how long the long transaction is held open."""
    begun = time.monotonic()
    plan = plan_of(seed, now_to_the_millisecond())
    result = Result(seed, plan.fault)
    if plan.fault == "disk_full" and not cluster.small:
        result.skipped = "no small file system: it takes root and mount"
    _open(cluster, plan)
    story = _Story(cluster, plan, result, transaction_seconds)
    try:
        story.run()
    finally:
        story.end()
        cluster.shift_clock(timedelta(0))
    answers = story.answers
    examiner = processes.fork(
        "examiner", roles.DELIVERER, SECRET, lambda say: say(examine.everything(cluster, plan, answers))
    )
    said = _last_words(examiner)
    result.found += said.get("found", []) or ([said["error"]] if "error" in said else [])
    if not said:
        result.found.append("the examiner said nothing")
    result.hits.update(said.get("hits", {}))
    result.answers = sum(len(turn) for turn in answers)
    result.seconds = time.monotonic() - begun
    return result


def _open(cluster: Cluster, plan: Plan) -> None:
    with cluster.link(roles.APP) as link:
        for account in plan.accounts:
            lowest = None if account.kind == "issuer" else 0
            link.execute(
                "select ledger_open_account(%s, null, 'EUR', %s, '', %s, %s)",
                [account.id, account.kind, lowest, account.maximum_minor],
            )
        for each in plan.openings:
            link.execute(
                "select * from ledger_post(%s, %s, %s, %s::bigint, %s, %s, '')",
                [each.id, each.debit_account_id, each.credit_account_id, each.amount_minor, each.unit, each.code],
            )
        link.execute("select ledger_set_lane(%s, 'B')", [[each.id for each in plan.accounts if each.lane == "B"]])


class _Story:
    def __init__(self, cluster: Cluster, plan: Plan, result: Result, transaction_seconds: float) -> None:
        self._cluster, self._plan, self._result = cluster, plan, result
        self._transaction_seconds = transaction_seconds
        self._selector = selectors.DefaultSelector()
        self._heard: dict[int, bytearray] = {}
        self._work: dict[str, tuple[Callable[[Strike], Any], str]] = {}
        self.answers: list[list[Any]] = [[] for _ in range(CLIENTS)]
        self._running: dict[str, Process] = {}
        self._struck = self._killed_postgres = False
        self._in_recovery = plan.fault == f"poster_{poster_faults.IN_RECOVERY}"
        # Lane B: who writes it, since when nobody does, where each poster is to die, and the epoch that was stolen.
        self._holder = ""
        self._holder_died: float | None = None
        self._points: dict[str, str] = {}
        self._stolen_epoch: int | None = None
        self._full_until: float | None = None
        self._disk = contextlib.ExitStack()

    def run(self) -> None:
        """Until every client has every answer. Raises `TimeoutError`."""
        plan = self._plan
        copies = 2 if plan.fault == "two_writers" else 1
        for copy in range(copies):
            self._work[f"sealer {copy}"] = (processes.sealing, roles.DELIVERER)
            self._work[f"deliverer {copy}"] = (processes.delivering, roles.DELIVERER)
        for name in list(self._work):
            point = {"sealer 0": "sealed", "deliverer 0": "heard"}.get(name, "")
            wanted = {"sealer_killed": "sealed", "deliverer_killed": "heard"}.get(plan.fault, "")
            self._spawn(name, Strike(point if point == wanted else "", 2 if point == "sealed" else plan.hit))
        self._spawn_poster("poster 0", self._poster_point())
        for number in range(CLIENTS):
            self._spawn_client(number, self._strike_of(number))
        if copies == 2:
            self._result.hits["two_writers"] += 1
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._is_done():
            if time.monotonic() > deadline:
                missing = [len(turn) - len(said) for turn, said in zip(plan.turns, self.answers, strict=True)]
                raise TimeoutError(f"seed {plan.seed}: no answers for {missing} requests in {DEADLINE_SECONDS} s")
            for key, _events in self._selector.select(0.05):
                self._listen(key.data)
            self._strike()

    def end(self) -> None:
        """End every process."""
        self._disk.close()
        for each in list(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)
            os.waitpid(each.pid, 0)
            os.close(each.said)
        self._running.clear()
        self._selector.close()

    # Processes -------------------------------------------------------------------------------------------------------

    def _strike_of(self, number: int) -> Strike:
        plan = self._plan
        if number != plan.client:
            return Strike()
        if plan.fault == "long_transaction":
            self._result.hits["long_transaction"] += 1
            return Strike("after_write", plan.hit, self._transaction_seconds)
        return Strike(plan.fault.removeprefix("client_"), plan.hit) if plan.fault.startswith("client_") else Strike()

    def _spawn(self, name: str, strike: Strike) -> None:
        work, role = self._work[name]
        self._watch(processes.fork(name, role, SECRET, work(strike)))

    def _spawn_client(self, number: int, strike: Strike) -> None:
        answered = len(self.answers[number])
        if CLIENT_LANES[number] == "A":
            work = processes.asking(self._plan, number, answered, strike)
        else:
            work = processes.sending(self._plan, number, answered)
        self._watch(processes.fork(f"client {number}", roles.APP, SECRET, work))

    def _poster_point(self) -> str:
        point = self._plan.fault.removeprefix("poster_")
        return f"{point}:{1 + self._plan.hit % 3}" if point in POSTER_POINTS else ""

    def _next_point(self) -> str:
        """Where a poster dies that comes after the first: whichever takes the lane from a dead one may be a new one."""
        point = poster_faults.IN_RECOVERY
        return point if self._in_recovery and not self._result.hits[f"poster_{point}"] else ""

    def _spawn_poster(self, name: str, point: str) -> None:
        self._points[name] = point.partition(":")[0]
        self._watch(processes.fork(name, roles.POSTER, SECRET, processes.posting(point)))

    def _watch(self, process: Process) -> None:
        self._running[process.name] = process
        self._heard[process.pid] = bytearray()
        self._selector.register(process.said, selectors.EVENT_READ, process)

    def _listen(self, process: Process) -> None:
        try:
            received = os.read(process.said, 1 << 16)
        except BlockingIOError:
            return
        heard = self._heard[process.pid]
        heard += received
        while b"\n" in heard:
            line, _newline, rest = bytes(heard).partition(b"\n")
            heard[:] = rest
            self._take(process, json.loads(line))
        if not received:
            self._gone(process)

    def _take(self, process: Process, said: dict[str, Any]) -> None:
        if "error" in said:
            raise RuntimeError(f"{process.name} of seed {self._plan.seed} failed:\n{said['error']}")
        if "lost" in said:
            if self._full_until is not None and said["lost"] in DISK_ERRORS:
                self._result.hits["disk_full"] = 1
            return
        if "writes" in said:
            self._writes(process, said["writes"], said["at"])
            return
        answers = self.answers[int(process.name.split()[1])]
        assert said["n"] == len(answers), "a client answers in order"
        answers.append(said["answers"])

    def _writes(self, process: Process, epoch: int, at: float) -> None:
        """A poster writes now. The second one comes when the first one does, and stands by."""
        if self._holder_died is not None:
            self._result.takeover_seconds.append(at - self._holder_died)
        if self._stolen_epoch is not None and epoch > self._stolen_epoch:
            self._result.hits["stale_epoch"] += 1
            self._stolen_epoch = None
        self._holder, self._holder_died = process.name, None
        if "poster 1" not in self._points:
            self._spawn_poster("poster 1", self._next_point() or self._poster_point())

    def _gone(self, process: Process) -> None:
        self._selector.unregister(process.said)
        os.close(process.said)
        _pid, status = os.waitpid(process.pid, 0)
        del self._running[process.name]
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL, f"{process.name} died of signal {os.WTERMSIG(status)}"
            if process.name.startswith("poster"):
                self._poster_gone(process.name)
                return
            self._result.hits[self._plan.fault] += 1
            if process.name.startswith("client"):
                self._spawn_client(int(process.name.split()[1]), Strike())
            else:
                self._spawn(process.name, Strike())

    def _poster_gone(self, name: str) -> None:
        point = self._points[name]
        self._result.hits[f"poster_{point}" if point else "poster_killed"] += 1
        if name == self._holder:
            self._holder, self._holder_died = "", time.monotonic()
        self._spawn_poster(name, self._next_point())

    def _is_done(self) -> bool:
        return all(len(said) == len(turn) for turn, said in zip(self._plan.turns, self.answers, strict=True))

    # What strikes from outside ---------------------------------------------------------------------------------------

    def _strike(self) -> None:
        plan, answered = self._plan, sum(len(turn) for turn in self.answers)
        if self._full_until is not None and (time.monotonic() > self._full_until or self._result.hits["disk_full"]):
            self._disk.close()
            self._full_until = None
            self._cluster.start()
        if answered < plan.after_answers or (self._in_recovery and not self._holder):
            return
        if not self._struck:
            self._struck = True
            self._strike_once(plan)
        elif plan.kills_postgres and not self._killed_postgres and answered > plan.after_answers + 5:
            self._killed_postgres = True
            self._kill_postgres()

    def _strike_once(self, plan: Plan) -> None:
        if plan.fault == "postgres_killed":
            self._kill_postgres()
        elif plan.fault == "postgres_killed_in_recovery":
            self._kill_postgres(in_recovery=True)
        elif plan.fault == "disk_full" and self._cluster.small:
            # Filling takes a moment, in which nobody shall get away.
            clients = [each.pid for each in self._running.values() if each.name.startswith("client")]
            for pid in clients:
                os.kill(pid, signal.SIGSTOP)
            self._disk.enter_context(self._cluster.full_disk())
            for pid in clients:
                os.kill(pid, signal.SIGCONT)
            self._full_until = time.monotonic() + DISK_FULL_SECONDS
        elif self._in_recovery:
            # Whoever writes dies; the other one dies as it takes the lane.
            for each in self._running.values():
                if each.name == self._holder:
                    os.kill(each.pid, signal.SIGKILL)
        elif plan.fault == "two_writers":
            with self._cluster.link(roles.POSTER) as link:
                row = link.execute("select ledger_take_lane('a thief')").fetchone()
            self._stolen_epoch = row[0] if row else None
        elif plan.fault == "clock_shifted":
            self._cluster.shift_clock(plan.shift)
            self._result.hits["clock_shifted"] += 1

    def _kill_postgres(self, *, in_recovery: bool = False) -> None:
        self._cluster.kill()
        # How long the lane is then without a writer is the database's recovery, not the poster's.
        self._holder_died = None
        self._result.hits["postgres_killed"] += 1
        for _time in range(RECOVERIES_MAX if in_recovery else 0):
            if self._cluster.kill_in_recovery():
                self._result.hits["postgres_killed_in_recovery"] += 1
                break
        self._result.recovery_seconds = max(self._result.recovery_seconds, self._cluster.start())


def _last_words(process: Process) -> dict[str, Any]:
    os.set_blocking(process.said, True)
    with os.fdopen(process.said) as said:
        lines = said.read().splitlines()
    os.waitpid(process.pid, 0)
    return dict(json.loads(lines[-1])) if lines else {}
