"""Backup under load, restore into a new place, point in time, dump, replica: on real servers."""

import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from bocage.kernel.postgres import launcher, roles
from bocage.kernel.postgres.programs import installed_programs
from bocage.runtime import backup, restore, standby
from bocage.runtime.place import DATABASE, Home, RuntimeRefusal
from bocage.runtime.restore import Keys
from bocage.runtime.vault import Vault, seal_secret, unseal_secret

ACCOUNTS = 8
PASSPHRASE = "a long walk along the hedges"
POST_SQL = "select refusal from ledger_post(%s, %s, %s, %s::bigint, 'EUR', 'pay', '')"
said: list[str] = []


@dataclass
class Town:
    """An installation whose server runs, with accounts to pay from."""

    place: Home
    server: launcher.Server
    accounts: list[UUID] = field(default_factory=list)
    database: str = DATABASE

    def login(self, role: str) -> str:
        return self.server.url(self.database, role, roles.password_of(role, self.place.secret()))

    def environment(self) -> dict[str, str]:
        return {
            **restore.examining_environment(self.place, self.server, self.database),
            "DJANGO_SETTINGS_MODULE": "bocage.settings",
            "BOCAGE_MODE": "test",
        }


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="bocage-copies-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        for cluster in made.glob("**/postgres"):
            launcher.remove(cluster)
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def town(folder: Path) -> Town:
    place = Home(folder / "town")
    made = make_town(place, launcher.start(place.cluster), DATABASE)
    (place.folder / "blobs" / "ab").mkdir(parents=True)
    (place.folder / "blobs" / "ab" / "one").write_bytes(b"sealed picture")
    return made


def make_town(place: Home, server: launcher.Server, database: str) -> Town:
    place.prepare()
    roles.ensure(server.url("postgres"), database, place.secret())
    made = Town(place, server, [uuid4() for _ in range(ACCOUNTS)], database)
    command = [sys.executable, "-m", "django", "migrate", "--database", "migrator", "--verbosity", "0", "--skip-checks"]
    subprocess.run(command, env=made.environment(), check=True)
    issuer = uuid4()
    with psycopg.connect(made.login(roles.APP)) as link:
        link.execute("select ledger_open_account(%s, null, 'EUR', 'issuer', '', null, null)", [issuer])
        for id in made.accounts:
            link.execute("select ledger_open_account(%s, null, 'EUR', 'wallet', '', 0, null)", [id])
            link.execute("select * from ledger_post(%s, %s, %s, 5000, 'EUR', 'opening', '')", [uuid4(), issuer, id])
    return made


@contextmanager
def sealing(town: Town) -> Iterator[None]:
    """The process that seals the ledger's transfers as they come; the block begins with the first batch."""
    command = [sys.executable, "-m", "bocage.cli", "deliver"]
    log = town.place.folder / "deliver.log"
    with log.open("wb") as said:
        environment = town.environment() | {"BOCAGE_DATABASE_ROLE": "deliverer"}
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        deadline = time.monotonic() + 60
        with psycopg.connect(town.login(roles.AUDITOR), autocommit=True) as link:
            while link.execute("select from ledger_batch limit 1").fetchone() is None:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def audited(restored: restore.Restored) -> tuple[int, int]:
    """How many transfers and batches the audit of a restored ledger found, all of them whole."""
    said = restored.examined["ledger audit"]
    found = re.match(r"(\d+) transfers, (\d+) batches", said)
    assert found is not None and said.endswith("the ledger is whole"), said
    return int(found[1]), int(found[2])


@contextmanager
def load(town: Town, writers: int = 3) -> Iterator[dict[UUID, tuple[datetime, datetime]]]:
    """Writers pay until the block ends; when each acknowledged transfer was asked for and answered."""
    acknowledged: dict[UUID, tuple[datetime, datetime]] = {}
    stop = threading.Event()

    def write(seed: int) -> None:
        draw = random.Random(seed)
        with psycopg.connect(town.login(roles.APP), autocommit=True) as link:
            while not stop.is_set():
                id, (debit, credit), asked = uuid4(), draw.sample(town.accounts, 2), datetime.now(UTC)
                link.execute(POST_SQL, [id, debit, credit, draw.randint(1, 300)])
                acknowledged[id] = (asked, datetime.now(UTC))
                time.sleep(0.002)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield acknowledged
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def transfers_in(place: Home, database: str = DATABASE) -> set[UUID]:
    server = launcher.start(place.cluster)
    try:
        with psycopg.connect(server.url(database)) as link:
            return {row[0] for row in link.execute("select id from ledger_transfer")}
    finally:
        launcher.stop(place.cluster)


def test_a_backup_under_load_restores_to_all_that_was_acknowledged_and_to_any_moment(town: Town, folder: Path) -> None:
    vault = folder / "vault"
    with sealing(town), load(town) as acknowledged:
        time.sleep(0.5)
        first = backup.take(town.place, vault, PASSPHRASE, 7, said.append)
        time.sleep(0.5)
        moment = datetime.now(UTC)
        time.sleep(0.5)
        before_last = dict(acknowledged)
        (town.place.folder / "blobs" / "ab" / "two").write_bytes(b"another")
        last = backup.take(town.place, vault, PASSPHRASE, 7, said.append)
    assert first.base.finished_at < moment < last.base.finished_at
    assert (first.base.blobs / "ab" / "one").stat().st_nlink == 2, "the second copy links to the first one's files"

    latest = restore.restore(vault, folder / "latest", None, Keys(PASSPHRASE), said.append)
    assert set(latest.examined) == {"ledger audit", "log verify"}
    there = transfers_in(latest.home)
    transfers, batches = audited(latest)
    assert transfers == len(there) and batches >= 2
    assert before_last and set(before_last) <= there
    assert latest.home.secret() == town.place.secret()
    assert (latest.home.folder / "blobs" / "ab" / "two").read_bytes() == b"another"

    then = restore.restore(vault, folder / "then", moment, Keys(PASSPHRASE), said.append)
    there = transfers_in(then.home)
    lost = [id for id, (_asked, answered) in acknowledged.items() if answered < moment and id not in there]
    later = [id for id, (asked, _answered) in acknowledged.items() if asked > moment and id in there]
    assert (lost, later) == ([], [])
    assert audited(then)[0] == len(there)
    assert then.base.folder == first.base.folder and any(asked > moment for asked, _ in acknowledged.values())
    assert then.last_commit_at is not None and then.last_commit_at <= moment


@pytest.mark.heavy
def test_a_server_of_ones_own_is_backed_up_under_load_and_restored_into_an_embedded_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = launcher.start(folder / "elsewhere" / "postgres")
    with psycopg.connect(server.url("postgres"), autocommit=True) as link:
        link.execute("create database of_somebody_else")
    town = make_town(Home(folder / "guest"), server, "city")
    assert not town.place.cluster.exists()
    with pytest.raises(RuntimeRefusal, match="not running"):
        backup.find_source(town.place)
    monkeypatch.setenv("DATABASE_URL", server.url("city"))
    vault = folder / "guest-vault"
    with sealing(town), load(town) as acknowledged:
        time.sleep(0.5)
        backup.take(town.place, vault, PASSPHRASE, 7, said.append)
        time.sleep(0.5)
        before = dict(acknowledged)
        backup.take(town.place, vault, PASSPHRASE, 7, said.append)
    launcher.stop(server.folder)
    restored = restore.restore(vault, folder / "guest-again", None, Keys(PASSPHRASE), said.append)
    there = transfers_in(restored.home, "city")
    assert before and set(before) <= there
    transfers, batches = audited(restored)
    assert transfers == len(there) and batches >= 2
    with pytest.raises(RuntimeRefusal, match="Only the embedded server"):
        standby.make(town.place, Home(folder / "guest-replica"), said.append)


@pytest.mark.heavy
def test_a_replica_that_cannot_be_made_leaves_nothing_on_the_primary(
    town: Town, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slots() -> list[tuple[object, ...]]:
        with psycopg.connect(town.server.url("postgres")) as link:
            named = "select slot_name from pg_replication_slots where slot_name = %s"
            return link.execute(named, [standby.SLOT]).fetchall()

    place = Home(folder / "half")
    monkeypatch.setattr(launcher, "start", failing)
    with pytest.raises(RuntimeRefusal, match="no room"):
        standby.make(town.place, place, said.append)
    assert slots() == [] and not place.folder.exists()
    with psycopg.connect(town.server.url("postgres"), autocommit=True) as link:
        link.execute("select pg_create_physical_replication_slot(%s, true)", [standby.SLOT])
    with pytest.raises(RuntimeRefusal, match="replica forget"):
        standby.make(town.place, place, said.append)
    assert len(slots()) == 1 and not place.folder.exists()
    standby.forget(town.place)
    assert slots() == []
    with pytest.raises(RuntimeRefusal, match="keeps nothing"):
        standby.forget(town.place)


def failing(*_arguments: object, **_options: object) -> launcher.Server:
    raise RuntimeRefusal("no room")


@pytest.mark.heavy
def test_restoring_refuses_what_cannot_be_and_changes_nothing(town: Town, folder: Path) -> None:
    vault = folder / "refusing"
    taken = backup.take(town.place, vault, "", 7, said.append)
    full = folder / "full"
    full.mkdir()
    (full / "mine").touch()
    secret = Keys(secret_file=town.place.secret_file)
    fresh = folder / "fresh"
    for to, at, keys, words in (
        (full, None, secret, "not empty"),
        (fresh, datetime.now(UTC) + timedelta(hours=1), secret, "reach up to"),
        (fresh, taken.base.finished_at - timedelta(seconds=1), secret, "oldest backup"),
        (fresh, None, Keys(PASSPHRASE), "--secret-key"),
    ):
        with pytest.raises(RuntimeRefusal, match=words):
            restore.restore(vault, to, at, keys, said.append)
    with pytest.raises(RuntimeRefusal, match="holds other things"):
        backup.take(town.place, full, "", 7, said.append)
    with pytest.raises(RuntimeRefusal, match="no backups"):
        restore.restore(full, fresh, None, secret, said.append)
    table = next(file for file in (taken.base.data / "base").rglob("*") if file.is_file() and file.stat().st_size > 0)
    table.write_bytes(bytes([table.read_bytes()[0] ^ 1]) + table.read_bytes()[1:])
    with pytest.raises(RuntimeRefusal, match="not as it was taken"):
        restore.restore(vault, fresh, None, secret, said.append)
    assert not fresh.exists() and [file.name for file in full.iterdir()] == ["mine"]


@pytest.mark.heavy
def test_only_the_newest_copies_stay_and_the_log_that_they_need(town: Town, folder: Path) -> None:
    vault = folder / "short"
    names = []
    for _ in range(3):
        names.append(backup.take(town.place, vault, "", 2, said.append).base.folder.name)
        with psycopg.connect(town.server.url("postgres")) as link:
            link.execute("select pg_switch_wal()")
    bases = Vault(vault).bases()
    assert [base.folder.name for base in bases] == names[1:]
    segments = sorted(file.name for file in (vault / "wal").iterdir())
    assert segments and segments[0][:24] >= bases[0].first_segment
    restored = restore.restore(
        vault, folder / "short-home", bases[0].finished_at, Keys(secret_file=town.place.secret_file), said.append
    )
    assert restored.base.folder == bases[0].folder


@pytest.mark.heavy
def test_following_receives_what_happens_after_the_copy(
    town: Town, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "MARK_SECONDS", 0.2)
    vault, stop = folder / "followed", threading.Event()
    arguments = (town.place, vault, PASSPHRASE, 7, stop, said.append)
    follower = threading.Thread(target=backup.follow, args=arguments)
    follower.start()
    try:
        deadline = time.monotonic() + 60
        while not (vault / "received.json").exists():
            assert follower.is_alive() and time.monotonic() < deadline
            time.sleep(0.05)
        with load(town) as acknowledged:
            time.sleep(0.5)
        moment = datetime.now(UTC)
        while (Vault(vault).received_through() or moment) <= moment:
            assert follower.is_alive() and time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        follower.join()
    restored = restore.restore(vault, folder / "followed-home", moment, Keys(PASSPHRASE), said.append)
    assert acknowledged and set(acknowledged) <= transfers_in(restored.home)


def test_the_backup_role_dumps_every_row_of_every_table_but_a_services_private_ones(town: Town, folder: Path) -> None:
    """Those are in the physical copy, which nobody reads without the machine's own keys."""
    environment = {"PATH": "/usr/bin:/bin", "PGPASSWORD": roles.password_of(roles.BACKUP, town.place.secret())}
    programs, dump = installed_programs(), folder / "dump"
    where = ["--host=127.0.0.1", f"--port={town.server.port}", f"--username={roles.BACKUP}", f"--dbname={DATABASE}"]
    private = private_tables(town.server.url(DATABASE))
    assert private and all(table.startswith(tuple(roles.PRIVATE_SERVICES)) for table in private)
    without = [f"--exclude-table-data={table}" for table in private]
    arguments = [*where, *without, "--format=custom", f"--file={dump}"]
    subprocess.run([programs / "pg_dump", *arguments], env=environment, check=True)
    with psycopg.connect(town.server.url("postgres"), autocommit=True) as link:
        link.execute("create database again")
    environment["PGPASSWORD"] = town.server.password
    where = ["--host=127.0.0.1", f"--port={town.server.port}", f"--username={town.server.superuser}", "--dbname=again"]
    subprocess.run([programs / "pg_restore", *where, "--exit-on-error", dump], env=environment, check=True)
    counts = [rows_of_each_table(town.server.url(database)) for database in (DATABASE, "again")]
    for table in private:
        assert counts[1].pop(table) == 0
        del counts[0][table]
    assert counts[0] == counts[1] and counts[0]["ledger_transfer"] >= ACCOUNTS


def private_tables(url: str) -> list[str]:
    """The tables that the backup role may not read."""
    with psycopg.connect(url) as link:
        statement = (
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            f" and not has_table_privilege('{roles.BACKUP}', oid, 'select') order by 1"
        )
        return [str(table) for (table,) in link.execute(statement).fetchall()]


def rows_of_each_table(url: str) -> dict[str, int]:
    with psycopg.connect(url) as link:
        tables = link.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        counts = {}
        for (table,) in tables:
            row = link.execute(f'select count(*) from "{table}"').fetchone()
            counts[str(table)] = int(row[0]) if row else 0
        return counts


@pytest.mark.heavy
def test_a_replica_follows_and_takes_over_with_all_that_was_acknowledged(town: Town, folder: Path) -> None:
    place = Home(folder / "replica")
    with load(town) as acknowledged:
        standby.make(town.place, place, said.append)
        time.sleep(0.5)
    server = launcher.running(place.cluster)
    assert server is not None
    with psycopg.connect(server.url(DATABASE), autocommit=True) as link:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            link.execute(POST_SQL, [uuid4(), *town.accounts[:2], 1])
        deadline = time.monotonic() + 20
        while not set(acknowledged) <= {row[0] for row in link.execute("select id from ledger_transfer")}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    launcher.stop(town.place.cluster)
    try:
        seconds = standby.promote(place)
        assert seconds < 10
        with psycopg.connect(server.url(DATABASE), autocommit=True) as link:
            assert link.execute(POST_SQL, [uuid4(), *town.accounts[:2], 1]).fetchone() == (None,)
        with pytest.raises(RuntimeRefusal, match="follows nobody"):
            standby.promote(place)
        with pytest.raises(RuntimeRefusal, match="before it was restored"):
            backup.take(place, folder / "vault", "", 7, said.append)
    finally:
        launcher.remove(place.cluster)
        town.server = launcher.start(town.place.cluster)


def test_a_sealed_secret_opens_with_its_passphrase_alone() -> None:
    sealed = seal_secret("hush", PASSPHRASE)
    assert b"hush" not in sealed and unseal_secret(sealed, PASSPHRASE) == "hush"
    for wrong in (sealed.replace(b'"sealed": "', b'"sealed": "A'), b"{}", b"no json", sealed):
        with pytest.raises(RuntimeRefusal, match="does not open"):
            unseal_secret(wrong, "another long passphrase")
    with pytest.raises(RuntimeRefusal, match="too short"):
        seal_secret("hush", "short")
