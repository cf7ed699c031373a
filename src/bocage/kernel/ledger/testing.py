"""What tests of anything that stands on the ledger need: its time moved, money to begin with, a server of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from bocage.kernel import clock
from bocage.kernel.ids import uuid7
from bocage.kernel.ledger import actions
from bocage.kernel.ledger.types import Posted, Transfer, account_id_of
from bocage.kernel.postgres import launcher, roles

CLUSTER_DATABASE = "bocage"
CLUSTER_SECRET = "of a cluster that lives for one test"  # noqa: S105


@contextmanager
def shifted(delta: timedelta) -> Iterator[None]:
    """Both clocks, Bocage's and the ledger's own, run `delta` from the real time for the block."""
    move_ledger_time(delta)
    try:
        with clock.shifted(delta):
            yield
    finally:
        move_ledger_time(timedelta(0))


def move_ledger_time(delta: timedelta) -> None:
    """The ledger's clock in this test's database runs `delta` from the real time, until it is moved back."""
    where = connection.settings_dict
    body = f"select clock_timestamp() + make_interval(secs => {delta.total_seconds()})"
    with psycopg.connect(
        host=where["HOST"],
        port=where["PORT"],
        dbname=where["NAME"],
        user=roles.MIGRATOR,
        password=roles.password_of(roles.MIGRATOR, settings.SECRET_KEY),
    ) as link:
        link.execute(
            "create or replace function ledger_now() returns timestamptz"
            f" language sql volatile parallel safe as '{body}'"
        )
    if connection.connection is not None and connection.connection.info.transaction_status == TransactionStatus.INTRANS:
        _hear_of_it()


def _hear_of_it() -> None:
    """A running transaction looks for news of the catalogue when it takes a lock that it does not hold already."""
    before = transaction.savepoint_create()
    with connection.cursor() as cursor:
        cursor.execute("lock table bocage_cache in share update exclusive mode")
    transaction.savepoint_rollback(before)


def give(account_id: UUID, amount_minor: int, unit: str = "EUR") -> None:
    """Put opening money on an account, out of the test's issuer."""
    issuer_id = account_id_of(None, unit, "issuer")
    actions.open_account(issuer_id, None, unit, "issuer", minimum_minor=None)
    answer = actions.post(Transfer(uuid7(), issuer_id, account_id, amount_minor, unit, "opening"))
    assert isinstance(answer, Posted), answer


def start_cluster(folder: Path) -> launcher.Server:
    """A server in `folder` with the platform's own, durable settings, migrated as far as the ledger needs.

    Stop it by `launcher.stop(folder)`. Its database is `CLUSTER_DATABASE`, its roles' secret `CLUSTER_SECRET`.
    """
    server = launcher.start(folder)
    roles.ensure(server.url("postgres"), CLUSTER_DATABASE, CLUSTER_SECRET)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BOCAGE_")},
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "BOCAGE_MODE": "test",
        "BOCAGE_HOME": str(folder / "home"),
        "BOCAGE_SECRET_KEY": CLUSTER_SECRET,
        "BOCAGE_DATABASE_URL": f"postgresql://127.0.0.1:{server.port}/{CLUSTER_DATABASE}",
    }
    command = [sys.executable, "-m", "django", "migrate", "ledger", "--database", "migrator", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True)
    return server


def cluster_login(server: launcher.Server, role: str) -> str:
    """The address under which `role` connects to a cluster of `start_cluster`."""
    return server.url(CLUSTER_DATABASE, role, roles.password_of(role, CLUSTER_SECRET))
