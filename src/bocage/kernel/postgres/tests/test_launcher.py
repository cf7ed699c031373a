"""The launcher, with real servers: what it makes, what it survives, what it refuses."""

import os
import shutil
import signal
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from bocage.kernel.postgres import launcher, programs
from bocage.kernel.postgres.tests.conftest import FAST

as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand PostgreSQL to another account")


def postmaster_pid(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_server_answers_to_its_password_alone(folder: Path) -> None:
    server = launcher.start(folder, options=FAST)
    with psycopg.connect(server.url("postgres")) as link:
        row = link.execute(
            "SELECT current_setting('server_version_num')::int / 10000, pg_encoding_to_char(6)"
        ).fetchone()
    assert row == (18, "UTF8")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("postgres", server.superuser, "guessed"))
    with pytest.raises(psycopg.OperationalError, match=r"no password supplied|password authentication failed"):
        psycopg.connect(host=str(server.socket_folder), port=server.port, user=server.superuser, dbname="postgres")


def test_nobody_else_can_look_into_the_folder(folder: Path) -> None:
    server = launcher.start(folder, options=FAST)
    assert mode(folder / "data") == 0o700
    assert mode(folder / "password") == 0o600
    assert mode(folder / "log") == 0o700
    assert mode(server.socket_folder) == 0o700
    assert mode(folder) == (0o710 if os.geteuid() == 0 else 0o700)
    rules = [line.split() for line in (folder / "data" / "pg_hba.conf").read_text().splitlines()]
    methods = {words[-1] for words in rules if words and not words[0].startswith("#")}
    assert methods == {"scram-sha-256"}


def test_it_listens_on_the_loopback_address_alone(folder: Path) -> None:
    server = launcher.start(folder, options=FAST)
    with psycopg.connect(server.url("postgres")) as link:
        assert link.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_what_was_committed_survives_a_kill(folder: Path) -> None:
    server = launcher.start(folder)
    with psycopg.connect(server.url("postgres"), autocommit=True) as link:
        link.execute("CREATE TABLE kept (n int)")
        link.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    for _ in range(3):
        os.kill(postmaster_pid(folder), signal.SIGKILL)
        server = launcher.start(folder)
        with psycopg.connect(server.url("postgres"), autocommit=True) as link:
            assert link.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_running_server_is_given_as_it_is_and_a_stopped_one_is_not_found(folder: Path) -> None:
    assert launcher.running(folder) is None
    first = launcher.start(folder, options=FAST)
    assert launcher.start(folder) == first == launcher.running(folder)
    launcher.stop(folder)
    assert launcher.running(folder) is None
    assert not launcher.alive(folder)
    launcher.stop(folder)


def test_a_second_start_is_quick(folder: Path) -> None:
    launcher.start(folder)
    launcher.stop(folder)
    begun = time.monotonic()
    launcher.start(folder)
    assert time.monotonic() - begun < 10


def test_concurrent_starts_make_one_server(folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: launcher.start(folder, options=FAST), range(4)))
    assert len({server.port for server in servers}) == 1
    assert len({server.password for server in servers}) == 1


def test_a_note_that_names_a_foreign_process_is_no_server(folder: Path) -> None:
    launcher.start(folder, options=FAST)
    lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
    launcher.stop(folder)
    note = folder / "data" / "postmaster.pid"
    note.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    shutil.chown(note, *_owner(folder / "data"))
    assert launcher.running(folder) is None
    launcher.stop(folder)  # must not signal this very process
    server = launcher.start(folder, options=FAST)
    assert postmaster_pid(folder) != os.getpid()
    assert launcher.running(folder) == server


def _owner(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid


def test_a_port_taken_meanwhile_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = launcher._free_port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        offered = iter([taken.getsockname()[1]])
        monkeypatch.setattr(launcher, "_free_port", lambda wanted: next(offered, None) or free(wanted))
        server = launcher.start(folder, options=FAST)
        assert server.port != taken.getsockname()[1]


def test_data_of_another_major_version_is_named_with_the_way_out(folder: Path) -> None:
    launcher.start(folder, options=FAST)
    launcher.stop(folder)
    (folder / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(launcher.LaunchError, match=r"PostgreSQL 17.*PostgreSQL 18.*\./bocage upgrade --from-binaries"):
        launcher.start(folder)


def test_a_folder_of_something_else_is_left_alone(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "letters.txt").write_text("dear city")
    if os.geteuid() == 0:
        shutil.chown(folder / "data", "nobody")
    with pytest.raises(launcher.LaunchError, match="holds no PostgreSQL data"):
        launcher.start(folder)
    assert (folder / "data" / "letters.txt").read_text() == "dear city"


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    launcher.start(folder, options=FAST)
    launcher.stop(folder)
    with pytest.raises(launcher.LaunchError, match="no_such_setting"):
        launcher.start(folder, options={"no_such_setting": "1"})
    assert launcher.running(folder) is None


def test_a_lost_password_is_named(folder: Path) -> None:
    launcher.start(folder, options=FAST)
    (folder / "password").write_text("another one")
    with pytest.raises(launcher.LaunchError, match="refuses the password"):
        launcher.running(folder)


def test_a_long_path_gets_a_short_socket_that_goes_with_the_server(folder: Path) -> None:
    deep = folder / ("long-" * 18) / ("path-" * 10)
    folder.chmod(0o755)
    server = launcher.start(deep, options=FAST)
    try:
        assert len(str(server.socket_folder / ".s.PGSQL.65535")) <= launcher.SOCKET_PATH_BYTES
        assert mode(server.socket_folder) == 0o700
        with psycopg.connect(
            host=str(server.socket_folder),
            port=server.port,
            user=server.superuser,
            password=server.password,
            dbname="postgres",
        ) as link:
            assert link.execute("SELECT 1").fetchone() == (1,)
    finally:
        launcher.remove(deep)
    assert not server.socket_folder.exists()


@as_root_only
def test_a_folder_the_account_cannot_enter_leads_elsewhere_and_stays_closed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.chmod(0o711)
    monkeypatch.setattr(launcher, "SHARED_FOLDER", folder / "shared")
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    chosen = private / "postgres"
    server = launcher.start(chosen, options=FAST)
    placed = Path((chosen / "elsewhere").read_text().strip())
    assert placed.parent == folder / "shared"
    assert mode(placed / "data") == 0o700
    assert mode(private) == 0o700
    launcher.stop(chosen)
    assert launcher.start(chosen, options=FAST).password == server.password
    launcher.remove(chosen)
    assert not placed.exists()
    assert not chosen.exists()


@as_root_only
def test_programs_the_account_cannot_enter_are_copied_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install = programs.installed_programs().parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    programs._copy_programs(install, closed / "wheel")
    hidden = closed / "wheel" / programs.WHEEL / "pginstall" / "bin"
    monkeypatch.setattr(programs, "installed_programs", lambda: hidden)
    server = launcher.start(folder, options=FAST)
    copies = list(folder.glob("programs-*"))
    assert len(copies) == 1
    command = Path(f"/proc/{postmaster_pid(folder)}/cmdline").read_bytes().split(b"\0")[0].decode()
    assert Path(command).is_relative_to(copies[0])
    with psycopg.connect(server.url("postgres")) as link:
        assert link.execute("SELECT 1").fetchone() == (1,)
    assert mode(closed) == 0o700
