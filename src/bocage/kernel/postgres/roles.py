"""The database and the roles that Bocage connects as; none of them is a superuser.

`bocage_migrator` owns the database and runs migrations, `bocage_app` serves pages, the API and jobs,
`bocage_deliverer` delivers events, `bocage_poster` writes lane B of the ledger, `bocage_auditor` and `bocage_backup`
read. `bocage_ledger` cannot sign in: it owns
the functions through which alone the ledger is written. Nor can the role of a service with tables of its own
(`bocage_health`): the processes that serve take it for the statements in `acting.own_tables`, and inherit nothing.

None may pass row-level security but `bocage_backup`, which writes nothing: a dump from which a forgotten policy left
rows out would be found out on the worst day. It may also copy the whole server (REPLICATION), which reads no less.
"""

import contextlib
import hashlib
import hmac
import re
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

type Link = psycopg.Connection[TupleRow]

MIGRATOR = "bocage_migrator"
APP = "bocage_app"
DELIVERER = "bocage_deliverer"
AUDITOR = "bocage_auditor"
BACKUP = "bocage_backup"
POSTER = "bocage_poster"
LEDGER = "bocage_ledger"
# Services whose tables nobody else reads, not even the rest of Bocage: `rls.keep_private`.
PRIVATE_SERVICES = ("health",)
SIGN_IN_ROLES = (MIGRATOR, APP, DELIVERER, AUDITOR, BACKUP, POSTER)
WRITING_ROLES = (APP, DELIVERER)

MAINTENANCE_DATABASE = "postgres"
MINIMUM_MAJOR = 18
LOCK_SECONDS = 30
STATEMENT_SECONDS = 120
CONNECT_SECONDS = 10
# Two installations may prepare one server at once; roles belong to the whole server.
ADVISORY_LOCK = 0x626F6361
DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

# What a forgotten transaction or a stuck lock may cost, for each role that serves.
ROLE_SETTINGS = {
    MIGRATOR: {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "10min"},
    APP: {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s"},
    DELIVERER: {"lock_timeout": "10s", "statement_timeout": "120s", "idle_in_transaction_session_timeout": "120s"},
    AUDITOR: {"default_transaction_read_only": "on", "statement_timeout": "120s"},
    BACKUP: {"default_transaction_read_only": "on"},
    # Less than its callers wait, with the time to take a batch apart (`ledger.poster.APART_SECONDS_MAX`).
    POSTER: {"lock_timeout": "5s", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s"},
}


def role_of(service: str) -> str:
    """The role that alone reads the private tables of `service`."""
    return f"bocage_{service}"


SERVICE_ROLES = tuple(role_of(service) for service in PRIVATE_SERVICES)


class RolesError(Exception):
    """The roles or the database could not be prepared. The message says what to do next."""


def password_of(role: str, secret: str) -> str:
    """The password of `role`: HMAC-SHA256 of its name under the installation's secret, in hex."""
    return hmac.new(secret.encode(), role.encode(), hashlib.sha256).hexdigest()


def ensure(admin_url: str, database: str, secret: str) -> None:
    """Create or correct the roles and the database; run again, it ends in the same state. Raises `RolesError`.

    `admin_url` is a superuser's, or that of a role with CREATEROLE and CREATEDB on a server of the operator's.
    """
    if not DATABASE_NAME.fullmatch(database):
        raise RolesError(
            f"{database!r} cannot name a database here. Use small letters, digits and _, a letter first, 63 at most."
        )
    if not secret:
        raise RolesError("The secret that the roles' passwords are made from is empty. Delete the empty key file.")
    try:
        # Not the database itself: it may have to be made first.
        with _connect(admin_url, MAINTENANCE_DATABASE) as link:
            link.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
            superuser = _check_admin(link)
            for role in (*SIGN_IN_ROLES, LEDGER, *SERVICE_ROLES):
                _ensure_role(link, role, secret)
            _ensure_memberships(link, superuser=superuser)
            _ensure_database(link, database)
            with _connect(admin_url, database) as inner, inner.transaction():
                _ensure_schema(inner, database)
    except psycopg.errors.InsufficientPrivilege as error:
        raise RolesError(
            f"The database user may not prepare Bocage's roles ({error.diag.message_primary}). "
            "Let it make roles and databases: ALTER ROLE that_user CREATEROLE CREATEDB;"
        ) from None
    except psycopg.OperationalError as error:
        raise RolesError(f"The database server does not answer as it should. Check its address.\n{error}") from None


def _connect(admin_url: str, database: str) -> Link:
    link = psycopg.connect(
        admin_url,
        dbname=database,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        application_name="bocage roles",
    )
    link.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS}s"])
    link.execute("SELECT set_config('statement_timeout', %s, false)", [f"{STATEMENT_SECONDS}s"])
    return link


def _run(link: Link, statement: LiteralString, **names: str | sql.Composable) -> None:
    """Run `statement` with each {name} filled in; plain texts are identifiers."""
    filled = {key: sql.Identifier(name) if isinstance(name, str) else name for key, name in names.items()}
    link.execute(sql.SQL(statement).format(**filled))


def _check_admin(link: Link) -> bool:
    """Whether we are a superuser; raises when we may not make roles and databases, or the server is too old."""
    row = link.execute(
        "SELECT rolsuper, rolcreaterole AND rolcreatedb, rolname, current_setting('server_version_num')::int"
        " FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None, "every connection has a role"
    superuser, may_prepare, name, version = row
    if version // 10_000 < MINIMUM_MAJOR:
        raise RolesError(
            f"The database server is PostgreSQL {version // 10_000}; Bocage needs {MINIMUM_MAJOR} or newer."
        )
    if not (superuser or may_prepare):
        raise RolesError(
            f"The database user {name} may not make roles and databases. Let it: ALTER ROLE {name} CREATEROLE CREATEDB;"
        )
    return bool(superuser)


def _ensure_role(link: Link, role: str, secret: str) -> None:
    row = link.execute(
        "SELECT rolsuper OR (rolbypassrls AND rolname <> %s) FROM pg_roles WHERE rolname = %s", [BACKUP, role]
    ).fetchone()
    if row is None:
        _run(link, "CREATE ROLE {role}", role=role)
    elif row[0]:
        raise RolesError(
            f"The role {role} is a superuser or passes row-level security. "
            f"Take that away: ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS;"
        )
    if role == LEDGER or role in SERVICE_ROLES:
        _run(link, "ALTER ROLE {role} NOLOGIN NOCREATEDB NOCREATEROLE", role=role)
        return
    rights = sql.SQL("CREATEDB" if role == MIGRATOR else "NOCREATEDB")
    # The verifier is made here, so that no statement which a server may log carries the password itself.
    verifier = link.pgconn.encrypt_password(password_of(role, secret).encode(), role.encode(), b"scram-sha-256")
    _run(
        link,
        "ALTER ROLE {role} WITH LOGIN NOCREATEROLE {rights} PASSWORD {verifier}",
        role=role,
        rights=rights,
        verifier=sql.Literal(verifier.decode()),
    )
    if role == BACKUP:
        _let_copy(link)
    for setting, value in ROLE_SETTINGS[role].items():
        _run(link, "ALTER ROLE {role} SET {setting} = {value}", role=role, setting=setting, value=sql.Literal(value))


def _let_copy(link: Link) -> None:
    """What only somebody can give who has it: `./bocage backup` says what to do where the operator's user has not."""
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        _run(link, "ALTER ROLE {role} WITH REPLICATION BYPASSRLS", role=BACKUP)


def _ensure_memberships(link: Link, *, superuser: bool) -> None:
    # SET and not INHERIT: a migration says `SET LOCAL ROLE bocage_ledger` where it means to touch the ledger's own.
    _run(link, "GRANT {ledger} TO {migrator} WITH INHERIT FALSE, SET TRUE", ledger=LEDGER, migrator=MIGRATOR)
    # Likewise: what serves says `SET LOCAL ROLE bocage_health` around the statements that touch that service's tables.
    for role in SERVICE_ROLES:
        for serving in WRITING_ROLES:
            _run(link, "GRANT {role} TO {serving} WITH INHERIT FALSE, SET TRUE", role=role, serving=serving)
    if not superuser:
        # Who is no superuser can only give a database to a role that it may act as.
        _run(link, "GRANT {migrator} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE", migrator=MIGRATOR)


def _ensure_database(link: Link, database: str) -> None:
    row = link.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database]).fetchone()
    if row is None:
        _run(
            link,
            "CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0",
            database=database,
            owner=MIGRATOR,
        )
    elif row[0] != MIGRATOR:
        _run(link, "ALTER DATABASE {database} OWNER TO {owner}", database=database, owner=MIGRATOR)


def _ensure_schema(link: Link, database: str) -> None:
    serving = sql.SQL(", ").join(sql.Identifier(role) for role in (APP, DELIVERER, AUDITOR, BACKUP, POSTER))
    writing = sql.SQL(", ").join(sql.Identifier(role) for role in WRITING_ROLES)
    _run(link, "SET LOCAL ROLE {migrator}", migrator=MIGRATOR)
    _run(link, "REVOKE ALL ON DATABASE {database} FROM PUBLIC", database=database)
    _run(link, "GRANT CONNECT ON DATABASE {database} TO {serving}", database=database, serving=serving)
    # Once given for temporary tables that lane B no longer has.
    for role in (LEDGER, POSTER):
        _run(link, "REVOKE TEMPORARY ON DATABASE {database} FROM {role}", database=database, role=role)
    _run(link, "ALTER SCHEMA public OWNER TO {migrator}", migrator=MIGRATOR)
    _run(link, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    _run(link, "GRANT USAGE ON SCHEMA public TO {serving}", serving=serving)
    for role in SERVICE_ROLES:
        _run(link, "GRANT USAGE ON SCHEMA public TO {role}", role=role)
    # CREATE, because a migration can only give a table or function to a role that may make one there.
    _run(link, "GRANT USAGE, CREATE ON SCHEMA public TO {ledger}", ledger=LEDGER)
    _run(
        link,
        "ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {writing}",
        migrator=MIGRATOR,
        writing=writing,
    )
    _run(
        link,
        "ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} GRANT USAGE, SELECT ON SEQUENCES TO {writing}",
        migrator=MIGRATOR,
        writing=writing,
    )
    for kind in (sql.SQL("TABLES"), sql.SQL("SEQUENCES")):
        _run(
            link,
            "ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} GRANT SELECT ON {kind} TO {backup}",
            migrator=MIGRATOR,
            kind=kind,
            backup=BACKUP,
        )
