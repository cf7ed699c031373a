"""The processes of a story, each forked from one that has Django loaded: clients, sealer, deliverer, examiner.

What a client cannot know (its connection broke before the answer) it asks again under the same id, as every caller of
the ledger has to. Where a process is to die, it sends SIGKILL to itself.
"""

import json
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import InterfaceError, InternalError, OperationalError, connection, connections

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.events import delivery, sequencer
from bocage.kernel.events.actions import emit
from bocage.kernel.events.registry import find
from bocage.kernel.events.types import Event
from bocage.kernel.ledger import actions, sealer
from bocage.kernel.ledger.types import Hold, Operation, Posted, PostHold, Refused, Transfer, VoidHold
from bocage.kernel.manifest import Hears
from bocage.kernel.postgres import roles
from bocage.runtime.faults.schedule import Asked, Plan, id_of

LIVE, AGAIN = "faults_live", "faults_again"
EVENT = "events.replayed"
GIVE_UP_SECONDS = 150.0
AGAIN_SECONDS = 0.03
FAILED_STATUS = 70
_LOST = (OperationalError, InterfaceError, InternalError)


@dataclass(frozen=True)
class Process:
    """A forked process and the end of the pipe on which it says lines of JSON."""

    name: str
    pid: int
    said: int


@dataclass
class Strike:
    """Where this process dies: at the `hit`-th time that it reaches `point`. `sleep_seconds` > 0: it rests instead."""

    point: str = ""
    hit: int = 0
    sleep_seconds: float = 0.0
    reached: int = 0

    def reach(self, point: str) -> None:
        """Called where a fault may strike."""
        if point != self.point:
            return
        self.reached += 1
        if self.reached == self.hit:
            if self.sleep_seconds:
                time.sleep(self.sleep_seconds)
            else:
                os.kill(os.getpid(), signal.SIGKILL)


type Say = Callable[[dict[str, Any]], None]


def load() -> None:
    """Load in the parent what each process would otherwise load for itself."""
    find(EVENT)
    connection.ensure_connection()
    connection.close()


def fork(name: str, role: str, secret: str, work: Callable[[Say], None]) -> Process:
    """Run `work` in a process of its own, connected to the database as `role`."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        os.set_blocking(reading, False)
        return Process(name, pid, reading)
    status = 0
    try:
        os.close(reading)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        connections["default"].settings_dict.update(USER=role, PASSWORD=roles.password_of(role, secret))

        def say(line: dict[str, Any]) -> None:
            os.write(writing, json.dumps(line).encode() + b"\n")

        try:
            work(say)
        except BaseException:
            say({"error": traceback.format_exc()[-2500:]})
            status = FAILED_STATUS
    finally:
        # Nothing of the parent's is to be flushed or closed a second time.
        os._exit(status)


# --- clients ---------------------------------------------------------------------------------------------------------


def client(plan: Plan, number: int, first: int, strike: Strike) -> Callable[[Say], None]:
    """Ask for everything in turn `number` from its `first` request on, and say each answer."""

    def work(say: Say) -> None:
        for n, asked in enumerate(plan.turns[number][first:], first):
            say({"n": n, "answers": _insist(lambda asked=asked: _ask(plan, asked, strike), say)})  # type: ignore[misc]

    return work


def _insist(ask: Callable[[], list[list[Any]]], say: Say) -> list[list[Any]]:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            return ask()
        except Refusal as refusal:
            if refusal.code == "id_conflict":
                return [["id_conflict", 0]]
            if refusal.code not in ("ledger_busy", "answer_unknown") or time.monotonic() > deadline:
                raise
        except _LOST as error:
            if time.monotonic() > deadline:
                raise
            say({"lost": type(error.__cause__).__name__})
            connection.close()
        time.sleep(AGAIN_SECONDS)


def _ask(plan: Plan, asked: Asked, strike: Strike) -> list[list[Any]]:
    with acting_as(Actor.nobody()):
        strike.reach("before_write")
        answers = _post(asked)
        for id, answer in zip(asked.ids, answers, strict=True):
            if not answer[0]:
                data = {"service": f"{plan.seed}:{id}", "from_position": answer[1], "by": None}
                emit(EVENT, subject_id=None, data=data, key=str(id))
        strike.reach("after_write")
    strike.reach("before_answer")
    return answers


def _post(asked: Asked) -> list[list[Any]]:
    if len(asked.operations) == 1:
        answer = _post_one(asked.operations[0])
        return [[answer.code, 0] if isinstance(answer, Refused) else ["", answer.amount_minor]]
    together = actions.post_linked(asked.operations)
    if isinstance(together, Refused):
        return [[together.code if together.transfer_id == id else "linked_refused", 0] for id in asked.ids]
    return [["", each.amount_minor] for each in together]


def _post_one(operation: Operation) -> Posted | Refused:
    match operation:
        case Transfer():
            return actions.post(operation)
        case Hold(transfer, expires_at):
            return actions.hold(transfer, expires_at)
        case PostHold(id, hold_id, amount_minor):
            return actions.post_hold(id, hold_id, amount_minor)
        case VoidHold(id, hold_id):
            return actions.void_hold(id, hold_id)
    raise AssertionError(id_of(operation))


# --- who seals, who delivers -----------------------------------------------------------------------------------------


def sealing(strike: Strike) -> Callable[[Say], None]:
    """Seal lane A as it goes; the strike falls after a batch is written and before it commits."""
    append = sealer.append

    def struck(*arguments: Any) -> Any:
        batch = append(*arguments)
        strike.reach("sealed")
        return batch

    def work(_say: Say) -> None:
        setattr(sealer, "append", struck)
        while True:
            with _outliving():
                sealer.seal(limit=20)
            time.sleep(0.01)

    return work


def delivering(strike: Strike) -> Callable[[Say], None]:
    """Place events and deliver them to the live projection; the strike falls in a handler, before the commit."""

    def handler(event: Event) -> None:
        _project(LIVE, event)
        strike.reach("heard")

    def work(_say: Say) -> None:
        while True:
            with _outliving():
                delivery.ensure_subscriptions([LIVE, AGAIN])
                sequencer.sequence()
                delivery.advance(LIVE, [Hears(EVENT, handler, None)])
            time.sleep(0.01)

    return work


class _outliving:  # noqa: N801 - reads as a word of the `with` statement
    """What a lost database raises is forgiven, and the next turn connects anew."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if error is None or not isinstance(error, _LOST):
            return False
        connection.close()
        time.sleep(AGAIN_SECONDS)
        return True


def settle(deadline_seconds: float = 60.0) -> None:
    """Seal and deliver all that there is, to the live projection and to the one that is built again from the log."""
    delivery.ensure_subscriptions([LIVE, AGAIN])
    deadline = time.monotonic() + deadline_seconds
    while True:
        busy = sealer.seal() + sequencer.sequence() > 0
        for name in (LIVE, AGAIN):
            hears = Hears(EVENT, lambda event, name=name: _project(name, event), None)
            busy = delivery.advance(name, [hears]) or busy
        if not busy and not sequencer.is_behind():
            return
        if time.monotonic() > deadline:
            raise TimeoutError("log and chain are not at rest")
        if not busy:
            time.sleep(0.005)


def _project(subscription: str, event: Event) -> None:
    seed, _colon, id = str(event.data["service"]).partition(":")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into faults_heard (subscription, seed, id, amount) values (%s, %s, %s, %s)",
            [subscription, int(seed), UUID(id), int(event.data["from_position"])],
        )
