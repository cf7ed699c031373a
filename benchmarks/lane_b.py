"""The part of `ledger.py` that measures lane B: the poster as a process of its own, bulk and group-commit clients."""

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from uuid import UUID

import numpy as np

BATCH = 8192
IN_FLIGHT = 2  # batches that a bulk client has on its way: one is written while the next one waits
AMOUNT_MINOR = 100
GROUP_PROCESSES = 2
WARM_UP_SECONDS = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")


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


def bulk(ids: list[UUID], hot: bool, seconds: float) -> float:
    """Transfers a second of one bulk client."""
    from bocage.kernel.ledger import client

    link, known, draw = client.Client(), as_array(ids), np.random.default_rng()
    link.post(records(known, draw, hot, BATCH).tobytes(), "bench")
    begun, done = time.monotonic(), 0
    calls = [link.send(records(known, draw, hot, BATCH).tobytes(), "bench") for _n in range(IN_FLIGHT)]
    while calls:
        answers = calls.pop(0).wait(60)
        assert not answers["code"].any(), "all have the money"
        done += len(answers)
        if time.monotonic() - begun < seconds:
            calls.append(link.send(records(known, draw, hot, BATCH).tobytes(), "bench"))
    took = time.monotonic() - begun
    link.close()
    return done / took


def group(ids: list[UUID], clients: int, seconds: float) -> float:
    """Transfers a second of `clients`, each with one in flight, on one connection a process."""
    context = multiprocessing.get_context("fork")
    barrier, counts = context.Barrier(GROUP_PROCESSES), context.SimpleQueue()
    workers = [
        context.Process(target=closed_loop, args=(ids, clients // GROUP_PROCESSES, seconds, barrier, counts))
        for _n in range(GROUP_PROCESSES)
    ]
    for worker in workers:
        worker.start()
    total = sum(counts.get() for _worker in workers)
    for worker in workers:
        worker.join()
    return total / seconds


def closed_loop(
    ids: list[UUID], clients: int, seconds: float, barrier: Barrier, counts: "multiprocessing.SimpleQueue[int]"
) -> None:
    """Every answer lets its client send the next transfer; what is answered together is sent together."""
    from bocage.kernel.ledger import client, poster_socket
    from bocage.kernel.ledger.wire import ANSWER, REQUEST

    known, draw, size = as_array(ids), np.random.default_rng(), REQUEST.itemsize
    link, buffer, done = client.connect(), bytearray(), 0
    prefix = bytes(poster_socket.SERVICE_BYTES)

    def send(count: int) -> None:
        raw = records(known, draw, False, count).tobytes()
        link.sendall(
            b"".join(
                poster_socket.frame(poster_socket.SUBMIT, n, prefix + raw[n * size : (n + 1) * size])
                for n in range(count)
            )
        )

    barrier.wait()
    begin = time.monotonic() + WARM_UP_SECONDS
    send(clients)
    while (now := time.monotonic()) < begin + seconds:
        buffer += link.recv(1 << 18)
        answered = poster_socket.frames(buffer)
        assert all(each.type == poster_socket.ANSWERS for each in answered)
        assert not np.frombuffer(b"".join([each.body for each in answered]), ANSWER)["code"].any()
        done += len(answered) if now >= begin else 0
        if answered:
            send(len(answered))
    link.close()
    counts.put(done)


def as_array(ids: list[UUID]) -> "np.ndarray":
    return np.frombuffer(b"".join(id.bytes for id in ids), "V16")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def own_cpu_seconds(postmaster: int, poster_pid: int) -> float:
    """CPU time so far of all that takes part: these clients, the poster, and PostgreSQL with its ended sessions."""
    clients = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return clients + postgres_cpu_seconds(postmaster) + cpu_seconds(poster_pid)


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
