"""What may be stored, by purpose: which types, how large, for how long."""

from dataclasses import dataclass
from datetime import timedelta

MEBIBYTE = 1024 * 1024
IMAGES = frozenset({"image/png", "image/jpeg", "image/webp"})


@dataclass(frozen=True)
class Rule:
    """The limits of one purpose. `kept` None: until its owner deletes it."""

    types: frozenset[str]
    bytes_max: int
    kept: timedelta | None


RULES = {
    "avatar": Rule(IMAGES, 5 * MEBIBYTE, None),
    "delivery": Rule(frozenset({"image/png", "image/jpeg"}), 2 * MEBIBYTE, timedelta(days=90)),
    "document": Rule(IMAGES | {"application/pdf"}, 10 * MEBIBYTE, timedelta(days=90)),
    "evidence": Rule(IMAGES | {"application/pdf"}, 10 * MEBIBYTE, timedelta(days=3 * 365)),
    "report": Rule(IMAGES, 10 * MEBIBYTE, timedelta(days=2 * 365)),
    "statement": Rule(
        frozenset({"text/plain", "application/xml", "application/pdf", "application/zip"}),
        10 * MEBIBYTE,
        timedelta(days=30),
    ),
}
