"""What was acknowledged is there after kill -9 of the whole server: again and again, under load."""

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from bocage.kernel.ledger import limits
from bocage.kernel.ledger.queries import DISAGREEMENTS_SQL
from bocage.kernel.ledger.testing import CLUSTER_DATABASE, cluster_login, start_cluster
from bocage.kernel.postgres import launcher, roles

ROUNDS = 3
WRITERS = 6
ACCOUNTS = 20
UNDER_LOAD_SECONDS = 1.0
POST_SQL = "select refusal from ledger_post(%s, %s, %s, %s::bigint, 'EUR', 'pay', '')"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="bocage-durability-"))
    try:
        yield made
    finally:
        launcher.remove(made)


def test_acknowledged_transfers_outlive_kill_9(folder: Path) -> None:
    server = start_cluster(folder)
    ids = seed(server)
    kept: dict[UUID, str | None] = {}
    for round in range(ROUNDS):
        acknowledged = write_until_killed(server, ids, random.Random(round))
        assert acknowledged, "the writers got nothing done before the kill"
        kept |= acknowledged
        server = launcher.start(folder)
        with psycopg.connect(cluster_login(server, roles.AUDITOR)) as auditor:
            rows = auditor.execute("select id, refusal from ledger_transfer where id = any(%s)", [list(kept)])
            assert dict(rows.fetchall()) == kept
            assert auditor.execute(DISAGREEMENTS_SQL, [limits.PAGE_ROWS_MAX]).fetchall() == []
            (sum_minor,) = auditor.execute(
                "select sum(credits_posted_minor - debits_posted_minor) from ledger_account"
            ).fetchone() or (None,)
            assert sum_minor == 0
        with psycopg.connect(cluster_login(server, roles.APP), autocommit=True) as again:
            known = random.Random(round).choice(list(acknowledged))
            assert again.execute("select refusal from ledger_void_hold(%s, %s)", [known, known]).fetchone() == (
                "id_conflict",
            )


def seed(server: launcher.Server) -> list[UUID]:
    ids, issuer = [uuid4() for _n in range(ACCOUNTS)], uuid4()
    with psycopg.connect(cluster_login(server, roles.APP)) as link:
        link.execute("select ledger_open_account(%s, null, 'EUR', 'issuer', '', null, null)", [issuer])
        for id in ids:
            link.execute("select ledger_open_account(%s, null, 'EUR', 'wallet', '', 0, null)", [id])
            link.execute("select * from ledger_post(%s, %s, %s, 500, 'EUR', 'opening', '')", [uuid4(), issuer, id])
    return ids


def write_until_killed(server: launcher.Server, ids: list[UUID], choose: random.Random) -> dict[UUID, str | None]:
    """Writers pay until their connection breaks; what each was told of each id, refusals too."""
    acknowledged: dict[UUID, str | None] = {}

    def write(seed: int) -> None:
        draw = random.Random(seed)
        try:
            with psycopg.connect(cluster_login(server, roles.APP), autocommit=True) as link:
                while True:
                    id, (debit, credit) = uuid4(), draw.sample(ids, 2)
                    row = link.execute(POST_SQL, [id, debit, credit, draw.randint(1, 300)]).fetchone()
                    assert row is not None
                    acknowledged[id] = row[0]
        except psycopg.OperationalError:
            return

    writers = [threading.Thread(target=write, args=(choose.randrange(2**32),)) for _n in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(UNDER_LOAD_SECONDS)
    kill_server(server)
    for writer in writers:
        writer.join()
    return acknowledged


def kill_server(server: launcher.Server) -> None:
    """SIGKILL to the postmaster and to every process it has, found by their parent's number."""
    with psycopg.connect(server.url(CLUSTER_DATABASE), autocommit=True) as link:
        row = link.execute("select pg_postmaster_start_time(), current_setting('data_directory')").fetchone()
    assert row is not None
    postmaster = int((Path(row[1]) / "postmaster.pid").read_text().splitlines()[0])
    children = [
        int(status.parent.name) for status in Path("/proc").glob("[0-9]*/stat") if parent_of(status) == postmaster
    ]
    for pid in [postmaster, *children]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def parent_of(status: Path) -> int:
    try:
        return int(status.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
