"""`./bocage restore`: an installation made again in a new place, as it was at a chosen moment, and examined there."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe

import psycopg
from psycopg import sql

from bocage.kernel.postgres import launcher
from bocage.kernel.postgres.programs import Account, installed_programs, major_version, programs_for
from bocage.runtime.backup import copy_blobs
from bocage.runtime.place import ROOT, Home, RuntimeRefusal, without_credentials
from bocage.runtime.preparing import CLUSTER_OPTIONS
from bocage.runtime.vault import Base, Vault, existing_vault, unseal_secret

START_SECONDS = 60
POLL_SECONDS = 0.1
ERROR_LINES = 15
# Only who may enter the socket's folder can connect while the copy recovers, and that is its own account.
RECOVERING_ACCESS = "local all all trust\n"
ACCESS = """\
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
local replication all scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""
# The ledger first: what it says of money is what somebody who restores wants to know.
EXAMINATIONS = (("ledger", "audit"), ("log", "verify"))

type Say = Callable[[str], None]


@dataclass(frozen=True)
class Keys:
    """What opens the copy's secret: its passphrase, or the secret's own file kept elsewhere."""

    passphrase: str = ""
    secret_file: Path | None = None


@dataclass(frozen=True)
class Restored:
    """An installation that was restored: from which copy, to which moment (None: all there is), what examined it."""

    home: Home
    base: Base
    at: datetime | None
    last_commit_at: datetime | None
    files: int
    examined: dict[str, str]
    fallbacks: tuple[Path, ...]


def restore(folder: Path, new_home: Path, at: datetime | None, keys: Keys, say: Say) -> Restored:
    """Make the installation again in `new_home`, as it was `at` (None: the latest). Raises `RuntimeRefusal`."""
    vault = existing_vault(folder.expanduser())
    place = Home(new_home.expanduser().resolve())
    if place.folder.exists() and (not place.folder.is_dir() or any(place.folder.iterdir())):
        raise RuntimeRefusal(f"{place.folder} is not empty, and nothing is overwritten. Give a new folder.")
    base = choose_base(vault, at)
    secrets = _secrets(base, keys)
    _check_programs(base)
    say(f"Checking each file of {base.folder.name}.")
    _verify(base)
    try:
        fallbacks = _write_secrets(place, secrets)
        place.prepare()
        last_commit_at = _restore_cluster(vault, base, place, at, say)
        (place.folder / "blobs").mkdir(mode=0o700, exist_ok=True)
        files = copy_blobs(base.blobs, place.folder / "blobs", None)
    except BaseException:
        launcher.remove(place.cluster)
        shutil.rmtree(place.folder, ignore_errors=True)
        raise
    say("Examining what was restored.")
    examined = examine(place, base.database)
    return Restored(place, base, at, last_commit_at, files, examined, fallbacks)


def choose_base(vault: Vault, at: datetime | None) -> Base:
    """The newest copy from which the moment `at` can be reached."""
    bases = vault.bases()
    if not bases:
        raise RuntimeRefusal(f"{vault.folder} holds no finished backup.")
    if at is None:
        return bases[-1]
    through = vault.received_through()
    if through is None or at > through:
        reach = through.isoformat() if through else "nothing"
        raise RuntimeRefusal(f"These backups reach up to {reach}, and --at asks for {at.isoformat()}.")
    reachable = [base for base in bases if base.finished_at <= at]
    if not reachable:
        first = bases[0].finished_at.isoformat()
        raise RuntimeRefusal(f"The oldest backup here was finished at {first}; nothing before it can be restored.")
    return reachable[-1]


def examine(place: Home, database: str) -> dict[str, str]:
    """Start the restored database, audit ledger and log, stop it again; what each said. Raises `RuntimeRefusal`."""
    server = launcher.start(place.cluster, options=CLUSTER_OPTIONS)
    try:
        environment = examining_environment(place, server, database)
        said: dict[str, str] = {}
        for words in EXAMINATIONS:
            command = [sys.executable, "-m", "bocage.cli", *words]
            answer = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
            name = " ".join(words)
            if answer.returncode != 0:
                tail = "\n".join((answer.stdout + answer.stderr).splitlines()[-ERROR_LINES:])
                raise RuntimeRefusal(f"Restored into {place.folder}, but `{name}` found something:\n{tail}")
            said[name] = answer.stdout.strip()
        return said
    finally:
        launcher.stop(place.cluster)


def examining_environment(place: Home, server: launcher.Server, database: str) -> Mapping[str, str]:
    """What a command of Bocage's has to be told to work on this installation."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BOCAGE_SECRET_KEY"}}
    return {
        **kept,
        "BOCAGE_HOME": str(place.folder),
        "BOCAGE_SECRET_KEY_FILE": str(place.secret_file),
        "BOCAGE_DATABASE_URL": without_credentials(server.url(database)),
    }


# --- before anything is written --------------------------------------------------------------------------------------


def _secrets(base: Base, keys: Keys) -> list[str]:
    if keys.secret_file is not None:
        try:
            return [keys.secret_file.expanduser().read_text().strip()]
        except OSError as error:
            raise RuntimeRefusal(f"The secret cannot be read: {error}") from None
    if not base.secret.exists():
        raise RuntimeRefusal(
            f"{base.folder.name} was taken without a passphrase, so the secret is not in it. Give the installation's "
            "secret.key, which you keep elsewhere: --secret-key FILE"
        )
    if not keys.passphrase:
        raise RuntimeRefusal("The secret in this backup is sealed. Give its passphrase: --passphrase-file FILE")
    return unseal_secret(base.secret.read_bytes(), keys.passphrase).splitlines()


def _check_programs(base: Base) -> None:
    installed = major_version(Account("this user", None, None), installed_programs())
    if installed != base.server_version:
        raise RuntimeRefusal(
            f"This backup is PostgreSQL {base.server_version}'s and {installed} is installed. Restore it with the "
            "Bocage that took it, then move it over: ./bocage upgrade"
        )


def _verify(base: Base) -> None:
    answer = subprocess.run(
        [installed_programs() / "pg_verifybackup", base.data],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    if answer.returncode != 0:
        tail = "\n".join(answer.stderr.decode(errors="replace").splitlines()[-ERROR_LINES:])
        raise RuntimeRefusal(f"The backup {base.folder} is not as it was taken:\n{tail}")


def _write_secrets(place: Home, secrets: list[str]) -> tuple[Path, ...]:
    """The secret where the installation looks for it; those before it beside, and their files as the answer."""
    place.folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    older = tuple(place.folder / f"secret.key.before-{number}" for number in range(1, len(secrets)))
    for file, secret in zip((place.secret_file, *older), secrets, strict=True):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secret)
    return older


# --- the cluster -----------------------------------------------------------------------------------------------------


def _restore_cluster(vault: Vault, base: Base, place: Home, at: datetime | None, say: Say) -> datetime | None:
    folder, account = launcher.settle(place.cluster)
    data, wal = folder / "data.unfinished", folder / "wal.unfinished"
    say("Copying the data.")
    shutil.copytree(base.data, data)
    wal.mkdir(mode=0o700)
    for segment in sorted(vault.wal.iterdir()):
        if segment.name.endswith(".history") or segment.name >= base.first_segment:
            shutil.copy2(segment, wal / segment.name.removesuffix(".partial"))
    _write_configuration(data)
    for path in (data, *data.rglob("*"), wal, *wal.iterdir()):
        account.own(path)
    password = token_urlsafe(32)
    say("Replaying the log of changes.")
    last_commit_at = _recover(account, folder, data, wal, base, at, password)
    (folder / "password").write_text(password)
    (folder / "password").chmod(0o600)
    shutil.rmtree(wal)
    # Last, so that a folder named `data` is always a whole one with its password beside it.
    data.rename(folder / "data")
    return last_commit_at


def _write_configuration(data: Path) -> None:
    """Our own launcher's settings instead of the old server's, which speak of its machine."""
    for name in ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf"):
        if (data / name).exists():
            (data / name).rename(data / f"{name}.of-the-backup")
        (data / name).write_text(ACCESS if name == "pg_hba.conf" else "")
        (data / name).chmod(0o600)
    (data / "recovery.signal").touch(mode=0o600)


def _recover(
    account: Account, folder: Path, data: Path, wal: Path, base: Base, at: datetime | None, password: str
) -> datetime | None:
    """Replay up to `at`, make the launcher's superuser, stop; when the last replayed transaction was committed."""
    programs = programs_for(account, folder)
    sockets = launcher.socket_folder(account, folder)
    access, log = folder / "access.unfinished", folder / "log" / "restore.log"
    access.write_text(RECOVERING_ACCESS)
    access.chmod(0o600)
    account.own(access)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{sockets}"',
        "unix_socket_permissions": "0700",
        "hba_file": str(access),
        "hot_standby": "off",
        "restore_command": f'cp "{wal}/%f" "%p"',
        "recovery_target_timeline": "current",
        "recovery_target_action": "promote",
        "archive_mode": "off",
        **({"recovery_target_time": at.astimezone(UTC).isoformat()} if at else {}),
    }
    lines = (f"{name} = {_quoted(value)}\n" for name, value in settings.items())
    (data / "postgresql.conf").write_text("".join(lines))
    control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-w", "-t", str(START_SECONDS)]
    account.run([*control, "-l", log, "start"])
    try:
        # pg_ctl answers as soon as it replays. Its server either comes to accept connections or ends.
        while account.run([*control, "status"]).returncode == 0:
            with contextlib.suppress(psycopg.OperationalError):
                return _take_over(sockets, base, password)
            time.sleep(POLL_SECONDS)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-ERROR_LINES:]) if log.exists() else ""
        raise RuntimeRefusal(f"PostgreSQL could not replay the log of changes:\n{tail}")
    finally:
        account.run([*control, "-m", "fast", "stop"])
        access.unlink()
        launcher.drop_socket_folder(sockets)
        (data / "postgresql.conf").write_text("")


def _take_over(sockets: Path, base: Base, password: str) -> datetime | None:
    with psycopg.connect(host=str(sockets), port=5432, user=base.superuser, dbname="postgres", autocommit=True) as link:
        ours = sql.Identifier(launcher.SUPERUSER)
        if link.execute("SELECT FROM pg_roles WHERE rolname = %s", [launcher.SUPERUSER]).fetchone() is None:
            link.execute(sql.SQL("CREATE ROLE {}").format(ours))
        verifier = link.pgconn.encrypt_password(password.encode(), launcher.SUPERUSER.encode(), b"scram-sha-256")
        link.execute(
            sql.SQL("ALTER ROLE {} WITH SUPERUSER LOGIN PASSWORD {}").format(ours, sql.Literal(verifier.decode()))
        )
        row = link.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
        return row[0] if row else None


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def as_json(restored: Restored) -> str:
    """The outcome for programs."""
    return json.dumps(
        {
            "home": str(restored.home.folder),
            "copy": restored.base.folder.name,
            "copied_at": restored.base.finished_at.isoformat(),
            "at": restored.at.isoformat() if restored.at else None,
            "last_commit_at": restored.last_commit_at.isoformat() if restored.last_commit_at else None,
            "files": restored.files,
            "examined": restored.examined,
            "settings": restored.base.settings,
        },
        indent=1,
    )
