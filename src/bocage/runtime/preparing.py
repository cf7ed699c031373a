"""What has to be true before the processes start: database, roles, migrations, static files, translations, demo city.

Each step remembers what it was done for and is skipped while that holds, so that a second start takes seconds. What was
done to a database is noted in that database, where a restored or exchanged one cannot contradict the note.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bocage.kernel import translations
from bocage.kernel.postgres import launcher, roles
from bocage.runtime.place import DATABASE, ROOT, Home, RuntimeRefusal, without_credentials
from bocage.runtime.processes import POLL_SECONDS

SOURCE = ROOT / "src" / "bocage"
LOCK = ROOT / "lock.txt"
OUTPUT_LINES = 25
NOTE_PREFIX = "bocage: "
# How much log of changes is kept for a backup or a replica that does not fetch it; after that it begins anew, and the
# disk does not fill.
CLUSTER_OPTIONS = {"max_connections": "200", "max_slot_wal_keep_size": "8GB"}

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


def prepare(place: Home, database: Database, environment: Mapping[str, str], say: Say) -> None:
    """Bring translations, tables and static files up to date: what every process needs before it starts."""
    compiled = translations.compile_all()
    if compiled:
        say(f"Compiled {len(compiled)} message catalogue(s).")
    steps = _Steps(place, environment)
    note = _read_note(database, place)
    if note.get("demo") and environment["BOCAGE_MODE"] == "production":
        raise RuntimeRefusal(
            "This data folder holds the demo city, whose sign-ins everybody knows. Start production on another one: "
            "BOCAGE_HOME=/srv/bocage ./bocage up --production ..., or delete this one with ./bocage reset."
        )
    # Squeezing the static files takes a processor for a while; the database's steps take another meanwhile.
    gathering = _begin_static(place, steps)
    try:
        tables = fingerprint([*SOURCE.rglob("migrations/*.py"), LOCK])
        if note.get("tables") != tables:
            say("Bringing the tables up to date.")
            steps.run("manage", "migrate", "--database", "migrator", "--no-input", "--skip-checks")
            _write_note(database, place, {**note, "tables": tables})
        if gathering is not None:
            gathering.finish()
    except BaseException:
        if gathering is not None:
            gathering.abandon()
        raise


def begin_demo(place: Home, database: Database, environment: Mapping[str, str], say: Say) -> "Step | None":
    """Start to settle the demo city, unless it is there: while pages answer already, for it takes a while."""
    note = _read_note(database, place)
    if note.get("demo") and place.sign_ins_file.exists():
        return None
    say("Settling the demo city.")
    settled = {**note, "demo": True}
    steps = _Steps(place, environment)
    return steps.begin("demo", "populate", then=lambda: _write_note(database, place, settled))


@dataclass(frozen=True)
class Step:
    """One of Bocage's commands on its way, with the log that takes what it says."""

    words: str
    process: subprocess.Popen[bytes]
    log: Path
    then: Callable[[], object] | None = None

    def finish(self, meanwhile: Callable[[], object] | None = None) -> None:
        """Wait for its end and call `meanwhile` until then. Raises `RuntimeRefusal` with the end of what it said."""
        try:
            while self.process.poll() is None:
                if meanwhile is not None:
                    meanwhile()
                time.sleep(POLL_SECONDS)
            status = self.process.wait()
        except BaseException:
            self.abandon()
            raise
        if status != 0:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-OUTPUT_LINES:])
            raise RuntimeRefusal(f"`{self.words}` failed (all of it is in {self.log}):\n{tail}")
        if self.then is not None:
            self.then()

    def abandon(self) -> None:
        """End it now."""
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class _Steps:
    """Runs Bocage's own commands, each to the end of its own log."""

    place: Home
    environment: Mapping[str, str]

    def begin(self, *arguments: str, then: Callable[[], object] | None = None) -> Step:
        """Start one; `then` is called when it has ended well."""
        name = next(word for word in reversed(arguments[:2]) if not word.startswith("-"))
        log = self.place.logs / f"prepare-{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "bocage.cli", *arguments],
                env=dict(self.environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Step(" ".join(arguments), process, log, then)

    def run(self, *arguments: str) -> None:
        """Start one and wait for its end."""
        self.begin(*arguments).finish()


def _begin_static(place: Home, steps: _Steps) -> Step | None:
    stamp = place.folder / "static.stamp"
    current = fingerprint([*_static_files(), LOCK, SOURCE / "settings.py"], contents=False)
    if stamp.exists() and stamp.read_text() == current and (place.folder / "static").exists():
        return None
    arguments = ("manage", "collectstatic", "--no-input", "--clear", "--verbosity", "0", "--skip-checks")
    return steps.begin(*arguments, then=lambda: stamp.write_text(current))


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
