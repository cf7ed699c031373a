"""What has to be true before the processes start: database, roles, migrations, static files, translations, demo city.

Each step remembers what it was done for and is skipped while that holds, so that a second start takes seconds. What was
done to a database is noted in that database, where a restored or exchanged one cannot contradict the note.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bocage.kernel import translations
from bocage.kernel.postgres import launcher, roles
from bocage.runtime.place import DATABASE, ROOT, Home, RuntimeRefusal, without_credentials

SOURCE = ROOT / "src" / "bocage"
LOCK = ROOT / "lock.txt"
OUTPUT_LINES = 25
NOTE_PREFIX = "bocage: "
CLUSTER_OPTIONS = {"max_connections": "200"}

type Say = Callable[[str], None]


@dataclass(frozen=True)
class Database:
    """The database of this installation. `admin_url` may prepare roles; `url` carries no credentials."""

    admin_url: str
    url: str
    server: launcher.Server | None


def open_database(place: Home, say: Say) -> Database:
    """Start the embedded server, or take the operator's from `DATABASE_URL`, and bring its roles up to date."""
    outside = os.environ.get("DATABASE_URL", "")
    if outside:
        parts = urlsplit(outside)
        if parts.scheme not in {"postgres", "postgresql"} or not parts.hostname:
            raise RuntimeRefusal("DATABASE_URL must look like postgresql://user:password@host:5432/database")
        database, server, admin_url = parts.path.lstrip("/") or DATABASE, None, outside
        url = without_credentials(parts._replace(path=f"/{database}").geturl())
    else:
        finish_upgrade(place)
        if not (place.cluster / "data").exists() and not (place.cluster / "elsewhere").exists():
            say("Making the database.")
        server = launcher.start(place.cluster, options=CLUSTER_OPTIONS)
        database, admin_url = DATABASE, server.url("postgres")
        url = without_credentials(server.url(DATABASE))
    roles.ensure(admin_url, database, place.secret())
    return Database(admin_url, url, server)


def finish_upgrade(place: Home) -> None:
    """Take the last step of a move to another PostgreSQL that was cut off between its two renames."""
    if place.moved_cluster.exists() and not place.cluster.exists():
        place.moved_cluster.rename(place.cluster)


def prepare_all(place: Home, database: Database, environment: Mapping[str, str], say: Say, *, demo: bool) -> None:
    """Bring translations, tables, static files and the demo city up to date."""
    compiled = translations.compile_all()
    if compiled:
        say(f"Compiled {len(compiled)} message catalogue(s).")
    steps = _Steps(place, environment, say)
    note = _read_note(database, place)
    if note.get("demo") and environment["BOCAGE_MODE"] == "production":
        raise RuntimeRefusal(
            "This data folder holds the demo city, whose sign-ins everybody knows. Start production on another one: "
            "BOCAGE_HOME=/srv/bocage ./bocage up --production ..., or delete this one with ./bocage reset."
        )
    tables = fingerprint([*SOURCE.rglob("migrations/*.py"), LOCK])
    if note.get("tables") != tables:
        say("Bringing the tables up to date.")
        steps.django("migrate", "--database", "migrator", "--no-input", "--verbosity", "1")
        note = {**note, "tables": tables}
        _write_note(database, place, note)
    _collect_static(place, steps, say)
    if demo and not (note.get("demo") and place.sign_ins_file.exists()):
        say("Settling the demo city.")
        steps.command("demo", "populate")
        _write_note(database, place, {**note, "demo": True})


@dataclass(frozen=True)
class _Steps:
    place: Home
    environment: Mapping[str, str]
    say: Say

    def django(self, *arguments: str) -> None:
        # Django's own checks of the whole site belong to the tests; here they would only cost a person's time.
        self.command("manage", *arguments, "--skip-checks")

    def command(self, *arguments: str) -> None:
        """Run one of Bocage's commands to its end; its output goes to `prepare.log`. Raises `RuntimeRefusal`."""
        log = self.place.logs / "prepare.log"
        process = subprocess.Popen(
            [sys.executable, "-m", "bocage.cli", *arguments],
            env=dict(self.environment),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate()
        except BaseException:
            process.kill()
            process.wait()
            raise
        with log.open("ab") as file:
            file.write(f"$ {' '.join(arguments)}\n".encode() + output)
        if process.returncode != 0:
            tail = "\n".join(output.decode(errors="replace").splitlines()[-OUTPUT_LINES:])
            raise RuntimeRefusal(f"`{' '.join(arguments)}` failed (all of it is in {log}):\n{tail}")


def _collect_static(place: Home, steps: _Steps, say: Say) -> None:
    stamp = place.folder / "static.stamp"
    current = fingerprint([*_static_files(), LOCK, SOURCE / "settings.py"], contents=False)
    if stamp.exists() and stamp.read_text() == current and (place.folder / "static").exists():
        return
    say("Gathering the static files.")
    steps.django("collectstatic", "--no-input", "--clear", "--verbosity", "0")
    stamp.write_text(current)


def _static_files() -> Iterable[Path]:
    return (
        path for folder in SOURCE.rglob("static") if folder.is_dir() for path in folder.rglob("*") if path.is_file()
    )


def fingerprint(files: Iterable[Path], *, contents: bool = True) -> str:
    """SHA-256 over the names and contents of `files` (or over names, sizes and times: quicker for large ones)."""
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        facts = path.stat()
        what = hashlib.sha256(path.read_bytes()).hexdigest() if contents else f"{facts.st_size} {facts.st_mtime_ns}"
        digest.update(f"{path}\0{what}\0".encode())
    return digest.hexdigest()


def _migrator(database: Database, place: Home) -> psycopg.Connection[tuple[object, ...]]:
    password = roles.password_of(roles.MIGRATOR, place.secret())
    return psycopg.connect(database.url, user=roles.MIGRATOR, password=password, connect_timeout=10)


def _read_note(database: Database, place: Home) -> dict[str, object]:
    with _migrator(database, place) as link:
        row = link.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    text = str(row[0] or "") if row else ""
    if not text.startswith(NOTE_PREFIX):
        return {}
    try:
        note = json.loads(text.removeprefix(NOTE_PREFIX))
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def _write_note(database: Database, place: Home, note: Mapping[str, object]) -> None:
    with _migrator(database, place) as link:
        link.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(link.info.dbname), sql.Literal(NOTE_PREFIX + json.dumps(dict(note)))
            )
        )
