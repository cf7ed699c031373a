"""`./bocage replica`: a streaming replica of the running server, and its promotion."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from bocage.kernel.postgres import launcher
from bocage.runtime.backup import Source, find_source
from bocage.runtime.place import Home, RuntimeRefusal
from bocage.runtime.preparing import CLUSTER_OPTIONS

SLOT = "bocage_replica"
LEAVING_SECONDS = 20.0
FOLLOW_SECONDS = 60.0
PROMOTE_SECONDS = 60


@dataclass(frozen=True)
class Following:
    """A replica that follows: its port, and how far behind its primary it was a moment ago."""

    port: int
    behind_bytes: int


def make(primary: Home, place: Home, say: Callable[[str], None]) -> Following:
    """Copy the primary's server into `place` and start it as its replica. Raises `RuntimeRefusal`."""
    if place.folder.exists() and any(place.folder.iterdir()):
        raise RuntimeRefusal(f"{place.folder} is not empty, and nothing is overwritten. Give a new folder.")
    embedded = launcher.running(primary.cluster) if primary.cluster.exists() else None
    if embedded is None:
        raise RuntimeRefusal(
            "Only the embedded server is copied like this; docs/guide/operations.md says how it goes with another one."
        )
    source = find_source(primary)
    _make_slot(source)
    try:
        place.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        shutil.copy2(primary.secret_file, place.secret_file)
        place.prepare()
        folder, account = launcher.settle(place.cluster)
        data = folder / "data.unfinished"
        say("Copying the server.")
        options = ("--write-recovery-conf", f"--slot={SLOT}", "--checkpoint=fast", "--no-password")
        source.run("pg_basebackup", "--pgdata", data, "--wal-method=stream", *options)
        for path in (data, *data.rglob("*")):
            account.own(path)
        (folder / "password").write_text(embedded.password)
        (folder / "password").chmod(0o600)
        data.rename(folder / "data")
        server = launcher.start(place.cluster, options=CLUSTER_OPTIONS)
        return _await_following(source, server)
    except BaseException:
        launcher.remove(place.cluster)
        shutil.rmtree(place.folder, ignore_errors=True)
        # Kept, the log of changes would be kept for nobody, until the disk or the slot's limit is full.
        _drop_slot(source)
        raise


def forget(primary: Home) -> None:
    """Keep nothing more for the replica that followed this server and is gone. Raises `RuntimeRefusal`."""
    _drop_slot(find_source(primary), wait_seconds=0.0)


def promote(place: Home) -> float:
    """Make the replica a server that is written to; how many seconds that took. Raises `RuntimeRefusal`."""
    begun = time.monotonic()
    server = launcher.running(place.cluster) if place.cluster.exists() else None
    if server is None:
        server = launcher.start(place.cluster, options=CLUSTER_OPTIONS)
    with psycopg.connect(server.url("postgres"), autocommit=True) as link:
        row = link.execute("SELECT pg_is_in_recovery()").fetchone()
        if row is None or not row[0]:
            raise RuntimeRefusal("This server follows nobody: it is written to already.")
        done = link.execute("SELECT pg_promote(true, %s)", [PROMOTE_SECONDS]).fetchone()
        if done is None or not done[0]:
            raise RuntimeRefusal(f"The replica was not promoted within {PROMOTE_SECONDS} s; see {place.cluster}/log.")
    return time.monotonic() - begun


def _make_slot(source: Source) -> None:
    try:
        with source.connect() as link:
            link.execute("SELECT pg_create_physical_replication_slot(%s, true)", [SLOT])
    except psycopg.errors.DuplicateObject:
        raise RuntimeRefusal(
            "This server has a replica already, or had one. If it is gone for good: ./bocage replica forget"
        ) from None


def _drop_slot(source: Source, wait_seconds: float = LEAVING_SECONDS) -> None:
    deadline = time.monotonic() + wait_seconds
    with source.connect() as link:
        while True:
            try:
                link.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])
                return
            except psycopg.errors.UndefinedObject:
                raise RuntimeRefusal("This server keeps nothing for a replica.") from None
            except psycopg.errors.ObjectInUse:
                # The primary notices a moment later that who followed it has ended.
                if time.monotonic() >= deadline:
                    raise RuntimeRefusal("The replica follows this server now. End it first.") from None
            time.sleep(0.1)


def _await_following(source: Source, server: launcher.Server) -> Following:
    deadline = time.monotonic() + FOLLOW_SECONDS
    with source.connect() as link, psycopg.connect(server.url("postgres"), autocommit=True) as there:
        while True:
            row = link.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
            behind = there.execute(
                "SELECT (%s::pg_lsn - pg_last_wal_replay_lsn())::bigint FROM pg_stat_wal_receiver"
                " WHERE status = 'streaming'",
                [row[0] if row else None],
            ).fetchone()
            if behind is not None and behind[0] is not None:
                return Following(server.port, max(int(behind[0]), 0))
            if time.monotonic() > deadline:
                raise RuntimeRefusal(f"The replica does not follow after {FOLLOW_SECONDS:.0f} s; see its log.")
            time.sleep(0.1)
