"""The folder that Pay and the bank exchange files through: `out` to the bank, `in` from it, `orders` of others.

A file is written beside and renamed, so that neither side ever reads half of one; what was read moves to `done`.
"""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from bocage.services.pay import limits

PLACES = ("out", "in", "orders", "done")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class TooLarge(ValueError):
    """A file beyond the limit; it is not read."""


def place(name: str) -> Path:
    """One of the folder's places, made at first need."""
    if name not in PLACES:
        raise ValueError(f"the bank's folder has no place {name!r}")
    path = Path(settings.HOME) / "bank" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def alone() -> Iterator[bool]:
    """True for the one process that works on the folder now; False, at once, for every other."""
    with (place("done").parent / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def put(where: str, name: str, content: bytes) -> Path:
    """Write a file whole. The same name is replaced: names say what is in them."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a bank's file")
    target = place(where) / name
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(part).replace(target)
    return target


def waiting(where: str) -> list[Path]:
    """The files that wait in a place, by name, at most `BANK_FILES_A_RUN_MAX`; hidden ones are still being written."""
    files = (path for path in place(where).iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(files)[: limits.BANK_FILES_A_RUN_MAX]


def content_of(path: Path) -> bytes:
    """A waiting file's bytes. Raises TooLarge."""
    size = path.stat().st_size
    if size > limits.BANK_FILE_BYTES_MAX:
        raise TooLarge(f"{path.name} has {size:,} bytes; at most {limits.BANK_FILE_BYTES_MAX:,} are read")
    return path.read_bytes()


def finish(path: Path) -> None:
    """Move a file that was dealt with out of the way."""
    path.replace(place("done") / f"{path.parent.name}-{path.name}")
