"""The folder that backups go to: what lies where in it, what belongs together, and the secret under a passphrase.

vault.json              whose backups these are: server and timeline
wal/                    PostgreSQL's log of changes, received without a gap, for any moment between the backups
received.json           up to which moment it has been received
base-20260102T030405Z/  a whole copy: `data` (as pg_basebackup makes it), `blobs`, `backup.json`, `secret.sealed`
"""

import base64
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bocage.runtime.place import RuntimeRefusal

FORMAT = 1
PASSPHRASE_CHARACTERS_MIN = 12
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
# scrypt's cost (RFC 7914): 128 MB and about half a second a guess.
SCRYPT_COST = 2**17
CONTEXT = b"bocage backup secret, version 1"
SEGMENT_NAME_CHARACTERS = 24


@dataclass(frozen=True)
class Base:
    """One whole copy of the installation. Recovery can stop at any moment from `finished_at` on."""

    folder: Path
    finished_at: datetime
    first_segment: str
    system: str
    timeline: int
    server_version: int
    superuser: str
    database: str
    bytes: int
    files: int
    settings: dict[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    @property
    def secret(self) -> Path:
        return self.folder / "secret.sealed"

    def write(self) -> None:
        """Write `backup.json`: with it the copy counts."""
        facts = {**asdict(self), "format": FORMAT, "finished_at": self.finished_at.isoformat()}
        del facts["folder"]
        write_whole(self.folder / "backup.json", json.dumps(facts, indent=1))


@dataclass(frozen=True)
class Vault:
    """A folder of backups of one database server."""

    folder: Path

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    def bases(self) -> list[Base]:
        """The whole copies in it, oldest first."""
        found = [_read_base(file.parent) for file in self.folder.glob("base-*/backup.json")]
        return sorted(found, key=lambda base: base.finished_at)

    def received_through(self) -> datetime | None:
        """Up to which moment every change has been received."""
        file = self.folder / "received.json"
        return datetime.fromisoformat(json.loads(file.read_text())["through"]) if file.exists() else None

    def note_received(self, through: datetime) -> None:
        """Write that everything up to `through` is here."""
        write_whole(self.folder / "received.json", json.dumps({"through": through.isoformat()}))

    @contextmanager
    def locked(self, name: str) -> Iterator[bool]:
        """Hold the lock `name` of the folder for the block; yields False while another process holds it."""
        with (self.folder / f"{name}.lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def is_received_now(self) -> bool:
        """Whether a `backup --follow` runs on it."""
        with self.locked("follow") as free:
            return not free


def open_vault(folder: Path, system: str, timeline: int) -> Vault:
    """The folder for this server's backups, made when it is new. Refuses one that holds anything else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / "vault.json"
    ours = {"format": FORMAT, "system": system, "timeline": timeline}
    if not mark.exists():
        if any(folder.iterdir()):
            raise RuntimeRefusal(f"{folder} holds other things. Give a new or empty folder for the backups.")
        folder.chmod(0o700)
        (folder / "wal").mkdir(mode=0o700)
        write_whole(mark, json.dumps(ours, indent=1))
    found = _read_json(mark)
    if found != ours:
        said = "another database" if found.get("system") != system else "this database before it was restored"
        raise RuntimeRefusal(f"{folder} holds the backups of {said}. Give a new folder, so that neither is lost.")
    return Vault(folder)


def existing_vault(folder: Path) -> Vault:
    """The vault in `folder`, to restore from. Refuses where there is none."""
    if _read_json(folder / "vault.json").get("format") != FORMAT:
        raise RuntimeRefusal(f"{folder} holds no backups of Bocage that this version can read (no vault.json).")
    return Vault(folder.resolve())


def forget_old(vault: Vault, kept: int) -> int:
    """Remove all but the newest `kept` copies and the log that only they need; how many copies went."""
    bases = vault.bases()
    old, staying = bases[:-kept], bases[-kept:]
    for base in old:
        # First what makes it count, so that one that is half removed is never restored from.
        (base.folder / "backup.json").unlink()
        shutil.rmtree(base.folder)
    if old:
        for segment in vault.wal.iterdir():
            name = segment.name.partition(".")[0]
            # A segment's name is its place; the first eight letters are the timeline.
            if len(name) == SEGMENT_NAME_CHARACTERS and name[8:] < staying[0].first_segment[8:]:
                segment.unlink()
    return len(old)


def seal_secret(secret: str, passphrase: str) -> bytes:
    """Encrypt the installation's secret: JSON of salt, nonce and AES-256-GCM ciphertext under scrypt's key."""
    if len(passphrase) < PASSPHRASE_CHARACTERS_MIN:
        raise RuntimeRefusal(f"The passphrase is too short: {PASSPHRASE_CHARACTERS_MIN} characters or more.")
    salt, nonce = token_bytes(SALT_BYTES), token_bytes(NONCE_BYTES)
    sealed = _cipher(passphrase, salt).encrypt(nonce, secret.encode(), CONTEXT)
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    return json.dumps({name: base64.b64encode(part).decode() for name, part in parts.items()}).encode()


def unseal_secret(sealed: bytes, passphrase: str) -> str:
    """The secret again. Refuses a wrong passphrase and a changed file alike."""
    try:
        parts = {name: base64.b64decode(part) for name, part in json.loads(sealed).items()}
        return _cipher(passphrase, parts["salt"]).decrypt(parts["nonce"], parts["sealed"], CONTEXT).decode()
    except (InvalidTag, ValueError, KeyError, AttributeError):
        raise RuntimeRefusal("This passphrase does not open the secret of that backup.") from None


def write_whole(path: Path, text: str) -> None:
    """Write it whole or not at all, on disk when this returns, and for its owner's eyes alone."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=KEY_BYTES, n=SCRYPT_COST, r=8, p=1).derive(passphrase.encode()))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_base(folder: Path) -> Base:
    facts = _read_json(folder / "backup.json")
    if facts.pop("format", None) != FORMAT:
        raise RuntimeRefusal(f"{folder} was made by another version of Bocage, or its backup.json is damaged.")
    finished_at = datetime.fromisoformat(facts.pop("finished_at"))
    return Base(folder=folder, finished_at=finished_at, **facts)
