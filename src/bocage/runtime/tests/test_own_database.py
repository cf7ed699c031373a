"""`./bocage test` itself: its defaults, its database, and that it leaves nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from bocage.kernel.postgres import launcher
from bocage.runtime import test_database

APART = ["-p", "no:django", "-p", "no:cacheprovider", "--override-ini", "addopts="]
INNER = """
import os, pathlib, time, psycopg

def test_inner():
    with psycopg.connect(os.environ["BOCAGE_TEST_ADMIN_URL"]) as link:
        assert link.execute("SHOW fsync").fetchone() == ("off",)
    pathlib.Path({note!r}).write_text(os.environ["BOCAGE_TEST_ADMIN_URL"] + "\\n" + os.environ["TMPDIR"])
    time.sleep({seconds})
    assert {passes}
"""


def begin(folder: Path, *, passes: bool = True, seconds: int = 0) -> "subprocess.Popen[str]":
    file = folder / "test_inner.py"
    file.write_text(INNER.format(note=str(folder / "note"), seconds=seconds, passes=passes))
    return subprocess.Popen(
        [sys.executable, "-m", "bocage.runtime.test_database", str(file), "-q", "--rootdir", str(folder), *APART],
        env={**os.environ, "TMPDIR": "/tmp"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Where these tests run as a shell's background job, Ctrl-C is ignored from there on down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )


def assert_nothing_left(folder: Path) -> None:
    url, scratch = (folder / "note").read_text().splitlines()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=3)
    assert not Path(scratch).exists()


@pytest.mark.parametrize(("passes", "status"), [(True, 0), (False, 1)])
def test_it_gives_pytests_status_and_takes_its_database_away(tmp_path: Path, passes: bool, status: int) -> None:
    run = begin(tmp_path, passes=passes)
    said, _ = run.communicate(timeout=120)
    assert run.returncode == status, said
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_takes_its_database_away(tmp_path: Path, number: signal.Signals) -> None:
    run = begin(tmp_path, seconds=300)
    deadline = time.monotonic() + 60
    while not (tmp_path / "note").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    if number == signal.SIGINT:
        os.killpg(run.pid, number)  # a terminal tells the whole group
    else:
        run.send_signal(number)
    run.communicate(timeout=90)
    assert run.returncode != 0
    assert_nothing_left(tmp_path)


def test_what_a_killed_run_left_is_swept_and_a_living_one_is_not(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name, owner in (("dead", gone.pid), ("living", os.getpid())):
        left = tmp_path / f"{test_database.PREFIX}{name}"
        left.mkdir()
        (left / test_database.OWNER).write_text(str(owner))
    stranger = tmp_path / f"{test_database.PREFIX}stranger"
    stranger.mkdir()
    test_database.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{test_database.PREFIX}living",
        f"{test_database.PREFIX}stranger",
    ]
    assert not launcher.alive(tmp_path / f"{test_database.PREFIX}dead")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["-n", "2", "-m", "not heavy"]),
        (["-x"], ["-n", "2", "-m", "not heavy", "-x"]),
        (["-n", "0"], ["-m", "not heavy", "-n", "0"]),
        (["-n4"], ["-m", "not heavy", "-n4"]),
        (["-m", "heavy"], ["-n", "2", "-m", "heavy"]),
        ([__file__], ["-m", "not heavy", __file__]),
        ([f"{__file__}::test_one"], [f"{__file__}::test_one"]),
        ([str(Path(__file__).parent)], ["-n", "2", "-m", "not heavy", str(Path(__file__).parent)]),
        ([__file__, __file__], ["-n", "2", "-m", "not heavy", __file__, __file__]),
    ],
)
def test_defaults_give_way_to_what_is_said(arguments: list[str], expected: list[str]) -> None:
    assert test_database.with_defaults(arguments) == expected
