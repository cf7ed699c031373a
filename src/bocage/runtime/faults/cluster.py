"""The server of the stories: its own cluster, on a small file system where it can be, killed and filled at will."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bocage.kernel.postgres import launcher, roles
from bocage.runtime.place import DATABASE, ROOT

PREFIX = "bocage-faults-"
DISK_MEGABYTES = 900
SECRET = "of a cluster that lives for the stories"  # noqa: S105
OPTIONS = {"max_connections": "100", "max_wal_size": "128MB", "wal_recycle": "off", "log_checkpoints": "off"}
START_SECONDS = 60.0
KILL_SECONDS = 30.0
SEGMENTS_AHEAD = 8
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
PROJECTION_SQL = """
create table faults_heard (subscription text, seed bigint, id uuid, amount bigint, primary key (subscription, seed, id))
"""


@dataclass
class Cluster:
    """A running server. `small`: it lies on a file system of its own that can be filled."""

    folder: Path
    server: launcher.Server
    small: bool

    @property
    def environment(self) -> dict[str, str]:
        """What Bocage's settings have to be told to work on it."""
        return {
            "BOCAGE_MODE": "test",
            "BOCAGE_HOME": str(self.folder / "home"),
            # Beside the small file system: a full one takes no socket either.
            "BOCAGE_POSTER_SOCKET": str(self.folder.with_suffix(".sock")),
            "BOCAGE_SECRET_KEY": SECRET,
            "BOCAGE_DATABASE_URL": f"postgresql://127.0.0.1:{self.server.port}/{DATABASE}",
            "DJANGO_SETTINGS_MODULE": "bocage.settings",
        }

    def link(self, role: str = "") -> psycopg.Connection[Any]:
        """A connection as the superuser, or as one of Bocage's roles."""
        url = self.server.url(DATABASE, role, roles.password_of(role, SECRET)) if role else self.server.url(DATABASE)
        return psycopg.connect(url, autocommit=True, connect_timeout=10)

    def kill(self) -> None:
        """SIGKILL to the server and to every process it has."""
        # The postmaster first: it must not come to start anything again. Its children are found by where they work,
        # again and again, as a child that was being started while one looked is found the next time.
        deadline = time.monotonic() + KILL_SECONDS
        while living := [pid for pid in (self._postmaster(), *_working_in(self._data())) if pid is not None]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"The processes {living} outlived their killing for {KILL_SECONDS:.0f} s.")
            for pid in living:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for pid in living:
                _bury(pid, deadline)

    def start(self) -> float:
        """Start it again at the same port; how many seconds it took until it answered."""
        begun = time.monotonic()
        options = {**OPTIONS, "port": str(self.server.port)}
        while True:
            try:
                self.server = launcher.start(self.folder / "postgres", options=options)
                return time.monotonic() - begun
            except launcher.LaunchError:
                if time.monotonic() - begun > START_SECONDS:
                    raise
                time.sleep(0.1)

    def kill_in_recovery(self) -> bool:
        """Start it and kill it again while it recovers; whether it was recovering when it was killed."""
        starter = os.fork()
        if not starter:
            with contextlib.suppress(BaseException):
                os.setsid()
                launcher.start(self.folder / "postgres", options={**OPTIONS, "port": str(self.server.port)})
            os._exit(0)
        log = self._data().parent / "log" / "postgresql.log"
        begin = log.stat().st_size
        deadline = time.monotonic() + START_SECONDS
        while b"automatic recovery in progress" not in _end_of(log, begin) and time.monotonic() < deadline:
            time.sleep(0.001)
        # The starter and its pg_ctl before the server: either would begin another one under the hands of the killer.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(starter, signal.SIGKILL)
        self.kill()
        os.waitpid(starter, 0)
        return b"ready to accept connections" not in _end_of(log, begin)

    def shift_clock(self, delta: timedelta) -> None:
        """The ledger's clock runs `delta` from the real time."""
        with self.link(roles.MIGRATOR) as link:
            link.execute(
                "create or replace function ledger_now() returns timestamptz language sql volatile parallel safe"
                f" as 'select clock_timestamp() + make_interval(secs => {delta.total_seconds()})'"
            )

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """The file system has no room left, for the block."""
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                size, step = 0, 1 << 26
                while step >= 1 << 12:
                    try:
                        os.posix_fallocate(file.fileno(), size, step)
                        size += step
                    except OSError:
                        step >>= 2
            with contextlib.suppress(psycopg.Error), self.link() as link:
                # On past the segments of the log of changes that are there already, to one for which there is no room.
                for _ in range(SEGMENTS_AHEAD):
                    link.execute("select pg_logical_emit_message(true, 'faults', 'full')")
                    link.execute("select pg_switch_wal()")
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def _data(self) -> Path:
        note = self.folder / "postgres" / "elsewhere"
        return (Path(note.read_text().strip()) if note.exists() else self.folder / "postgres") / "data"

    def _postmaster(self) -> int | None:
        try:
            pid = int((self._data() / "postmaster.pid").read_text().splitlines()[0])
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            return None
        return pid if os.fsencode(self._data()) in words else None


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A fresh server with all of Bocage's tables, gone after the block."""
    _adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    small = _mount(folder)
    folder.chmod(0o711)
    try:
        server = launcher.start(folder / "postgres", options=OPTIONS)
        # Under a folder that its own user may not enter, the server keeps its data elsewhere: on a disk left alone.
        made = Cluster(folder, server, small and not (folder / "postgres" / "elsewhere").exists())
        roles.ensure(server.url("postgres"), DATABASE, SECRET)
        (folder / "home").mkdir()
        command = [sys.executable, "-m", "django", "migrate", "--database", "migrator", "--verbosity", "0"]
        subprocess.run([*command, "--skip-checks"], env={**os.environ, **made.environment}, cwd=ROOT, check=True)
        with made.link(roles.MIGRATOR) as link:
            link.execute(PROJECTION_SQL)
        yield made
    finally:
        launcher.remove(folder / "postgres")
        if small:
            subprocess.run(["umount", "--lazy", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".sock").unlink(missing_ok=True)


def _adopt_orphans() -> None:
    """Let the server become this process's child, so that it is buried as soon as it is killed.

    Until somebody waits for it, its process id stands for a server that runs, and no other one starts in its place.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _bury(pid: int, deadline: float) -> None:
    """Wait until a killed process is gone, also when its parent was killed too and leaves it to us only later."""
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
        except ChildProcessError:
            if not Path(f"/proc/{pid}").exists():
                return
        time.sleep(0.001)


def _mount(folder: Path) -> bool:
    """Put a small file system under the folder; False where this process may not."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=0711", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _end_of(log: Path, begin: int) -> bytes:
    with log.open("rb") as file:
        file.seek(begin)
        return file.read()


def _working_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.readlink() == folder:
                found.append(int(entry.parent.name))
    return found
