"""The order of the log: nothing lost, nothing twice, no gap, and a chain that tells."""

import random
import threading
import time
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.events import queries, sequencer
from bocage.kernel.events.actions import emit
from bocage.kernel.events.tests import fakes
from bocage.testing import connected_as

WRITERS = 8
SECONDS = 3.0


class _RolledBack(Exception):
    pass


def _write_until(end: float, seed: int, committed: dict[int, list[UUID]]) -> None:
    """Transactions of 1 to 5 events; some are slow to commit, some are rolled back."""
    rng = random.Random(seed)
    kept = committed[seed] = []
    try:
        while time.monotonic() < end:
            ids = []
            try:
                with acting_as(Actor.nobody()):
                    for _ in range(rng.randrange(1, 6)):
                        ids.append(emit("till.noise", subject_id=None, data={}))
                    if rng.random() < 0.2:
                        time.sleep(rng.random() * 0.05)
                    if rng.random() < 0.1:
                        raise _RolledBack
            except _RolledBack:
                continue
            kept += ids
    finally:
        connection.close()


def _sequence_until(stop: threading.Event) -> None:
    with connected_as("deliverer"):
        while not stop.is_set():
            if not sequencer.sequence(batch=50):
                time.sleep(0.002)


def _log() -> list[tuple[int, UUID]]:
    with connected_as("deliverer"), connection.cursor() as cursor:
        cursor.execute(
            "select p.position, e.id from event_position p join event e on e.seq = p.event_seq order by p.position"
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def test_eight_writers_and_two_sequencers_lose_and_double_no_event(fresh_database: str) -> None:
    committed: dict[int, list[UUID]] = {}
    stop = threading.Event()
    with fakes.town():
        end = time.monotonic() + SECONDS
        writers = [threading.Thread(target=_write_until, args=(end, seed, committed)) for seed in range(WRITERS)]
        sequencers = [threading.Thread(target=_sequence_until, args=(stop,)) for _ in range(2)]
        for thread in (*writers, *sequencers):
            thread.start()
        for thread in writers:
            thread.join()
        time.sleep(0.2)
        stop.set()
        for thread in sequencers:
            thread.join()
        with connected_as("deliverer"):
            fakes.place()
            report = queries.verify_chain()
    log = _log()
    said = [event_id for ids in committed.values() for event_id in ids]
    assert len(committed) == WRITERS and len(said) > 200
    assert [position for position, _ in log] == list(range(1, len(said) + 1))
    assert sorted(event_id for _, event_id in log) == sorted(said)
    place = {event_id: position for position, event_id in log}
    for ids in committed.values():
        assert [place[event_id] for event_id in ids] == sorted(place[event_id] for event_id in ids)
    assert report.faults == () and report.last_position == len(said)


def test_what_a_slow_transaction_said_first_is_not_lost(fresh_database: str) -> None:
    said, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with acting_as(Actor.nobody()):
            emit("till.paid", subject_id=None, data={"n": 1})
            said.set()
            go_on.wait(10)
        connection.close()

    with fakes.town():
        thread = threading.Thread(target=slow)
        thread.start()
        assert said.wait(5)
        fakes.pay(None, 2)
        with connected_as("deliverer"):
            assert sequencer.sequence() == 0, "an event may not be placed while an older transaction is open"
            go_on.set()
            thread.join()
            fakes.place()
    assert queries.head() == 2


def test_a_flipped_byte_is_found_and_told_once(fresh_database: str, admin_url: str) -> None:
    with fakes.town():
        fakes.pay(uuid4(), *range(20))
        fakes.deliver()
        with psycopg.connect(admin_url, dbname=fresh_database, autocommit=True) as admin:
            admin.execute("set session_replication_role = replica")
            admin.execute(
                "update event set payload = set_byte(payload, 20, get_byte(payload, 20) # 1) where seq ="
                " (select event_seq from event_position where position = 7)"
            )
            with connected_as("auditor"):
                report = queries.verify_chain()
            assert [(fault.position, "as it was written" in fault.what) for fault in report.faults] == [(7, True)]
            admin.execute("delete from event_position where position = 12")
            admin.execute(
                "update event_position set link = set_byte(link, 0, 255 - get_byte(link, 0)) where position = 3"
            )
            admin.execute("delete from event where seq = (select event_seq from event_position where position = 16)")
        with connected_as("auditor"):
            faults = {fault.position for fault in queries.verify_chain().faults}
            assert faults == {3, 4, 7, 12, 13, 16}
            assert {fault.position for fault in queries.verify_chain(8, 11).faults} == set()
            assert queries.verify_chain(8, 30).faults[-1].what == "missing up to 30"


def test_the_log_goes_on_after_a_restore_into_another_cluster(fresh_database: str, admin_url: str) -> None:
    with fakes.town():
        fakes.pay(None, 1, 2, 3)
        fakes.deliver()
        fakes.pay(None, 4, 5)
        # What a restored log looks like here: another cluster's name, and transaction ids from another count.
        with psycopg.connect(admin_url, dbname=fresh_database, autocommit=True) as admin:
            admin.execute("set session_replication_role = replica")
            admin.execute("update event set xid = '9000000000000'::xid8 where seq % 2 = 0")
            admin.execute("update event set xid = '3'::xid8 where seq % 2 = 1")
            admin.execute("update event_sequencer set cluster = 42, xid = '9000000000000'::xid8")
        with connected_as("deliverer"):
            assert sequencer.sequence() == 2
            assert sequencer.sequence() == 0
        fakes.pay(None, 6)
        fakes.pay(None, 7)
        with connected_as("deliverer"):
            fakes.place()
            assert sequencer.sequence() == 0
            assert queries.verify_chain().faults == ()
    log = _log()
    assert [position for position, _ in log] == list(range(1, 8)) and len({each for _, each in log}) == 7


@pytest.fixture
def admin_url() -> str:
    import os

    return os.environ["BOCAGE_TEST_ADMIN_URL"]
