"""The part of `ledger.py` that measures lane B: the poster as a process of its own, bulk and group-commit clients."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import numpy as np
import window

BATCH = 8192
IN_FLIGHT = 2  # batches that a bulk client has on its way: one is written while the next one waits
AMOUNT_MINOR = 100
GROUP_PROCESSES = 2
ANSWER_SECONDS = 60


@contextmanager
def poster(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The poster, answering."""
    from bocage.kernel.ledger import client

    os.environ["BOCAGE_POSTER_SOCKET"] = str(folder / "poster.sock")
    log = (folder / "poster.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "bocage.cli", "post"], stdout=log, stderr=log)
    try:
        for _n in range(600):
            try:
                client.connect().close()
                break
            except client.Unreachable:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def records(ids: "np.ndarray", draw: np.random.Generator, hot: bool, count: int) -> "np.ndarray":
    """`count` transfers with new ids, between any two accounts or into the first one."""
    from bocage.kernel.ledger.wire import POST, REQUEST

    found = np.zeros(count, REQUEST)
    debit = draw.integers(1, len(ids), count)
    credit = np.zeros(count, np.int64) if hot else (debit + draw.integers(1, len(ids), count)) % len(ids)
    found["kind"], found["amount_minor"], found["unit"], found["code"] = POST, AMOUNT_MINOR, b"EUR", b"bench"
    found["id"] = np.frombuffer(new_ids(draw, count), "V16")
    found["debit"], found["credit"] = ids[debit], ids[credit]
    return found


def new_ids(draw: np.random.Generator, count: int) -> bytes:
    """UUIDs of version 7, as callers make them."""
    octets = np.frombuffer(draw.bytes(16 * count), np.uint8).reshape(count, 16).copy()
    octets[:, :6] = np.frombuffer((time.time_ns() // 1_000_000).to_bytes(6), np.uint8)
    octets[:, 6] = 0x70 | octets[:, 6] & 0x0F
    octets[:, 8] = 0x80 | octets[:, 8] & 0x3F
    return octets.tobytes()


def bulk(ids: list[UUID], hot: bool, seconds: float, others: Callable[[], float]) -> window.Measured:
    """One bulk client, for `seconds` and until all that it sent is answered, which counts with the time that it took.

    A batch is too large a part of a window to be in it or not; so this client begins and ends with nothing under way.
    """
    from bocage.kernel.ledger import client

    link, known, draw = client.Client(), as_array(ids), np.random.default_rng()
    link.post(records(known, draw, hot, BATCH).tobytes(), "bench")
    cpu, begun, done = others() + time.process_time(), time.monotonic(), 0
    calls = [link.send(records(known, draw, hot, BATCH).tobytes(), "bench") for _n in range(IN_FLIGHT)]
    while calls:
        answers = calls.pop(0).wait(ANSWER_SECONDS)
        assert not answers["code"].any(), "all have the money"
        done += len(answers)
        if time.monotonic() - begun < seconds:
            calls.append(link.send(records(known, draw, hot, BATCH).tobytes(), "bench"))
    took = time.monotonic() - begun
    cpu = others() + time.process_time() - cpu
    link.close()
    return window.Measured(done, took, cpu)


def group(ids: list[UUID], clients: int, seconds: float, others: Callable[[], float]) -> window.Measured:
    """`clients`, each with one transfer in flight, on one connection a process."""
    loop = closed_loop(ids, clients // GROUP_PROCESSES)
    return window.measure([[loop]] * GROUP_PROCESSES, seconds, others)


def closed_loop(ids: list[UUID], clients: int) -> window.Loop:
    """Every answer lets its client send the next transfer; what is answered together is sent together."""
    from bocage.kernel.ledger import client, poster_socket
    from bocage.kernel.ledger.wire import ANSWER, REQUEST

    known, size, prefix = as_array(ids), REQUEST.itemsize, bytes(poster_socket.SERVICE_BYTES)

    def loop(common: window.Window) -> int:
        draw, link, buffer, done = np.random.default_rng(), client.connect(), bytearray(), 0
        link.settimeout(ANSWER_SECONDS)

        def send(count: int) -> None:
            raw = records(known, draw, False, count).tobytes()
            link.sendall(
                b"".join(
                    poster_socket.frame(poster_socket.SUBMIT, n, prefix + raw[n * size : (n + 1) * size])
                    for n in range(count)
                )
            )

        common.stand()
        send(clients)
        while time.monotonic() < common.end:
            received = link.recv(1 << 18)
            assert received, "the poster hung up"
            buffer += received
            answered = poster_socket.frames(buffer)
            assert all(each.type == poster_socket.ANSWERS for each in answered)
            assert not np.frombuffer(b"".join([each.body for each in answered]), ANSWER)["code"].any()
            done += len(answered) * common.holds(time.monotonic())
            if answered:
                send(len(answered))
        link.close()
        return done

    return loop


def as_array(ids: list[UUID]) -> "np.ndarray":
    return np.frombuffer(b"".join(id.bytes for id in ids), "V16")
