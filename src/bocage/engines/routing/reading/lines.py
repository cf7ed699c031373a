"""A text file line by line, where every complaint names file, line and field."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Never

from bocage.engines.routing.types import FILE_LIMIT_BYTES, ReadError

NUMBER_LIMIT = 1e9
WIDTH_LIMIT_CHARACTERS = 2_000_000
SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not empty, cut at white space."""

    file: str
    number: int
    words: tuple[str, ...]

    def fail(self, field: str, reason: str) -> Never:
        """Refuse the file because of this line."""
        raise ReadError(self.file, self.number, field, reason)

    def real(self, index: int, field: str, low: float = -NUMBER_LIMIT, high: float = NUMBER_LIMIT) -> float:
        """The word at `index` as a number between `low` and `high`."""
        if index >= len(self.words):
            self.fail(field, "it is missing")
        word = self.words[index]
        try:
            value = float(word) if "_" not in word else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fail(field, f"{word[:SHOWN_CHARACTERS]!r} is not a number")
        if not low <= value <= high:
            self.fail(field, f"{word[:SHOWN_CHARACTERS]} is not between {low:g} and {high:g}")
        return value

    def whole(self, index: int, field: str, low: int = 0, high: int = int(NUMBER_LIMIT)) -> int:
        """The word at `index` as a whole number between `low` and `high`."""
        value = self.real(index, field, low, high)
        if value != int(value):
            self.fail(field, f"{self.words[index][:SHOWN_CHARACTERS]} is not a whole number")
        return int(value)


def lines_of(path: Path) -> list[Line]:
    """The lines of a file that are not empty.

    Raises:
        ReadError: the file is absent, larger than 64 MB, or not text.
    """
    name = path.name
    try:
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise ReadError(name, 0, "file", f"it is larger than {FILE_LIMIT_BYTES:,} bytes")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ReadError(name, 0, "file", error.strerror or "it cannot be read") from None
    except UnicodeDecodeError:
        raise ReadError(name, 0, "file", "it is not text in UTF-8") from None
    if "\0" in text:
        raise ReadError(name, text[: text.index("\0")].count("\n") + 1, "line", "it holds a NUL")
    lines = [Line(name, number, tuple(row.split())) for number, row in enumerate(text.split("\n"), start=1)]
    found = [line for line in lines if line.words]
    if not found:
        raise ReadError(name, 0, "file", "it is empty")
    return found
