"""The test floor: a migrated template database, cloned for each worker and for each test that must commit.

`./bocage test` starts a PostgreSQL of its own and names its superuser in `BOCAGE_TEST_ADMIN_URL`.
"""

import fcntl
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

SETTLING_SECONDS = 120
TEMPLATE_DATABASE = "bocage_template"
TEST_SECRET = "the secret of every test run"  # noqa: S105

_admin_url = os.environ.get("BOCAGE_TEST_ADMIN_URL", "")
if _admin_url:
    _server = urlsplit(_admin_url)
    os.environ["BOCAGE_MODE"] = "test"
    os.environ["BOCAGE_SECRET_KEY"] = TEST_SECRET
    os.environ["BOCAGE_HOME"] = os.environ.get("BOCAGE_TEST_HOME") or tempfile.mkdtemp(prefix="bocage-test-")
    os.environ.pop("BOCAGE_SECRET_KEY_FILE", None)
    os.environ["BOCAGE_DATABASE_URL"] = f"postgresql://{_server.hostname}:{_server.port}/{TEMPLATE_DATABASE}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bocage.settings")


def pytest_configure(config: pytest.Config) -> None:
    from hypothesis import HealthCheck, settings

    from bocage.kernel import translations

    # How fast examples are made says how busy the machine is, not whether the code is right.
    settings.register_profile("bocage", suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("bocage")
    translations.compile_all()
    # WhiteNoise warns of a missing folder, though under test it asks the finders.
    (Path(os.environ.get("BOCAGE_HOME", tempfile.gettempdir())) / "static").mkdir(parents=True, exist_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all that opens a browser, so that there is never more than one."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, worker_name: str) -> Iterator[None]:
    """One migrated template a run; one clone of it a worker."""
    if not _admin_url:
        pytest.fail("tests that need the database run by `./bocage test [pytest arguments]`, which starts one")
    with django_db_blocker.unblock():
        _make_template()
        database = f"bocage_test_{worker_name}"
        _clone(database)
        _point_at(database)
        yield
        _close_connections()
        _drop(database)


@pytest.fixture(scope="session")
def worker_name() -> str:
    """The name of this xdist worker, made unique so that two runs may share a server."""
    return f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture
def fresh_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of this test's own that really commits: for threads, processes, delivery and locks. Its name."""
    with django_db_blocker.unblock(), own_database() as name:
        yield name


@contextmanager
def own_database() -> Iterator[str]:
    """A clone of the template that every alias points at for the block; several tests of a module may share it."""
    from django.db import connections

    previous = str(connections["default"].settings_dict["NAME"])
    name = f"bocage_fresh_{secrets.token_hex(6)}"
    _clone(name)
    _point_at(name)
    try:
        yield name
    finally:
        _point_at(previous)
        _drop(name)


@contextmanager
def connected_as(role: str) -> Iterator[None]:
    """This thread's `default` connection logs in as `bocage_<role>` for the block."""
    from django.conf import settings
    from django.db import connection

    from bocage.kernel.postgres.roles import password_of

    kept = connection.settings_dict
    connection.close()
    login = f"bocage_{role}"
    connection.settings_dict = {**kept, "USER": login, "PASSWORD": password_of(login, settings.SECRET_KEY)}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = kept


def settle() -> None:
    """Wait until no transaction is left on the whole server that began before now.

    A transaction's horizon is the server's, not a database's: while another worker's test holds one open, neither
    the sequencer nor the sealer may read what was committed after it began.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()::text::bigint")
        (mine,) = cursor.fetchone()
        end = time.monotonic() + SETTLING_SECONDS
        while time.monotonic() < end:
            cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] > mine:
                return
            time.sleep(0.02)
    raise TimeoutError("another test's transaction stayed open")


@pytest.fixture
def live_site(fresh_database: str) -> Iterator[str]:
    """The whole site on a real port over a fresh database, with events delivered as they come. Its address."""
    with serving() as address:
        yield address


@contextmanager
def serving() -> Iterator[str]:
    """The whole site on a real port over the present database, with events delivered as they come. Its address."""
    from django.conf import settings
    from django.db import connections
    from django.test.testcases import LiveServerThread

    from bocage.kernel.events import loop

    # Called like the class that it is typed as.
    server = LiveServerThread("localhost", _QuietStatic)  # type: ignore[arg-type]
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    stop = threading.Event()

    def deliver() -> None:
        with connected_as("deliverer"):
            loop.run(stop)

    deliverer = threading.Thread(target=deliver, daemon=True)
    deliverer.start()
    address = f"http://localhost:{server.port}"
    kept = settings.PUBLIC_URL, settings.CSRF_TRUSTED_ORIGINS
    settings.PUBLIC_URL, settings.CSRF_TRUSTED_ORIGINS = address, [address]
    try:
        yield address
    finally:
        settings.PUBLIC_URL, settings.CSRF_TRUSTED_ORIGINS = kept
        stop.set()
        deliverer.join(timeout=10)
        server.terminate()
        server.join(timeout=10)
        connections.close_all()


def _QuietStatic(application: Any) -> Any:  # noqa: N802 - stands where Django expects a handler class
    """WhiteNoise in the middleware serves the static files; the live server needs no handler of its own."""
    return application


def _make_template() -> None:
    from django.core.management import call_command

    from bocage.kernel.postgres import roles

    home = Path(os.environ["BOCAGE_HOME"])
    lock_folder = Path(tempfile.gettempdir())
    done = f"template ready on {_server.port}"
    with (lock_folder / f"bocage-test-{_server.port}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if done in lock.read():
            return
        home.mkdir(parents=True, exist_ok=True)
        roles.ensure(_admin_url, TEMPLATE_DATABASE, TEST_SECRET)
        call_command("migrate", database="migrator", verbosity=0, interactive=False)
        _close_connections()
        lock.write(done)


def _admin() -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(_admin_url, autocommit=True)


def _clone(name: str) -> None:
    with _admin() as admin:
        admin.execute(
            sql.SQL("create database {} template {} owner bocage_migrator strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE_DATABASE)
            )
        )


def _drop(name: str) -> None:
    with _admin() as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _point_at(name: str) -> None:
    """Every alias of every thread to come connects to the database `name`."""
    from django.conf import settings
    from django.db import connections

    _close_connections()
    for alias in connections:
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
