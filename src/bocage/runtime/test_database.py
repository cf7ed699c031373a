"""`./bocage test`: a PostgreSQL of this run's own, pytest on it, and nothing left behind.

The server keeps nothing safe (no fsync) because nothing in it outlives the run.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bocage.kernel.postgres import launcher

PREFIX = "bocage-testing-"
OWNER = "owner.pid"
ROOT = Path(__file__).resolve().parents[3]
WORKERS = 2
FAST_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


def main(arguments: Sequence[str]) -> int:
    """Run pytest with `arguments` on a database server of its own; pytest's exit code."""
    sweep(Path(tempfile.gettempdir()))
    if not _paths(arguments):
        os.chdir(ROOT)
    cluster = Path(tempfile.mkdtemp(prefix=PREFIX))
    (cluster / OWNER).write_text(str(os.getpid()))
    scratch = Path(tempfile.mkdtemp(prefix=PREFIX))
    (scratch / OWNER).write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, _leave)
    # A shell's background job inherits an ignored Ctrl-C; this run is to be stoppable all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        server = launcher.start(cluster, options=FAST_OPTIONS)
        environment = {**os.environ, "BOCAGE_TEST_ADMIN_URL": server.url("postgres"), "TMPDIR": str(scratch)}
        environment.pop("DATABASE_URL", None)
        return _run([sys.executable, "-m", "pytest", *with_defaults(arguments)], environment)
    except launcher.LaunchError as error:
        print(f"bocage: {error}", file=sys.stderr)
        return 3
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        launcher.stop(cluster, mode="immediate")
        launcher.remove(cluster)
        shutil.rmtree(scratch, ignore_errors=True)


def with_defaults(arguments: Sequence[str]) -> list[str]:
    """`arguments` with two workers unless one file is named, and without the heavy tests unless they are asked for."""
    named = _paths(arguments)
    added: list[str] = []
    one_file = len(named) == 1 and Path(named[0].split("::")[0]).is_file()
    if not one_file and not _given(arguments, "-n", "--numprocesses", "--pdb", "--collect-only", "--co"):
        added += ["-n", str(WORKERS)]
    if not _given(arguments, "-m") and not any("::" in name for name in named):
        added += ["-m", "not heavy"]
    return [*added, *arguments]


def _paths(arguments: Sequence[str]) -> list[str]:
    return [word for word in arguments if not word.startswith("-") and Path(word.split("::")[0]).exists()]


def _given(arguments: Sequence[str], *options: str) -> bool:
    return any(
        argument == option or argument.startswith(f"{option}=") or (len(option) == 2 and argument.startswith(option))
        for argument in arguments
        for option in options
    )


def _run(command: list[str], environment: dict[str, str]) -> int:
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told pytest as well, which stops its workers and reports.
            continue
        except SystemExit:
            process.terminate()


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(143)


def sweep(folder: Path) -> None:
    """Remove what runs that were killed left in `folder`."""
    for left in folder.glob(f"{PREFIX}*"):
        try:
            owner = int((left / OWNER).read_text())
            os.kill(owner, 0)
        except (OSError, ValueError) as error:
            if not isinstance(error, ProcessLookupError):
                continue
            launcher.remove(left)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
