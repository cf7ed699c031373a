"""Bytes to text. Whatever is guessed or replaced is reported; a NUL byte is refused where it stands."""

import codecs
from collections import Counter

from .types import Note, StatementError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 4_096
_ADVICE = "Export the file again, or save it as UTF-8."

# What bank texts in the languages of western Europe are made of beyond ASCII.
_LIKELY = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŸŒ€£°§’‘“”«»–—…·\u00a0")


def decode(data: bytes, declared: str | None = None) -> tuple[str, str, list[Note]]:
    """(text with plain newlines, name of the encoding, notes). `declared` is what the file says of itself."""
    text, encoding, notes = _decode(data, declared)
    at = text.find("\0")
    if at >= 0:
        raise _nul(text.count("\n", 0, at) + 1)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    replaced = text.count("\ufffd")
    if replaced:
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        problem = f"{replaced} characters are damaged in the file; the first is on line {line}."
        notes.append(Note("characters-damaged", problem, line))
    return text, encoding, notes


def _decode(data: bytes, declared: str | None) -> tuple[str, str, list[Note]]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data, encoding), encoding.removesuffix("-sig"), []
    if wide := _wide(data):
        note = Note("encoding-guessed", f"The file says nothing of its encoding; it was read as {wide}.")
        return _strict(data, wide), wide, [note]
    at = data.find(b"\0")
    if at >= 0:
        raise _nul(data.count(b"\n", 0, at) + 1)
    if declared:
        return _strict(data, declared), declared, []
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        return _guess(data)


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of western text is NUL."""
    sample = data[:_SAMPLE_BYTES]
    half = len(sample) // 2
    if half < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"The file says it is {encoding}, but byte {error.start} is not."
        raise StatementError("encoding-wrong", problem, _ADVICE, line=line) from None


def _nul(line: int) -> StatementError:
    return StatementError("nul-byte", "There is a NUL byte in the text.", _ADVICE, line=line)


def _guess(data: bytes) -> tuple[str, str, list[Note]]:
    escaped = data.decode("utf-8", "surrogateescape")
    broken = sum(1 for character in escaped if "\udc80" <= character <= "\udcff")
    whole = sum(1 for character in escaped if character > "\x7f") - broken
    if whole > broken:
        return data.decode("utf-8", "replace"), "utf-8", []
    bytes_beyond_ascii = Counter(data.translate(None, bytes(range(0x80))))
    best, best_score = "latin-1", -len(data) * 2
    for encoding in ("cp1252", "latin-1", "cp437", "cp850"):
        score = 0
        for byte, count in bytes_beyond_ascii.items():
            character = bytes([byte]).decode(encoding, "replace")
            score += count if character in _LIKELY else -2 * count
        if score > best_score:
            best, best_score = encoding, score
    note = Note("encoding-guessed", f"The file says nothing of its encoding; it was read as {best}.")
    return data.decode(best, "replace"), best, [note]
