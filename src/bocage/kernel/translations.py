"""Message catalogues: `.po` is what people edit and git keeps; `.mo` is made from it at start, by Babel alone."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import bocage


def catalogues() -> list[Path]:
    """Every `.po` file of the package, sorted."""
    return sorted(Path(bocage.__path__[0]).rglob("locale/*/LC_MESSAGES/*.po"))


def compile_all(*, check: bool = False) -> list[Path]:
    """Compile each catalogue whose `.mo` is missing or older; the ones that were (or, with `check`, would be)."""
    stale = [po for po in catalogues() if not _is_fresh(po)]
    if not check:
        for po in stale:
            _compile(po)
    return stale


def _is_fresh(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns


def _compile(po: Path) -> None:
    with po.open("rb") as source:
        catalogue = read_po(source, locale=po.parent.parent.name)
    # Written beside and renamed, so that a process starting meanwhile never reads half a catalogue.
    part = po.with_suffix(".mo.part")
    with part.open("wb") as target:
        write_mo(target, catalogue)
    part.replace(po.with_suffix(".mo"))
