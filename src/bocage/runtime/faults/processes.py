"""The processes of a story, each forked from one that has Django loaded: clients, posters, sealer, deliverer.

What a client cannot know (its connection broke before the answer) it asks again under the same id, as every caller of
the ledger has to. Where a process is to die, it sends SIGKILL to itself: by a `Strike` in most, and in the poster,
whose code has its places named, by `BOCAGE_FAULT_POINT`.
"""

import json
import logging
import os
import signal
import socket
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import InterfaceError, InternalError, OperationalError, connection, connections

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.events import delivery, sequencer
from bocage.kernel.events.actions import emit
from bocage.kernel.events.registry import find
from bocage.kernel.events.types import Event
from bocage.kernel.ledger import actions, client, faults, sealer, serving, wire
from bocage.kernel.ledger.types import Hold, Operation, Posted, PostHold, Refused, Transfer, VoidHold
from bocage.kernel.manifest import Hears
from bocage.kernel.postgres import roles
from bocage.runtime.faults.schedule import Asked, Plan, id_of

LIVE, AGAIN = "faults_live", "faults_again"
EVENT, BATCH_EVENT = "events.replayed", "ledger.answered"
# How many requests a client of lane B has on their way, and how long it waits before it sends one again.
WINDOW = 4
ANSWER_SECONDS = 10.0
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
    find(BATCH_EVENT)
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


def asking(plan: Plan, number: int, first: int, strike: Strike) -> Callable[[Say], None]:
    """Ask lane A for everything in turn `number` from its `first` request on, and say each answer."""

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


def sending(plan: Plan, number: int, first: int) -> Callable[[Say], None]:
    """Send all of turn `number` to the poster from its `first` request on, a few at once, and say each answer.

    What was on its way when the poster died is sent again behind what came to the next one before it: duplicated, and
    in another order.
    """

    def work(say: Say) -> None:
        link, turn = client.Client(), plan.turns[number]
        coming: deque[tuple[int, client.Call | None]] = deque()
        for n in range(first, len(turn) + WINDOW):
            if n < len(turn):
                coming.append((n, _sent(link, plan, turn[n])))
            if coming and (len(coming) == WINDOW or n >= len(turn)):
                at, call = coming.popleft()
                say({"n": at, "answers": _heard(link, plan, turn[at], call, say)})

    return work


def _sent(link: client.Client, plan: Plan, asked: Asked) -> client.Call | None:
    try:
        return link.send(wire.pack([asked.operations]), f"faults {plan.seed}")
    except client.Unreachable:
        return None


def _heard(link: client.Client, plan: Plan, asked: Asked, call: client.Call | None, say: Say) -> list[list[Any]]:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            if call is not None:
                codes = [(wire.CODES[code], amount) for code, amount, _at in call.wait(ANSWER_SECONDS).tolist()]
                if codes[0][0] == "id_conflict":
                    return [["id_conflict", 0]]
                return [[code, 0 if code else amount] for code, amount in codes]
        except client.Unreachable:
            say({"lost": "Unreachable"})
        except Refusal as refusal:
            if refusal.code not in ("ledger_busy", "too_many_in_flight"):
                raise
        if time.monotonic() > deadline:
            raise TimeoutError(f"lane B does not answer {asked.ids[0]}")
        time.sleep(AGAIN_SECONDS)
        call = _sent(link, plan, asked)


# --- who posts, who seals, who delivers -------------------------------------------------------------------------------


def posting(point: str) -> Callable[[Say], None]:
    """Stand by for lane B and write it, as `./bocage post` does; die at `point` ("after_copy:3": the third time).

    Says when it answers at the socket: {"writes": its epoch, "at": on the machine's monotonic clock}.
    """
    listen = serving.Door._listen

    def work(say: Say) -> None:
        def listening(door: serving.Door) -> socket.socket:
            listener = listen(door)
            say({"writes": door._poster.epoch, "at": time.monotonic()})
            return listener

        setattr(serving.Door, "_listen", listening)
        os.environ[faults.VARIABLE] = point
        # What it meets is what the story makes it meet.
        logging.disable(logging.WARNING)
        serving.run(threading.Event())

    return work


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
                delivery.advance(LIVE, [Hears(EVENT, handler, None), Hears(BATCH_EVENT, handler, None)])
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
            hears = [Hears(each, partial(_project, name), None) for each in (EVENT, BATCH_EVENT)]
            busy = delivery.advance(name, hears) or busy
        if not busy and not sequencer.is_behind():
            return
        if time.monotonic() > deadline:
            raise TimeoutError("log and chain are not at rest")
        if not busy:
            time.sleep(0.005)


def _project(subscription: str, event: Event) -> None:
    if event.type == BATCH_EVENT:
        _project_batch(subscription, event)
        return
    seed, _colon, id = str(event.data["service"]).partition(":")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into faults_heard (subscription, seed, id, amount) values (%s, %s, %s, %s)",
            [subscription, int(seed), UUID(id), int(event.data["from_position"])],
        )


def _project_batch(subscription: str, event: Event) -> None:
    """What was sent twice is answered twice, and heard twice; it counts once."""
    seed = int(str(event.data["service"]).split()[1])
    accepted = [(UUID(id), amount) for id, code, amount in event.data["answers"] if not code]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into faults_heard (subscription, seed, id, amount)"
            " select %s, %s, id, amount from unnest(%s::uuid[], %s::bigint[]) accepted (id, amount)"
            " on conflict (subscription, seed, id) do nothing",
            [subscription, seed, [id for id, _amount in accepted], [amount for _id, amount in accepted]],
        )
