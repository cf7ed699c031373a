"""`./bocage backup`: a whole copy of the installation while it runs, and the log of changes from there on.

The copy is PostgreSQL's own (pg_basebackup), checked file by file against its manifest. The log of changes comes
through a replication slot (pg_receivewal), so that none is missed between two runs.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg.pq import TransactionStatus

from bocage.kernel.postgres import launcher, roles
from bocage.kernel.postgres.programs import installed_programs
from bocage.runtime.place import DATABASE, Home, RuntimeRefusal, read_state, without_credentials
from bocage.runtime.vault import Base, Vault, forget_old, open_vault, seal_secret, write_whole

SLOT = "bocage_backup"
KEPT_BASES = 7
BASE_EVERY = timedelta(hours=24)
MARK_SECONDS = 10.0
WAIT_SECONDS = 120.0
STOP_SECONDS = 20.0
ERROR_LINES = 12
# What a restore has to be told again. The mail server's address holds a password, so its name alone is kept.
SETTINGS = (
    "BOCAGE_TOWN",
    "BOCAGE_COUNTRY",
    "BOCAGE_CURRENCY",
    "BOCAGE_TIME_ZONE",
    "BOCAGE_BANK_IBAN",
    "BOCAGE_MAIL_FROM",
    "BOCAGE_PROXIES",
    "BOCAGE_PUBLIC_URL",
)
NOTE_NAME = "backup.json"

type Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """The running server that is copied, as `bocage_backup` reaches it. `url` carries no credentials."""

    url: str
    password: str
    system: str
    timeline: int
    server_version: int
    superuser: str
    database: str

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the role that may read everything and write nothing."""
        return psycopg.connect(self.url, user=roles.BACKUP, password=self.password, autocommit=True, connect_timeout=10)

    def program(self, name: str, *arguments: str | Path) -> tuple[list[str | Path], dict[str, str]]:
        """The command line and environment of one of PostgreSQL's client programs on this server."""
        parts = urlsplit(self.url)
        environment = {
            **{"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            **{"PGHOST": parts.hostname or launcher.LOOPBACK, "PGPORT": str(parts.port or 5432)},
            **{"PGUSER": roles.BACKUP, "PGPASSWORD": self.password},
        }
        if modes := parse_qs(parts.query).get("sslmode"):
            environment["PGSSLMODE"] = modes[0]
        return [installed_programs() / name, *arguments], environment

    def run(self, name: str, *arguments: str | Path) -> None:
        """Run one to its end. Raises `RuntimeRefusal` with the end of what it said."""
        command, environment = self.program(name, *arguments)
        answer = subprocess.run(command, env=environment, capture_output=True, check=False)
        if answer.returncode != 0:
            raise RuntimeRefusal(f"{name} failed:\n{_tail(answer.stderr)}")


@dataclass(frozen=True)
class Mark:
    """A commit made so that recovery finds one after every moment before `at`; `lsn` is behind it."""

    at: datetime
    lsn: int


@dataclass(frozen=True)
class Taken:
    """A copy that was taken, and up to which moment the log of changes reaches."""

    base: Base
    through: datetime
    secret_inside: bool
    forgotten: int


def take(place: Home, folder: Path, passphrase: str, kept: int, say: Say) -> Taken:
    """Take a whole copy into `folder` and fetch the log of changes up to now. Raises `RuntimeRefusal`."""
    source = find_source(place)
    vault = open_vault(folder.expanduser().resolve(), source.system, source.timeline)
    with vault.locked("take") as alone:
        if not alone:
            raise RuntimeRefusal(f"Another backup into {vault.folder} is being taken now. Wait for it.")
        if not vault.is_received_now():
            _ensure_slot(source, say)
        base = _take_base(place, source, vault, passphrase, say)
        through = _receive_now(source, vault)
        forgotten = forget_old(vault, kept)
    write_note(place, vault)
    return Taken(base, through, bool(passphrase), forgotten)


def follow(place: Home, folder: Path, passphrase: str, kept: int, stop: threading.Event, say: Say) -> None:
    """Receive every change as it happens, and take a whole copy a day, until `stop` is set."""
    source = find_source(place)
    vault = open_vault(folder.expanduser().resolve(), source.system, source.timeline)
    with vault.locked("follow") as alone:
        if not alone:
            raise RuntimeRefusal(f"The changes are received into {vault.folder} already.")
        _ensure_slot(source, say)
        with _receiving(source, vault) as receiver:
            say(f"Receiving every change into {vault.folder}.")
            while not stop.is_set():
                if receiver.poll() is not None:
                    raise RuntimeRefusal(f"pg_receivewal ended:\n{_tail(_read(receiver))}")
                bases = vault.bases()
                if not bases or datetime.now(UTC) - bases[-1].finished_at >= BASE_EVERY:
                    taken = take(place, vault.folder, passphrase, kept, say)
                    say(f"Took a whole copy: {taken.base.folder.name}.")
                else:
                    vault.note_received(_await_received(source, mark(source)))
                    copy_blobs(place.folder / "blobs", bases[-1].blobs, None)
                    write_note(place, vault)
                stop.wait(MARK_SECONDS)


def find_source(place: Home) -> Source:
    """The running database of this installation. Raises `RuntimeRefusal`: it does not run, or may not be copied."""
    state = read_state(place)
    outside = os.environ.get("DATABASE_URL") or (state.told.get("BOCAGE_DATABASE_URL", "") if state else "")
    if not outside:
        server = launcher.running(place.cluster) if place.cluster.exists() else None
        if server is None:
            raise RuntimeRefusal("The database is not running. Start it with ./bocage up, then take the backup.")
        outside = server.url(DATABASE)
    url, password = without_credentials(outside), roles.password_of(roles.BACKUP, place.secret())
    try:
        with psycopg.connect(url, user=roles.BACKUP, password=password, connect_timeout=10) as link:
            row = link.execute(
                "SELECT s.system_identifier::text,"
                " ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,"
                " current_setting('server_version_num')::int / 10000,"
                " (SELECT rolname FROM pg_roles WHERE oid = 10), current_database(), r.rolreplication"
                " FROM pg_control_system() s, pg_roles r WHERE r.rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        raise RuntimeRefusal(f"The database does not answer to {roles.BACKUP}. Is Bocage up?\n{error}") from None
    assert row is not None, "every server has one control file"
    if not row[5]:
        raise RuntimeRefusal(
            f"The role {roles.BACKUP} may not copy this server. As its superuser: ALTER ROLE {roles.BACKUP} "
            "REPLICATION BYPASSRLS; and in pg_hba.conf: hostssl replication bocage_backup ADDRESS scram-sha-256"
        )
    return Source(url, password, row[0], row[1], row[2], row[3], row[4])


def mark(source: Source) -> Mark:
    """Commit a transaction that changes nothing, and say when and where."""
    with source.connect() as link:
        with link.transaction():
            row = link.execute("SELECT pg_current_xact_id(), clock_timestamp()").fetchone()
        assert row is not None and link.info.transaction_status == TransactionStatus.IDLE
        lsn = link.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
    assert lsn is not None and isinstance(row[1], datetime) and lsn[0] is not None
    return Mark(row[1].astimezone(UTC), int(str(lsn[0])))


def write_note(place: Home, vault: Vault) -> None:
    """Leave word in the data folder, for the console and the figures that are watched."""
    bases, through = vault.bases(), vault.received_through()
    note = {
        "folder": str(vault.folder),
        "last_copy_at": bases[-1].finished_at.isoformat() if bases else None,
        "copies": len(bases),
        "bytes": bases[-1].bytes if bases else 0,
        "received_through": through.isoformat() if through else None,
    }
    write_whole(place.folder / NOTE_NAME, json.dumps(note, indent=1))


def copy_blobs(source: Path, target: Path, before: Path | None) -> int:
    """Copy files that `target` lacks, as links to those of the copy `before` where they are there; how many it holds.

    A file never changes under its name (it is named by an id and encrypted), so a name is enough to know it by.
    """
    target.mkdir(mode=0o700, exist_ok=True)
    count = 0
    for path in sorted(source.rglob("*")) if source.exists() else ():
        there = target / path.relative_to(source)
        if path.is_dir():
            there.mkdir(mode=0o700, exist_ok=True)
            continue
        count += 1
        if there.exists():
            continue
        linked = before / path.relative_to(source) if before is not None else None
        if linked is not None and linked.exists() and linked.stat().st_size == path.stat().st_size:
            os.link(linked, there)
            continue
        draft = there.with_name(f"{there.name}.draft")
        try:
            shutil.copy2(path, draft)
        except FileNotFoundError:
            # Deleted since it was listed: whoever deleted it deleted its row before.
            continue
        draft.replace(there)
    return count


# --- the copy --------------------------------------------------------------------------------------------------------


def _take_base(place: Home, source: Source, vault: Vault, passphrase: str, say: Say) -> Base:
    earlier = vault.bases()
    unfinished = vault.folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    sealed = seal_secret(_secrets(place), passphrase) if passphrase else b""
    say("Copying the database.")
    source.run(
        "pg_basebackup",
        *("--pgdata", unfinished / "data", "--format=plain", "--wal-method=stream", "--checkpoint=fast"),
        *("--manifest-checksums=SHA256", "--no-password", "--label=bocage"),
    )
    if any((unfinished / "data" / "pg_tblspc").iterdir()):
        raise RuntimeRefusal("This server keeps tables in tablespaces, which a backup into one folder cannot hold.")
    say("Checking each file of the copy.")
    source.run("pg_verifybackup", unfinished / "data")
    finished = mark(source)
    label = (unfinished / "data" / "backup_label").read_text()
    first = re.search(r"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)", label)
    if first is None:
        raise RuntimeRefusal("pg_basebackup left a backup_label that does not say where the copy begins.")
    # After the database: a file is complete before its row is written, so every row of the copy finds its file.
    files = copy_blobs(place.folder / "blobs", unfinished / "blobs", earlier[-1].blobs if earlier else None)
    if sealed:
        (unfinished / "secret.sealed").write_bytes(sealed)
    size = sum(path.stat().st_size for path in (unfinished / "data").rglob("*") if path.is_file())
    settings = {name: os.environ[name] for name in SETTINGS if name in os.environ}
    folder = vault.folder / f"base-{finished.at:%Y%m%dT%H%M%S}-{finished.at.microsecond // 1000:03d}Z"
    facts = (first[1], source.system, source.timeline, source.server_version, source.superuser, source.database)
    Base(unfinished, finished.at, *facts, bytes=size, files=files, settings=settings).write()
    unfinished.rename(folder)
    return next(base for base in vault.bases() if base.folder == folder)


def _secrets(place: Home) -> str:
    """The secret, then those before it that something may still be sealed with, a line each."""
    older = [Path(file) for file in os.environ.get("BOCAGE_SECRET_KEY_FALLBACK_FILES", "").split(os.pathsep) if file]
    return "\n".join([place.secret(), *(file.read_text().strip() for file in older)])


# --- the log of changes ----------------------------------------------------------------------------------------------


def _ensure_slot(source: Source, say: Say) -> None:
    with source.connect() as link:
        row = link.execute("SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s", [SLOT]).fetchone()
        if row is not None and row[0] == "lost":
            say("The server could not keep the log of changes this long: there is a gap since the last backup.")
            link.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])
            row = None
        if row is None:
            link.execute("SELECT pg_create_physical_replication_slot(%s, true)", [SLOT])


def _receive_now(source: Source, vault: Vault) -> datetime:
    """Fetch the log up to this moment, or wait until whoever follows has it."""
    here = mark(source)
    with vault.locked("follow") as free:
        if free:
            source.run("pg_receivewal", *_receiving_options(vault), "--no-loop", f"--endpos={_lsn_text(here.lsn)}")
    through = here.at if free else _await_received(source, here)
    vault.note_received(through)
    return through


def _await_received(source: Source, here: Mark) -> datetime:
    deadline = time.monotonic() + WAIT_SECONDS
    with source.connect() as link:
        while True:
            row = link.execute(
                "SELECT restart_lsn - '0/0' >= %s::numeric FROM pg_replication_slots WHERE slot_name = %s",
                [here.lsn, SLOT],
            ).fetchone()
            if row is not None and row[0]:
                return here.at
            if time.monotonic() > deadline:
                raise RuntimeRefusal(f"The log of changes was not received within {WAIT_SECONDS:.0f} s. Try again.")
            time.sleep(0.1)


@contextmanager
def _receiving(source: Source, vault: Vault) -> Iterator[subprocess.Popen[bytes]]:
    command, environment = source.program("pg_receivewal", *_receiving_options(vault))
    receiver = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield receiver
    finally:
        receiver.send_signal(signal.SIGINT)
        try:
            receiver.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            receiver.kill()
            receiver.wait()


def _receiving_options(vault: Vault) -> tuple[str, ...]:
    return (f"--directory={vault.wal}", f"--slot={SLOT}", "--synchronous", "--no-password")


def _lsn_text(lsn: int) -> str:
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def _read(process: subprocess.Popen[bytes]) -> bytes:
    return process.stderr.read() if process.stderr is not None else b""


def _tail(said: bytes) -> str:
    return "\n".join(said.decode(errors="replace").splitlines()[-ERROR_LINES:])
