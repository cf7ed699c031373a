"""Search over services and what can be done with them: words in, hits out, best first."""

import unicodedata
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from bocage.kernel.manifest import Service, services
from bocage.shell.types import Hit, HitGroup

MAX_QUERY_CHARACTERS = 80
MAX_HITS = 12
_TITLE_STARTS, _WORD_STARTS, _WORD_HOLDS, _SAID = 8, 5, 3, 1


def find(text: str) -> list[HitGroup]:
    """Services and actions in which every word of `text` occurs; accents and capitals do not matter."""
    words = fold(text[:MAX_QUERY_CHARACTERS]).split()
    if not words:
        return suggestions()
    found = [
        HitGroup(_("Do"), _best(words, _actions())),
        HitGroup(_("Services"), _best(words, _services())),
    ]
    return [group for group in found if group.hits]


def suggestions() -> list[HitGroup]:
    """What to show before anything is typed: everything there is to do."""
    groups = [
        HitGroup(_("Do"), [hit for hit, _texts in _actions()][:MAX_HITS]),
        HitGroup(_("Services"), [hit for hit, _texts in _services()][:MAX_HITS]),
    ]
    return [group for group in groups if group.hits]


def fold(text: str) -> str:
    """Lower case without accents, so that `café` is found by `cafe`."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _actions() -> Iterable[tuple[Hit, list[str]]]:
    for service in services():
        for action in service.actions:
            hit = Hit(action.title, service.title, reverse(action.url_name), action.icon, service.tint)
            yield hit, [str(action.title), *map(str, action.keywords), str(service.title)]


def _services() -> Iterable[tuple[Hit, list[str]]]:
    for service in services():
        if service.home:
            yield _service_hit(service), [str(service.title), str(service.sentence)]


def _service_hit(service: Service) -> Hit:
    return Hit(service.title, service.sentence, reverse(service.home or ""), service.icon, service.tint)


def _best(words: list[str], candidates: Iterable[tuple[Hit, list[str]]]) -> list[Hit]:
    scored = [(_score(words, [fold(text) for text in texts]), hit) for hit, texts in candidates]
    ranked = sorted((entry for entry in scored if entry[0]), key=lambda entry: (-entry[0], str(entry[1].title)))
    return [hit for _score_, hit in ranked][:MAX_HITS]


def _score(words: list[str], texts: list[str]) -> int:
    """Nothing when a word occurs nowhere; else the sum of the best place of each word."""
    total = 0
    for word in words:
        best = max(_place(word, text, is_title=position == 0) for position, text in enumerate(texts))
        if not best:
            return 0
        total += best
    return total


def _place(word: str, text: str, *, is_title: bool) -> int:
    if is_title and text.startswith(word):
        return _TITLE_STARTS
    if any(part.startswith(word) for part in text.split()):
        return _WORD_STARTS if is_title else _WORD_HOLDS
    return _SAID if word in text else 0
