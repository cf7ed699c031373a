"""Ids of rows: UUID version 7 (RFC 9562), so that an index grows at one end and an id tells its age."""

import secrets
import time
from uuid import UUID

_RANDOM_BITS = 74


def uuid7() -> UUID:
    """A new time-ordered UUID: 48 bits of Unix milliseconds, version, variant and 74 random bits."""
    random = secrets.randbits(_RANDOM_BITS)
    high = random >> 62
    low = random & ((1 << 62) - 1)
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)
