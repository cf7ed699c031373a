"""Where an installation keeps its things, and what its processes are told through their environment."""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[3]
DATABASE = "bocage"
ASKING_SECONDS = 0.3


class RuntimeRefusal(Exception):
    """What was asked for cannot be done. The message says what to do next."""


@dataclass(frozen=True)
class Home:
    """The data folder of one installation: `.bocage` beside the source, or what `BOCAGE_HOME` names."""

    folder: Path

    @property
    def secret_file(self) -> Path:
        return self.folder / "secret.key"

    @property
    def cluster(self) -> Path:
        return self.folder / "postgres"

    @property
    def moved_cluster(self) -> Path:
        """The cluster of a new PostgreSQL, complete and about to take the old one's place."""
        return self.folder / "postgres.moved"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def state_file(self) -> Path:
        return self.folder / "up.json"

    @property
    def lock_file(self) -> Path:
        return self.folder / "up.lock"

    @property
    def sign_ins_file(self) -> Path:
        return self.folder / "demo-sign-ins.json"

    def prepare(self) -> None:
        """Make the folder and its secret when they are not there yet."""
        if self.folder.exists() and not os.access(self.folder, os.W_OK | os.X_OK):
            raise RuntimeRefusal(
                f"You may not write to the data folder {self.folder}. Run this as the user that it belongs to, "
                "or set BOCAGE_HOME to a folder of yours."
            )
        # As root, PostgreSQL's own account has to pass through this folder to reach the cluster; all that lies in it
        # is closed to that account by its own permissions.
        self.folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            handle = os.open(self.secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))

    def secret(self) -> str:
        """The installation's secret key."""
        return self.secret_file.read_text().strip()


def home() -> Home:
    """The data folder that this command works on."""
    return Home(Path(os.environ.get("BOCAGE_HOME") or ROOT / ".bocage").expanduser().resolve())


@dataclass
class ProcessState:
    """One process as `status` shows it; `pid` is 0 while it is down."""

    name: str
    pid: int = 0
    restarts: int = 0
    started_at: float = 0.0


@dataclass
class State:
    """What a running `up` writes down for `status`, `down` and the next `up`."""

    pid: int
    run: str
    address: str
    local_url: str
    mode: str
    ready: bool = False
    processes: list[ProcessState] = field(default_factory=list)
    # What `kernel.start` tells a command of another shell, so that it works on this installation. No secret.
    told: dict[str, str] = field(default_factory=dict)

    def write(self, place: Home) -> None:
        """Write it whole or not at all."""
        draft = place.state_file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n")
        draft.replace(place.state_file)


def read_state(place: Home) -> State | None:
    """What the last `up` wrote, whether it still runs or not; None when there is nothing readable."""
    try:
        raw: dict[str, Any] = json.loads(place.state_file.read_text())
        processes = [ProcessState(**each) for each in raw.pop("processes")]
        return State(**raw, processes=processes)
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextlib.contextmanager
def sole_runner(place: Home) -> Iterator[bool]:
    """Hold the lock of a running `up` for the block; yields False when another `up` holds it.

    The system drops the lock with the process, so it tells the truth even after a kill, which a process number in a
    file does not.
    """
    with place.lock_file.open("a") as handle:
        taken = _try_lock(handle)
        if not taken:
            # Again, because whoever asks `is_running` holds the lock for a moment.
            time.sleep(ASKING_SECONDS)
            taken = _try_lock(handle)
        yield taken


def is_running(place: Home) -> bool:
    """Whether an `up` runs on this folder now."""
    if not place.lock_file.exists():
        return False
    with place.lock_file.open("a") as handle:
        return not _try_lock(handle)


def _try_lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def without_credentials(url: str) -> str:
    """`url` with host, port, database and options, but without user and password."""
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{host}:{parts.port or 5432}").geturl()
