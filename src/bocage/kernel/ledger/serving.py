"""The poster's process: one thread reads and answers sockets, one writes batches (group commit).

While a batch commits, what arrives queues; the next batch takes all of it, up to 8,192 requests. The queue is bounded,
and each connection has a share of it: who comes on top is told so at once and keeps nothing waiting.
"""

import contextlib
import logging
import os
import secrets
import selectors
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from bocage.kernel.ledger import chain, poster_socket, wire
from bocage.kernel.ledger.poster import NotOurs, Poster, Submission
from bocage.kernel.ledger.poster_socket import (
    ANSWERS,
    ASK,
    NONCE_BYTES,
    PROOF_BYTES,
    REFUSAL,
    SERVICE_BYTES,
    SUBMIT,
    WAITING,
    WAITING_TOLD,
    FrameError,
)

logger = logging.getLogger(__name__)

QUEUED_REQUESTS_MAX = 8 * chain.BATCH_TRANSFERS_MAX
CONNECTION_REQUESTS_MAX = 2 * chain.BATCH_TRANSFERS_MAX
CONNECTIONS_MAX = 1024
UNSENT_BYTES_MAX = 16 * 1024 * 1024
GREETING_SECONDS = 5.0
# How long the lane may be without a writer after its holder's end is this and the database's notice of that end.
TAKE_SECONDS = 0.05
SWEEP_SECONDS = 5.0
RECEIVE_BYTES = 1 << 18
_LOST = (OperationalError, InterfaceError, DatabaseError, psycopg.Error)


def run(stop: threading.Event) -> None:
    """Wait for the lane, then write it and serve, until `stop` is set. Outlives a restart of the database."""
    while not stop.is_set():
        poster = Poster()
        try:
            if poster.take():
                logger.info("writing lane B in epoch %s", poster.epoch)
                Door(poster, poster_socket.address()).serve(stop)
            else:
                stop.wait(TAKE_SECONDS)
        except NotOurs as error:
            logger.warning("lost the lane: %s", error)
        except _LOST as error:
            logger.warning("the database does not answer (%s), trying again", error)
            # Also who only stood by: a broken connection is not made again by itself.
            connection.close()
            stop.wait(TAKE_SECONDS * 4)
        finally:
            if poster.epoch:
                connection.close()
    connection.close()


@dataclass(eq=False)
class Caller:
    """One connection. Requests in flight are counted, so that nobody takes the whole queue."""

    socket: socket.socket
    nonce: bytes
    since: float
    known: bool = False
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    in_flight: int = 0


@dataclass(frozen=True)
class _Queued:
    caller: Caller
    number: int
    submission: Submission
    since: float = field(default_factory=time.monotonic)


class Door:
    """The listening socket and its callers, the queue, and the thread that writes."""

    def __init__(self, poster: Poster, path: Path) -> None:
        self._poster = poster
        self._path = path
        self._selector = selectors.DefaultSelector()
        self._callers: set[Caller] = set()
        self._queue: deque[_Queued] = deque()
        self._queued_requests = 0
        self._writing: list[_Queued] = []
        self._changed = threading.Condition()
        self._answered: deque[tuple[Caller, int, bytes]] = deque()
        self._wake_out, self._wake_in = socket.socketpair()
        self._ended = threading.Event()
        self._failure: BaseException | None = None

    def serve(self, stop: threading.Event) -> None:
        """Serve until `stop` is set or the writing ends; raises what ended it. The writer uses the calling thread's
        connection, so it is the sockets that get a thread of their own."""
        listener = self._listen()
        reading = threading.Thread(target=self._read, args=(listener,), name="poster door")
        reading.start()
        try:
            self._write(stop)
        finally:
            self._ended.set()
            self._nudge()
            reading.join()
            for each in (listener, self._wake_in, self._wake_out):
                each.close()
            self._selector.close()
        if self._failure is not None:
            raise self._failure

    def _listen(self) -> socket.socket:
        """The socket, by its name only once it listens: who connects never meets one that nobody answers."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        listener.bind(str(beside))
        beside.chmod(0o600)
        listener.listen(512)
        listener.setblocking(False)
        beside.replace(self._path)
        return listener

    # The thread that writes ------------------------------------------------------------------------------------------

    def _write(self, stop: threading.Event) -> None:
        next_sweep = time.monotonic()
        while not stop.is_set() and not self._ended.is_set():
            if time.monotonic() >= next_sweep:
                self._poster.sweep()
                next_sweep = time.monotonic() + SWEEP_SECONDS
            batch = self._next_batch()
            if not batch:
                continue
            answers = self._poster.post([each.submission for each in batch])
            for each, found in zip(batch, answers, strict=True):
                framed = poster_socket.frame(ANSWERS, each.number, found.tobytes())
                self._answered.append((each.caller, len(found), framed))
            self._writing = []
            self._nudge()

    def _next_batch(self) -> list[_Queued]:
        with self._changed:
            if not self._queue:
                self._changed.wait(0.2)
            batch, requests = [], 0
            while self._queue:
                size = len(self._queue[0].submission.records)
                if requests + size > chain.BATCH_TRANSFERS_MAX:
                    break
                batch.append(self._queue.popleft())
                requests += size
            self._queued_requests -= requests
            self._writing = batch
            return batch

    def _waiting(self) -> bytes:
        """What waits in the queue or is being written, as it is told: a batch that hangs is seen by its age."""
        with self._changed:
            writing, oldest = self._writing, (self._writing or self._queue or (None,))[0]
            requests = self._queued_requests + sum(len(each.submission.records) for each in writing)
        return WAITING.pack(requests, time.monotonic() - oldest.since if oldest else 0.0)

    def _nudge(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_in.send(b"\0", socket.MSG_DONTWAIT)

    # The thread that reads and sends ---------------------------------------------------------------------------------

    def _read(self, listener: socket.socket) -> None:
        try:
            self._selector.register(listener, selectors.EVENT_READ, None)
            self._selector.register(self._wake_out, selectors.EVENT_READ, None)
            while not self._ended.is_set():
                for key, events in self._selector.select(1.0):
                    if key.fileobj is listener:
                        self._accept(listener)
                    elif key.fileobj is self._wake_out:
                        self._wake_out.recv(4096)
                    else:
                        self._turn(key.data, events)
                self._hand_out()
                self._drop_strangers()
        except BaseException as error:
            self._failure = error
            self._ended.set()
        finally:
            for caller in list(self._callers):
                self._part(caller)

    def _accept(self, listener: socket.socket) -> None:
        try:
            link, _address = listener.accept()
        except OSError:
            return
        if len(self._callers) >= CONNECTIONS_MAX:
            link.close()
            return
        link.setblocking(False)
        caller = Caller(link, secrets.token_bytes(NONCE_BYTES), time.monotonic())
        self._callers.add(caller)
        self._selector.register(link, selectors.EVENT_READ, caller)
        self._send(caller, caller.nonce)

    def _turn(self, caller: Caller, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._send(caller, b"")
        if events & selectors.EVENT_READ and caller in self._callers:
            try:
                received = caller.socket.recv(RECEIVE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                received = b""
            if not received:
                self._part(caller)
                return
            caller.incoming += received
            try:
                self._hear(caller)
            except FrameError as error:
                logger.warning("a caller of the poster was hung up on: %s", error)
                self._part(caller)

    def _hear(self, caller: Caller) -> None:
        if not caller.known:
            if len(caller.incoming) < NONCE_BYTES + PROOF_BYTES:
                return
            nonce, said = (bytes(caller.incoming[:NONCE_BYTES]), bytes(caller.incoming[NONCE_BYTES:][:PROOF_BYTES]))
            del caller.incoming[: NONCE_BYTES + PROOF_BYTES]
            if not secrets.compare_digest(said, poster_socket.proof(b"client", caller.nonce, nonce)):
                raise FrameError("it does not know the installation's secret")
            caller.known = True
            self._send(caller, poster_socket.proof(b"server", caller.nonce, nonce))
        queued: list[_Queued] = []
        frames = []
        for frame in poster_socket.frames(caller.incoming):
            if frame.type == ASK:
                self._send(caller, poster_socket.frame(WAITING_TOLD, frame.number, self._waiting()))
            elif frame.type == SUBMIT:
                frames.append(frame)
            else:
                raise FrameError(f"a frame of type {frame.type}")
        for frame, records in zip(frames, _unpacked(frames), strict=True):
            refusal = self._take(caller, frame, records, queued)
            if refusal:
                self._send(caller, poster_socket.frame(REFUSAL, frame.number, refusal.encode()))
        if queued:
            with self._changed:
                self._queue.extend(queued)
                self._queued_requests += sum(len(each.submission.records) for each in queued)
                self._changed.notify()

    def _take(
        self, caller: Caller, frame: poster_socket.Frame, records: wire.Records | None, queued: list[_Queued]
    ) -> str:
        """Put a frame with the others to queue; why not, or "". `records`: its own, where they are known already."""
        try:
            service = bytes(frame.body[:SERVICE_BYTES]).rstrip(b"\0").decode("ascii")
            if records is None:
                records = wire.unpack(frame.body[SERVICE_BYTES:])
        except (wire.Malformed, UnicodeDecodeError) as error:
            return f"malformed: {error}"
        waiting = self._queued_requests + sum(len(each.submission.records) for each in queued)
        if caller.in_flight + len(records) > CONNECTION_REQUESTS_MAX:
            return "too_many_in_flight"
        if waiting + len(records) > QUEUED_REQUESTS_MAX:
            return "ledger_busy"
        caller.in_flight += len(records)
        queued.append(_Queued(caller, frame.number, Submission(service, records)))
        return ""

    def _hand_out(self) -> None:
        told: dict[Caller, list[bytes]] = {}
        while self._answered:
            caller, count, framed = self._answered.popleft()
            caller.in_flight -= count
            told.setdefault(caller, []).append(framed)
        for caller, framed_answers in told.items():
            if caller in self._callers:
                self._send(caller, b"".join(framed_answers))

    def _send(self, caller: Caller, data: bytes) -> None:
        caller.outgoing += data
        try:
            while caller.outgoing:
                sent = caller.socket.send(caller.outgoing)
                del caller.outgoing[:sent]
        except BlockingIOError:
            if len(caller.outgoing) > UNSENT_BYTES_MAX:
                self._part(caller)
                return
        except OSError:
            self._part(caller)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if caller.outgoing else 0)
        if self._selector.get_key(caller.socket).events != events:
            self._selector.modify(caller.socket, events, caller)

    def _drop_strangers(self) -> None:
        """Who connected and never said who it is takes no place for long."""
        now = time.monotonic()
        for caller in [each for each in self._callers if not each.known and now - each.since > GREETING_SECONDS]:
            self._part(caller)

    def _part(self, caller: Caller) -> None:
        if caller in self._callers:
            self._callers.discard(caller)
            self._selector.unregister(caller.socket)
            caller.socket.close()


def _unpacked(frames: list[poster_socket.Frame]) -> list[wire.Records] | list[None]:
    """The frames' records, checked together; None for each where they have to be checked one by one."""
    try:
        return wire.unpack_all([frame.body[SERVICE_BYTES:] for frame in frames]) if frames else []
    except wire.Malformed:
        return [None] * len(frames)
