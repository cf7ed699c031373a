"""The text of a checkpoint: what is signed, in lines a person can read, and back. Pure."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from bocage.kernel.proofs.types import LaneHead

TITLE = "bocage ledger checkpoint 1"
GENESIS = "0" * 64


class Malformed(ValueError):
    """A text that is no checkpoint of a version known here."""


def write(number: int, previous: str, signed_at: datetime, lanes: Sequence[LaneHead]) -> str:
    """The text. `previous` is the SHA-256, in hex, of the checkpoint before (`digest`), zeros for the first."""
    lines = [
        TITLE,
        f"number {number}",
        f"previous {previous}",
        f"signed {signed_at.isoformat()}",
        *(f"lane {each.lane} {each.first} {each.last} {each.root.hex()} {each.head_hash.hex()}" for each in lanes),
    ]
    return "\n".join(lines) + "\n"


def digest(text: str) -> str:
    """SHA-256 of a checkpoint's text, in hex."""
    return sha256(text.encode()).hexdigest()


def read(text: str) -> tuple[int, str, datetime, tuple[LaneHead, ...]]:
    """Number, previous digest, time of signing and lanes. Raises `Malformed`."""
    try:
        title, number, previous, signed, *lanes = text.removesuffix("\n").split("\n")
        if title != TITLE or not text.endswith("\n"):
            raise Malformed("this text is no checkpoint of version 1")
        heads = tuple(_lane(line) for line in lanes)
        found = (
            int(_after(number, "number ")),
            _after(previous, "previous "),
            datetime.fromisoformat(_after(signed, "signed ")),
            heads,
        )
    except (ValueError, IndexError) as error:
        raise Malformed(str(error)) from None
    if write(found[0], found[1], found[2], heads) != text:
        raise Malformed("this text is not written as checkpoints are")
    return found


def _after(line: str, word: str) -> str:
    if not line.startswith(word):
        raise Malformed(f"a line does not begin with {word.strip()!r}")
    return line[len(word) :]


def _lane(line: str) -> LaneHead:
    name, first, last, root, head = _after(line, "lane ").split(" ")
    return LaneHead(name, int(first), int(last), bytes.fromhex(root), bytes.fromhex(head))
