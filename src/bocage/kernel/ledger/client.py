"""Calling the poster: `submit` posts groups of operations in lane B and waits for their answers.

All threads of a process share one connection; what they send while a batch commits goes into the next one together.
What is sent again under the same ids is answered the same, so a call that broke off may simply be made again.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal
from bocage.kernel.ledger import actions, chain, poster_socket, wire
from bocage.kernel.ledger.poster_socket import (
    ANSWERS,
    ASK,
    HEAD,
    NONCE_BYTES,
    PROOF_BYTES,
    REFUSAL,
    SERVICE_BYTES,
    SUBMIT,
    WAITING,
    WAITING_TOLD,
)
from bocage.kernel.ledger.refusals import refusal
from bocage.kernel.ledger.types import Operation, Posted, Refused
from bocage.kernel.ledger.wire import ANSWER, Records

TIMEOUT_SECONDS = 10.0
AGAIN_SECONDS = 0.05
ASK_SECONDS = 1.0


class Unreachable(Exception):
    """No poster answers at the socket now, or it went away before it answered."""


class Call:
    """A request on its way. `wait` gives its answers."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._records: Records | None = None
        self._refused: str | None = None

    def settle(self, records: Records | None, refused: str | None) -> None:
        self._records, self._refused = records, refused
        self._done.set()

    def wait(self, timeout_seconds: float) -> Records:
        """`wire.ANSWER` records. Raises `Unreachable`, and `Refusal` where the poster took nothing."""
        if not self._done.wait(timeout_seconds):
            raise Unreachable(f"no answer in {timeout_seconds} s")
        if self._refused is not None:
            raise _refusal_of(self._refused)
        if self._records is None:
            raise Unreachable("the poster went away before it answered")
        return self._records


class Client:
    """A connection to the poster, made when first used and made again after it broke."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._link: socket.socket | None = None
        self._calls: dict[int, Call] = {}
        self._numbers = count(1)
        self._pid = os.getpid()

    def send(self, records: bytes, service: str = "") -> Call:
        """Send packed `wire.REQUEST` records; returns at once. Raises `Unreachable`."""
        call, number = Call(), next(self._numbers)
        framed = poster_socket.frame(SUBMIT, number, service.encode().ljust(SERVICE_BYTES, b"\0") + records)
        with self._lock:
            link = self._connected()
            self._calls[number] = call
            try:
                link.sendall(framed)
            except OSError as error:
                self._broke(link)
                raise Unreachable(str(error)) from error
        return call

    def post(self, records: bytes, service: str = "", *, timeout_seconds: float = TIMEOUT_SECONDS) -> Records:
        """The answers to packed records, sent again while the poster is away.

        Raises `Refusal`: ledger_busy (503) where nothing can have been posted, answer_unknown (504) where it may have.
        """
        deadline, sent = time.monotonic() + timeout_seconds, False
        while True:
            try:
                call = self.send(records, service)
                sent = True
                return call.wait(max(0.0, deadline - time.monotonic()))
            except Unreachable:
                if time.monotonic() + AGAIN_SECONDS > deadline:
                    raise refusal("answer_unknown" if sent else "ledger_busy") from None
                time.sleep(AGAIN_SECONDS)

    def close(self) -> None:
        """Hang up; what is on its way is answered with `Unreachable`."""
        with self._lock:
            if self._link is not None:
                self._broke(self._link)

    def _connected(self) -> socket.socket:
        if self._pid != os.getpid():
            # A fork shares the socket with its parent, whose answers it would read.
            self._link, self._calls, self._pid = None, {}, os.getpid()
        if self._link is None:
            self._link = connect()
            threading.Thread(target=self._listen, args=(self._link,), name="ledger client", daemon=True).start()
        return self._link

    def _listen(self, link: socket.socket) -> None:
        buffer = bytearray()
        try:
            while received := link.recv(1 << 18):
                buffer += received
                for frame in poster_socket.frames(buffer):
                    call = self._calls.pop(frame.number, None)
                    if call is None:
                        continue
                    if frame.type == ANSWERS:
                        call.settle(np.frombuffer(frame.body, ANSWER), None)
                    elif frame.type == REFUSAL:
                        call.settle(None, bytes(frame.body).decode())
        except (OSError, poster_socket.FrameError, ValueError):
            pass
        with self._lock:
            self._broke(link)

    def _broke(self, link: socket.socket) -> None:
        """Under the lock."""
        if self._link is link:
            self._link = None
            calls, self._calls = self._calls, {}
            for call in calls.values():
                call.settle(None, None)
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        link.close()


@dataclass(frozen=True)
class Waiting:
    """What lane B has not answered yet, queued or being written, and for how long the oldest of it has waited."""

    requests: int
    oldest_seconds: float


def waiting() -> Waiting | None:
    """Asked of the poster, over a connection of its own; None where no poster answers within a second."""
    try:
        link = connect(ASK_SECONDS)
    except Unreachable:
        return None
    with link:
        try:
            link.settimeout(ASK_SECONDS)
            link.sendall(poster_socket.frame(ASK, 0, b""))
            (said,) = poster_socket.frames(bytearray(_exactly(link, HEAD.size + WAITING.size)))
        except (OSError, Unreachable, poster_socket.FrameError, ValueError):
            return None
    return Waiting(*WAITING.unpack(said.body)) if said.type == WAITING_TOLD else None


def connect(timeout_seconds: float = TIMEOUT_SECONDS) -> socket.socket:
    """A socket on which both sides have shown that they know the secret. Raises `Unreachable`."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(timeout_seconds)
    try:
        link.connect(str(poster_socket.address()))
        server_nonce, nonce = _exactly(link, NONCE_BYTES), os.urandom(NONCE_BYTES)
        link.sendall(nonce + poster_socket.proof(b"client", server_nonce, nonce))
        if _exactly(link, PROOF_BYTES) != poster_socket.proof(b"server", server_nonce, nonce):
            raise Unreachable("what listens there does not know the installation's secret")
    except OSError as error:
        link.close()
        raise Unreachable(str(error)) from error
    except Unreachable:
        link.close()
        raise
    link.settimeout(None)
    return link


def _exactly(link: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = link.recv(size - len(found))
        if not more:
            raise Unreachable("the poster hung up")
        found += more
    return found


_client = Client()


def submit(
    groups: Sequence[Sequence[Operation]], *, service: str = "", timeout_seconds: float = TIMEOUT_SECONDS
) -> list[tuple[Posted | Refused, ...]]:
    """Post the groups in lane B, each all or nothing, in their order; the answer to each operation.

    It commits by itself, whatever becomes of the caller's transaction. A refusal is stored, and its id stays refused;
    `id_conflict` is answered for a group whose ids were used for something else. With `service`, the event
    `ledger.answered` tells the answers to it as well. At most 8,192 operations. Raises `Refusal` for what cannot be an
    operation, "ledger_busy" (503), "too_many_in_flight" (429) and "answer_unknown" (504: ask the same again).
    """
    operations = [operation for group in groups for operation in group]
    if not 1 <= len(operations) <= chain.BATCH_TRANSFERS_MAX or not all(groups):
        raise Refusal(
            "batch_out_of_range",
            _("Send at least 1 and at most %(most)s transfers.") % {"most": chain.BATCH_TRANSFERS_MAX},
        )
    for operation in operations:
        actions.check(operation)
    answers = _client.post(wire.pack(groups), service, timeout_seconds=timeout_seconds)
    found = iter(wire.answered(operations, answers))
    return [tuple(next(found) for _operation in group) for group in groups]


def _refusal_of(said: str) -> Refusal:
    if said.startswith("malformed"):
        raise ValueError(said)
    return refusal(said)
