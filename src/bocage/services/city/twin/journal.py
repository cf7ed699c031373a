"""What the twin has to say, on disk before it is shown, until the town has taken it: nothing is lost with a process.

A line of JSON each, appended and flushed to the disk; `sent` says up to which byte the town has answered for it.
"""

import errno
import json
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FILE_BYTES_MAX = 500_000_000
ROTATE_BYTES = 2_000_000


class JournalFullError(Exception):
    """The town has taken nothing for so long that the disk would fill."""


class Journal:
    """One folder's journal. One process writes, in any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._mark = folder / "journal.jsonl", folder / "sent"
        self._lock = threading.Lock()
        self.numbers: dict[str, int] = {}
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = self._read_all()
        self._sent = min(int(self._mark.read_text() or 0) if self._mark.exists() else 0, self._size)
        self._taken_at = time.monotonic()

    @property
    def unsent_bytes(self) -> int:
        """How much the town has not answered for."""
        return self._size - self._sent

    @property
    def silent_seconds(self) -> float:
        """Since when the town has taken nothing, though there was something to take."""
        return time.monotonic() - self._taken_at if self.unsent_bytes else 0.0

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows; when this returns, they outlive the process and the machine's power."""
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        if not text:
            return
        with self._lock:
            if self._size + len(text) > FILE_BYTES_MAX:
                raise JournalFullError(f"{self._path} is at its limit of {FILE_BYTES_MAX:,} bytes")
            if not self.unsent_bytes:
                self._taken_at = time.monotonic()
            try:
                if os.write(self._file, text) != len(text):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
                os.fdatasync(self._file)
            except OSError:
                # Half a row would make the next one unreadable.
                os.ftruncate(self._file, self._size)
                raise
            self._size += len(text)
            # Within the lock: a file begun anew has to know the numbers of these rows.
            self._note(text)

    def pending(self, most: int) -> tuple[list[dict[str, Any]], int]:
        """The next rows of one kind, and up to which byte they go."""
        with self._lock:
            text = os.pread(self._file, min(self._size - self._sent, 400 * most), self._sent)
        rows: list[dict[str, Any]] = []
        end = self._sent
        for line in text.splitlines(keepends=True):
            if not line.endswith(b"\n") or len(rows) == most:
                break
            row = json.loads(line)
            if rows and row["kind"] != rows[0]["kind"]:
                break
            rows.append(row)
            end += len(line)
        return rows, end

    def taken(self, end: int) -> None:
        """The town has answered for everything before `end`."""
        with self._lock:
            self._sent, self._taken_at = end, time.monotonic()
            if self._sent == self._size and self._size > ROTATE_BYTES:
                self._begin_anew()
            draft = self._mark.with_suffix(".draft")
            draft.write_text(str(self._sent))
            draft.replace(self._mark)

    def _begin_anew(self) -> None:
        """An empty file that only remembers each light's last number; the mark is put back first, so that a process
        that dies between the two sends a little again, which changes nothing."""
        self._mark.write_text("0")
        head = (json.dumps({"kind": "numbers", "numbers": self.numbers}) + "\n").encode()
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(head)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        os.close(self._file)
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND)
        self._size = self._sent = len(head)

    def _read_all(self) -> int:
        """Each light's last number; the end of the last whole line, to which the file is cut."""
        text = os.pread(self._file, FILE_BYTES_MAX, 0)
        whole = text.rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        self._note(text[:whole])
        return whole

    def _note(self, text: bytes) -> None:
        for line in text.splitlines():
            row = json.loads(line)
            if row["kind"] == "numbers":
                self.numbers.update(row["numbers"])
            elif row["kind"] == "change":
                self.numbers[row["signal"]] = row["number"]
