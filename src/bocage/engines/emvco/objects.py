"""The data objects of a merchant-presented code: two digits of tag, two of length in characters, the value."""

from binascii import crc_hqx
from dataclasses import dataclass

from .types import EmvError

VALUE_CHARACTERS = 99


@dataclass(frozen=True, slots=True)
class DataObject:
    """One data object; `offset` is where its value begins in the whole code."""

    tag: int
    value: str
    offset: int

    @property
    def name(self) -> str:
        return f"{self.tag:02}"


def checksum(text: str) -> str:
    """CRC-16/CCITT-FALSE (polynomial 1021, begun with FFFF) of the UTF-8 text, as four hexadecimal capitals."""
    return f"{crc_hqx(text.encode('utf-8'), 0xFFFF):04X}"


def split(text: str, offset: int, within: str = "") -> dict[int, DataObject]:
    """The data objects in `text`, which begins at `offset`; `within` names the template. Raises `EmvError`."""
    found: dict[int, DataObject] = {}
    at = 0
    while at < len(text):
        head = text[at : at + 4]
        tag = f"{within}{'-' if within else ''}{head[:2]}"
        if len(head) < 4 or not (head.isascii() and head.isdigit()):
            problem = f"{head!r} is not a tag and a length: the code is cut short or damaged."
            raise EmvError("object-unreadable", problem, tag=within, offset=offset + at)
        length = int(head[2:])
        value = text[at + 4 : at + 4 + length]
        if not length:
            raise EmvError("object-empty", "The value is empty.", tag=tag, offset=offset + at)
        if len(value) < length:
            problem = f"The value should have {length} characters, but only {len(value)} are left."
            raise EmvError("object-cut", problem, tag=tag, offset=offset + at)
        if int(head[:2]) in found:
            raise EmvError("object-twice", "The tag stands there twice.", tag=tag, offset=offset + at)
        found[int(head[:2])] = DataObject(int(head[:2]), value, offset + at + 4)
        at += 4 + length
    return found


def join(tag: int, value: str) -> str:
    """One data object as text; raises `EmvError` when the value is empty or too long for its length."""
    if not 1 <= len(value) <= VALUE_CHARACTERS:
        problem = f"The value has {len(value)} characters; 1 to {VALUE_CHARACTERS} are possible."
        raise EmvError("text-too-long" if value else "object-empty", problem, tag=f"{tag:02}")
    return f"{tag:02}{len(value):02}{value}"
