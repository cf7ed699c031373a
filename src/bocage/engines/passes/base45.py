"""Base45 (RFC 9285), strictly: two bytes in three characters of the QR alphanumeric set, the last byte in two."""

import struct

from bocage.engines.passes.types import PassError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_PAIRS = [first + second for second in ALPHABET for first in ALPHABET]
_NONE = 0xFF
_VALUES = bytes(ALPHABET.find(chr(code)) & _NONE for code in range(256))


def encode(data: bytes) -> str:
    """The text of `data`."""
    parts = []
    for number in struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2]):
        third, rest = divmod(number, 2025)
        parts.append(_PAIRS[rest] + ALPHABET[third])
    if len(data) % 2:
        parts.append(_PAIRS[data[-1]])
    return "".join(parts)


def decode(text: str) -> bytes:
    """The bytes of `text`. PassError on a character outside the alphabet, a lone character, or a group too large."""
    values = text.encode("ascii", "replace").translate(_VALUES)
    if _NONE in values:
        raise PassError(f"base45: {_stranger(text)!r} is not in its alphabet")
    count, rest = divmod(len(values), 3)
    if rest == 1:
        raise PassError("base45: one character is left over")
    groups = zip(values[: count * 3 : 3], values[1 : count * 3 : 3], values[2 : count * 3 : 3], strict=True)
    numbers = [first + 45 * second + 2025 * third for first, second, third in groups]
    tail = b""
    try:
        if rest:
            tail = struct.pack(">B", values[-2] + 45 * values[-1])
        return struct.pack(f">{count}H", *numbers) + tail
    except struct.error:
        raise PassError("base45: a group of characters is more than its bytes hold") from None


def _stranger(text: str) -> str:
    return next(character for character in text if character not in ALPHABET)
