"""Handles: short names that money is sent to, one namespace for people and organisations."""

import re
import unicodedata

from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.identity import limits
from bocage.kernel.identity.models import HandleClaim

# Names that a person could take for the platform itself.
RESERVED = frozenset(
    {"admin", "administrator", "all", "anonymous", "api", "bank", "bocage", "city", "everyone", "help", "me", "mod"}
    | {
        "nobody",
        "null",
        "official",
        "operator",
        "pay",
        "police",
        "root",
        "security",
        "support",
        "system",
        "team",
        "town",
    }
)
_FORM = re.compile(limits.HANDLE_PATTERN)
_SUGGESTIONS_TRIED_MAX = 50


def normalise(handle: str) -> str:
    """`handle` in small letters without the leading @. Raises a `Refusal` for one that cannot be a handle."""
    wanted = handle.strip().removeprefix("@").lower()
    if not _FORM.fullmatch(wanted):
        raise Refusal(
            "handle_form",
            _("A handle has 3 to 30 small letters, digits, dots, dashes or underscores, and no dot at either end."),
            field="handle",
        )
    return wanted


def free(handle: str) -> str:
    """`handle`, normalised, if nobody ever had it. Raises a `Refusal` otherwise."""
    wanted = normalise(handle)
    if wanted in RESERVED or HandleClaim.objects.filter(handle=wanted).exists():
        raise conflict("handle_taken", _("This handle is taken. Choose another one."), field="handle")
    return wanted


def suggest(name: str) -> str:
    """A free handle made from a display name: "Zoé Martin" gives `zoe.martin`, or `zoe.martin.2` when that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", ".", plain).strip(".")[: limits.HANDLE_CHARACTERS_MAX - 6].strip(".")
    if len(stem) < limits.HANDLE_CHARACTERS_MIN:
        stem = f"{stem}.person".strip(".")
    wanted = [stem, *(f"{stem}.{number}" for number in range(2, _SUGGESTIONS_TRIED_MAX))]
    taken = set(HandleClaim.objects.filter(handle__in=wanted).values_list("handle", flat=True)) | RESERVED
    for each in wanted:
        if each not in taken:
            return each
    return f"{stem[:20].rstrip('.')}.{HandleClaim.objects.count() + 1}"
