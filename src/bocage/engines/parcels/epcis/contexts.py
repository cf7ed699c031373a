"""Namespaces of a JSON-LD document: which names a field beside the standard's own may have."""

import json
import re
from functools import lru_cache

from ..types import EpcisError

# GS1's context, by the addresses under which GS1 publishes it.
_GS1 = re.compile(
    r"https?://(?:ref\.gs1\.org/standards/epcis|gs1\.github\.io/EPCIS)(?:/\d+\.\d+(?:\.\d+)?)?"
    r"/(?:epcis-context(?:-simple)?|EPCIS-CBV-context)\.jsonld"
)
# The prefixes that it declares itself, and cbvmda, which the CBV writes its master data with.
GS1_PREFIXES = {
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "dct": "http://purl.org/dc/terms/",
    "epcis": "https://ref.gs1.org/epcis/",
    "gs1": "https://gs1.org/voc/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
PREFIXES_MAX = 64
NAME_CHARACTERS_MAX = 2_048
# Read contexts are remembered, so that what a sender writes there has a limit.
CONTEXT_CHARACTERS_MAX = 16_384
# The context of GS1's drafts, whose documents were written more loosely: fields.py says what they may.
_DRAFT = re.compile(r"https?://gs1\.github\.io/EPCIS/epcis-context-simple\.jsonld")
_SCHEMES = frozenset({"http", "https", "urn", "ni"})


class Namespaces:
    """The names that a document declared. `own` holds the prefixes and terms beside GS1's; `draft`: by its drafts."""

    def __init__(self, own: dict[str, str], *, draft: bool = False) -> None:
        self.own = own
        self.draft = draft
        self._known = {*GS1_PREFIXES, *own, *_SCHEMES}
        self._seen: set[str] = set()

    def check(self, name: str) -> None:
        """Refuse a field's name that is neither the standard's nor of a namespace declared here."""
        if name in self._seen:
            return
        if len(name) > NAME_CHARACTERS_MAX:
            raise EpcisError(f"A field's name has {NAME_CHARACTERS_MAX} characters at most.", name[:80])
        prefix, colon, rest = name.partition(":")
        if not name.startswith("@") and not (prefix in self._known and (not colon or rest)):
            said = (
                f"the prefix {prefix[:40]!r} is not declared in @context"
                if colon
                else "a field of your own has a namespace, as in example:field"
            )
            raise EpcisError(f"The standard has no such field here; {said}.", name[:80])
        if len(self._seen) < PREFIXES_MAX:
            self._seen.add(name)

    def and_also(self, context: object) -> "Namespaces":
        """These and the ones that an event declares for itself."""
        own = dict(self.own)
        _declared(context, own)
        return Namespaces(own, draft=self.draft)


def namespaces_of(context: object) -> Namespaces:
    """The names declared by a document's `@context`, which must hold GS1's; raises `EpcisError`."""
    try:
        key = json.dumps(context, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        raise EpcisError("The context is not JSON.", "@context") from None
    if len(key) > CONTEXT_CHARACTERS_MAX:
        raise EpcisError(f"A context has {CONTEXT_CHARACTERS_MAX:,} characters at most.", "@context")
    return _namespaces(key)


@lru_cache(maxsize=256)
def _namespaces(key: str) -> Namespaces:
    context = json.loads(key)
    entries = context if isinstance(context, list) else [context]
    if not any(isinstance(entry, str) and _GS1.fullmatch(entry) for entry in entries):
        raise EpcisError("GS1's EPCIS context is missing among the entries.", "@context")
    own: dict[str, str] = {}
    _declared(context, own)
    return Namespaces(own, draft=any(isinstance(entry, str) and _DRAFT.fullmatch(entry) for entry in entries))


def _declared(context: object, own: dict[str, str]) -> None:
    for place, entry in enumerate(context if isinstance(context, list) else [context]):
        if isinstance(entry, str):
            if ":" not in entry:
                raise EpcisError(f"{entry[:80]!r} is not a web address.", f"@context[{place}]")
            continue
        if not isinstance(entry, dict):
            raise EpcisError("A context is a web address or an object of names.", f"@context[{place}]")
        for name, meant in entry.items():
            if not isinstance(meant, (str, dict)):
                raise EpcisError("A name stands for a URI or a definition.", f"@context[{place}].{name[:80]}")
            if name.startswith("@"):
                continue
            if isinstance(meant, str) and ":" not in meant:
                raise EpcisError(f"{meant[:80]!r} is not a URI.", f"@context[{place}].{name[:80]}")
            own[name] = meant if isinstance(meant, str) else str(meant.get("@id", name))
            if len(own) > PREFIXES_MAX:
                raise EpcisError(f"A document declares {PREFIXES_MAX} names at most.", f"@context[{place}]")
