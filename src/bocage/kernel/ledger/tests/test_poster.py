"""The poster as processes: it answers over its socket, is killed at every named point, and is replaced at once."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import Error, connection, transaction

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions, chain, client, faults, poster_socket, queries, sealer, serving, wire
from bocage.kernel.ledger.poster import NotOurs, Poster, Submission
from bocage.kernel.ledger.testing import give, shifted
from bocage.kernel.ledger.types import Hold, Operation, Posted, PostHold, Refused, Transfer
from bocage.testing import connected_as, settle

TAKEOVER_SECONDS_MAX = 1.0
OWNER = uuid4()


@pytest.fixture
def wallets(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[UUID]]:
    """Accounts of lane B with money, and a socket's address of this test's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("BOCAGE_POSTER_SOCKET", str(Path(folder) / "p.sock"))
        ids = [uuid4() for _n in range(4)]
        with acting_as(Actor.for_person(OWNER)):
            for id in ids:
                actions.open_account(id, OWNER, "EUR", "wallet")
                give(id, 1000)
            actions.set_lane(ids, "B")
        yield ids
        client._client.close()


@contextmanager
def poster(database: str, fault: str = "") -> Iterator[subprocess.Popen[bytes]]:
    where = connection.settings_dict
    environment = {
        **os.environ,
        "BOCAGE_DATABASE_URL": f"postgresql://{where['HOST']}:{where['PORT']}/{database}",
        "BOCAGE_FAULT_POINT": fault,
    }
    process = subprocess.Popen([sys.executable, "-m", "bocage.cli", "post"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def pay(wallets: list[UUID], amount_minor: int = 1) -> Transfer:
    return Transfer(uuid7(), wallets[0], wallets[1], amount_minor, "EUR", "pay")


def one(transfer: Transfer, service: str = "") -> Posted | Refused:
    ((answer,),) = client.submit([[transfer]], service=service, timeout_seconds=30)
    return answer


def told_of(transfer: Transfer) -> int:
    with connected_as("auditor"), connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from event where type = 'ledger.answered'"
            " and position(%s in convert_from(payload, 'UTF8')) > 0",
            [transfer.id.hex],
        )
        return int(cursor.fetchone()[0])


def test_a_batch_is_answered_whole_and_its_service_is_told(fresh_database: str, wallets: list[UUID]) -> None:
    good, poor, alone = pay(wallets, 400), pay(wallets, 5000), pay(wallets, 1)
    with poster(fresh_database):
        answers = client.submit([[good, poor], [alone]], service="shop", timeout_seconds=30)
        assert [[a.code if isinstance(a, Refused) else a.amount_minor for a in group] for group in answers] == [
            ["linked_refused", "exceeds_balance"],
            [1],
        ]
        assert one(alone) == answers[1][0]
        assert one(Transfer(alone.id, wallets[0], wallets[1], 2, "EUR", "pay")).code == "id_conflict"  # type: ignore[union-attr]
        with acting_as(Actor.for_person(OWNER)):
            assert queries.balance(wallets[0]).posted_minor == 999
            with pytest.raises(Refusal, match="wrong_lane"):
                actions.post_or_refuse(pay(wallets))
    assert (told_of(poor), told_of(alone)) == (1, 1)


def test_many_threads_share_commits_and_lose_nothing(fresh_database: str, wallets: list[UUID]) -> None:
    with poster(fresh_database), ThreadPoolExecutor(32) as pool:
        one(pay(wallets))
        answers = list(pool.map(lambda _n: one(pay(wallets)), range(320)))
    assert all(isinstance(each, Posted) for each in answers)
    with connected_as("auditor"), connection.cursor() as cursor:
        cursor.execute("select count(*), sum(count) from ledger_batch where lane = 'B'")
        batches, sealed = cursor.fetchone()
        assert sealed == 321
        assert batches < 321
        assert queries.disagreements() == ()


def await_taken(database: str) -> None:
    """Wait until somebody has taken the lane."""
    for _n in range(600):
        with connected_as("auditor"), connection.cursor() as cursor:
            cursor.execute("select epoch from ledger_lane")
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.05)
    raise AssertionError("no poster came up")


# In the ordinary run the stories of `tests/faults` kill it at each of them.
@pytest.mark.heavy
@pytest.mark.parametrize("fault", faults.POINTS[:3])
def test_killed_at_any_point_nothing_acknowledged_is_lost_or_doubled(
    fresh_database: str, wallets: list[UUID], fault: str
) -> None:
    transfer = pay(wallets, 5)
    with poster(fresh_database, fault) as doomed:
        await_taken(fresh_database)
        with poster(fresh_database):
            answer = one(transfer, "shop")
        assert doomed.wait(10) == -signal.SIGKILL
    with poster(fresh_database):
        assert one(transfer) == answer
    assert isinstance(answer, Posted)
    assert told_of(transfer) == 1
    with acting_as(Actor.for_person(OWNER)):
        assert queries.balance(wallets[0]).posted_minor == 995


def test_who_stands_by_takes_over_within_a_second(fresh_database: str, wallets: list[UUID]) -> None:
    with poster(fresh_database) as first:
        one(pay(wallets))
        with poster(fresh_database):
            await_standby(fresh_database)
            begun = time.monotonic()
            first.kill()
            one(pay(wallets))
            seconds = time.monotonic() - begun
    print(f"takeover to the next answer: {seconds:.3f} s")
    assert seconds < TAKEOVER_SECONDS_MAX


def await_standby(database: str) -> None:
    """Wait until two sessions of the poster's role are there."""
    for _n in range(600):
        with psycopg.connect(os.environ["BOCAGE_TEST_ADMIN_URL"]) as link:
            row = link.execute(
                "select count(*) from pg_stat_activity where usename = 'bocage_poster' and datname = %s", [database]
            ).fetchone()
        if row == (2,):
            return
        time.sleep(0.05)
    raise AssertionError("the second poster did not come up")


def test_an_epoch_that_is_over_writes_nothing(fresh_database: str, wallets: list[UUID]) -> None:
    """A poster whose lock was lost unnoticed is stopped by the epoch in its next transaction."""
    with connected_as("poster"):
        late = Poster()
        assert late.take()
        submission = Submission("", wire.unpack(wire.pack([[pay(wallets)]])))
        assert len(late.post([submission])) == 1
        with connection.cursor() as cursor:
            cursor.execute("select ledger_take_lane('another')")
        with pytest.raises(NotOurs):
            late.post([Submission("", wire.unpack(wire.pack([[pay(wallets)]])))])
        with pytest.raises(NotOurs):
            late.sweep()
    assert posted() == 1


def test_a_batch_reads_no_table_whole(fresh_database: str, wallets: list[UUID]) -> None:
    """Also who became the poster while the ledger was empty, and whose plans are from then."""
    whole = """select coalesce(sum(seq_scan), 0) from pg_stat_user_tables
        where relname in ('ledger_transfer', 'ledger_account', 'ledger_pending')"""
    with connected_as("poster"), connection.cursor() as cursor:
        writing, counted = Poster(), []
        assert writing.take()
        for _n in range(12):
            writing.post([Submission("", wire.unpack(wire.pack([[pay(wallets)]])))])
            cursor.execute("select pg_stat_force_next_flush()")
            cursor.execute(whole)
            counted.append(cursor.fetchone()[0])
    assert len(set(counted)) == 1


def test_who_broke_into_the_poster_is_bound_by_epoch_and_checks(fresh_database: str, wallets: list[UUID]) -> None:
    """Neither under an epoch that is over nor past the checks that every row has to pass."""
    row = "row(%s, gen_random_uuid(), 1, 1016, %s, %s, %s, 0, 'EUR', 'pay', '', null, now(), null, 0, 0, '', now())"
    nothing_else = ", ".join(["'{}'"] * 7)
    write = f"select ledger_write_rows(%s, array[{row}::ledger_incoming], {nothing_else})"
    with connected_as("poster"), connection.cursor() as cursor:
        cursor.execute("select ledger_take_lane('somebody')")
        epoch, seq = cursor.fetchone()[0], 1_000_000_000
        for at_epoch, payee, amount_minor, says in (
            (epoch - 1, wallets[1], 1, "is over"),
            (epoch, wallets[1], 0, "ledger_transfer_amount"),
            (epoch, wallets[0], 1, "ledger_transfer_two_accounts"),
        ):
            with pytest.raises(Error, match=says):
                cursor.execute(write, [at_epoch, seq, wallets[0], payee, amount_minor])
        with pytest.raises(Error, match="may not move"):
            cursor.execute(
                "select ledger_write_rows(%s, '{}', array[%s::uuid], '{1}', '{0}', '{0}', '{0}', '{}', '{}')",
                [epoch, uuid7()],
            )
    assert posted() == 0


def test_what_lane_b_writes_is_sealed_with_it_or_not_written(fresh_database: str, wallets: list[UUID]) -> None:
    """Neither without a seal, nor under the seal of other rows, nor a seal alone."""
    row = "row(%s, gen_random_uuid(), 1, 1016, %s, %s, 7, 0, 'EUR', 'pay', '', null, now(), null, 0, 0, '', now())"
    write = (
        f"select ledger_write_rows(%s, array[{row}::ledger_incoming], %s::uuid[], '{{7,0}}', '{{0,7}}', '{{0,0}}',"
        " '{0,0}', '{}', '{}')"
    )
    seal = "select ledger_seal_batch(%s, 1, %s, %s, %s, %s, %s, now())"
    seq, zeros, mark = 1_000_000_000, bytes(32), bytes(4)
    with connected_as("poster"), connection.cursor() as cursor:
        cursor.execute("select ledger_take_lane('somebody')")
        (epoch,) = cursor.fetchone()
        written = [epoch, seq, *wallets[:2], wallets[:2]]
        cases: list[list[tuple[str, list[Any]]]] = [
            [(write, written)],
            [(write, written), (seal, [epoch, [seq + 1], zeros, zeros, zeros, mark])],
            [(write, written), (seal, [epoch, [seq, seq + 1], zeros, zeros, zeros, mark * 2])],
            [(seal, [epoch, [seq], zeros, zeros, zeros, mark])],
        ]
        for statements in cases:
            with pytest.raises(Error, match="no batch seals"), transaction.atomic():
                for statement, parameters in statements:
                    cursor.execute(statement, parameters)
        with transaction.atomic():
            cursor.execute(write, written)
            cursor.execute(seal, [epoch, [seq], zeros, zeros, zeros, mark])
    assert posted() == 1


def test_an_id_used_in_both_lanes_at_once_is_one_transfer_and_one_conflict(
    fresh_database: str, wallets: list[UUID]
) -> None:
    """Also where lane A has not committed it when the poster looks: the rest of the batch is written all the same."""
    with acting_as(Actor.for_person(OWNER)):
        actions.set_lane(wallets[2:], "A")
    in_b = [pay(wallets, 1) for _n in range(40)]
    in_a = [replace(each, debit_account_id=wallets[2], credit_account_id=wallets[3]) for each in in_b]
    first_asked = Barrier(2)

    def ask_lane_a() -> list[str]:
        said = []
        try:
            with acting_as(Actor.for_person(OWNER)):
                actions.post_or_refuse(in_a[0])
                first_asked.wait(10)
                await_waiting(fresh_database)
            for each in in_a[1:]:
                with acting_as(Actor.for_person(OWNER)):
                    try:
                        answer = actions.post(each)
                        said.append(answer.code if isinstance(answer, Refused) else "")
                    except Refusal as refusal:
                        said.append(refusal.code)
        finally:
            connection.close()
        return ["", *said]

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_lane_a)
        first_asked.wait(10)
        said_b = asked_of_the_poster([in_b[0]], [pay(wallets)])
        said_b[1:] = [code for each in in_b[1:] for code in asked_of_the_poster([each])]
        said_a = asked.result()
    assert (said_a[0], said_b[0]) == ("", "id_conflict")
    assert [sorted(pair) for pair in zip(said_a, said_b, strict=True)] == [["", "id_conflict"]] * len(in_b)
    with connected_as("auditor"):
        assert queries.disagreements() == ()
    assert posted() == said_b.count("") + 1


def test_one_process_at_a_time_takes_the_lane(fresh_database: str, wallets: list[UUID]) -> None:
    with poster(fresh_database):
        one(pay(wallets))
        with connected_as("poster"):
            assert not Poster().take()


def posted() -> int:
    with connected_as("auditor"), connection.cursor() as cursor:
        cursor.execute("select count(*) from ledger_transfer where xid is null")
        return int(cursor.fetchone()[0])


def test_strangers_and_nonsense_are_turned_away(fresh_database: str, wallets: list[UUID]) -> None:
    with poster(fresh_database):
        one(pay(wallets))
        before = posted()
        stranger = socket.socket(socket.AF_UNIX)
        stranger.connect(str(poster_socket.address()))
        stranger.recv(32)
        stranger.sendall(secrets.token_bytes(64))
        assert stranger.recv(1) == b""
        record = wire.pack([[pay(wallets)]])
        for broken in (
            record[:-1],
            b"",
            record * 8193,
            b"\x07" + record[1:],
            record[:1] + b"\x01" + record[2:],
            record.replace(b"EUR", b"E'R"),
            record[:68] + b"\xff" * 8 + record[76:],
        ):
            with pytest.raises(ValueError, match=r"malformed|frame") if len(broken) < 10**6 else pytest.raises(Refusal):
                client._client.post(broken, timeout_seconds=1)
        for garbage in (b"\xff" * 100, (3).to_bytes(4, "little") + bytes(20)):
            link = client.connect()
            link.sendall(garbage)
            assert link.recv(1) == b""
        assert posted() == before
        assert isinstance(one(pay(wallets)), Posted)


def test_a_full_queue_says_so_at_once(
    fresh_database: str, wallets: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door alone, with a poster that does not come to write."""
    door = serving.Door(None, poster_socket.address())  # type: ignore[arg-type]
    caller = serving.Caller(socket.socket(), b"", 0.0, known=True)
    record = wire.pack([[pay(wallets)]])
    body = memoryview(bytes(40) + record)
    monkeypatch.setattr(serving, "CONNECTION_REQUESTS_MAX", 3)
    monkeypatch.setattr(serving, "QUEUED_REQUESTS_MAX", 4)
    queued: list[serving._Queued] = []
    said = [door._take(caller, poster_socket.Frame(1, n, body), wire.unpack(record), queued) for n in range(4)]
    assert said == ["", "", "", "too_many_in_flight"]
    another = serving.Caller(socket.socket(), b"", 0.0, known=True)
    said = [door._take(another, poster_socket.Frame(1, n, body), None, queued) for n in range(2)]
    assert said == ["", "ledger_busy"]
    for code, status in (("too_many_in_flight", 429), ("ledger_busy", 503)):
        assert client._refusal_of(code).status == status


def test_freezing_and_lanes_reach_the_poster_at_once(fresh_database: str, wallets: list[UUID]) -> None:
    with poster(fresh_database):
        one(pay(wallets))
        with acting_as(Actor.for_person(OWNER)):
            actions.freeze(wallets[0])
        assert one(pay(wallets)).code == "account_frozen"  # type: ignore[union-attr]
        with acting_as(Actor.for_person(OWNER)):
            actions.unfreeze(wallets[0])
            actions.set_lane(wallets, "A")
        assert one(pay(wallets)).code == "wrong_lane"  # type: ignore[union-attr]
        with acting_as(Actor.for_person(OWNER)):
            actions.post_or_refuse(pay(wallets))
            told = [movement.seq for movement in queries.history(wallets[0])]
            assert told == sorted(told, reverse=True)
            assert len(told) == 3
    with connected_as("deliverer"):
        settle()
        assert sealer.seal_all() > 0
    assert settings.MODE == "test"


def asked_of_the_poster(*groups: Sequence[Operation]) -> list[str]:
    """The codes that a poster in this process answers, all in one batch."""
    with connected_as("poster"):
        writing = Poster()
        assert writing.take()
        (answers,) = writing.post([Submission("", wire.unpack(wire.pack(groups)))])
    return [wire.CODES[code] for code in answers["code"].tolist()]


def test_an_overdue_hold_of_lane_a_is_left_to_lane_a(fresh_database: str, wallets: list[UUID]) -> None:
    hold_id = uuid7()
    with acting_as(Actor.for_person(OWNER)):
        actions.set_lane(wallets, "A")
        actions.hold(Transfer(hold_id, wallets[0], wallets[1], 900, "EUR", "pay"), clock.now() + timedelta(minutes=1))
        actions.set_lane(wallets[2:], "B")
    with shifted(timedelta(hours=1)):
        other = Transfer(uuid7(), wallets[2], wallets[3], 5, "EUR", "pay")
        said = asked_of_the_poster([pay(wallets)], [PostHold(uuid7(), hold_id)], [other])
        assert said == ["wrong_lane", "wrong_lane", ""]
        with acting_as(Actor.for_person(OWNER)):
            assert actions.expire_holds() == 1


def test_no_batch_is_larger_than_the_chain_takes(
    fresh_database: str, wallets: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holds that expire before a full batch of requests go into a batch before it."""
    soon = clock.now() + timedelta(minutes=1)
    holds = [[Hold(Transfer(uuid7(), wallets[0], wallets[1], 500, "EUR", "pay"), soon)] for _n in range(2)]
    assert asked_of_the_poster(*holds) == ["", ""]
    monkeypatch.setattr(chain, "BATCH_TRANSFERS_MAX", 2)
    with shifted(timedelta(hours=1)):
        assert asked_of_the_poster([pay(wallets, 400)], [pay(wallets, 600)]) == ["", ""]
    with connected_as("auditor"), connection.cursor() as cursor:
        cursor.execute("select array_agg(count order by number) from ledger_batch where lane = 'B'")
        assert cursor.fetchone() == ([2, 2, 2],)


def test_who_stands_by_comes_back_after_the_database_was_away(fresh_database: str, wallets: list[UUID]) -> None:
    with poster(fresh_database), poster(fresh_database):
        await_standby(fresh_database)
        with psycopg.connect(os.environ["BOCAGE_TEST_ADMIN_URL"]) as link:
            ended = link.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where usename = 'bocage_poster' and datname = %s",
                [fresh_database],
            ).fetchall()
        assert ended == [(True,), (True,)]
        await_standby(fresh_database)
        assert isinstance(one(pay(wallets)), Posted)


def test_an_answer_that_did_not_come_is_not_called_nothing_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOCAGE_POSTER_SOCKET", "/nowhere/p.sock")
    with pytest.raises(Refusal, match="ledger_busy"):
        client.Client().post(b"", timeout_seconds=0.01)
    monkeypatch.setattr(client.Client, "send", lambda *_arguments: client.Call())
    with pytest.raises(Refusal, match="answer_unknown"):
        client.Client().post(b"", timeout_seconds=0.01)


def test_who_waited_for_an_account_that_changed_its_lane_is_turned_away(
    fresh_database: str, wallets: list[UUID]
) -> None:
    hold_id = uuid7()
    with acting_as(Actor.for_person(OWNER)):
        actions.set_lane(wallets, "A")
        actions.hold(Transfer(hold_id, wallets[0], wallets[1], 900, "EUR", "pay"), clock.now() + timedelta(hours=1))

    def take() -> Posted | Refused:
        try:
            with acting_as(Actor.for_person(OWNER)):
                return actions.post_hold(uuid7(), hold_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with acting_as(Actor.for_person(OWNER)):
            actions.set_lane(wallets, "B")
            late = pool.submit(take)
            await_waiting(fresh_database)
        assert late.result().code == "wrong_lane"  # type: ignore[union-attr]


def await_waiting(database: str) -> None:
    """Wait until a session waits for an account."""
    for _n in range(200):
        with psycopg.connect(os.environ["BOCAGE_TEST_ADMIN_URL"]) as link:
            row = link.execute(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = %s", [database]
            ).fetchone()
        if row == (1,):
            return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_a_transfer_of_lane_b_is_taken_back_once(fresh_database: str, wallets: list[UUID]) -> None:
    paid = pay(wallets, 40)
    assert asked_of_the_poster([paid]) == [""]
    for _again in range(2):
        with acting_as(Actor.for_person(OWNER)):
            back = queries.reversal_of(paid.id)
        assert asked_of_the_poster([back]) == [""]
    with acting_as(Actor.for_person(OWNER)):
        assert queries.balance(wallets[0]).posted_minor == 1000
